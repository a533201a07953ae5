/**
 * FADD.D, FSUB.D, FMUL.D, FDIV.D, FSQRT.D. Hot: rounding to nearest even with inexact set already and a
 * result in the normal range: the native operation; also results that are exact. Rare: the first inexact
 * result, directed rounding, infinities and NaNs. The exact path gets ties away from zero, divisions by zero,
 * and overflows and underflows until their flags are set.
 */
import type { Bodies, Body, Emitter } from '../interpreter/emitter.ts';
import type { EntryEmitter } from '../interpreter/entry-emitter.ts';
import type { Label } from '../wasm/function.ts';
import { Control, F64, I32, I64, Type } from '../wasm/opcodes.ts';
import {
  finishDouble,
  NORMAL_DOUBLE,
  operand,
  pushF64,
  pushFinite,
  pushInfinite,
  pushMagnitude,
  pushNaN,
  pushZero,
  raise,
  rareBody,
  storeDouble,
} from './code.ts';
import { PRODUCT_LEAST, productError, sumError } from './error-terms.ts';
import { double, Flag } from './format.ts';
import { finishNaN } from './nan.ts';
import { DOUBLE_RANGE, leaveUnlessUsual, modeByError, roundByError } from './rounding.ts';

/** The operands and the native result: locals. A square root has one operand twice. */
interface Values {
  readonly a: number;
  readonly b: number;
  readonly r: number;
}

interface Shape {
  readonly opcode: number;
  /** Hot: pushes 1 when `r` is exact; not always when it is. */
  readonly pushExact?: (o: Emitter, values: Values) => void;
  /** Hot: pushes whether `r` needs no second look. */
  readonly pushPlain: (o: Emitter, values: Values) => void;
  /** Rare: ends the body where it knows the flags of a result that is no NaN. */
  readonly decide: (o: EntryEmitter, values: Values, rare: Rare) => void;
}

function compute(o: Emitter, opcode: number): Values {
  const unary = opcode === F64.sqrt;
  const a = operand(o, 'rs1');
  const b = unary ? a : operand(o, 'rs2');
  const r = o.temporary(Type.f64);
  o.f.get(a);
  if (!unary) o.f.get(b);
  o.f.op(opcode).set(r);
  return { a, b, r };
}

function body(mnemonic: string, { opcode, pushExact, pushPlain, decide }: Shape): Body {
  return {
    hot: (o) => {
      const values = compute(o, opcode);
      leaveUnlessUsual(o, pushExact && (() => pushExact(o, values)));
      pushPlain(o, values);
      o.f.op(I32.eqz);
      o.rareIf();
      storeDouble(o, values.r);
    },
    rare: rareBody(mnemonic, (o, toSlow) => {
      const mode = modeByError(o, toSlow);
      const values = compute(o, opcode);
      nanResult(o, values);
      decide(o, values, { mode, toSlow });
      o.f.get(mode).brIf(toSlow);
      settle(o, values.r);
    }),
  };
}

function nanResult(o: EntryEmitter, { a, b, r }: Values): void {
  pushNaN(o, r);
  o.f.if();
  finishNaN(o, double, double, a === b ? ['rs1'] : ['rs1', 'rs2'], () => {
    pushNaN(o, a);
    pushNaN(o, b);
    o.f.op(I32.or);
  });
  o.f.end();
}

/** Rare bodies: the rounding mode, a local, and the way to the exact path. */
export interface Rare {
  readonly mode: number;
  readonly toSlow: Label;
}

/** Ends the body with r, to nearest, rounded by its error term; not when there is none. */
export function finishByError(o: EntryEmitter, r: number, error: number, { mode, toSlow }: Rare): void {
  pushFinite(o, error);
  o.f.op(I32.eqz).brIf(toSlow);
  roundByError(o, DOUBLE_RANGE, mode, r, error, toSlow);
  raise(o, () => {
    pushZero(o, error);
    o.f.op(I32.eqz);
  });
  finishDouble(o, r);
}

/** Ends the body when all flags that r could raise are set: overflow, underflow and inexact by its size. */
function settle(o: EntryEmitter, r: number): void {
  const { f } = o;
  const flags = o.temporary(Type.i32);
  f.i32(Flag.overflow | Flag.inexact)
    .i32(Flag.inexact)
    .i32(Flag.underflow | Flag.inexact);
  pushMagnitude(o, r, F64.gt, NORMAL_DOUBLE);
  f.op(Control.select);
  pushInfinite(o, r);
  f.op(Control.select).set(flags);
  o.fcsr().f.get(flags).op(I32.and).get(flags).op(I32.eq).if();
  finishDouble(o, r);
  f.end();
}

/** Ends the body with r when the condition on the stack holds. */
function finishIf(o: EntryEmitter, r: number): void {
  o.f.if();
  finishDouble(o, r);
  o.f.end();
}

/** The error term of a sum or difference: a new local. */
function errorOf(o: Emitter, opcode: number, { a, b, r }: Values): number {
  if (opcode !== F64.sub) return sumError(o, a, b, r);
  const negated = o.temporary(Type.f64);
  o.f.get(b).op(F64.neg).set(negated);
  return sumError(o, a, negated, r);
}

/** Sums cannot underflow: they are exact where they are subnormal. */
const sum = (opcode: number): Shape => ({
  opcode,
  pushExact: (o, values) => pushZero(o, errorOf(o, opcode, values)),
  pushPlain: (o, { r }) => pushFinite(o, r),
  decide: (o, values, rare) => {
    const { f } = o;
    const { a, b, r } = values;
    pushFinite(o, r);
    f.if();
    finishByError(o, r, errorOf(o, opcode, values), rare);
    f.end();
    pushInfinite(o, a);
    pushInfinite(o, b);
    f.op(I32.or);
    finishIf(o, r);
  },
});

/** Pushes whether r is a normal number that did not become one by rounding, or 0 for a good reason. */
function pushNormal(o: Emitter, r: number, pushGoodReason: () => void): void {
  const { f } = o;
  pushMagnitude(o, r, F64.gt, NORMAL_DOUBLE);
  f.if(Type.i32);
  pushFinite(o, r);
  f.else();
  pushGoodReason();
  pushZero(o, r);
  f.op(I32.and).end();
}

const FRACTION = 2n ** 52n - 1n;
const PRECISION = 53;

/** Pushes how many zeros a significand ends with, i64: those of a power of two as many as it has bits. */
function pushTrailingZeros(o: Emitter, x: number): void {
  o.f
    .get(x)
    .op(I64.reinterpretF64)
    .i64(FRACTION)
    .op(I64.and)
    .i64((FRACTION + 1n) << 1n)
    .op(I64.or, I64.ctz);
}

const product: Shape = {
  opcode: F64.mul,
  // The product has at most the bits of both.
  pushExact: (o, { a, b }) => {
    pushTrailingZeros(o, a);
    pushTrailingZeros(o, b);
    o.f.op(I64.add).i64(PRECISION).op(I64.geU);
  },
  pushPlain: (o, { a, b, r }) =>
    pushNormal(o, r, () => {
      pushZero(o, a);
      pushZero(o, b);
      o.f.op(I32.or);
    }),
  decide: (o, { a, b, r }, rare) => {
    const { f } = o;
    pushFinite(o, r);
    pushMagnitude(o, r, F64.ge, PRODUCT_LEAST);
    f.op(I32.and).if();
    finishByError(o, r, productError(o, a, b, r), rare);
    f.end();
    for (const x of [a, b])
      for (const push of [pushZero, pushInfinite]) {
        push(o, x);
        finishIf(o, r);
      }
  },
};

/**
 * What is left of `dividend` after the product of `r` and `divisor`: a double when r is their quotient or
 * root.
 */
function remainder(o: Emitter, dividend: number, r: number, divisor: number): number {
  const { f } = o;
  const p = o.temporary(Type.f64);
  f.get(r).get(divisor).op(F64.mul).set(p);
  const error = productError(o, r, divisor, p);
  f.get(dividend).get(p).op(F64.sub).get(error).op(F64.sub).set(error);
  return error;
}

const quotient: Shape = {
  opcode: F64.div,
  pushPlain: (o, { a, r }) => pushNormal(o, r, () => pushZero(o, a)),
  decide: (o, { a, b, r }, rare) => {
    const { f } = o;
    pushZero(o, b);
    f.brIf(rare.toSlow);
    pushMagnitude(o, a, F64.ge, PRODUCT_LEAST);
    pushMagnitude(o, r, F64.gt, NORMAL_DOUBLE);
    pushFinite(o, r);
    f.op(I32.and, I32.and).if();
    const error = remainder(o, a, r, b);
    // The quotient's own error has this sign.
    f.get(error);
    pushF64(o, 1);
    f.get(b).op(F64.copysign, F64.mul).set(error);
    finishByError(o, r, error, rare);
    f.end();
    pushZero(o, a);
    finishIf(o, r);
    for (const x of [a, b]) {
      pushInfinite(o, x);
      finishIf(o, r);
    }
  },
};

const root: Shape = {
  opcode: F64.sqrt,
  pushPlain: (o, { r }) => pushFinite(o, r),
  decide: (o, { a, r }, rare) => {
    const { f } = o;
    pushMagnitude(o, a, F64.ge, PRODUCT_LEAST);
    pushFinite(o, a);
    f.op(I32.and).if();
    finishByError(o, r, remainder(o, a, r, r), rare);
    f.end();
    for (const push of [pushZero, pushInfinite]) {
      push(o, a);
      finishIf(o, r);
    }
  },
};

export const doubleArithmetic: Bodies = {
  'fadd.d': body('fadd.d', sum(F64.add)),
  'fsub.d': body('fsub.d', sum(F64.sub)),
  'fmul.d': body('fmul.d', product),
  'fdiv.d': body('fdiv.d', quotient),
  'fsqrt.d': body('fsqrt.d', root),
};
