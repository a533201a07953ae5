/**
 * bc's numbers: a bigint of `scale` decimal places. Every operation truncates towards zero and has the scale
 * that POSIX bc gives it ("Operations in bc").
 */
export interface BcNumber {
  /** The value times 10^scale. */
  digits: bigint;
  scale: number;
}

export class BcError extends Error {}

/** Highest scale: beyond it bc reports an error instead of using up memory. */
const SCALE_MAX = 1_000_000;
const POWERS: bigint[] = [1n];

export function power10(exponent: number): bigint {
  if (exponent > SCALE_MAX) throw new BcError('scale too large');
  let power = POWERS[exponent];
  if (power === undefined) {
    power = 10n ** BigInt(exponent);
    if (exponent < 4096) POWERS[exponent] = power;
  }
  return power;
}

export const integer = (value: number | bigint): BcNumber => ({ digits: BigInt(value), scale: 0 });
export const ZERO = integer(0);
export const ONE = integer(1);

export function rescale({ digits, scale }: BcNumber, to: number): BcNumber {
  if (to === scale) return { digits, scale };
  return { digits: to > scale ? digits * power10(to - scale) : digits / power10(scale - to), scale: to };
}

export function add(a: BcNumber, b: BcNumber): BcNumber {
  const scale = Math.max(a.scale, b.scale);
  return { digits: rescale(a, scale).digits + rescale(b, scale).digits, scale };
}

export const negate = (a: BcNumber): BcNumber => ({ digits: -a.digits, scale: a.scale });
export const subtract = (a: BcNumber, b: BcNumber): BcNumber => add(a, negate(b));

export function compare(a: BcNumber, b: BcNumber): number {
  const { digits } = subtract(a, b);
  return digits < 0n ? -1 : digits > 0n ? 1 : 0;
}

export function multiply(a: BcNumber, b: BcNumber, scale: number): BcNumber {
  const full = { digits: a.digits * b.digits, scale: a.scale + b.scale };
  return rescale(full, Math.min(full.scale, Math.max(scale, a.scale, b.scale)));
}

export function divide(a: BcNumber, b: BcNumber, scale: number): BcNumber {
  if (b.digits === 0n) throw new BcError('Divide by zero');
  const shift = scale + b.scale - a.scale;
  const digits =
    shift >= 0 ? (a.digits * power10(shift)) / b.digits : a.digits / (b.digits * power10(-shift));
  return { digits, scale };
}

export function modulo(a: BcNumber, b: BcNumber, scale: number): BcNumber {
  if (b.digits === 0n) throw new BcError('Modulo by zero');
  const quotient = divide(a, b, scale);
  const product = { digits: quotient.digits * b.digits, scale: quotient.scale + b.scale };
  return rescale(subtract(a, product), Math.max(scale + b.scale, a.scale));
}

export function power(a: BcNumber, exponent: BcNumber, scale: number): BcNumber {
  const n = rescale(exponent, 0).digits;
  if (n === 0n) return ONE;
  const size = n < 0n ? -n : n;
  if (size > 1_000_000_000n) throw new BcError('exponent too large in raise');
  const full = { digits: a.digits ** size, scale: a.scale * Number(size) };
  if (n < 0n) return divide(ONE, full, scale);
  return rescale(full, Math.min(full.scale, Math.max(scale, a.scale)));
}

export function squareRoot(a: BcNumber, scale: number): BcNumber {
  if (a.digits < 0n) throw new BcError('Square root of a negative number');
  if (compare(a, ONE) === 0) return ONE;
  const result = Math.max(scale, a.scale);
  const value = rescale(a, 2 * result).digits;
  if (value < 2n) return { digits: value, scale: result };
  let x = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (x + value / x) >> 1n;
    if (next >= x) return { digits: x, scale: result };
    x = next;
  }
}

/** Number of significant digits, as length() counts them. */
export function lengthOf({ digits, scale }: BcNumber): number {
  const text = (digits < 0n ? -digits : digits).toString();
  return digits === 0n ? Math.max(1, scale) : Math.max(text.length, scale);
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * A literal in the base `ibase`; a lone digit is always its own value, digits of longer ones are held below
 * the base.
 */
export function parseNumber(text: string, ibase: number): BcNumber {
  const [whole = '', fraction = ''] = text.split('.');
  const lone = whole.length + fraction.length === 1;
  const value = (char: string): bigint =>
    BigInt(lone ? DIGITS.indexOf(char) : Math.min(DIGITS.indexOf(char), ibase - 1));
  if (ibase === 10) {
    const digits = Array.from(whole + fraction, value).join('');
    return { digits: BigInt(digits || '0'), scale: fraction.length };
  }
  const base = BigInt(ibase);
  let digits = 0n;
  for (const char of whole + fraction) digits = digits * base + value(char);
  if (fraction === '') return integer(digits);
  return {
    digits: (digits * power10(fraction.length)) / base ** BigInt(fraction.length),
    scale: fraction.length,
  };
}

function digitText(digit: bigint, obase: number): string {
  if (obase <= 16) return DIGITS[Number(digit)] ?? '';
  return ` ${digit.toString().padStart(String(obase - 1).length, '0')}`;
}

/** The number in the base `obase`, without line breaks. */
export function formatNumber({ digits, scale }: BcNumber, obase: number): string {
  const sign = digits < 0n ? '-' : '';
  const magnitude = digits < 0n ? -digits : digits;
  if (magnitude === 0n) return '0';
  const unit = power10(scale);
  const whole = magnitude / unit;
  let fraction = magnitude % unit;
  if (obase === 10) {
    const text = whole === 0n ? '' : whole.toString();
    return sign + text + (scale > 0 ? `.${fraction.toString().padStart(scale, '0')}` : '');
  }
  const base = BigInt(obase);
  let text = '';
  if (obase <= 16) text = whole === 0n ? '' : whole.toString(obase).toUpperCase();
  else for (let rest = whole; rest > 0n; rest /= base) text = digitText(rest % base, obase) + text;
  if (scale === 0) return sign + text;
  text += '.';
  for (let reach = 1n; reach < unit; reach *= base) {
    fraction *= base;
    text += digitText(fraction / unit, obase);
    fraction %= unit;
  }
  return sign + text;
}
