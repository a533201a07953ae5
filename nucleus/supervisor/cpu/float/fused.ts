/**
 * FMADD, FMSUB, FNMSUB, FNMADD: ± (a × b) ± c with one rounding. Compilers make them of ordinary sums of
 * products, so they must be quick, and WebAssembly has none.
 *
 * Doubles: product p and its error e, sum of p and c and its error (all exact); what remains is to add the
 * two errors to the sum. Hot: the errors' sum is rounded once too often, which matters only when the result
 * is close to halfway between two doubles; then the rare body rounds it to odd, which is right always (Boldo
 * and Melquiond 2008). Singles: the product is exact in double precision, and so is the sum but for its last
 * bit, which matters only when it looks like halfway between two singles.
 */
import type { Bodies, Body, Emitter } from '../interpreter/emitter.ts';
import type { RegisterField } from '../interpreter/entry.ts';
import type { EntryEmitter } from '../interpreter/entry-emitter.ts';
import type { Label } from '../wasm/function.ts';
import { F32, F64, I32, I64, Type } from '../wasm/opcodes.ts';
import {
  finishDouble,
  operand,
  pushBoxed,
  pushF64,
  pushFinite,
  pushInfinite,
  pushMagnitude,
  pushNaN,
  pushZero,
  rareBody,
  singleOperand,
  storeDouble,
  storeSingle,
} from './code.ts';
import { finishByError, type Rare } from './double-arithmetic.ts';
import { makeOdd, PRODUCT_LEAST, productError, sumError } from './error-terms.ts';
import { double, type Format, single } from './format.ts';
import { finishNaN } from './nan.ts';
import { leaveUnlessUsual, modeByError, pushNearest } from './rounding.ts';
import { finishSingle, pushPlainSingle } from './single-arithmetic.ts';

/** The signs of the product and of the addend. */
interface Signs {
  readonly product: boolean;
  readonly addend: boolean;
}

const FIELDS: readonly RegisterField[] = ['rs1', 'rs2', 'rs3'];

/** a × b + c, after signs were changed; p = a × b rounded. Locals. */
interface Terms {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly p: number;
}

function terms(o: Emitter, signs: Signs, read: (o: Emitter, field: RegisterField) => number): Terms {
  const { f } = o;
  const [a, b, c] = FIELDS.map((field) => read(o, field)) as [number, number, number];
  if (signs.product) f.get(a).op(F64.neg).set(a);
  if (signs.addend) f.get(c).op(F64.neg).set(c);
  const p = o.temporary(Type.f64);
  f.get(a).get(b).op(F64.mul).set(p);
  return { a, b, c, p };
}

/** A new local with the sum of two. */
function add(o: Emitter, x: number, y: number): number {
  const sum = o.temporary(Type.f64);
  o.f.get(x).get(y).op(F64.add).set(sum);
  return sum;
}

/** When the sum is a NaN: infinity × zero is invalid even if c is a quiet NaN. */
function nanResult(o: EntryEmitter, format: Format, { a, b, c, p }: Terms, sum: number): void {
  pushNaN(o, sum);
  o.f.if();
  finishNaN(o, format, format, FIELDS, () => {
    pushNaN(o, c);
    o.f.get(p).get(p).op(F64.eq, I32.and);
    for (const factor of [a, b]) {
      pushNaN(o, factor);
      o.f.op(I32.or);
    }
  });
  o.f.end();
}

/** A result whose rest is that far from half an ulp does not change by the rounding of the errors' sum. */
const NEARLY_ONE = 1 + 2 ** -40;

function hotDouble(o: Emitter, signs: Signs): void {
  const { f } = o;
  const { a, b, c, p } = terms(o, signs, operand);
  const r = o.temporary(Type.f64);
  pushMagnitude(o, p, F64.ge, PRODUCT_LEAST);
  f.if();
  hotSum(o, p, productError(o, a, b, p), c, r);
  f.else();
  leaveUnlessZeroProduct(o, { a, b, c, p });
  f.get(p).get(c).op(F64.add).set(r);
  f.end();
  storeDouble(o, r);
}

/** Sets r to p + e + c; goes to the rare body when that is too difficult, or may raise a flag. */
function hotSum(o: Emitter, p: number, e: number, c: number, r: number): void {
  const { f } = o;
  const high = add(o, p, c);
  const highError = sumError(o, p, c, high);
  const low = add(o, highError, e);
  const rest = o.temporary(Type.f64);
  f.get(high).get(low).op(F64.add).tee(r);
  // high + low - r: exact when it matters. Numbers that are none compare unequal.
  f.get(high).get(r).op(F64.sub).get(low).op(F64.add).tee(rest);
  pushF64(o, NEARLY_ONE);
  f.op(F64.mul, F64.add).get(r).op(F64.ne);
  o.rareIf();
  leaveUnlessUsual(o, () => {
    pushZero(o, rest);
    pushZero(o, highError);
    pushZero(o, e);
    f.op(I32.or, I32.and);
  });
}

/**
 * Hot: goes to the rare body unless the product is exactly zero and the addend a number: the sum is exact.
 */
function leaveUnlessZeroProduct(o: Emitter, { a, b, c, p }: Terms): void {
  const { f } = o;
  pushNearest(o);
  pushFinite(o, c);
  pushZero(o, p);
  pushZero(o, a);
  pushZero(o, b);
  f.op(I32.or, I32.and, I32.and, I32.and, I32.eqz);
  o.rareIf();
}

/** A product so much smaller than the addend that only its sign counts may as well be this one. */
const TOKEN_PRODUCT = 2 ** -1000;
const TOKEN_ADDEND = 2 ** -800;

function rareDouble(o: EntryEmitter, signs: Signs, toSlow: Label): void {
  const { f } = o;
  const mode = modeByError(o, toSlow);
  const all = terms(o, signs, operand);
  const { a, b, c, p } = all;
  const r = o.temporary(Type.f64);
  // A product that overflows does not make the sum do so.
  pushInfinite(o, p);
  pushFinite(o, a);
  pushFinite(o, b);
  f.op(I32.and, I32.and).brIf(toSlow);
  f.get(p).get(c).op(F64.add).set(r);
  nanResult(o, double, all, r);
  for (const [value, push] of [
    [p, pushInfinite],
    [c, pushInfinite],
    [a, pushZero],
    [b, pushZero],
  ] as const) {
    push(o, value);
    f.if();
    // The sign of a sum that is zero depends on the mode.
    f.get(mode).i32(0).op(I32.ne);
    pushZero(o, r);
    f.op(I32.and, I32.eqz).if();
    finishDouble(o, r);
    f.end();
    f.br(toSlow);
    f.end();
  }
  const e = o.temporary(Type.f64);
  pushMagnitude(o, p, F64.lt, PRODUCT_LEAST);
  f.if();
  pushMagnitude(o, c, F64.lt, TOKEN_ADDEND);
  f.brIf(toSlow);
  pushF64(o, TOKEN_PRODUCT);
  f.get(p).op(F64.copysign).set(p);
  pushF64(o, 0);
  f.set(e);
  f.else();
  f.get(productError(o, a, b, p)).set(e);
  f.end();
  finishSum(o, p, e, c, { mode, toSlow });
}

/** Ends the body with p + e + c; not when something overflows. */
function finishSum(o: EntryEmitter, p: number, e: number, c: number, rare: Rare): void {
  const high = add(o, p, c);
  const highError = sumError(o, p, c, high);
  const low = add(o, highError, e);
  const lowError = sumError(o, highError, e, low);
  makeOdd(o, low, lowError);
  const r = add(o, high, low);
  // An odd number has a rest if it is not the result; so the rest is 0 just when the result is exact.
  finishByError(o, r, sumError(o, high, low, r), rare);
}

/** The bits of a double that a single does not have, and what they are halfway. */
const BELOW_SINGLE = 0x1fff_ffff;
const HALFWAY = 0x1000_0000;

const promoted = (o: Emitter, field: RegisterField): number => {
  const value = o.temporary(Type.f64);
  o.reg(field, F32.load).f.op(F64.promoteF32).set(value);
  return value;
};

function hotSingle(o: Emitter, signs: Signs): void {
  const { f } = o;
  pushBoxed(o, ...FIELDS);
  f.op(I32.eqz);
  o.rareIf();
  const { c, p } = terms(o, signs, promoted);
  const sum = add(o, p, c);
  const r = o.temporary(Type.f32);
  f.get(sum).op(F32.demoteF64).set(r);
  leaveUnlessUsual(o, () => {
    pushZero(o, sumError(o, p, c, sum));
    f.get(r).op(F64.promoteF32).get(sum).op(F64.eq, I32.and);
  });
  pushPlainSingle(o, r);
  pushZero(o, sum);
  f.op(I32.or);
  f.get(sum).op(I64.reinterpretF64, I32.wrapI64).i32(BELOW_SINGLE).op(I32.and).i32(HALFWAY).op(I32.ne);
  f.op(I32.and, I32.eqz);
  o.rareIf();
  storeSingle(o, () => f.get(r));
}

function rareSingle(o: EntryEmitter, signs: Signs, toSlow: Label): void {
  const mode = modeByError(o, toSlow);
  const all = terms(o, signs, singleOperand);
  const sum = add(o, all.p, all.c);
  nanResult(o, single, all, sum);
  makeOdd(o, sum, sumError(o, all.p, all.c, sum));
  finishSingle(o, sum, { mode, toSlow });
}

function fused(name: string, signs: Signs): Record<string, Body> {
  return {
    [`${name}.d`]: {
      hot: (o) => hotDouble(o, signs),
      rare: rareBody(`${name}.d`, (o, toSlow) => rareDouble(o, signs, toSlow)),
    },
    [`${name}.s`]: {
      hot: (o) => hotSingle(o, signs),
      rare: rareBody(`${name}.s`, (o, toSlow) => rareSingle(o, signs, toSlow)),
    },
  };
}

export const fusedArithmetic: Bodies = {
  ...fused('fmadd', { product: false, addend: false }),
  ...fused('fmsub', { product: false, addend: true }),
  ...fused('fnmsub', { product: true, addend: false }),
  ...fused('fnmadd', { product: true, addend: true }),
};
