/**
 * Instructions as text, the way GNU objdump writes them: registers by the names of the calling convention,
 * the usual pseudo-instructions, compressed instructions like what they stand for, targets of jumps as
 * absolute addresses. What is no instruction is data: `.word 0x…` or `.short 0x…`.
 */
import { type Decoded, decode, ILLEGAL, lengthOf, newDecoded } from './decoder.ts';
import { F_NAMES, INSTRUCTIONS, type Instruction, X_NAMES } from './instructions.ts';

const CSR_NAMES: Readonly<Record<number, string>> = {
  1: 'fflags',
  2: 'frm',
  3: 'fcsr',
  3072: 'cycle',
  3073: 'time',
  3074: 'instret',
};
const ROUNDING_MODES = ['rne', 'rtz', 'rdn', 'rup', 'rmm'];
/** rm = 7 is usual, and what assemblers write for conversions that are always exact. */
const DYNAMIC = 7;
const EXACT = /^fcvt\.d\.(w|wu|s)$/;

export interface Disassembly {
  /** Mnemonic, then, behind one space, operands separated by commas. */
  readonly text: string;
  /** Bytes of the instruction, or of the data that is none. */
  readonly length: number;
}

/** The instruction at `offset` in `bytes`, which stand at address `pc` there. Bytes may end anywhere. */
export function disassemble(bytes: Uint8Array, pc: number, offset = 0): Disassembly {
  const left = bytes.length - offset;
  if (left <= 0) return { text: '', length: 0 };
  if (left === 1) return { text: `.byte ${hex(bytes[offset]!, 2)}`, length: 1 };
  const low = bytes[offset]! | (bytes[offset + 1]! << 8);
  const length = lengthOf(low);
  if (left < length) return { text: `.short ${hex(low, 4)}`, length: 2 };
  const word = length === 2 ? low : (low | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)) >>> 0;
  const decoded = newDecoded();
  decode(word, decoded);
  return { text: textOf(decoded, word, pc), length };
}

const hex = (value: number, digits = 1): string => `0x${value.toString(16).padStart(digits, '0')}`;
const x = (n: number): string => X_NAMES[n]!;
const f = (n: number): string => F_NAMES[n]!;

function textOf(d: Decoded, word: number, pc: number): string {
  // csrrw zero, cycle, zero: what `unimp` is when written in four bytes.
  if (word === 0 || word === 0xc0001073) return 'unimp';
  if (d.id === ILLEGAL) return d.length === 2 ? `.short ${hex(word, 4)}` : `.word ${hex(word, 8)}`;
  const row = INSTRUCTIONS[d.id]!;
  return PSEUDO[row.mnemonic]?.(d, pc) ?? plain(row, d, word, pc);
}

function plain(row: Instruction, d: Decoded, word: number, pc: number): string {
  const { format, mnemonic } = row;
  if (format.memory === 'atomic') return atomic(row, d, word);
  if (format.imm === 'fence') return fence(d.imm);
  const operands: string[] = [];
  if (format.rd) operands.push(format.rd === 'f' ? f(d.rd) : x(d.rd));
  if (format.memory) {
    if (format.rs2) operands.push(format.rs2 === 'f' ? f(d.rs2) : x(d.rs2));
    operands.push(`${d.imm}(${x(d.rs1)})`);
    return `${mnemonic} ${operands.join()}`;
  }
  if (format.imm === 'csr') operands.push(csrName(d.imm));
  if (format.zimm) operands.push(String(d.rs1));
  if (format.rs1) operands.push(format.rs1 === 'f' ? f(d.rs1) : x(d.rs1));
  if (format.rs2) operands.push(format.rs2 === 'f' ? f(d.rs2) : x(d.rs2));
  if (format.rs3) operands.push(f(d.rs3));
  const immediate = immediateText(row, d, pc);
  if (immediate !== undefined) operands.push(immediate);
  if (format.rm && d.rm !== DYNAMIC && !(d.rm === 0 && EXACT.test(mnemonic)))
    operands.push(ROUNDING_MODES[d.rm]!);
  return operands.length === 0 ? mnemonic : `${mnemonic} ${operands.join()}`;
}

function immediateText({ format }: Instruction, d: Decoded, pc: number): string | undefined {
  switch (format.imm) {
    case 'i':
      return String(d.imm);
    case 'shift5':
    case 'shift6':
      return hex(d.imm);
    case 'u':
      return hex(d.imm >>> 12);
    case 'b':
    case 'j':
      return target(d, pc);
    default:
      return undefined;
  }
}

const target = (d: Decoded, pc: number): string => (pc + d.imm).toString(16);
const csrName = (csr: number): string => CSR_NAMES[csr] ?? hex(csr);

function atomic({ mnemonic, format }: Instruction, d: Decoded, word: number): string {
  const order = ['', '.rl', '.aq', '.aqrl'][(word >>> 25) & 3];
  return `${mnemonic}${order} ${x(d.rd)}${format.rs2 ? `,${x(d.rs2)}` : ''},(${x(d.rs1)})`;
}

const FENCE_ALL = 0x0ff;
const FENCE_TSO = 0x833;
const PAUSE = 0x010;
const FENCE_BITS = ['w', 'r', 'o', 'i'];

function fence(imm: number): string {
  if (imm === FENCE_ALL) return 'fence';
  if (imm === FENCE_TSO) return 'fence.tso';
  if (imm === PAUSE) return 'pause';
  const set = (bits: number): string =>
    [3, 2, 1, 0].map((bit) => ((bits >>> bit) & 1 ? FENCE_BITS[bit] : '')).join('') || 'unknown';
  return `fence ${set((imm >>> 4) & 15)},${set(imm & 15)}`;
}

/** Pseudo-instructions by mnemonic: undefined when the operands do not make one. */
type Pseudo = (d: Decoded, pc: number) => string | undefined;

/** Branches against zero, with x0 second and first. */
const against =
  (second: string, first: string | undefined): Pseudo =>
  (d, pc) => {
    if (d.rs2 === 0) return `${second} ${x(d.rs1)},${target(d, pc)}`;
    return d.rs1 === 0 && first ? `${first} ${x(d.rs2)},${target(d, pc)}` : undefined;
  };

const signInjection =
  (pseudo: string): Pseudo =>
  (d) =>
    d.rs1 === d.rs2 ? `${pseudo} ${f(d.rd)},${f(d.rs1)}` : undefined;

const negate =
  (pseudo: string): Pseudo =>
  (d) =>
    d.rs1 === 0 ? `${pseudo} ${x(d.rd)},${x(d.rs2)}` : undefined;

/** What reads, writes and exchanges the floating-point CSRs is called, after the f. */
const FLOAT_CSRS: Readonly<Record<number, string>> = { 1: 'flags', 2: 'rm', 3: 'csr' };

const csrWrite =
  (immediate: boolean): Pseudo =>
  (d) => {
    const source = immediate ? String(d.rs1) : x(d.rs1);
    const float = FLOAT_CSRS[d.imm];
    if (float && !(immediate && d.imm === 3))
      return `fs${float}${immediate ? 'i' : ''} ${d.rd === 0 ? '' : `${x(d.rd)},`}${source}`;
    return d.rd === 0 ? `csrw${immediate ? 'i' : ''} ${csrName(d.imm)},${source}` : undefined;
  };

const csrSet =
  (name: string, immediate: boolean): Pseudo =>
  (d) => {
    if (name === 'csrs' && !immediate && d.rs1 === 0) return csrRead(d);
    if (d.rd !== 0) return undefined;
    return `${name}${immediate ? 'i' : ''} ${csrName(d.imm)},${immediate ? d.rs1 : x(d.rs1)}`;
  };

function csrRead(d: Decoded): string {
  const float = FLOAT_CSRS[d.imm];
  if (float) return `fr${float} ${x(d.rd)}`;
  const counter = d.imm >= 3072 ? CSR_NAMES[d.imm] : undefined;
  return counter ? `rd${counter} ${x(d.rd)}` : `csrr ${x(d.rd)},${csrName(d.imm)}`;
}

const PSEUDO: Readonly<Record<string, Pseudo>> = {
  addi: (d) => {
    if (d.rd === 0 && d.rs1 === 0 && d.imm === 0) return 'nop';
    if (d.rs1 === 0) return `li ${x(d.rd)},${d.imm}`;
    return d.imm === 0 ? `mv ${x(d.rd)},${x(d.rs1)}` : undefined;
  },
  add: (d) => (d.rs1 === 0 && d.length === 2 ? `mv ${x(d.rd)},${x(d.rs2)}` : undefined),
  addiw: (d) => (d.imm === 0 ? `sext.w ${x(d.rd)},${x(d.rs1)}` : undefined),
  xori: (d) => (d.imm === -1 ? `not ${x(d.rd)},${x(d.rs1)}` : undefined),
  andi: (d) => (d.imm === 255 ? `zext.b ${x(d.rd)},${x(d.rs1)}` : undefined),
  sltiu: (d) => (d.imm === 1 ? `seqz ${x(d.rd)},${x(d.rs1)}` : undefined),
  sltu: (d) => (d.rs1 === 0 ? `snez ${x(d.rd)},${x(d.rs2)}` : undefined),
  slt: (d) => {
    if (d.rs2 === 0) return `sltz ${x(d.rd)},${x(d.rs1)}`;
    return d.rs1 === 0 ? `sgtz ${x(d.rd)},${x(d.rs2)}` : undefined;
  },
  sub: negate('neg'),
  subw: negate('negw'),
  jal: (d, pc) => {
    if (d.rd === 0) return `j ${target(d, pc)}`;
    return d.rd === 1 ? `jal ${target(d, pc)}` : undefined;
  },
  jalr: (d) => {
    const to = d.imm === 0 ? x(d.rs1) : `${d.imm}(${x(d.rs1)})`;
    if (d.rd === 0) return d.rs1 === 1 && d.imm === 0 ? 'ret' : `jr ${to}`;
    return d.rd === 1 ? `jalr ${to}` : `jalr ${x(d.rd)},${to}`;
  },
  beq: against('beqz', undefined),
  bne: against('bnez', undefined),
  blt: against('bltz', 'bgtz'),
  bge: against('bgez', 'blez'),
  'fsgnj.s': signInjection('fmv.s'),
  'fsgnj.d': signInjection('fmv.d'),
  'fsgnjn.s': signInjection('fneg.s'),
  'fsgnjn.d': signInjection('fneg.d'),
  'fsgnjx.s': signInjection('fabs.s'),
  'fsgnjx.d': signInjection('fabs.d'),
  csrrw: csrWrite(false),
  csrrwi: csrWrite(true),
  csrrs: csrSet('csrs', false),
  csrrsi: csrSet('csrs', true),
  csrrc: csrSet('csrc', false),
  csrrci: csrSet('csrc', true),
};
