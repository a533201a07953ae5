/**
 * Snippets: a few instructions with the registers and the memory that they begin with. Many of them make one
 * program, which sets up each snippet's registers, runs it, stores all registers where they came from, and
 * at the end writes the blocks to its output. The program is an ELF file: qemu and the engine run the same.
 *
 * A block: x1 … x30 at 8 n (x31 points into the block), f0 … f31 at 256 + 8 n, fcsr at 512, 64 bytes of
 * memory for loads and stores at 576, around where x31 points.
 */
import { assemble, DATA_VA, elf, encode, loadConstant } from './assembler.ts';

export const BLOCK_BYTES = 640;
export const F_AT = 256;
export const FCSR_AT = 512;
export const MEMORY_AT = 576;
/** Where x31 points. */
export const BASE = 608;
const X_COUNT = 31;

export interface Snippet {
  readonly name: string;
  /** Instructions, of either length. They end by running to the end, and keep x31. */
  readonly code: readonly number[];
  /** What the block is before, and the seed that it follows from. */
  readonly block: Uint8Array;
  readonly seed: number;
}

function prologue(index: number): number[] {
  const at = (offset: number): { rs1: number; imm: number } => ({ rs1: 31, imm: offset - BASE });
  const code = loadConstant(31, DATA_VA + index * BLOCK_BYTES + BASE);
  code.push(encode('ld', { rd: 1, ...at(FCSR_AT) }), encode('csrrw', { rd: 0, rs1: 1, imm: 3 }));
  for (let n = 0; n < 32; n++) code.push(encode('fld', { rd: n, ...at(F_AT + n * 8) }));
  for (let n = 1; n < X_COUNT; n++) code.push(encode('ld', { rd: n, ...at(n * 8) }));
  return code;
}

function epilogue(): number[] {
  const at = (offset: number): { rs1: number; imm: number } => ({ rs1: 31, imm: offset - BASE });
  const code: number[] = [];
  for (let n = 1; n < X_COUNT; n++) code.push(encode('sd', { rs2: n, ...at(n * 8) }));
  for (let n = 0; n < 32; n++) code.push(encode('fsd', { rs2: n, ...at(F_AT + n * 8) }));
  code.push(encode('csrrs', { rd: 1, rs1: 0, imm: 3 }), encode('sd', { rs2: 1, ...at(FCSR_AT) }));
  return code;
}

/** The program of some snippets. */
export function program(snippets: readonly Snippet[]): Uint8Array {
  const code: number[] = [];
  const data = new Uint8Array(snippets.length * BLOCK_BYTES);
  for (const [i, snippet] of snippets.entries()) {
    code.push(...prologue(i), ...snippet.code, ...epilogue());
    data.set(snippet.block, i * BLOCK_BYTES);
  }
  code.push(
    encode('addi', { rd: 10, imm: 1 }),
    ...loadConstant(11, DATA_VA),
    ...loadConstant(12, data.length),
    encode('addi', { rd: 17, imm: 64 }),
    encode('ecall'),
    encode('addi', { rd: 10, imm: 0 }),
    encode('addi', { rd: 17, imm: 93 }),
    encode('ecall'),
  );
  return elf(assemble(code), data);
}

const hexWord = (block: Uint8Array, at: number): string =>
  Buffer.from(block.subarray(at, at + 8))
    .reverse()
    .toString('hex');

/** What differs between two blocks, for messages: registers by name with both values. */
export function differences(expected: Uint8Array, actual: Uint8Array): string[] {
  const found: string[] = [];
  for (let at = 0; at < BLOCK_BYTES; at += 8) {
    const [a, b] = [hexWord(expected, at), hexWord(actual, at)];
    if (a !== b) found.push(`${nameAt(at)}: expected ${a}, is ${b}`);
  }
  return found;
}

function nameAt(at: number): string {
  if (at < F_AT) return `x${at / 8}`;
  if (at < FCSR_AT) return `f${(at - F_AT) / 8}`;
  return at === FCSR_AT ? 'fcsr' : `memory + ${at - MEMORY_AT}`;
}

/** What is in `after` and was not in `before`: pairs of offset and word, the word in hexadecimal. */
export function changes(before: Uint8Array, after: Uint8Array): (number | string)[] {
  const found: (number | string)[] = [];
  for (let at = 0; at < BLOCK_BYTES; at += 8) {
    const word = hexWord(after, at);
    if (word !== hexWord(before, at)) found.push(at, word);
  }
  return found;
}

/** A block after such changes. */
export function changed(before: Uint8Array, pairs: readonly (number | string)[]): Uint8Array {
  const after = before.slice();
  const view = new DataView(after.buffer);
  for (let i = 0; i < pairs.length; i += 2)
    view.setBigUint64(Number(pairs[i]), BigInt(`0x${pairs[i + 1]}`), true);
  return after;
}
