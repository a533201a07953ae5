/**
 * Bodies of the integer instructions: arithmetic, multiplication and division. All of them are hot: none can
 * fail.
 */
import { I32, I64, Type } from '../wasm/opcodes.ts';
import type { Bodies, Body, Emitter } from './emitter.ts';

type Push = (o: Emitter) => void;

/** rd = what `value` pushes. */
const compute = (value: Push): Body => ({ hot: (o) => o.setRd(() => value(o)) });

/** rd = rs1 op rs2, 64 bits. */
const binary = (opcode: number): Body => compute((o) => o.reg('rs1').reg('rs2').f.op(opcode));
/** rd = rs1 op imm, 64 bits. */
const immediate = (opcode: number): Body => compute((o) => o.reg('rs1').imm().f.op(opcode));
/** Comparisons give 0 or 1. */
const compare = (opcode: number): Body =>
  compute((o) => o.reg('rs1').reg('rs2').f.op(opcode, I64.extendI32U));
const compareImmediate = (opcode: number): Body =>
  compute((o) => o.reg('rs1').imm().f.op(opcode, I64.extendI32U));
/** The W instructions: 32 bits, sign-extended. */
const word = (opcode: number): Body =>
  compute((o) => o.reg('rs1', I32.load).reg('rs2', I32.load).f.op(opcode, I64.extendI32S));
const wordImmediate = (opcode: number): Body =>
  compute((o) => o.reg('rs1', I32.load).imm32().f.op(opcode, I64.extendI32S));

/** Pushes the high half of the unsigned product of two locals: four 32-bit products. */
function highUnsigned(o: Emitter, a: number, b: number): void {
  const { f } = o;
  const aHigh = o.temporary(Type.i64);
  const bHigh = o.temporary(Type.i64);
  const middle = o.temporary(Type.i64);
  const low32 = (local: number): void => {
    f.get(local).i64(0xffffffff).op(I64.and);
  };
  const shift32 = (): void => {
    f.i64(32).op(I64.shrU);
  };
  f.get(a);
  shift32();
  f.set(aHigh).get(b);
  shift32();
  f.set(bHigh);
  // middle = aHigh * bLow + (aLow * bLow >> 32)
  f.get(aHigh);
  low32(b);
  f.op(I64.mul);
  low32(a);
  low32(b);
  f.op(I64.mul);
  shift32();
  f.op(I64.add).set(middle);
  // aHigh * bHigh + (middle >> 32) + (aLow * bHigh + (middle & 0xffffffff) >> 32)
  f.get(aHigh).get(bHigh).op(I64.mul).get(middle);
  shift32();
  f.op(I64.add);
  low32(a);
  f.get(bHigh).op(I64.mul);
  low32(middle);
  f.op(I64.add);
  shift32();
  f.op(I64.add);
}

/** The signed ones follow from the unsigned: an operand < 0 counts 2^64 too much. */
const highProduct = (signedA: boolean, signedB: boolean): Body =>
  compute((o) => {
    const { f } = o;
    const a = o.temporary(Type.i64);
    const b = o.temporary(Type.i64);
    o.reg('rs1').f.set(a);
    o.reg('rs2').f.set(b);
    highUnsigned(o, a, b);
    if (signedA) f.get(a).i64(63).op(I64.shrS).get(b).op(I64.and, I64.sub);
    if (signedB) f.get(b).i64(63).op(I64.shrS).get(a).op(I64.and, I64.sub);
  });

interface Width {
  readonly type: Type;
  readonly load: number;
  readonly eqz: number;
  readonly eq: number;
  readonly sub: number;
  readonly constant: (o: Emitter, value: number) => void;
  readonly extend: readonly number[];
}
const DOUBLE: Width = {
  type: Type.i64,
  load: I64.load,
  eqz: I64.eqz,
  eq: I64.eq,
  sub: I64.sub,
  constant: (o, value) => o.f.i64(value),
  extend: [],
};
const WORD: Width = {
  type: Type.i32,
  load: I32.load,
  eqz: I32.eqz,
  eq: I32.eq,
  sub: I32.sub,
  constant: (o, value) => o.f.i32(value),
  extend: [I64.extendI32S],
};

/**
 * Division never traps: by zero gives all ones, or the dividend as the remainder; the signed overflow gives
 * the dividend, remainder 0 (as dividing anything by -1 does).
 */
const divide = (opcode: number, width: Width, signed: boolean, remainder: boolean): Body =>
  compute((o) => {
    const { f } = o;
    const a = o.temporary(width.type);
    const b = o.temporary(width.type);
    o.reg('rs1', width.load).f.set(a);
    o.reg('rs2', width.load).f.tee(b).op(width.eqz);
    f.if(width.type);
    if (remainder) f.get(a);
    else width.constant(o, -1);
    f.else();
    if (signed) {
      f.get(b);
      width.constant(o, -1);
      f.op(width.eq).if(width.type);
      width.constant(o, 0);
      if (!remainder) f.get(a).op(width.sub);
      f.else();
    }
    f.get(a).get(b).op(opcode);
    if (signed) f.end();
    f.end();
    f.op(...width.extend);
  });

export const integerBodies: Bodies = {
  nop: { hot: () => {} },
  li: compute((o) => o.imm()),
  mv: compute((o) => o.reg('rs1')),
  'sext.w': compute((o) => o.reg('rs1', I64.load32s)),
  auipc: compute((o) => o.pc().imm().f.op(I64.add)),
  addi: immediate(I64.add),
  slti: compareImmediate(I64.ltS),
  sltiu: compareImmediate(I64.ltU),
  xori: immediate(I64.xor),
  ori: immediate(I64.or),
  andi: immediate(I64.and),
  slli: immediate(I64.shl),
  srli: immediate(I64.shrU),
  srai: immediate(I64.shrS),
  add: binary(I64.add),
  sub: binary(I64.sub),
  sll: binary(I64.shl),
  slt: compare(I64.ltS),
  sltu: compare(I64.ltU),
  xor: binary(I64.xor),
  srl: binary(I64.shrU),
  sra: binary(I64.shrS),
  or: binary(I64.or),
  and: binary(I64.and),
  addiw: wordImmediate(I32.add),
  slliw: wordImmediate(I32.shl),
  srliw: wordImmediate(I32.shrU),
  sraiw: wordImmediate(I32.shrS),
  addw: word(I32.add),
  subw: word(I32.sub),
  sllw: word(I32.shl),
  srlw: word(I32.shrU),
  sraw: word(I32.shrS),
  mul: binary(I64.mul),
  mulh: highProduct(true, true),
  mulhsu: highProduct(true, false),
  mulhu: highProduct(false, false),
  mulw: word(I32.mul),
  div: divide(I64.divS, DOUBLE, true, false),
  divu: divide(I64.divU, DOUBLE, false, false),
  rem: divide(I64.remS, DOUBLE, true, true),
  remu: divide(I64.remU, DOUBLE, false, true),
  divw: divide(I32.divS, WORD, true, false),
  divuw: divide(I32.divU, WORD, false, false),
  remw: divide(I32.remS, WORD, true, true),
  remuw: divide(I32.remU, WORD, false, true),
};
