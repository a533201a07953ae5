/**
 * What the bodies of float instructions are made of: the rounding mode in the immediate, operands, results,
 * flags, and the way to the exact path.
 *
 * Conventions: a `number` that names a value is a local variable; functions called `push…` leave one value on
 * the stack. WebAssembly rounds to nearest even and gives NaNs any payload: a body never stores a NaN that
 * arithmetic made.
 */
import type { Emitter } from '../interpreter/emitter.ts';
import type { RegisterField } from '../interpreter/entry.ts';
import type { EntryEmitter } from '../interpreter/entry-emitter.ts';
import { Exit } from '../state.ts';
import type { Label } from '../wasm/function.ts';
import { Control, F32, F64, I32, I64, Type } from '../wasm/opcodes.ts';
import { single } from './format.ts';
import { floatOperationIndex } from './softfloat.ts';

/** The upper half of a boxed single. */
export const BOX = -0x1_0000_0000n;

/** The least normal numbers: a result that is not above may have been tiny before it was rounded. */
export const NORMAL_DOUBLE = 2 ** -1022;
export const NORMAL_SINGLE = 2 ** -126;
/** Magnitudes below round to singles below the normal ones even when exponents have no bound. */
export const TINY_SINGLE = 2 ** -126 - 2 ** -151;

/** The import of slow-path.ts. */
export const SLOW_IMPORT = 'floatSlow';

// --- constants ---------------------------------------------------------------------------------------------

const scratch = new DataView(new ArrayBuffer(8));

export function pushF64(o: Emitter, value: number): void {
  scratch.setFloat64(0, value, true);
  o.f.op(F64.const, ...new Uint8Array(scratch.buffer));
}

export function pushF32(o: Emitter, value: number): void {
  scratch.setFloat32(0, value, true);
  o.f.op(F32.const, ...new Uint8Array(scratch.buffer, 0, 4));
}

// --- operands ----------------------------------------------------------------------------------------------

/** A new local with the double in a register. */
export function operand(o: Emitter, field: RegisterField): number {
  const value = o.temporary(Type.f64);
  o.reg(field, F64.load).f.set(value);
  return value;
}

/** Pushes whether the singles in the registers are properly boxed. */
export function pushBoxed(o: Emitter, ...fields: RegisterField[]): void {
  fields.forEach((field, n) => {
    o.high(field);
    if (n > 0) o.f.op(I32.and);
  });
  o.f.i32(-1).op(I32.eq);
}

/** A new local with the single in a register as a double, which is exact; a NaN when it is not boxed. */
export function singleOperand(o: Emitter, field: RegisterField): number {
  const value = o.temporary(Type.f64);
  o.reg(field, F32.load).f.op(F64.promoteF32);
  pushF64(o, Number.NaN);
  pushBoxed(o, field);
  o.f.op(Control.select).set(value);
  return value;
}

/** A new local with the 64 bits of a double, or with those of a single in the low half (unboxed). */
export function bitsOf(o: Emitter, field: RegisterField, isSingle: boolean): number {
  const value = o.temporary(Type.i64);
  if (!isSingle) {
    o.reg(field).f.set(value);
    return value;
  }
  o.reg(field, I64.load32u).f.i64(single.canonicalNaN);
  pushBoxed(o, field);
  o.f.op(Control.select).set(value);
  return value;
}

// --- conditions --------------------------------------------------------------------------------------------

/** Pushes |x| < +∞: false for NaNs. */
export function pushFinite(o: Emitter, x: number): void {
  pushMagnitude(o, x, F64.lt, Number.POSITIVE_INFINITY);
}

/** Pushes the comparison of |x| with a number. */
export function pushMagnitude(o: Emitter, x: number, comparison: number, bound: number): void {
  o.f.get(x).op(F64.abs);
  pushF64(o, bound);
  o.f.op(comparison);
}

/** Pushes whether x is ±0. */
export function pushZero(o: Emitter, x: number): void {
  o.f.get(x);
  pushF64(o, 0);
  o.f.op(F64.eq);
}

/** Pushes whether |x| is ∞. */
export function pushInfinite(o: Emitter, x: number): void {
  pushMagnitude(o, x, F64.eq, Number.POSITIVE_INFINITY);
}

/** Pushes whether x is a NaN. */
export function pushNaN(o: Emitter, x: number): void {
  o.f.get(x).get(x).op(F64.ne);
}

// --- results -----------------------------------------------------------------------------------------------

/** fcsr |= what `push` pushes, i32. */
export function raise(o: Emitter, push: () => void): void {
  o.setFcsr(() => {
    o.fcsr();
    push();
    o.f.op(I32.or);
  });
}

export function storeDouble(o: Emitter, result: number): void {
  o.setRd(() => o.f.get(result), F64.store);
}

/** Stores the single that `push` pushes, boxed. */
export function storeSingle(o: Emitter, push: () => void): void {
  o.setRd(() => {
    push();
    o.f.op(I32.reinterpretF32, I64.extendI32U).i64(BOX).op(I64.or);
  });
}

/** Rare only: ends the body with a double. */
export function finishDouble(o: EntryEmitter, result: number): void {
  storeDouble(o, result);
  o.done();
}

// --- the exact path ----------------------------------------------------------------------------------------

/** Rare only: the instruction by the exact path, whatever its operands and mode. */
export function slow(o: EntryEmitter, mnemonic: string): void {
  const { f } = o;
  f.i32(floatOperationIndex(mnemonic));
  o.address('rd').address('rs1').address('rs2').address('rs3').rm().call(SLOW_IMPORT);
  f.if();
  o.exit(Exit.illegal);
  f.end();
}

/**
 * A rare body: `decide` emits code that leaves by `o.done()` where it knows the result, and else falls
 * through or goes to the label, to the exact path.
 */
export function rareBody(
  mnemonic: string,
  decide: (o: EntryEmitter, toSlow: Label) => void,
): (o: EntryEmitter) => void {
  return (o) => {
    const toSlow = o.f.block();
    decide(o, toSlow);
    o.f.end();
    slow(o, mnemonic);
  };
}
