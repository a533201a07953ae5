/** NaN results, by looking at the operands' bits. */
import type { Emitter } from '../interpreter/emitter.ts';
import type { RegisterField } from '../interpreter/entry.ts';
import type { EntryEmitter } from '../interpreter/entry-emitter.ts';
import { I32, I64 } from '../wasm/opcodes.ts';
import { BOX, bitsOf, raise } from './code.ts';
import { double, Flag, type Format, single } from './format.ts';

const magnitudeMask = (format: Format): bigint => (1n << BigInt(format.width - 1)) - 1n;

/** Pushes whether the pattern in local `bits` (i64; a single in the low half) is a NaN. */
export function pushNaNBits(o: Emitter, format: Format, bits: number): void {
  o.f.get(bits).i64(magnitudeMask(format)).op(I64.and).i64(format.infinity).op(I64.gtU);
}

/** Pushes whether it is a signaling NaN: above infinity, below the quiet ones. */
export function pushSignaling(o: Emitter, format: Format, bits: number): void {
  o.f.get(bits).i64(magnitudeMask(format)).op(I64.and);
  o.f
    .i64(format.infinity + 1n)
    .op(I64.sub)
    .i64(format.quiet - 1n)
    .op(I64.ltU);
}

/** Pushes whether one of several is a signaling NaN. */
export function pushAnySignaling(o: Emitter, format: Format, bits: readonly number[]): void {
  bits.forEach((value, n) => {
    pushSignaling(o, format, value);
    if (n > 0) o.f.op(I32.or);
  });
}

export function storeCanonicalNaN(o: Emitter, format: Format): void {
  o.setRd(() => o.f.i64(format === double ? format.canonicalNaN : BOX | format.canonicalNaN));
}

/**
 * Ends the body with a canonical NaN of format `result` for operands of `format`. It is invalid unless
 * `pushExplained` pushes 1, which is: a NaN operand is the reason; and always when an operand is a signaling
 * NaN.
 */
export function finishNaN(
  o: EntryEmitter,
  format: Format,
  result: Format,
  fields: readonly RegisterField[],
  pushExplained: () => void,
): void {
  const bits = fields.map((field) => bitsOf(o, field, format === single));
  raise(o, () => {
    pushExplained();
    o.f.op(I32.eqz);
    pushAnySignaling(o, format, bits);
    o.f.op(I32.or).i32(Math.log2(Flag.invalid)).op(I32.shl);
  });
  storeCanonicalNaN(o, result);
  o.done();
}
