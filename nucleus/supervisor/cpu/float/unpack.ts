/**
 * From bit patterns to numbers: a finite number is ± significand × 2^exponent with an integer significand, so
 * that sums and products of the exact path are integer arithmetic without a thought about subnormals.
 */
import { Flag, type Format, type Outcome, signBit } from './format.ts';

export type Kind = 'finite' | 'infinite' | 'quiet' | 'signaling';

export interface Unpacked {
  readonly kind: Kind;
  readonly negative: boolean;
  /** 0 for zeros; of no meaning unless finite, as is the exponent. */
  readonly significand: bigint;
  readonly exponent: number;
}

export function unpack(format: Format, pattern: bigint): Unpacked {
  const negative = (pattern & signBit(format)) !== 0n;
  const implicit = 1n << BigInt(format.fractionBits);
  const fraction = pattern & (implicit - 1n);
  const biased = Number((pattern & format.infinity) >> BigInt(format.fractionBits));
  if ((pattern & format.infinity) === format.infinity) {
    let kind: Kind = 'infinite';
    if (fraction !== 0n) kind = (fraction & format.quiet) !== 0n ? 'quiet' : 'signaling';
    return { kind, negative, significand: 0n, exponent: 0 };
  }
  if (biased === 0) return finite(negative, fraction, format.leastExponent);
  return finite(negative, implicit | fraction, format.leastExponent + biased - 1);
}

export function finite(negative: boolean, significand: bigint, exponent: number): Unpacked {
  return { kind: 'finite', negative, significand, exponent };
}

export function negate(x: Unpacked): Unpacked {
  return { ...x, negative: !x.negative };
}

export function isNan(x: Unpacked): boolean {
  return x.kind === 'quiet' || x.kind === 'signaling';
}

export function isZero(x: Unpacked): boolean {
  return x.kind === 'finite' && x.significand === 0n;
}

/** The result of an operation without a meaningful one. */
export function invalid(format: Format): Outcome {
  return { bits: format.canonicalNaN, flags: Flag.invalid };
}

/** The result of arithmetic that has a NaN among its operands: canonical, invalid when one was signaling. */
export function nanOf(format: Format, operands: readonly Unpacked[]): Outcome | undefined {
  if (!operands.some(isNan)) return undefined;
  return { bits: format.canonicalNaN, flags: signaling(operands) };
}

/** The flag that signaling NaNs among the operands raise, or 0. */
export function signaling(operands: readonly Unpacked[]): number {
  return operands.some((operand) => operand.kind === 'signaling') ? Flag.invalid : 0;
}
