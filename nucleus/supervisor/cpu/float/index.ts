/**
 * The F and D extensions: what the interpreter takes from here. Loads, stores and CSRs are its own.
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
