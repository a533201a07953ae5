/**
 * The rounding mode in a decoded instruction, and whether the usual case is given: rounding to nearest even
 * with the inexact flag set already, in which a native operation whose result is a normal number raises
 * nothing that is not raised.
 */
import type { Emitter } from '../interpreter/emitter.ts';
import type { Label } from '../wasm/function.ts';
import { Control, F64, I32, I64, Type } from '../wasm/opcodes.ts';
import { pushF64, pushMagnitude, pushZero } from './code.ts';
import { Flag, Rounding } from './format.ts';

const MODE_SHIFT = 8;
const FRM_SHIFT = 5;
const FRM_MASK = 0xe0;

/**
 * What a decoded instruction has as its rounding mode, 16 bits. The low byte is a mask of fcsr: what it
 * leaves is `Flag.inexact` just in the usual case, so that one comparison finds it.
 */
export function roundingImmediate(rm: number): number {
  let mask = 0;
  if (rm === Rounding.dynamic) mask = FRM_MASK | Flag.inexact;
  else if (rm === Rounding.nearestEven) mask = Flag.inexact;
  return (rm << MODE_SHIFT) | mask;
}

/** The mode that is meant; above ROUNDING_MAX: illegal. */
export function roundingMode(immediate: number, fcsr: number): number {
  const rm = immediate >>> MODE_SHIFT;
  return rm === Rounding.dynamic ? fcsr >>> FRM_SHIFT : rm;
}

/** Pushes whether the usual case is given. */
export function pushUsual(o: Emitter): void {
  o.fcsr().rm().f.op(I32.and).i32(Flag.inexact).op(I32.eq);
}

/** Pushes whether the instruction rounds to nearest even. */
export function pushNearest(o: Emitter): void {
  o.fcsr().rm().f.op(I32.and).i32(FRM_MASK).op(I32.and, I32.eqz);
  o.rm().f.op(I32.and);
}

/** Pushes the rounding mode, i32. */
export function pushMode(o: Emitter): void {
  o.rm().f.i32(MODE_SHIFT).op(I32.shrU);
  o.fcsr().f.i32(FRM_SHIFT).op(I32.shrU);
  o.rm()
    .f.i32(Rounding.dynamic << MODE_SHIFT)
    .op(I32.ltU, Control.select);
}

/**
 * Hot: goes to the rare body unless the usual case is given, or the instruction rounds to nearest even and
 * `pushExact` pushes 1: then the result is exact. (Programs that compute with whole numbers never raise
 * inexact, and should not be slow.)
 */
export function leaveUnlessUsual(o: Emitter, pushExact?: () => void): void {
  const { f } = o;
  if (!pushExact) {
    pushUsual(o);
    f.op(I32.eqz);
    o.rareIf();
    return;
  }
  const go = f.block();
  pushUsual(o);
  f.brIf(go);
  pushNearest(o);
  pushExact();
  f.op(I32.and, I32.eqz);
  o.rareIf();
  f.end();
}

/** Rare: goes to the exact path unless the instruction rounds to nearest even. */
export function leaveUnlessNearest(o: Emitter, toSlow: Label): void {
  pushNearest(o);
  o.f.op(I32.eqz).brIf(toSlow);
}

/**
 * Rare: a new local with the rounding mode, which the caller handles with `roundByError` when it is not to
 * nearest even; goes to the exact path for ties away from zero and illegal modes.
 */
export function modeByError(o: Emitter, toSlow: Label): number {
  const mode = o.temporary(Type.i32);
  pushMode(o);
  o.f.tee(mode).i32(Rounding.up).op(I32.gtU).brIf(toSlow);
  return mode;
}

/** A format within doubles. */
interface Range {
  /** Results of which the neighbours have the same flags: least < |r| < most. */
  readonly least: number;
  readonly most: number;
  /** Bits of a double's fraction below those of the format. */
  readonly shift: number;
}
export const DOUBLE_RANGE: Range = { least: 2 ** -1021, most: 2 ** 1023, shift: 0 };
export const SINGLE_RANGE: Range = { least: 2 ** -125, most: 2 ** 127, shift: 29 };

/**
 * Rare: double r is a value of the format, rounded to nearest, and exact result = r + error, of which only
 * the sign counts: makes r what the mode in a local asks for. Zeros, and results near the ends of the range,
 * go to the exact path when the mode is not to nearest.
 */
export function roundByError(
  o: Emitter,
  { least, most, shift }: Range,
  mode: number,
  r: number,
  error: number,
  toSlow: Label,
): void {
  const { f } = o;
  f.get(mode).if();
  pushMagnitude(o, r, F64.gt, least);
  pushMagnitude(o, r, F64.lt, most);
  f.op(I32.and, I32.eqz).brIf(toSlow);
  // To the neighbour on the side of the error, if that is the side of the mode.
  pushZero(o, error);
  f.op(I32.eqz);
  pushNegative(o, error);
  f.get(mode).i32(Rounding.down).op(I32.eq);
  f.get(mode).i32(Rounding.towardZero).op(I32.eq);
  pushNegative(o, r);
  f.op(I32.gtU, I32.or, I32.eq, I32.and).if();
  f.get(r).op(I64.reinterpretF64).get(error).op(I64.reinterpretF64, I64.xor).i64(63).op(I64.shrS);
  f.i64(1)
    .op(I64.or)
    .i64(shift)
    .op(I64.shl)
    .get(r)
    .op(I64.reinterpretF64, I64.add, F64.reinterpretI64)
    .set(r);
  f.end();
  f.end();
}

function pushNegative(o: Emitter, x: number): void {
  o.f.get(x);
  pushF64(o, 0);
  o.f.op(F64.lt);
}
