/**
 * FADD.S, FSUB.S, FMUL.S, FDIV.S, FSQRT.S and FCVT.S.D. Hot: as for doubles, in native single precision.
 * Rare: the operation in double precision, rounded to odd where that is not exact, decides all flags of the
 * result that is rounded from it. The exact path gets ties away from zero, divisions by zero, and what is not
 * in the middle of the range when rounding is directed.
 */
import type { Bodies, Body, Emitter } from '../interpreter/emitter.ts';
import type { RegisterField } from '../interpreter/entry.ts';
import type { EntryEmitter } from '../interpreter/entry-emitter.ts';
import { Control, F32, F64, I32, Type } from '../wasm/opcodes.ts';
import {
  NORMAL_SINGLE,
  operand,
  pushBoxed,
  pushF32,
  pushInfinite,
  pushMagnitude,
  pushNaN,
  pushZero,
  raise,
  rareBody,
  singleOperand,
  storeSingle,
  TINY_SINGLE,
} from './code.ts';
import type { Rare } from './double-arithmetic.ts';
import { makeOdd, sumError } from './error-terms.ts';
import { double, Flag, type Format, single } from './format.ts';
import { finishNaN } from './nan.ts';
import { leaveUnlessUsual, modeByError, roundByError, SINGLE_RANGE } from './rounding.ts';

/**
 * Rare: ends the body with double `p` rounded to single. The flags are p's, which is exact, or odd, or at
 * least on the right side of every single and halfway point. `pushExact` pushes whether the result, given as
 * a double, is exact; without it, it is when it equals p.
 */
export function finishSingle(
  o: EntryEmitter,
  p: number,
  { mode, toSlow }: Rare,
  pushExact: (r: number) => void = (r) => o.f.get(r).get(p).op(F64.eq),
): void {
  const { f } = o;
  const r = o.temporary(Type.f64);
  const exact = o.temporary(Type.i32);
  const error = o.temporary(Type.f64);
  f.get(p).op(F32.demoteF64, F64.promoteF32).set(r);
  pushExact(r);
  f.set(exact);
  f.get(p).get(r).op(F64.sub).set(error);
  roundByError(o, SINGLE_RANGE, mode, r, error, toSlow);
  raise(o, () => {
    f.i32(0).i32(Flag.inexact);
    pushMagnitude(o, p, F64.lt, TINY_SINGLE);
    f.i32(Math.log2(Flag.underflow)).op(I32.shl, I32.or);
    pushInfinite(o, r);
    f.i32(Math.log2(Flag.overflow)).op(I32.shl, I32.or).get(exact).op(Control.select);
  });
  storeSingle(o, () => f.get(r).op(F32.demoteF64));
  o.done();
}

/** Rare: ends the body when the double p is a NaN, by the NaNs among the operands. */
function nanResult(
  o: EntryEmitter,
  from: Format,
  p: number,
  fields: readonly RegisterField[],
  values: number[],
): void {
  pushNaN(o, p);
  o.f.if();
  finishNaN(o, from, single, fields, () => {
    values.forEach((value, n) => {
      pushNaN(o, value);
      if (n > 0) o.f.op(I32.or);
    });
  });
  o.f.end();
}

/** The operation in both precisions, and how to end its rare body with the double result p that is no NaN. */
interface Shape {
  readonly single: number;
  readonly double: number;
  readonly unary?: true;
  /** The operands that make an exact zero by being one; none: subnormal results are exact or do not occur. */
  readonly zeroBy?: readonly RegisterField[];
  /** Hot: pushes whether the single r is exact. */
  readonly pushExact?: (o: Emitter, r: number) => void;
  readonly end: (o: EntryEmitter, a: number, b: number, p: number, rare: Rare) => void;
}

const SHAPES: Readonly<Record<string, Shape>> = {
  'fadd.s': { single: F32.add, double: F64.add, pushExact: pushExactSum(F64.add), end: endSum(F64.add) },
  'fsub.s': { single: F32.sub, double: F64.sub, pushExact: pushExactSum(F64.sub), end: endSum(F64.sub) },
  // The product of two singles is a double.
  'fmul.s': {
    single: F32.mul,
    double: F64.mul,
    zeroBy: ['rs1', 'rs2'],
    pushExact: (o, r) => {
      for (const field of ['rs1', 'rs2'] as const) o.reg(field, F32.load).f.op(F64.promoteF32);
      o.f.op(F64.mul).get(r).op(F64.promoteF32, F64.eq);
    },
    end: (o, _a, _b, p, rare) => finishSingle(o, p, rare),
  },
  'fdiv.s': { single: F32.div, double: F64.div, zeroBy: ['rs1'], end: endQuotient },
  'fsqrt.s': { single: F32.sqrt, double: F64.sqrt, unary: true, end: endRoot },
};

/** Exact when the sum of doubles is and the single equals it. */
function pushExactSum(opcode: number): Shape['pushExact'] {
  return (o, r) => {
    const { f } = o;
    const [a, b, p] = [0, 0, 0].map(() => o.temporary(Type.f64)) as [number, number, number];
    o.reg('rs1', F32.load).f.op(F64.promoteF32).set(a);
    o.reg('rs2', F32.load).f.op(F64.promoteF32);
    if (opcode === F64.sub) f.op(F64.neg);
    f.tee(b).get(a).op(F64.add).set(p);
    pushZero(o, sumError(o, a, b, p));
    f.get(p).get(r).op(F64.promoteF32, F64.eq, I32.and);
  };
}

function endSum(opcode: number): Shape['end'] {
  return (o, a, b, p, rare) => {
    if (opcode === F64.sub) o.f.get(b).op(F64.neg).set(b);
    makeOdd(o, p, sumError(o, a, b, p));
    finishSingle(o, p, rare);
  };
}

/** Quotients of singles keep a distance of 2^-49 from what is halfway: the double is on the right side. */
function endQuotient(o: EntryEmitter, a: number, b: number, p: number, rare: Rare): void {
  const { f } = o;
  pushZero(o, b);
  f.brIf(rare.toSlow);
  finishSingle(o, p, rare, (r) => {
    f.get(r).get(b).op(F64.mul).get(a).op(F64.eq);
    pushInfinite(o, b);
    f.op(I32.or);
  });
}

function endRoot(o: EntryEmitter, a: number, _b: number, p: number, rare: Rare): void {
  finishSingle(o, p, rare, (r) => o.f.get(r).get(r).op(F64.mul).get(a).op(F64.eq));
}

function body(mnemonic: string, shape: Shape): Body {
  const fields: readonly RegisterField[] = shape.unary ? ['rs1'] : ['rs1', 'rs2'];
  return {
    hot: (o) => {
      pushBoxed(o, ...fields);
      o.f.op(I32.eqz);
      o.rareIf();
      const r = o.temporary(Type.f32);
      for (const field of fields) o.reg(field, F32.load);
      o.f.op(shape.single).set(r);
      const { pushExact } = shape;
      leaveUnlessUsual(o, pushExact && (() => pushExact(o, r)));
      if (shape.zeroBy) leaveUnlessPlain(o, r, shape.zeroBy);
      else {
        pushFiniteSingle(o, r);
        o.f.op(I32.eqz);
        o.rareIf();
      }
      storeSingle(o, () => o.f.get(r));
    },
    rare: rareBody(mnemonic, (o, toSlow) => {
      const mode = modeByError(o, toSlow);
      const values = fields.map((field) => singleOperand(o, field));
      const p = o.temporary(Type.f64);
      for (const value of values) o.f.get(value);
      o.f.op(shape.double).set(p);
      nanResult(o, single, p, fields, values);
      shape.end(o, values[0]!, values.at(-1)!, p, { mode, toSlow });
    }),
  };
}

/** Hot: goes to the rare body unless r is plain, or 0 by an operand that is. */
function leaveUnlessPlain(o: Emitter, r: number, zeroBy: readonly RegisterField[]): void {
  const { f } = o;
  const plain = f.block();
  pushPlainSingle(o, r);
  f.brIf(plain);
  f.get(r);
  pushF32(o, 0);
  f.op(F32.eq);
  zeroBy.forEach((field, n) => {
    o.reg(field, F32.load);
    pushF32(o, 0);
    f.op(F32.eq);
    if (n > 0) f.op(I32.or);
  });
  f.op(I32.and, I32.eqz);
  o.rareIf();
  f.end();
}

function pushFiniteSingle(o: Emitter, r: number): void {
  o.f.get(r).op(F32.abs);
  pushF32(o, Number.POSITIVE_INFINITY);
  o.f.op(F32.lt);
}

/** Pushes whether the single r is finite and above the least normal number. */
export function pushPlainSingle(o: Emitter, r: number): void {
  pushFiniteSingle(o, r);
  o.f.get(r).op(F32.abs);
  pushF32(o, NORMAL_SINGLE);
  o.f.op(F32.gt, I32.and);
}

const demotion: Body = {
  hot: (o) => {
    const r = o.temporary(Type.f32);
    o.reg('rs1', F64.load).f.op(F32.demoteF64).set(r);
    leaveUnlessUsual(o, () => {
      o.reg('rs1', F64.load).f.get(r).op(F64.promoteF32, F64.eq);
    });
    pushPlainSingle(o, r);
    o.f.op(I32.eqz);
    o.rareIf();
    storeSingle(o, () => o.f.get(r));
  },
  rare: rareBody('fcvt.s.d', (o, toSlow) => {
    const mode = modeByError(o, toSlow);
    const a = operand(o, 'rs1');
    nanResult(o, double, a, ['rs1'], [a]);
    finishSingle(o, a, { mode, toSlow });
  }),
};

export const singleArithmetic: Bodies = {
  ...Object.fromEntries(Object.entries(SHAPES).map(([mnemonic, shape]) => [mnemonic, body(mnemonic, shape)])),
  'fcvt.s.d': demotion,
};
