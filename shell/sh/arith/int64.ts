/**
 * The shell's integers: 64-bit two's complement. A value is a number while that is exact and a bigint beyond,
 * so that ordinary counting costs number arithmetic only. Every result goes through `narrow`, which keeps
 * that invariant.
 */
export type Int = number | bigint;

/** Wraps to 64 bits and prefers a number. */
export function narrow(value: bigint): Int {
  const wrapped = BigInt.asIntN(64, value);
  const small = Number(wrapped);
  return Number.isSafeInteger(small) ? small : wrapped;
}

type Small = (a: number, b: number) => number;
type Big = (a: bigint, b: bigint) => bigint;

/** Exact in numbers when the result is a safe integer, else done again in bigints. */
function exact(small: Small, big: Big): (a: Int, b: Int) => Int {
  return (a, b) => {
    if (typeof a === 'number' && typeof b === 'number') {
      const result = small(a, b);
      if (Number.isSafeInteger(result)) return result === 0 ? 0 : result;
    }
    return narrow(big(BigInt(a), BigInt(b)));
  };
}

/** In 32-bit operations when both fit. */
function bitwise(small: Small, big: Big): (a: Int, b: Int) => Int {
  return (a, b) => {
    if (typeof a === 'number' && typeof b === 'number' && (a | 0) === a && (b | 0) === b) return small(a, b);
    return narrow(big(BigInt(a), BigInt(b)));
  };
}

export const add = exact(
  (a, b) => a + b,
  (a, b) => a + b,
);
export const subtract = exact(
  (a, b) => a - b,
  (a, b) => a - b,
);
export const multiply = exact(
  (a, b) => a * b,
  (a, b) => a * b,
);
/** Truncates toward zero; the divisor must not be 0. */
export const divide = exact(
  (a, b) => Math.trunc(a / b),
  (a, b) => a / b,
);
export const remainder = exact(
  (a, b) => a % b,
  (a, b) => a % b,
);
export const and = bitwise(
  (a, b) => a & b,
  (a, b) => a & b,
);
export const or = bitwise(
  (a, b) => a | b,
  (a, b) => a | b,
);
export const xor = bitwise(
  (a, b) => a ^ b,
  (a, b) => a ^ b,
);

/** Shift counts count modulo 64, as the processors that C shells run on do it. */
export const shiftLeft = (a: Int, b: Int): Int => narrow(BigInt(a) << BigInt.asUintN(6, BigInt(b)));
export const shiftRight = (a: Int, b: Int): Int => narrow(BigInt(a) >> BigInt.asUintN(6, BigInt(b)));
export const negate = (a: Int): Int => subtract(0, a);
export const complement = (a: Int): Int => subtract(-1, a);

export function power(base: Int, exponent: Int): Int {
  let result: Int = 1;
  let square = base;
  for (let left = BigInt(exponent); left > 0n; left >>= 1n) {
    if (left & 1n) result = multiply(result, square);
    square = multiply(square, square);
  }
  return result;
}

/**
 * Decimal, octal (leading 0) or hexadecimal (0x) text with an optional sign; undefined when it is none of
 * these.
 */
export function parseInt64(text: string): Int | undefined {
  const found = /^\s*([-+]?)(0[xX][0-9a-fA-F]+|[0-9]+)\s*$/.exec(text);
  const digits = found?.[2];
  if (digits === undefined) return undefined;
  const octal = /^0[0-7]+$/.test(digits);
  if (!octal && /^0[0-9]+$/.test(digits)) return undefined;
  const magnitude = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  return saturate(found?.[1] === '-' ? -magnitude : magnitude);
}

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

/** Constants that do not fit stay at the nearest value that does, as strtoimax(3) leaves them. */
function saturate(value: bigint): Int {
  return narrow(value > MAX ? MAX : value < MIN ? MIN : value);
}
