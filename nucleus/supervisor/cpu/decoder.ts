/**
 * From the bits of an instruction to its row in the table and its operands.
 */
import { decodeCompressed, type Fields } from './compressed.ts';
import { INSTRUCTIONS, type Instruction } from './instructions.ts';

/** An instruction with its operands. `id` -1: illegal. Registers are numbers 0 … 31, `imm` is signed. */
export interface Decoded extends Fields {
  id: number;
  rs3: number;
  /** Rounding mode: 0 … 4, or 7 for the one in frm. */
  rm: number;
  length: 2 | 4;
}

export const ILLEGAL = -1;

export const newDecoded = (): Decoded => ({
  id: ILLEGAL,
  rd: 0,
  rs1: 0,
  rs2: 0,
  rs3: 0,
  rm: 0,
  imm: 0,
  length: 4,
});

/** Bytes of the instruction that begins with these 16 bits (longer encodings do not exist here). */
export const lengthOf = (half: number): 2 | 4 => ((half & 3) === 3 ? 4 : 2);

/** Rows by major opcode (bits 2–6) and funct3, where the mask has it. */
const candidates: Instruction[][] = Array.from({ length: 256 }, (_, key) => {
  const opcode = ((key >>> 3) << 2) | 3;
  const word = opcode | ((key & 7) << 12);
  return INSTRUCTIONS.filter(({ match, mask }) => ((word ^ match) & mask & 0x707f) === 0);
});

/**
 * Decodes into `out` (one object, used again and again, keeps decoding cheap). `word`: the 32 bits at the pc;
 * of a compressed instruction only the low half counts.
 */
export function decode(word: number, out: Decoded): void {
  out.rs3 = 0;
  out.rm = 0;
  if ((word & 3) !== 3) {
    out.length = 2;
    out.id = decodeCompressed(word & 0xffff, out);
    return;
  }
  out.length = 4;
  out.id = ILLEGAL;
  for (const row of candidates[((word >>> 2) & 31) * 8 + ((word >>> 12) & 7)]!) {
    if (((word ^ row.match) & row.mask) !== 0) continue;
    fields(word, row, out);
    return;
  }
}

function fields(word: number, row: Instruction, out: Decoded): void {
  const { format } = row;
  out.rd = (word >>> 7) & 31;
  out.rs1 = (word >>> 15) & 31;
  out.rs2 = (word >>> 20) & 31;
  out.imm = immediate(word, format.imm);
  if (format.rm) {
    out.rm = (word >>> 12) & 7;
    if (out.rm === 5 || out.rm === 6) return;
    if (format.rs3) out.rs3 = word >>> 27;
  }
  out.id = row.id;
}

function immediate(word: number, kind: Instruction['format']['imm']): number {
  switch (kind) {
    case 'i':
      return word >> 20;
    case 's':
      return ((word >> 25) << 5) | ((word >>> 7) & 31);
    case 'b':
      return ((word >> 31) << 12) | ((word & 0x80) << 4) | ((word >>> 20) & 0x7e0) | ((word >>> 7) & 0x1e);
    case 'u':
      return word & 0xfffff000;
    case 'j':
      return ((word >> 31) << 20) | (word & 0xff000) | ((word >>> 9) & 0x800) | ((word >>> 20) & 0x7fe);
    case 'shift6':
      return (word >>> 20) & 63;
    case 'shift5':
      return (word >>> 20) & 31;
    case 'csr':
    case 'fence':
      return word >>> 20;
    default:
      return 0;
  }
}
