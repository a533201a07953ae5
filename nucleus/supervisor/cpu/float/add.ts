/** Exact addition, and fused multiply-add: a product of two numbers is as exact here as a number. */
import { type Format, type Outcome, Rounding } from './format.ts';
import { infinity, round } from './round.ts';
import { finite, invalid, isZero, nanOf, type Unpacked } from './unpack.ts';

export function add(format: Format, mode: number, x: Unpacked, y: Unpacked): Outcome {
  return nanOf(format, [x, y]) ?? sum(format, mode, x, y);
}

/** x × y + z, rounded once. Infinity × zero is invalid even when z is a quiet NaN. */
export function fusedMultiplyAdd(
  format: Format,
  mode: number,
  x: Unpacked,
  y: Unpacked,
  z: Unpacked,
): Outcome {
  const meaningless = (isZero(x) && y.kind === 'infinite') || (x.kind === 'infinite' && isZero(y));
  if (meaningless) return invalid(format);
  const nan = nanOf(format, [x, y, z]);
  if (nan) return nan;
  const negative = x.negative !== y.negative;
  if (x.kind === 'infinite' || y.kind === 'infinite') return sum(format, mode, { ...infinite, negative }, z);
  const product = finite(negative, x.significand * y.significand, x.exponent + y.exponent);
  return sum(format, mode, product, z);
}

const infinite: Unpacked = { kind: 'infinite', negative: false, significand: 0n, exponent: 0 };

/** Of two numbers that are no NaNs and need not be of the format. */
function sum(format: Format, mode: number, x: Unpacked, y: Unpacked): Outcome {
  if (x.kind === 'infinite' || y.kind === 'infinite') {
    if (x.kind === y.kind && x.negative !== y.negative) return invalid(format);
    return infinity(format, x.kind === 'infinite' ? x.negative : y.negative);
  }
  const exponent = Math.min(x.exponent, y.exponent);
  const total = aligned(x, exponent) + aligned(y, exponent);
  if (total === 0n)
    return round(format, mode, zeroSign(mode, x, y), { significand: 0n, exponent, sticky: false });
  const significand = total < 0n ? -total : total;
  return round(format, mode, total < 0n, { significand, exponent, sticky: false });
}

function aligned(x: Unpacked, exponent: number): bigint {
  const magnitude = x.significand << BigInt(x.exponent - exponent);
  return x.negative ? -magnitude : magnitude;
}

/** An exact zero keeps the sign that both addends have, else is +0, or −0 when rounding down. */
function zeroSign(mode: number, x: Unpacked, y: Unpacked): boolean {
  return x.negative === y.negative ? x.negative : mode === Rounding.down;
}
