/**
 * The F and D extensions: what the interpreter takes from here. Loads, stores and CSRs are its own.
 *
 * Three ways for an instruction: its hot body (native operations of WebAssembly, where the flags to raise are
 * raised already or there are none), its rare body (the other flags by error terms; NaNs; directed rounding),
 * and the exact path in JavaScript (softfloat.ts).
 *
 * Measured in million guest instructions per second, beside an integer loop with 430 to 470: product of
 * matrices with fmadd.d 240 to 340, without 280 to 500; Mandelbrot set 250 to 400; sums of 1 / (x sqrt x) 210
 * to 270; conversions 250 to 400. That is 0.5 to 1.2 times the time of qemu-riscv64 7.2. A rare body takes 30
 * to 50 ns, the exact path 1.5 to 2 µs.
 */
import type { Bodies } from '../interpreter/emitter.ts';
import { floatConversions } from './conversions.ts';
import { doubleArithmetic } from './double-arithmetic.ts';
import { fusedArithmetic } from './fused.ts';
import { inspections } from './inspection.ts';
import { singleArithmetic } from './single-arithmetic.ts';

export { roundingImmediate } from './rounding.ts';
export { floatImports, makeFloatImports } from './slow-path.ts';

/** By mnemonic. */
export const floatBodies: Bodies = {
  ...doubleArithmetic,
  ...singleArithmetic,
  ...fusedArithmetic,
  ...floatConversions,
  ...inspections,
};
