/**
 * Encodes single instructions from the decode table, for generated test programs; and wraps code and data as
 * a static ELF file that qemu-riscv64 and the test machine both run.
 */
import { type Instruction, instruction } from '../../../../nucleus/supervisor/cpu/instructions.ts';

export interface Operands {
  rd?: number;
  rs1?: number;
  rs2?: number;
  rs3?: number;
  imm?: number;
  rm?: number;
}

const bits = (value: number, from: number, count: number): number => (value >>> from) & ((1 << count) - 1);

function immediateBits(kind: Instruction['format']['imm'], imm: number): number {
  switch (kind) {
    case 'i':
    case 'csr':
    case 'fence':
    case 'shift6':
    case 'shift5':
      return bits(imm, 0, 12) << 20;
    case 's':
      return (bits(imm, 5, 7) << 25) | (bits(imm, 0, 5) << 7);
    case 'b':
      return (
        (bits(imm, 12, 1) << 31) | (bits(imm, 5, 6) << 25) | (bits(imm, 1, 4) << 8) | (bits(imm, 11, 1) << 7)
      );
    case 'u':
      return imm & 0xfffff000;
    case 'j':
      return (
        (bits(imm, 20, 1) << 31) |
        (bits(imm, 1, 10) << 21) |
        (bits(imm, 11, 1) << 20) |
        (bits(imm, 12, 8) << 12)
      );
    default:
      return 0;
  }
}

/** The word of an instruction of the table. */
export function encode(mnemonic: string, operands: Operands = {}): number {
  const { match, format } = instruction(mnemonic);
  const { rd = 0, rs1 = 0, rs2 = 0, rs3 = 0, imm = 0, rm = 7 } = operands;
  let word = match | immediateBits(format.imm, imm);
  if (format.rd) word |= rd << 7;
  if (format.rs1 || format.zimm) word |= rs1 << 15;
  if (format.rs2) word |= rs2 << 20;
  if (format.rs3) word |= rs3 << 27;
  if (format.rm) word |= rm << 12;
  return word >>> 0;
}

/** lui + addi: any 31-bit constant. */
export function loadConstant(rd: number, value: number): number[] {
  const low = (value << 20) >> 20;
  return [encode('lui', { rd, imm: (value - low) | 0 }), encode('addi', { rd, rs1: rd, imm: low })];
}

/** Little-endian bytes of instructions; values below 2^16 with low bits other than 3 are compressed. */
export function assemble(words: readonly number[]): Uint8Array {
  const out: number[] = [];
  for (const word of words) {
    out.push(word & 0xff, (word >>> 8) & 0xff);
    if ((word & 3) === 3) out.push((word >>> 16) & 0xff, word >>> 24);
  }
  return Uint8Array.from(out);
}

export const CODE_VA = 0x10000;
export const DATA_VA = 0x200_0000;
const HEADERS_BYTES = 64 + 2 * 56;

/** An ELF file: `code` (read, execute) at CODE_VA, where it starts, and `data` (read, write) at DATA_VA. */
export function elf(code: Uint8Array, data: Uint8Array): Uint8Array {
  const codeAt = 4096;
  const dataAt = codeAt + Math.ceil(code.length / 4096) * 4096;
  const file = new Uint8Array(dataAt + data.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 243, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(CODE_VA), true);
  view.setBigUint64(32, 64n, true);
  view.setUint32(48, 5, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 2, true);
  const segments = [
    [5, codeAt, CODE_VA, code.length],
    [6, dataAt, DATA_VA, data.length],
  ] as const;
  for (const [i, [flags, offset, va, bytes]] of segments.entries()) {
    const at = 64 + i * 56;
    view.setUint32(at, 1, true);
    view.setUint32(at + 4, flags, true);
    for (const [field, value] of [offset, va, va, bytes, bytes, 4096].entries())
      view.setBigUint64(at + 8 + field * 8, BigInt(value), true);
  }
  if (HEADERS_BYTES > codeAt) throw new Error('headers overlap the code');
  file.set(code, codeAt);
  file.set(data, dataAt);
  return file;
}
