/**
 * The rounding mode in a decoded instruction, and whether the usual case is given: rounding to nearest even
 * with the inexact flag set already, in which a native operation whose result is a normal number raises
 * nothing that is not raised.
 */
import type { Emitter } from '../interpreter/emitter.ts';
import type { Label } from '../wasm/function.ts';
import { Control, I32 } from '../wasm/opcodes.ts';
import { Flag, Rounding } from './format.ts';

const MODE_SHIFT = 8;
const FRM_SHIFT = 5;
const FRM_MASK = 0xe0;

/**
 * What a decoded instruction has as its rounding mode, 16 bits. The low byte is a mask of fcsr: what it leaves
 * is `Flag.inexact` just in the usual case, so that one comparison finds it.
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
