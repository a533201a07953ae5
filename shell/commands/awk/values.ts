/**
 * awk's values: undefined (uninitialised), number, string, or StrNum: text from outside the program,
 * which compares as a number
 * when it looks like one (POSIX awk, "numeric string").
 */
import { formatDouble } from '../lib/cformat.ts';

export type Value = undefined | number | string | StrNum;
export type AwkArray = Map<string, Value>;

/** With a sign, infinity and not-a-number are numbers as gawk reads them; without one they are words. */
const SIGNED_SPECIAL = /^[ \t\n]*([-+])(inf|nan)[ \t\n]*$/i;

const NUMBER_PREFIX = /^[ \t\n\v\f\r]*([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)/;
const NUMERIC = /^[ \t\n\v\f\r]*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?[ \t\n\v\f\r]*$/;
/** Longest text that the digit loop converts: sums of 15 digits are exact. */
const PLAIN_DIGITS = 15;

/** The number at the start of a text, 0 when there is none. */
export function textToNumber(text: string): number {
  const { length } = text;
  if (length <= PLAIN_DIGITS) {
    let value = 0;
    let at = 0;
    for (; at < length; at += 1) {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === length) return value;
  }
  const match = NUMBER_PREFIX.exec(text);
  if (match) return Number(match[1]);
  const special = SIGNED_SPECIAL.exec(text);
  if (!special) return 0;
  if (special[2]?.toLowerCase() === 'nan') return Number.NaN;
  return special[1] === '-' ? -Infinity : Infinity;
}

export class StrNum {
  readonly text: string;
  private known = false;
  private numeric = false;

  constructor(text: string) {
    this.text = text;
  }

  /** It looks like a number. */
  get isNumeric(): boolean {
    if (!this.known) {
      this.numeric = NUMERIC.test(this.text) || SIGNED_SPECIAL.test(this.text);
      this.known = true;
    }
    return this.numeric;
  }
}

export function num(value: Value): number {
  if (typeof value === 'number') return value;
  if (value === undefined) return 0;
  return textToNumber(typeof value === 'string' ? value : value.text);
}

export function truth(value: Value): boolean {
  if (typeof value === 'number') return value !== 0;
  if (value === undefined) return false;
  if (typeof value === 'string') return value !== '';
  return value.isNumeric ? textToNumber(value.text) !== 0 : value.text !== '';
}

const SIX_DIGITS = '%.6g';
const BIGGEST_EXACT = 1e16;

/** A number by CONVFMT or OFMT; integers always as integers. `format` is used only when it is not %.6g. */
export function numberToText(
  value: number,
  format: string,
  sprintf: (format: string, args: Value[]) => string,
): string {
  if (Number.isInteger(value)) {
    return Math.abs(value) < BIGGEST_EXACT ? String(value) : BigInt(value).toString();
  }
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  if (format === SIX_DIGITS)
    return formatDouble(value, { flags: '', width: -1, precision: 6, conversion: 'g' });
  return sprintf(format, [value]);
}

function isNumber(value: Value): boolean {
  return typeof value === 'number' || value === undefined || (typeof value === 'object' && value.isNumeric);
}

/** Negative, 0 or positive; as numbers when both are numeric, else as strings. */
export function compare(a: Value, b: Value, text: (value: Value) => string): number {
  if (isNumber(a) && isNumber(b)) {
    const [x, y] = [num(a), num(b)];
    return x < y ? -1 : x > y ? 1 : x === y ? 0 : Number.NaN;
  }
  const [x, y] = [text(a), text(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}
