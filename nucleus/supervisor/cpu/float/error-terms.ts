/**
 * Error-free transformations: the rounding error of a sum or product to nearest, as a double. With them plain
 * floating-point arithmetic tells whether a result is exact, and rounds fused operations right.
 *
 * Sum: Knuth, TAOCP 2, 4.2.2 ("2Sum"). Product: Dekker, Numerische Mathematik 18 (1971). Rounding to odd:
 * Boldo and Melquiond, IEEE Transactions on Computers 57 (2008).
 */
import type { Emitter } from '../interpreter/emitter.ts';
import { F64, I64, Type } from '../wasm/opcodes.ts';

/** A product of at least this magnitude has an error term that is a double. */
export const PRODUCT_LEAST = 2 ** -960;

/**
 * The half of a significand that is split off, and half its unit: 26 bits remain, and a signed lower part.
 */
const LOWER_BITS = 0x7ff_ffffn;
const HALF_UNIT = 0x400_0000n;

/**
 * s = a + b rounded; a new local with a + b - s: exact unless it is no number, which happens when s is none
 * (and can happen within an ulp of the largest number).
 */
export function sumError(o: Emitter, a: number, b: number, s: number): number {
  const { f } = o;
  const part = o.temporary(Type.f64);
  const error = o.temporary(Type.f64);
  f.get(s).get(a).op(F64.sub).set(part);
  f.get(a).get(s).get(part).op(F64.sub, F64.sub);
  f.get(b).get(part).op(F64.sub, F64.add).set(error);
  return error;
}

/** p = a × b rounded, |p| ≥ PRODUCT_LEAST; a new local with a × b - p: exact unless it is no number. */
export function productError(o: Emitter, a: number, b: number, p: number): number {
  const { f } = o;
  const error = o.temporary(Type.f64);
  const [aHigh, aLow] = split(o, a);
  const [bHigh, bLow] = a === b ? [aHigh, aLow] : split(o, b);
  f.get(aHigh).get(bHigh).op(F64.mul).get(p).op(F64.sub);
  f.get(aHigh).get(bLow).op(F64.mul, F64.add);
  f.get(aLow).get(bHigh).op(F64.mul, F64.add);
  f.get(aLow).get(bLow).op(F64.mul, F64.add).set(error);
  return error;
}

/** x as a sum of two numbers of 26 bits. By integer arithmetic it takes fewer steps than Veltkamp's way. */
function split(o: Emitter, x: number): [number, number] {
  const { f } = o;
  const high = o.temporary(Type.f64);
  const low = o.temporary(Type.f64);
  f.get(x).op(I64.reinterpretF64).i64(HALF_UNIT).op(I64.add).i64(~LOWER_BITS).op(I64.and, F64.reinterpretI64);
  f.tee(high).set(low);
  f.get(x).get(low).op(F64.sub).set(low);
  return [high, low];
}

/**
 * s + error, |error| ≤ ulp(s) / 2, rounded to odd, into s: the neighbour with an odd significand when the
 * error is not 0. Rounding that to a format with at least two bits less is as good as rounding s + error.
 */
export function makeOdd(o: Emitter, s: number, error: number): void {
  const { f } = o;
  const bits = o.temporary(Type.i64);
  f.get(s).op(I64.reinterpretF64).set(bits);
  f.get(bits);
  // One step away from zero when the signs are equal, else towards zero …
  f.get(error).op(I64.reinterpretF64).get(bits).op(I64.xor).i64(63).op(I64.shrS).i64(1).op(I64.or);
  // … but none from an odd number,
  f.get(bits).i64(1).op(I64.and).i64(1).op(I64.sub, I64.and);
  // nor when there is no error.
  f.i64(0).get(error).op(F64.abs);
  f.op(F64.const, 0, 0, 0, 0, 0, 0, 0, 0).op(F64.gt, I64.extendI32U, I64.sub, I64.and);
  f.op(I64.add, F64.reinterpretI64).set(s);
}
