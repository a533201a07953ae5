/**
 * The compressed instructions of RV64C: 16 bits that stand for an instruction of the main table with some
 * registers and immediates. The first row that matches a halfword is it; rows named `reserved` are illegal.
 *
 * Encodings: The RISC-V Instruction Set Manual, volume I, chapter '"C" Extension for Compressed
 * Instructions'.
 */
import { instruction } from './instructions.ts';

/** Fields of an instruction, whichever length it was written in. */
export interface Fields {
  rd: number;
  rs1: number;
  rs2: number;
  imm: number;
}

/** Where the operands of a compressed instruction are. */
type Layout = (half: number, out: Fields) => void;

interface Row {
  readonly name: string;
  readonly match: number;
  readonly mask: number;
  /** Undefined: a reserved encoding. */
  readonly base: number | undefined;
  readonly layout: Layout;
}

const SP = 2;
const RA = 1;

/** `count` bits of `half` from bit `from`, moved to bit `to`. */
const bits = (half: number, from: number, count: number, to: number): number =>
  ((half >>> from) & ((1 << count) - 1)) << to;
/** Sign extension of the low `width` bits. */
const signed = (value: number, width: number): number => (value << (32 - width)) >> (32 - width);

const full = (half: number): number => (half >>> 7) & 31;
const second = (half: number): number => (half >>> 2) & 31;
/** The three-bit registers are x8 … x15. */
const short = (half: number, from: number): number => 8 + ((half >>> from) & 7);

const imm6 = (half: number): number => signed(bits(half, 12, 1, 5) | bits(half, 2, 5, 0), 6);
const shamt = (half: number): number => bits(half, 12, 1, 5) | bits(half, 2, 5, 0);
const imm16sp = (half: number): number =>
  signed(
    bits(half, 12, 1, 9) |
      bits(half, 6, 1, 4) |
      bits(half, 5, 1, 6) |
      bits(half, 3, 2, 7) |
      bits(half, 2, 1, 5),
    10,
  );
const imm4spn = (half: number): number =>
  bits(half, 11, 2, 4) | bits(half, 7, 4, 6) | bits(half, 6, 1, 2) | bits(half, 5, 1, 3);
const offsetWord = (half: number): number => bits(half, 10, 3, 3) | bits(half, 6, 1, 2) | bits(half, 5, 1, 6);
const offsetDouble = (half: number): number => bits(half, 10, 3, 3) | bits(half, 5, 2, 6);
const offsetWordSp = (half: number): number =>
  bits(half, 12, 1, 5) | bits(half, 4, 3, 2) | bits(half, 2, 2, 6);
const offsetDoubleSp = (half: number): number =>
  bits(half, 12, 1, 5) | bits(half, 5, 2, 3) | bits(half, 2, 3, 6);
const offsetWordSpStore = (half: number): number => bits(half, 9, 4, 2) | bits(half, 7, 2, 6);
const offsetDoubleSpStore = (half: number): number => bits(half, 10, 3, 3) | bits(half, 7, 3, 6);
const offsetBranch = (half: number): number =>
  signed(
    bits(half, 12, 1, 8) |
      bits(half, 10, 2, 3) |
      bits(half, 5, 2, 6) |
      bits(half, 3, 2, 1) |
      bits(half, 2, 1, 5),
    9,
  );
const offsetJump = (half: number): number =>
  signed(
    bits(half, 12, 1, 11) |
      bits(half, 11, 1, 4) |
      bits(half, 9, 2, 8) |
      bits(half, 8, 1, 10) |
      bits(half, 7, 1, 6) |
      bits(half, 6, 1, 7) |
      bits(half, 3, 3, 1) |
      bits(half, 2, 1, 5),
    12,
  );

function put(out: Fields, rd: number, rs1: number, rs2: number, imm: number): void {
  out.rd = rd;
  out.rs1 = rs1;
  out.rs2 = rs2;
  out.imm = imm;
}

type Immediate = (half: number) => number;

/** rd = rd op imm. */
const update =
  (imm: Immediate): Layout =>
  (half, out) =>
    put(out, full(half), full(half), 0, imm(half));
/** rd = x0 op imm. */
const load6: Layout = (half, out) => put(out, full(half), 0, 0, imm6(half));
const upper: Layout = (half, out) => put(out, full(half), 0, 0, imm6(half) << 12);
const updateShort =
  (imm: Immediate): Layout =>
  (half, out) =>
    put(out, short(half, 7), short(half, 7), 0, imm(half));
const pairShort: Layout = (half, out) => put(out, short(half, 7), short(half, 7), short(half, 2), 0);
const spPlus: Layout = (half, out) => put(out, short(half, 2), SP, 0, imm4spn(half));
const loadShort =
  (imm: Immediate): Layout =>
  (half, out) =>
    put(out, short(half, 2), short(half, 7), 0, imm(half));
const storeShort =
  (imm: Immediate): Layout =>
  (half, out) =>
    put(out, 0, short(half, 7), short(half, 2), imm(half));
const loadSp =
  (imm: Immediate): Layout =>
  (half, out) =>
    put(out, full(half), SP, 0, imm(half));
const storeSp =
  (imm: Immediate): Layout =>
  (half, out) =>
    put(out, 0, SP, second(half), imm(half));
const branch: Layout = (half, out) => put(out, 0, short(half, 7), 0, offsetBranch(half));
const jump: Layout = (half, out) => put(out, 0, 0, 0, offsetJump(half));
const jumpTo =
  (link: number): Layout =>
  (half, out) =>
    put(out, link, full(half), 0, 0);
const move: Layout = (half, out) => put(out, full(half), 0, second(half), 0);
const addTo: Layout = (half, out) => put(out, full(half), full(half), second(half), 0);
const nothing: Layout = (_half, out) => put(out, 0, 0, 0, 0);

const row = (name: string, match: number, mask: number, base: string, layout: Layout): Row => ({
  name,
  match,
  mask,
  base: instruction(base).id,
  layout,
});
const reserved = (match: number, mask: number): Row => ({
  name: 'reserved',
  match,
  mask,
  base: undefined,
  layout: nothing,
});

const QUADRANT0: readonly Row[] = [
  reserved(0x0000, 0xffe3), // c.addi4spn of 0, and the word 0
  row('c.addi4spn', 0x0000, 0xe003, 'addi', spPlus),
  row('c.fld', 0x2000, 0xe003, 'fld', loadShort(offsetDouble)),
  row('c.lw', 0x4000, 0xe003, 'lw', loadShort(offsetWord)),
  row('c.ld', 0x6000, 0xe003, 'ld', loadShort(offsetDouble)),
  row('c.fsd', 0xa000, 0xe003, 'fsd', storeShort(offsetDouble)),
  row('c.sw', 0xc000, 0xe003, 'sw', storeShort(offsetWord)),
  row('c.sd', 0xe000, 0xe003, 'sd', storeShort(offsetDouble)),
];

const QUADRANT1: readonly Row[] = [
  row('c.addi', 0x0001, 0xe003, 'addi', update(imm6)),
  reserved(0x2001, 0xef83), // c.addiw to x0
  row('c.addiw', 0x2001, 0xe003, 'addiw', update(imm6)),
  row('c.li', 0x4001, 0xe003, 'addi', load6),
  reserved(0x6001, 0xf07f), // c.addi16sp and c.lui of 0
  row('c.addi16sp', 0x6101, 0xef83, 'addi', update(imm16sp)),
  row('c.lui', 0x6001, 0xe003, 'lui', upper),
  row('c.srli', 0x8001, 0xec03, 'srli', updateShort(shamt)),
  row('c.srai', 0x8401, 0xec03, 'srai', updateShort(shamt)),
  row('c.andi', 0x8801, 0xec03, 'andi', updateShort(imm6)),
  row('c.sub', 0x8c01, 0xfc63, 'sub', pairShort),
  row('c.xor', 0x8c21, 0xfc63, 'xor', pairShort),
  row('c.or', 0x8c41, 0xfc63, 'or', pairShort),
  row('c.and', 0x8c61, 0xfc63, 'and', pairShort),
  row('c.subw', 0x9c01, 0xfc63, 'subw', pairShort),
  row('c.addw', 0x9c21, 0xfc63, 'addw', pairShort),
  row('c.j', 0xa001, 0xe003, 'jal', jump),
  row('c.beqz', 0xc001, 0xe003, 'beq', branch),
  row('c.bnez', 0xe001, 0xe003, 'bne', branch),
];

const QUADRANT2: readonly Row[] = [
  row('c.slli', 0x0002, 0xe003, 'slli', update(shamt)),
  row('c.fldsp', 0x2002, 0xe003, 'fld', loadSp(offsetDoubleSp)),
  reserved(0x4002, 0xef83), // c.lwsp to x0
  row('c.lwsp', 0x4002, 0xe003, 'lw', loadSp(offsetWordSp)),
  reserved(0x6002, 0xef83), // c.ldsp to x0
  row('c.ldsp', 0x6002, 0xe003, 'ld', loadSp(offsetDoubleSp)),
  reserved(0x8002, 0xffff), // c.jr x0
  row('c.jr', 0x8002, 0xf07f, 'jalr', jumpTo(0)),
  row('c.mv', 0x8002, 0xf003, 'add', move),
  row('c.ebreak', 0x9002, 0xffff, 'ebreak', nothing),
  row('c.jalr', 0x9002, 0xf07f, 'jalr', jumpTo(RA)),
  row('c.add', 0x9002, 0xf003, 'add', addTo),
  row('c.fsdsp', 0xa002, 0xe003, 'fsd', storeSp(offsetDoubleSpStore)),
  row('c.swsp', 0xc002, 0xe003, 'sw', storeSp(offsetWordSpStore)),
  row('c.sdsp', 0xe002, 0xe003, 'sd', storeSp(offsetDoubleSpStore)),
];

const QUADRANTS = [QUADRANT0, QUADRANT1, QUADRANT2];
export const COMPRESSED: readonly Row[] = QUADRANTS.flat();

/** Rows by quadrant (bits 0–1) and bits 13–15. */
const candidates: Row[][] = Array.from({ length: 24 }, (_, i) =>
  QUADRANTS[i % 3]!.filter(({ match }) => match >>> 13 === Math.floor(i / 3)),
);

/** Decodes a halfword whose low bits are not 3: the id of the instruction, fields in `out`; -1: illegal. */
export function decodeCompressed(half: number, out: Fields): number {
  for (const { match, mask, base, layout } of candidates[(half >>> 13) * 3 + (half & 3)]!) {
    if ((half & mask) !== match) continue;
    if (base === undefined) return -1;
    layout(half, out);
    return base;
  }
  return -1;
}
