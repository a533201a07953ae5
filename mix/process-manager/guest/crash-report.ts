/**
 * What a guest that dies of a fault leaves instead of a core file: an account on its standard error of the
 * signal, the instruction with its symbol, the registers and the map of regions. Written when RLIMIT_CORE
 * would allow a core file (`ulimit -c unlimited`).
 */
import { disassemble } from '../../../nucleus/supervisor/cpu/disassembler.ts';
import { X_NAMES } from '../../../nucleus/supervisor/cpu/instructions.ts';
import { getPc, getXHigh, getXLow } from '../../../nucleus/supervisor/cpu/state.ts';
import {
  ELF_HEADER_BYTES,
  elfHeader,
  parseElf,
  programHeaderBytes,
} from '../../../subsystems/unix/linux/elf.ts';
import { elfSymbols, SymbolTable } from '../../../subsystems/unix/linux/elf-symbols.ts';
import type { SigInfo } from '../../../subsystems/unix/siginfo.ts';
import { signalText } from '../../../subsystems/unix/signals.ts';
import type { GuestThread } from './guest.ts';
import { guestInfo, type RegionInfo } from './guest-info.ts';
import { openExecutable, readAt } from './program.ts';

const REGISTERS_PER_LINE = 4;
/** Symbols are looked for in files up to this size, bytes. */
const SYMBOL_FILE_MAX = 64 * 1024 * 1024;
const REGION_LINES_MAX = 200;

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

export async function reportCrash(g: GuestThread, info: SigInfo): Promise<void> {
  const { process } = g;
  if (process.limits.core.soft === 0) return;
  const { regions } = guestInfo(g.guest);
  const pc = getPc(g.state);
  const thread = g.tid === process.pid ? '' : ` (thread ${g.tid})`;
  const lines = [
    `${process.comm}[${process.pid}]${thread}: ${signalText(info.sig)}${addressText(info)}`,
    `pc ${hex(pc, 16)}  ${instructionAt(g, pc)}${await symbolAt(g, regions, pc)}`,
    ...registerLines(g),
    ...regions.slice(0, REGION_LINES_MAX).map(regionLine),
  ];
  try {
    await g.sys.write(2, Buffer.from(`${lines.join('\n')}\n`));
  } catch {
    // No standard error: there is nobody to tell.
  }
}

const addressText = ({ address }: SigInfo): string =>
  address === undefined ? '' : ` at address 0x${address.toString(16)}`;

function instructionAt(g: GuestThread, pc: number): string {
  for (const length of [4, 2]) {
    try {
      return disassemble(g.memory.read(pc, length), pc).text;
    } catch {
      // Not so much is mapped here.
    }
  }
  return '(not mapped)';
}

/** ` in main+0x1c of /bin/a.out`: as far as the file behind the region tells. */
async function symbolAt(g: GuestThread, regions: readonly RegionInfo[], pc: number): Promise<string> {
  const region = regions.find(({ start, end }) => pc >= start && pc < end);
  if (!region?.label.startsWith('/')) return '';
  const where = ` of ${region.label}`;
  try {
    const name = await symbolIn(g, region.label, pc - region.start + region.offset);
    return name === undefined ? where : ` in ${name}${where}`;
  } catch {
    return where;
  }
}

async function symbolIn(g: GuestThread, path: string, offset: number): Promise<string | undefined> {
  const object = await openExecutable(g.t, path);
  try {
    const file = await readAt(g.t, object, 0, SYMBOL_FILE_MAX);
    const header = elfHeader(file);
    const headers = file.subarray(header.offset, header.offset + programHeaderBytes(header.count));
    const { segments } = parseElf(file.subarray(0, ELF_HEADER_BYTES), headers);
    const segment = segments.find((s) => offset >= s.offset && offset < s.offset + s.fileBytes);
    return segment && new SymbolTable(elfSymbols(file)).text(segment.va + offset - segment.offset);
  } finally {
    void g.process.pm.objects.drop(object);
  }
}

function registerLines(g: GuestThread): string[] {
  const cells = X_NAMES.map((name, n) => {
    const high = getXHigh(g.state, n) >>> 0;
    return `${name.padStart(4)} ${hex(high, 8)}${hex(getXLow(g.state, n) >>> 0, 8)}`;
  });
  const lines: string[] = [];
  for (let n = 0; n < cells.length; n += REGISTERS_PER_LINE) {
    lines.push(` ${cells.slice(n, n + REGISTERS_PER_LINE).join(' ')}`);
  }
  return lines;
}

function regionLine({ start, end, protection, shared, offset, label }: RegionInfo): string {
  const may = (bit: number, letter: string): string => (protection & bit ? letter : '-');
  const rights = may(1, 'r') + may(2, 'w') + may(4, 'x') + (shared ? 's' : 'p');
  return ` ${hex(start, 10)}-${hex(end, 10)} ${rights} ${hex(offset, 8)} ${label}`;
}
