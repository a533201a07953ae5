/**
 * ELF files as exec sees them: the file header and the program headers of a riscv64 executable or shared
 * object, checked. (Sections and symbols are for tools: see elf-symbols.)
 *
 * A file is never trusted: every number is checked here, so that a loader may use them as they are. What is
 * wrong is ENOEXEC with a sentence that says what.
 */
import { SysError } from '../errno.ts';

/** Bytes of a file that hold its ELF header. */
export const ELF_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
/** Program headers of one file. */
export const PROGRAM_HEADERS_MAX = 128;
const INTERPRETER_BYTES_MAX = 4096;
const PAGE_BYTES = 4096;
/** Where user addresses end (Sv39). */
const USER_TOP = 2 ** 38;

const MACHINE_RISCV = 243;
const Type = { executable: 2, shared: 3 } as const;
const Segment = { load: 1, interp: 3, phdr: 6, stack: 0x6474e551 } as const;

/** Names of machines, for the message that a file is for another one. */
const MACHINES: Readonly<Record<number, string>> = {
  3: 'i386',
  8: 'mips',
  20: 'powerpc',
  21: 'powerpc64',
  22: 's390',
  40: 'arm',
  43: 'sparc64',
  62: 'x86-64',
  183: 'aarch64',
  243: 'riscv',
  258: 'loongarch',
};

/** One PT_LOAD: `fileBytes` at `offset` come to `va`; the rest up to `memoryBytes` is zero. */
export interface LoadSegment {
  readonly va: number;
  readonly memoryBytes: number;
  readonly offset: number;
  readonly fileBytes: number;
  /** 1 read, 2 write, 4 execute: as regions have them. */
  readonly protection: number;
}

export interface ElfImage {
  /** May be placed anywhere (ET_DYN): its addresses are relative to the place. */
  readonly relocatable: boolean;
  readonly entry: number;
  readonly segments: readonly LoadSegment[];
  /** Lowest and highest page-aligned address of the segments. */
  readonly low: number;
  readonly high: number;
  /** Address of the program headers in memory (relative like the others); 0 when no segment has them. */
  readonly headersAt: number;
  readonly headerCount: number;
  readonly headerBytes: number;
  /** Where PT_INTERP's path is in the file. */
  readonly interpreter: { offset: number; bytes: number } | undefined;
  readonly executableStack: boolean;
}

/** Thrown for a file that looks like ELF and cannot be run; `reason` is for the person. */
export class ElfError extends SysError {
  readonly reason: string;

  constructor(reason: string) {
    super('ENOEXEC');
    this.reason = reason;
  }
}

export const isElf = (header: Uint8Array): boolean =>
  header[0] === 0x7f && header[1] === 0x45 && header[2] === 0x4c && header[3] === 0x46;

/** Where a file's program headers are, after the checks of its header. Throws ElfError. */
export function elfHeader(header: Uint8Array): {
  type: number;
  entry: number;
  offset: number;
  count: number;
} {
  if (header.length < ELF_HEADER_BYTES || !isElf(header)) throw new ElfError('not an ELF file');
  const view = viewOf(header);
  const machine = view.getUint16(18, true);
  if (header[5] !== 1 || machine !== MACHINE_RISCV) {
    const name = MACHINES[header[5] === 1 ? machine : view.getUint16(18)] ?? `machine ${machine}`;
    throw new ElfError(`the program is for ${name}, not riscv64`);
  }
  if (header[4] !== 2) throw new ElfError('the program is for riscv32, not riscv64');
  const type = view.getUint16(16, true);
  if (type !== Type.executable && type !== Type.shared) throw new ElfError('not an executable ELF file');
  const count = view.getUint16(56, true);
  if (view.getUint16(54, true) !== PROGRAM_HEADER_BYTES) throw new ElfError('bad program header size');
  if (count === 0 || count > PROGRAM_HEADERS_MAX) throw new ElfError('bad number of program headers');
  const offset = u64(view, 32);
  return { type, entry: u64(view, 24), offset, count };
}

export const programHeaderBytes = (count: number): number => count * PROGRAM_HEADER_BYTES;

/** Both headers together, checked. `headers` are the program headers' bytes. Throws ElfError. */
export function parseElf(header: Uint8Array, headers: Uint8Array): ElfImage {
  const { type, entry, offset, count } = elfHeader(header);
  if (headers.length < programHeaderBytes(count)) throw new ElfError('the program headers are cut off');
  const view = viewOf(headers);
  const segments: LoadSegment[] = [];
  let interpreter: ElfImage['interpreter'];
  let executableStack = false;
  for (let at = 0; at < programHeaderBytes(count); at += PROGRAM_HEADER_BYTES) {
    const kind = view.getUint32(at, true);
    const flags = view.getUint32(at + 4, true);
    if (kind === Segment.load) segments.push(loadSegment(view, at, flags, segments.at(-1)));
    else if (kind === Segment.interp) interpreter = interpreterOf(view, at);
    else if (kind === Segment.stack) executableStack = (flags & 1) !== 0;
  }
  const first = segments[0];
  const last = segments.at(-1);
  if (!first || !last) throw new ElfError('the program has nothing to load');
  return {
    relocatable: type === Type.shared,
    entry,
    segments,
    low: pageDown(first.va),
    high: pageUp(last.va + last.memoryBytes),
    headersAt: headersAt(segments, offset, count),
    headerCount: count,
    headerBytes: PROGRAM_HEADER_BYTES,
    interpreter,
    executableStack,
  };
}

function loadSegment(
  view: DataView,
  at: number,
  flags: number,
  before: LoadSegment | undefined,
): LoadSegment {
  const offset = u64(view, at + 8);
  const va = u64(view, at + 16);
  const fileBytes = u64(view, at + 32);
  const memoryBytes = u64(view, at + 40);
  if (va + memoryBytes > USER_TOP || memoryBytes < fileBytes) throw new ElfError('a segment is out of range');
  if (offset % PAGE_BYTES !== va % PAGE_BYTES) throw new ElfError('a segment is not aligned to its page');
  if (before && va < before.va + before.memoryBytes) throw new ElfError('segments overlap');
  const protection = (flags & 4 ? 1 : 0) | (flags & 2 ? 2 : 0) | (flags & 1 ? 4 : 0);
  return { va, memoryBytes, offset, fileBytes, protection };
}

function interpreterOf(view: DataView, at: number): { offset: number; bytes: number } {
  const bytes = u64(view, at + 32);
  if (bytes < 2 || bytes > INTERPRETER_BYTES_MAX) throw new ElfError('the interpreter has no proper name');
  return { offset: u64(view, at + 8), bytes };
}

function headersAt(segments: readonly LoadSegment[], offset: number, count: number): number {
  const end = offset + programHeaderBytes(count);
  const holds = segments.find((s) => offset >= s.offset && end <= s.offset + s.fileBytes);
  return holds ? holds.va + (offset - holds.offset) : 0;
}

export const pageDown = (va: number): number => va - (va % PAGE_BYTES);
export const pageUp = (va: number): number => pageDown(va + PAGE_BYTES - 1);

/** A 64-bit field; what does not fit a number exactly is out of every range that is asked for here. */
function u64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
