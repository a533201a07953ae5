/**
 * The two binary formats of RISC-V's F and D extensions, their rounding modes and exception flags, and how a
 * single sits in a 64-bit f register (NaN boxing: the upper half all ones).
 *
 * Bit patterns are bigints here and in the other files of the exact path (see softfloat.ts), always
 * unsigned.
 */

/**
 * The modes of `frm` and of an instruction's rm field; 5 and 6 are reserved, 7 in an instruction means frm.
 */
export const Rounding = {
  nearestEven: 0,
  towardZero: 1,
  down: 2,
  up: 3,
  nearestAway: 4,
  dynamic: 7,
} as const;
/** The largest mode that frm may have for an instruction that rounds by it. */
export const ROUNDING_MAX = Rounding.nearestAway;

/** The accrued exceptions, as they lie in fflags. */
export const Flag = { inexact: 1, underflow: 2, overflow: 4, divideByZero: 8, invalid: 16 } as const;
export const FLAGS_ALL = 31;

export interface Format {
  readonly width: number;
  readonly fractionBits: number;
  readonly bias: number;
  /** The exponent field of infinities and NaNs, in place. */
  readonly infinity: bigint;
  /** The quiet bit of a NaN. */
  readonly quiet: bigint;
  readonly canonicalNaN: bigint;
  /** Exponent of the least bit of subnormals: the least that any number of the format has. */
  readonly leastExponent: number;
  /** Exponent of the leading bit of the least normal number. */
  readonly normalExponent: number;
}

function format(width: number, fractionBits: number): Format {
  const exponentBits = width - 1 - fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  const infinity = BigInt(2 ** exponentBits - 1) << BigInt(fractionBits);
  const quiet = 1n << BigInt(fractionBits - 1);
  const normalExponent = 1 - bias;
  return {
    width,
    fractionBits,
    bias,
    infinity,
    quiet,
    canonicalNaN: infinity | quiet,
    leastExponent: normalExponent - fractionBits,
    normalExponent,
  };
}

export const single: Format = format(32, 23);
export const double: Format = format(64, 52);

const BOX = 0xffff_ffff_0000_0000n;
const LOW_HALF = 0xffff_ffffn;

/** The pattern of the format in an f register: a single that is not properly boxed reads as canonical NaN. */
export function unbox(format: Format, register: bigint): bigint {
  if (format === double) return register;
  return register >= BOX ? register & LOW_HALF : format.canonicalNaN;
}

/** The f register that holds a pattern of the format. */
export function box(format: Format, pattern: bigint): bigint {
  return format === double ? pattern : BOX | pattern;
}

export function signBit(format: Format): bigint {
  return 1n << BigInt(format.width - 1);
}

/** A result and the exceptions it raised: a pattern of a format, or an integer of 64 bits. */
export interface Outcome {
  readonly bits: bigint;
  readonly flags: number;
}
