/**
 * Comparisons, minimum and maximum, sign injection and classes. Integer results are 64-bit registers, the
 * others patterns of the format.
 */
import { Flag, type Format, type Outcome, signBit } from './format.ts';
import { isNan, isZero, signaling, type Unpacked, unpack } from './unpack.ts';

/** A key that orders the numbers of a format, −0 below +0. */
function orderKey(format: Format, pattern: bigint): bigint {
  const sign = signBit(format);
  return pattern < sign ? pattern : sign - 1n - pattern;
}

const TRUE = 1n;
const FALSE = 0n;

/** FEQ: signals for signaling NaNs only. */
export function equal(format: Format, a: bigint, b: bigint): Outcome {
  const operands = [unpack(format, a), unpack(format, b)];
  if (operands.some(isNan)) return { bits: FALSE, flags: signaling(operands) };
  return { bits: a === b || operands.every(isZero) ? TRUE : FALSE, flags: 0 };
}

/** FLT (`orEqual` false) and FLE: signal for every NaN. */
export function less(format: Format, orEqual: boolean, a: bigint, b: bigint): Outcome {
  const operands = [unpack(format, a), unpack(format, b)];
  if (operands.some(isNan)) return { bits: FALSE, flags: Flag.invalid };
  if (a === b || operands.every(isZero)) return { bits: orEqual ? TRUE : FALSE, flags: 0 };
  return { bits: orderKey(format, a) < orderKey(format, b) ? TRUE : FALSE, flags: 0 };
}

/** FMIN and FMAX: minimumNumber and maximumNumber of IEEE 754-2019. */
export function extreme(format: Format, greatest: boolean, a: bigint, b: bigint): Outcome {
  const x: Unpacked = unpack(format, a);
  const y: Unpacked = unpack(format, b);
  const flags = signaling([x, y]);
  if (isNan(x)) return { bits: isNan(y) ? format.canonicalNaN : b, flags };
  if (isNan(y)) return { bits: a, flags };
  const first = orderKey(format, a) < orderKey(format, b) !== greatest;
  return { bits: first ? a : b, flags };
}

/** FSGNJ, FSGNJN, FSGNJX: `how` makes the result's sign of the two signs. */
export function injectSign(
  format: Format,
  how: (own: boolean, other: boolean) => boolean,
  a: bigint,
  b: bigint,
): Outcome {
  const sign = signBit(format);
  const negative = how((a & sign) !== 0n, (b & sign) !== 0n);
  return { bits: (a & (sign - 1n)) | (negative ? sign : 0n), flags: 0 };
}

/** FCLASS: one bit of ten, from −∞ (bit 0) over −0 (3) and +0 (4) to +∞ (7), signaling (8), quiet NaN (9). */
export function classify(format: Format, a: bigint): Outcome {
  return { bits: 1n << BigInt(classOf(format, a)), flags: 0 };
}

function classOf(format: Format, a: bigint): number {
  const x = unpack(format, a);
  if (x.kind === 'signaling') return 8;
  if (x.kind === 'quiet') return 9;
  let size = 1;
  if (x.kind === 'infinite') size = 3;
  else if (isZero(x)) size = 0;
  else if ((a & format.infinity) !== 0n) size = 2;
  return x.negative ? 3 - size : 4 + size;
}
