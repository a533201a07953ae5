/**
 * How the interpreter meets translated code (translator/). An entry where a translated function may be
 * entered has, instead of its operation, a number from TRANSLATED on; all its other fields are as they were,
 * because fused operations before it read them, and lines are counted by them. The number is that of a row in
 * a table in site memory, whose address is in frame 0:
 *
 *   u16 slot of the function in the table of functions, u16 which of its ways in, u16 operation, u16 unused
 *
 * A translated function is called like `interpret`, with the way in instead of the entry and a budget of
 * which nothing is charged yet: (which, page, left, tlb, returnTo) → Reason. See calls.ts.
 */
import type { FunctionBuilder } from '../wasm/function.ts';
import { I32, Type } from '../wasm/opcodes.ts';
import type { Variables } from './emitter.ts';
import { Field } from './entry.ts';

export const TRANSLATED = 0x1000;
/** Functions that there may be at a time: every instance has a copy of the table, so it is small. */
export const SLOTS = 1024;
/** i32 in frame 0: the address of the table of ways in. */
export const WAYS_IN = 0x41c;
const ROW_SHIFT = 3;
export const WAY_IN_BYTES = 1 << ROW_SHIFT;
export const WayIn = { slot: 0, which: 2, operation: 4 } as const;

/** The type of translated functions. */
export const FUNCTION_TYPE = {
  params: [Type.i32, Type.i64, Type.i32, Type.i32, Type.i64],
  results: [Type.i32],
} as const;

/** Pushes the operation number of the entry. */
export function pushOperation(f: FunctionBuilder, v: Variables): void {
  f.get(v.entry).load(I32.load16u, Field.op);
}

/** Pushes the address of the row that an operation number in a local names. */
export function pushWayIn(f: FunctionBuilder, operation: number): void {
  f.i32(0).load(I32.load, WAYS_IN).get(operation).i32(TRANSLATED).op(I32.sub).i32(ROW_SHIFT);
  f.op(I32.shl, I32.add);
}

/** `operation` becomes what it was before it was replaced by a way in. */
export function originalOperation(f: FunctionBuilder, operation: number): void {
  f.get(operation).i32(TRANSLATED).op(I32.geU).if();
  pushWayIn(f, operation);
  f.load(I32.load16u, WayIn.operation).set(operation).end();
}

/** Enters the function of the row whose address is in a local. */
export function enterTranslated(f: FunctionBuilder, row: number, args: () => void, enter: () => void): void {
  f.get(row).load(I32.load16u, WayIn.which);
  args();
  f.get(row).load(I32.load16u, WayIn.slot);
  enter();
}
