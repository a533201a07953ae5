/**
 * The one place that rounds: exact values (or values known to lie just above an integer multiple of a power
 * of two) to a format. Underflow is tiny and inexact, where tiny is judged AFTER rounding to the format's
 * precision with an unbounded exponent, as RISC-V demands (Unprivileged ISA, "F" extension; IEEE 754-2019
 * 7.5).
 */
import { Flag, type Format, type Outcome, Rounding, signBit } from './format.ts';

/** A non-negative real: significand × 2^exponent, plus less than 2^exponent when `sticky`. */
export interface Magnitude {
  readonly significand: bigint;
  readonly exponent: number;
  readonly sticky: boolean;
}

export interface Cut {
  /** The value as a multiple of 2^quantum. */
  readonly kept: bigint;
  readonly exact: boolean;
}

export function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const hex = value.toString(16);
  return 4 * hex.length - Math.clz32(Number.parseInt(hex[0]!, 16)) + 28;
}

/**
 * Rounds to a multiple of 2^quantum. The quantum of a sticky value is above its exponent: whoever makes one
 * provides the bits.
 */
export function cut(value: Magnitude, negative: boolean, quantum: number, mode: number): Cut {
  const { significand, exponent, sticky } = value;
  const shift = quantum - exponent;
  if (shift <= 0) return { kept: significand << BigInt(-shift), exact: !sticky };
  const kept = significand >> BigInt(shift);
  const rest = significand - (kept << BigInt(shift));
  if (rest === 0n && !sticky) return { kept, exact: true };
  const half = 1n << BigInt(shift - 1);
  const tie = rest === half && !sticky;
  return { kept: roundsUp(mode, negative, kept, rest >= half, tie) ? kept + 1n : kept, exact: false };
}

/** Whether an inexact magnitude goes to the next multiple. */
function roundsUp(mode: number, negative: boolean, kept: bigint, halfOrMore: boolean, tie: boolean): boolean {
  switch (mode) {
    case Rounding.towardZero:
      return false;
    case Rounding.down:
      return negative;
    case Rounding.up:
      return !negative;
    case Rounding.nearestAway:
      return halfOrMore;
    default:
      return tie ? (kept & 1n) !== 0n : halfOrMore;
  }
}

/** Rounds to the format and packs. Zeros keep the given sign. */
export function round(format: Format, mode: number, negative: boolean, value: Magnitude): Outcome {
  const sign = negative ? signBit(format) : 0n;
  if (value.significand === 0n && !value.sticky) return { bits: sign, flags: 0 };
  const leading = value.exponent + bitLength(value.significand) - 1;
  const quantum = Math.max(leading - format.fractionBits, format.leastExponent);
  const { kept, exact } = cut(value, negative, quantum, mode);
  // The implicit bit, and a carry out of the fraction, count the exponent field up by themselves.
  const magnitude = (BigInt(quantum - format.leastExponent) << BigInt(format.fractionBits)) + kept;
  if (magnitude >= format.infinity) return overflow(format, mode, negative);
  if (exact) return { bits: sign | magnitude, flags: 0 };
  const tiny = isTiny(format, mode, negative, value, leading);
  return { bits: sign | magnitude, flags: tiny ? Flag.inexact | Flag.underflow : Flag.inexact };
}

/** Whether the value, rounded as if exponents had no bound, is below the normal numbers. */
function isTiny(format: Format, mode: number, negative: boolean, value: Magnitude, leading: number): boolean {
  if (leading >= format.normalExponent) return false;
  if (leading < format.normalExponent - 1) return true;
  const { kept } = cut(value, negative, leading - format.fractionBits, mode);
  return bitLength(kept) === format.fractionBits + 1;
}

function overflow(format: Format, mode: number, negative: boolean): Outcome {
  const toLargest =
    mode === Rounding.towardZero ||
    (mode === Rounding.down && !negative) ||
    (mode === Rounding.up && negative);
  const magnitude = toLargest ? format.infinity - 1n : format.infinity;
  return {
    bits: (negative ? signBit(format) : 0n) | magnitude,
    flags: Flag.overflow | Flag.inexact,
  };
}

export function infinity(format: Format, negative: boolean): Outcome {
  return { bits: (negative ? signBit(format) : 0n) | format.infinity, flags: 0 };
}
