/**
 * The instructions of RV64GC in user mode: the one table that the decoder, the interpreter and the
 * disassembler share. A word is an instruction when `word & mask === match`; what matches no row, or has a
 * reserved rounding mode, is illegal. Compressed instructions (compressed.ts) stand for rows of this table.
 *
 * Encodings: The RISC-V Instruction Set Manual, volume I, chapter "RV32/64G Instruction Set Listings".
 */

/** What the fields of an instruction are: registers of which file, which immediate. */
export interface Format {
  readonly rd?: 'x' | 'f';
  readonly rs1?: 'x' | 'f';
  readonly rs2?: 'x' | 'f';
  readonly rs3?: 'f';
  readonly imm?: 'i' | 's' | 'b' | 'u' | 'j' | 'shift6' | 'shift5' | 'csr' | 'fence';
  /** Bits 12–14 are a rounding mode. */
  readonly rm?: true;
  /** rs1's field is a 5-bit immediate, beside the CSR number. */
  readonly zimm?: true;
  /** An access to memory at rs1 (+ imm). */
  readonly memory?: 'load' | 'store' | 'atomic';
}

const FORMATS = {
  none: {},
  r: { rd: 'x', rs1: 'x', rs2: 'x' },
  i: { rd: 'x', rs1: 'x', imm: 'i' },
  shift6: { rd: 'x', rs1: 'x', imm: 'shift6' },
  shift5: { rd: 'x', rs1: 'x', imm: 'shift5' },
  load: { rd: 'x', rs1: 'x', imm: 'i', memory: 'load' },
  store: { rs1: 'x', rs2: 'x', imm: 's', memory: 'store' },
  branch: { rs1: 'x', rs2: 'x', imm: 'b' },
  u: { rd: 'x', imm: 'u' },
  jump: { rd: 'x', imm: 'j' },
  fence: { imm: 'fence' },
  csr: { rd: 'x', rs1: 'x', imm: 'csr' },
  csri: { rd: 'x', imm: 'csr', zimm: true },
  lr: { rd: 'x', rs1: 'x', memory: 'atomic' },
  amo: { rd: 'x', rs1: 'x', rs2: 'x', memory: 'atomic' },
  fload: { rd: 'f', rs1: 'x', imm: 'i', memory: 'load' },
  fstore: { rs1: 'x', rs2: 'f', imm: 's', memory: 'store' },
  fused: { rd: 'f', rs1: 'f', rs2: 'f', rs3: 'f', rm: true },
  ffRm: { rd: 'f', rs1: 'f', rs2: 'f', rm: true },
  ff: { rd: 'f', rs1: 'f', rs2: 'f' },
  fRm: { rd: 'f', rs1: 'f', rm: true },
  xff: { rd: 'x', rs1: 'f', rs2: 'f' },
  xfRm: { rd: 'x', rs1: 'f', rm: true },
  xf: { rd: 'x', rs1: 'f' },
  fxRm: { rd: 'f', rs1: 'x', rm: true },
  fx: { rd: 'f', rs1: 'x' },
} as const satisfies Record<string, Format>;
type FormatName = keyof typeof FORMATS;

export interface Instruction {
  readonly id: number;
  readonly mnemonic: string;
  readonly match: number;
  readonly mask: number;
  readonly format: Format;
}

type Row = readonly [mnemonic: string, match: number, mask: number, format: FormatName];

/** opcode and funct3; opcode, funct3 and funct7; … */
const OPCODE = 0x7f;
const FUNCT3 = 0x707f;
const FUNCT7 = 0xfe00707f;
const SHIFT6 = 0xfc00707f;
const RM2 = 0xfe00007f;
const RM1 = 0xfff0007f;
const UNARY = 0xfff0707f;
const FUSED = 0x0600007f;
const AMO = 0xf800707f;
const LR = 0xf9f0707f;
const ALL = 0xffffffff;

const INTEGER: readonly Row[] = [
  ['lui', 0x37, OPCODE, 'u'],
  ['auipc', 0x17, OPCODE, 'u'],
  ['jal', 0x6f, OPCODE, 'jump'],
  ['jalr', 0x67, FUNCT3, 'i'],
  ['beq', 0x0063, FUNCT3, 'branch'],
  ['bne', 0x1063, FUNCT3, 'branch'],
  ['blt', 0x4063, FUNCT3, 'branch'],
  ['bge', 0x5063, FUNCT3, 'branch'],
  ['bltu', 0x6063, FUNCT3, 'branch'],
  ['bgeu', 0x7063, FUNCT3, 'branch'],
  ['lb', 0x0003, FUNCT3, 'load'],
  ['lh', 0x1003, FUNCT3, 'load'],
  ['lw', 0x2003, FUNCT3, 'load'],
  ['ld', 0x3003, FUNCT3, 'load'],
  ['lbu', 0x4003, FUNCT3, 'load'],
  ['lhu', 0x5003, FUNCT3, 'load'],
  ['lwu', 0x6003, FUNCT3, 'load'],
  ['sb', 0x0023, FUNCT3, 'store'],
  ['sh', 0x1023, FUNCT3, 'store'],
  ['sw', 0x2023, FUNCT3, 'store'],
  ['sd', 0x3023, FUNCT3, 'store'],
  ['addi', 0x0013, FUNCT3, 'i'],
  ['slti', 0x2013, FUNCT3, 'i'],
  ['sltiu', 0x3013, FUNCT3, 'i'],
  ['xori', 0x4013, FUNCT3, 'i'],
  ['ori', 0x6013, FUNCT3, 'i'],
  ['andi', 0x7013, FUNCT3, 'i'],
  ['slli', 0x1013, SHIFT6, 'shift6'],
  ['srli', 0x5013, SHIFT6, 'shift6'],
  ['srai', 0x40005013, SHIFT6, 'shift6'],
  ['add', 0x0033, FUNCT7, 'r'],
  ['sub', 0x40000033, FUNCT7, 'r'],
  ['sll', 0x1033, FUNCT7, 'r'],
  ['slt', 0x2033, FUNCT7, 'r'],
  ['sltu', 0x3033, FUNCT7, 'r'],
  ['xor', 0x4033, FUNCT7, 'r'],
  ['srl', 0x5033, FUNCT7, 'r'],
  ['sra', 0x40005033, FUNCT7, 'r'],
  ['or', 0x6033, FUNCT7, 'r'],
  ['and', 0x7033, FUNCT7, 'r'],
  ['addiw', 0x001b, FUNCT3, 'i'],
  ['slliw', 0x101b, FUNCT7, 'shift5'],
  ['srliw', 0x501b, FUNCT7, 'shift5'],
  ['sraiw', 0x4000501b, FUNCT7, 'shift5'],
  ['addw', 0x003b, FUNCT7, 'r'],
  ['subw', 0x4000003b, FUNCT7, 'r'],
  ['sllw', 0x103b, FUNCT7, 'r'],
  ['srlw', 0x503b, FUNCT7, 'r'],
  ['sraw', 0x4000503b, FUNCT7, 'r'],
  ['fence', 0x000f, FUNCT3, 'fence'],
  ['fence.i', 0x100f, FUNCT3, 'none'],
  ['ecall', 0x00000073, ALL, 'none'],
  ['ebreak', 0x00100073, ALL, 'none'],
  ['csrrw', 0x1073, FUNCT3, 'csr'],
  ['csrrs', 0x2073, FUNCT3, 'csr'],
  ['csrrc', 0x3073, FUNCT3, 'csr'],
  ['csrrwi', 0x5073, FUNCT3, 'csri'],
  ['csrrsi', 0x6073, FUNCT3, 'csri'],
  ['csrrci', 0x7073, FUNCT3, 'csri'],
];

const MULTIPLY: readonly Row[] = [
  ['mul', 0x02000033, FUNCT7, 'r'],
  ['mulh', 0x02001033, FUNCT7, 'r'],
  ['mulhsu', 0x02002033, FUNCT7, 'r'],
  ['mulhu', 0x02003033, FUNCT7, 'r'],
  ['div', 0x02004033, FUNCT7, 'r'],
  ['divu', 0x02005033, FUNCT7, 'r'],
  ['rem', 0x02006033, FUNCT7, 'r'],
  ['remu', 0x02007033, FUNCT7, 'r'],
  ['mulw', 0x0200003b, FUNCT7, 'r'],
  ['divw', 0x0200403b, FUNCT7, 'r'],
  ['divuw', 0x0200503b, FUNCT7, 'r'],
  ['remw', 0x0200603b, FUNCT7, 'r'],
  ['remuw', 0x0200703b, FUNCT7, 'r'],
];

/** LR, SC and AMO exist for words and doublewords; acquire and release bits change nothing here. */
const atomic = (name: string, funct5: number): Row[] => [
  [`${name}.w`, ((funct5 << 27) | 0x202f) >>> 0, AMO, 'amo'],
  [`${name}.d`, ((funct5 << 27) | 0x302f) >>> 0, AMO, 'amo'],
];
const ATOMIC: readonly Row[] = [
  ['lr.w', 0x1000202f, LR, 'lr'],
  ['lr.d', 0x1000302f, LR, 'lr'],
  ...atomic('sc', 0x03),
  ...atomic('amoswap', 0x01),
  ...atomic('amoadd', 0x00),
  ...atomic('amoxor', 0x04),
  ...atomic('amoand', 0x0c),
  ...atomic('amoor', 0x08),
  ...atomic('amomin', 0x10),
  ...atomic('amomax', 0x14),
  ...atomic('amominu', 0x18),
  ...atomic('amomaxu', 0x1c),
];

/** The instructions that exist alike for single (fmt 0) and double precision (fmt 1). */
function floating(s: 's' | 'd', fmt: 0 | 1): Row[] {
  const at = (funct5: number, rs2 = 0, funct3 = 0): number =>
    ((funct5 << 27) | (fmt << 25) | (rs2 << 20) | (funct3 << 12) | 0x53) >>> 0;
  const fused = (opcode: number): number => (fmt << 25) | opcode;
  return [
    [`fmadd.${s}`, fused(0x43), FUSED, 'fused'],
    [`fmsub.${s}`, fused(0x47), FUSED, 'fused'],
    [`fnmsub.${s}`, fused(0x4b), FUSED, 'fused'],
    [`fnmadd.${s}`, fused(0x4f), FUSED, 'fused'],
    [`fadd.${s}`, at(0x00), RM2, 'ffRm'],
    [`fsub.${s}`, at(0x01), RM2, 'ffRm'],
    [`fmul.${s}`, at(0x02), RM2, 'ffRm'],
    [`fdiv.${s}`, at(0x03), RM2, 'ffRm'],
    [`fsqrt.${s}`, at(0x0b), RM1, 'fRm'],
    [`fsgnj.${s}`, at(0x04, 0, 0), FUNCT7, 'ff'],
    [`fsgnjn.${s}`, at(0x04, 0, 1), FUNCT7, 'ff'],
    [`fsgnjx.${s}`, at(0x04, 0, 2), FUNCT7, 'ff'],
    [`fmin.${s}`, at(0x05, 0, 0), FUNCT7, 'ff'],
    [`fmax.${s}`, at(0x05, 0, 1), FUNCT7, 'ff'],
    [`fle.${s}`, at(0x14, 0, 0), FUNCT7, 'xff'],
    [`flt.${s}`, at(0x14, 0, 1), FUNCT7, 'xff'],
    [`feq.${s}`, at(0x14, 0, 2), FUNCT7, 'xff'],
    [`fclass.${s}`, at(0x1c, 0, 1), UNARY, 'xf'],
    [`fcvt.w.${s}`, at(0x18, 0), RM1, 'xfRm'],
    [`fcvt.wu.${s}`, at(0x18, 1), RM1, 'xfRm'],
    [`fcvt.l.${s}`, at(0x18, 2), RM1, 'xfRm'],
    [`fcvt.lu.${s}`, at(0x18, 3), RM1, 'xfRm'],
    [`fcvt.${s}.w`, at(0x1a, 0), RM1, 'fxRm'],
    [`fcvt.${s}.wu`, at(0x1a, 1), RM1, 'fxRm'],
    [`fcvt.${s}.l`, at(0x1a, 2), RM1, 'fxRm'],
    [`fcvt.${s}.lu`, at(0x1a, 3), RM1, 'fxRm'],
  ];
}

const FLOAT: readonly Row[] = [
  ['flw', 0x2007, FUNCT3, 'fload'],
  ['fld', 0x3007, FUNCT3, 'fload'],
  ['fsw', 0x2027, FUNCT3, 'fstore'],
  ['fsd', 0x3027, FUNCT3, 'fstore'],
  ...floating('s', 0),
  ...floating('d', 1),
  ['fmv.x.w', 0xe0000053, UNARY, 'xf'],
  ['fmv.w.x', 0xf0000053, UNARY, 'fx'],
  ['fmv.x.d', 0xe2000053, UNARY, 'xf'],
  ['fmv.d.x', 0xf2000053, UNARY, 'fx'],
  ['fcvt.s.d', 0x40100053, RM1, 'fRm'],
  ['fcvt.d.s', 0x42000053, RM1, 'fRm'],
];

export const INSTRUCTIONS: readonly Instruction[] = [...INTEGER, ...MULTIPLY, ...ATOMIC, ...FLOAT].map(
  ([mnemonic, match, mask, format], id) => ({ id, mnemonic, match, mask, format: FORMATS[format] }),
);

const byMnemonic = new Map(INSTRUCTIONS.map((instruction) => [instruction.mnemonic, instruction]));

/** The row of a mnemonic, which must exist. */
export function instruction(mnemonic: string): Instruction {
  const found = byMnemonic.get(mnemonic);
  if (!found) throw new Error(`no instruction ${mnemonic}`);
  return found;
}

/** Names of the registers by the calling convention (RISC-V ELF psABI). */
export const X_NAMES: readonly string[] =
  'zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6'.split(
    ' ',
  );
export const F_NAMES: readonly string[] = [
  ...'ft0 ft1 ft2 ft3 ft4 ft5 ft6 ft7 fs0 fs1 fa0 fa1 fa2 fa3 fa4 fa5 fa6 fa7'.split(' '),
  ...'fs2 fs3 fs4 fs5 fs6 fs7 fs8 fs9 fs10 fs11 ft8 ft9 ft10 ft11'.split(' '),
];

/** The control and status registers of user mode. */
export const Csr = { fflags: 1, frm: 2, fcsr: 3, cycle: 0xc00, time: 0xc01, instret: 0xc02 } as const;
