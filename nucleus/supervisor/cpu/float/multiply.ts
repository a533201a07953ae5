/** Exact multiplication, division and square root. */
import { Flag, type Format, type Outcome } from './format.ts';
import { bitLength, infinity, round } from './round.ts';
import { invalid, isZero, nanOf, type Unpacked } from './unpack.ts';

/** Bits that a quotient or root has beyond the format's precision, so that a sticky bit decides the rest. */
const GUARD_BITS = 3;

export function multiply(format: Format, mode: number, x: Unpacked, y: Unpacked): Outcome {
  const nan = nanOf(format, [x, y]);
  if (nan) return nan;
  const negative = x.negative !== y.negative;
  if (x.kind === 'infinite' || y.kind === 'infinite')
    return isZero(x) || isZero(y) ? invalid(format) : infinity(format, negative);
  return round(format, mode, negative, {
    significand: x.significand * y.significand,
    exponent: x.exponent + y.exponent,
    sticky: false,
  });
}

export function divide(format: Format, mode: number, x: Unpacked, y: Unpacked): Outcome {
  const nan = nanOf(format, [x, y]);
  if (nan) return nan;
  const negative = x.negative !== y.negative;
  if (x.kind === 'infinite') return y.kind === 'infinite' ? invalid(format) : infinity(format, negative);
  if (y.kind === 'infinite') return round(format, mode, negative, ZERO);
  if (isZero(y)) {
    if (isZero(x)) return invalid(format);
    return { ...infinity(format, negative), flags: Flag.divideByZero };
  }
  const missing = format.fractionBits + GUARD_BITS + bitLength(y.significand) - bitLength(x.significand);
  const shift = Math.max(missing, 0);
  const dividend = x.significand << BigInt(shift);
  const significand = dividend / y.significand;
  return round(format, mode, negative, {
    significand,
    exponent: x.exponent - shift - y.exponent,
    sticky: significand * y.significand !== dividend,
  });
}

const ZERO = { significand: 0n, exponent: 0, sticky: false };

export function squareRoot(format: Format, mode: number, x: Unpacked): Outcome {
  const nan = nanOf(format, [x]);
  if (nan) return nan;
  if (isZero(x)) return round(format, mode, x.negative, ZERO);
  if (x.negative) return invalid(format);
  if (x.kind === 'infinite') return infinity(format, false);
  // The radicand gets twice the digits of the root, and an even exponent.
  let shift = Math.max(2 * (format.fractionBits + GUARD_BITS) - bitLength(x.significand), 0);
  if ((x.exponent - shift) % 2 !== 0) shift += 1;
  const radicand = x.significand << BigInt(shift);
  const significand = integerRoot(radicand);
  return round(format, mode, false, {
    significand,
    exponent: (x.exponent - shift) / 2,
    sticky: significand * significand !== radicand,
  });
}

/** The largest integer whose square is at most `value`, by Newton's iteration from above. */
function integerRoot(value: bigint): bigint {
  let root = 1n << BigInt(Math.ceil(bitLength(value) / 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
