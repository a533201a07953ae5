/** `chorus disasm`: the instructions of a riscv64 ELF file, with its symbols. */
import { readFileSync } from 'node:fs';
import { disassemble } from '../../nucleus/supervisor/cpu/disassembler.ts';
import { ElfError, elfHeader } from '../../subsystems/unix/linux/elf.ts';
import {
  type ElfSection,
  elfSections,
  elfSymbols,
  SymbolTable,
} from '../../subsystems/unix/linux/elf-symbols.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { CliError, EXIT } from './exit.ts';
import { hostErrorText } from './host-error.ts';
import { printLine } from './run.ts';

/** Lines are written in blocks. */
const BLOCK_LINES = 1024;
const TEXT_COLUMN = 12;
/** Longest instruction, bytes. */
const WORD = 4;

interface Range {
  readonly start: number;
  readonly stop: number;
}

function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`${path}: ${hostErrorText(error)}`);
  }
}

function addressFlag(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new UsageError(`--${name}: expected an address, not '${text}'`);
}

/** What to show: the named functions, or all between --start and --stop. */
function rangesOf({ flags, operands: [, ...names] }: Arguments, symbols: SymbolTable): Range[] {
  const start = addressFlag('start', flags.start) ?? 0;
  const stop = addressFlag('stop', flags.stop) ?? Infinity;
  if (names.length === 0) return [{ start, stop }];
  return names.map((name) => {
    const symbol = symbols.named(name);
    if (!symbol) throw new CliError(`no symbol: ${name}`, EXIT.usage);
    const next = symbols.symbols.find(({ address }) => address > symbol.address)?.address ?? Infinity;
    const end = symbol.size > 0 ? symbol.address + symbol.size : next;
    return { start: Math.max(start, symbol.address), stop: Math.min(stop, end) };
  });
}

/** Branches and jumps; the last operand is where they lead. */
const JUMP = /^(?:b\w+|j|jal) (?:.*,)?([0-9a-f]+)$/;

/** Lines of one section within a range: a label where a symbol begins, then address, bytes, text. */
function* sectionLines(section: ElfSection, range: Range, symbols: SymbolTable): Generator<string> {
  const { bytes, address } = section;
  const end = Math.min(range.stop, address + bytes.length);
  let pc = Math.max(range.start, address);
  if (pc >= end) return;
  yield `Disassembly of section ${section.name}:`;
  while (pc < end) {
    const symbol = symbols.at(pc);
    if (symbol?.address === pc) yield* ['', `${pc.toString(16).padStart(16, '0')} <${symbol.name}>:`];
    const word = bytes.subarray(pc - address, Math.min(end, pc + WORD) - address);
    const { text, length } = disassemble(word, pc);
    const raw = [...word.subarray(0, length)].reverse().map((byte) => byte.toString(16).padStart(2, '0'));
    const target = JUMP.exec(text)?.[1];
    const where = target === undefined ? undefined : symbols.text(Number.parseInt(target, 16));
    const line = `${pc.toString(16).padStart(8)}:\t${raw.join('').padEnd(TEXT_COLUMN)}\t${text}`;
    yield where === undefined ? line : `${line} <${where}>`;
    pc += length;
  }
  yield '';
}

function checkMachine(path: string, file: Uint8Array): void {
  try {
    elfHeader(file);
  } catch (error) {
    throw error instanceof ElfError ? new CliError(`${path}: ${error.reason}`, EXIT.cannotRun) : error;
  }
}

export async function disasm(args: Arguments): Promise<number> {
  const [path] = args.operands;
  if (path === undefined) throw new UsageError('chorus disasm: which file?');
  const file = readFile(path);
  checkMachine(path, file);
  const sections = elfSections(file).filter(({ executable }) => executable);
  if (sections.length === 0) throw new CliError(`${path}: no sections with instructions`, EXIT.cannotRun);
  const symbols = new SymbolTable(elfSymbols(file));
  let lines: string[] = [];
  for (const range of rangesOf(args, symbols)) {
    for (const section of sections) {
      for (const line of sectionLines(section, range, symbols)) {
        if (lines.push(line) < BLOCK_LINES) continue;
        await printLine(lines.join('\n'));
        lines = [];
      }
    }
  }
  if (lines.length > 0) await printLine(lines.join('\n'));
  return 0;
}
