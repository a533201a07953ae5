/** awk's printf and sprintf (POSIX awk, "Output Statements"). A format is parsed once and kept. */
import { formatDouble, formatInteger } from '../lib/cformat.ts';
import { num, StrNum, type Value } from './values.ts';

type Piece =
  | string
  | {
      flags: string;
      width: number | '*' | undefined;
      precision: number | '*' | undefined;
      conversion: string;
      source: string;
    };

const SPEC = /%([-+ #0']*)(\*|\d+)?(?:\.(\*|\d*))?(?:hh|[hlLqjzt]+)?([a-zA-Z%])?/g;
const CACHE_LIMIT = 200;
const cache = new Map<string, Piece[]>();

function count(text: string | undefined): number | '*' | undefined {
  if (text === undefined) return undefined;
  return text === '*' ? '*' : Number(text || 0);
}

function parse(format: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of format.matchAll(SPEC)) {
    const [source, flags = '', width, precision, conversion] = match;
    if (match.index > at) pieces.push(format.slice(at, match.index));
    at = match.index + source.length;
    if (conversion === '%') pieces.push('%');
    else if (conversion === undefined || !'diouxXeEfFgGaAcs'.includes(conversion)) pieces.push(source);
    else pieces.push({ flags, width: count(width), precision: count(precision), conversion, source });
  }
  if (at < format.length) pieces.push(format.slice(at));
  return pieces;
}

function parsed(format: string): Piece[] {
  let pieces = cache.get(format);
  if (!pieces) {
    pieces = parse(format);
    if (cache.size >= CACHE_LIMIT) cache.clear();
    cache.set(format, pieces);
  }
  return pieces;
}

function padText(text: string, width: number, flags: string): string {
  const missing = width - (text.length > width ? text.length : [...text].length);
  if (missing <= 0) return text;
  return flags.includes('-') ? text + ' '.repeat(missing) : ' '.repeat(missing) + text;
}

function character(value: Value, toText: (value: Value) => string): string {
  if (typeof value === 'number' || (value instanceof StrNum && value.isNumeric)) {
    const code = Math.trunc(num(value));
    return code >= 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
  }
  if (value === undefined) return '\0';
  const text = toText(value);
  return text === '' ? '\0' : String.fromCodePoint(text.codePointAt(0) ?? 0);
}

function integer(value: number): bigint | number {
  const whole = Math.trunc(value) + 0;
  return Number.isSafeInteger(whole) ? whole : BigInt(whole);
}

/** A format asks for more values than were given. */
export class TooFewArguments extends Error {}

/** Formats; `toText` converts a value to a string by CONVFMT. Throws TooFewArguments. */
export function sprintf(format: string, args: readonly Value[], toText: (value: Value) => string): string {
  let result = '';
  let next = 0;
  for (const piece of parsed(format)) {
    if (typeof piece === 'string') {
      result += piece;
      continue;
    }
    let { flags } = piece;
    let width = piece.width === '*' ? Math.trunc(num(args[next++])) : (piece.width ?? -1);
    if (piece.width === '*' && width < 0) {
      flags += '-';
      width = -width;
    }
    const precision = piece.precision === '*' ? Math.trunc(num(args[next++])) : (piece.precision ?? -1);
    if (next >= args.length) throw new TooFewArguments();
    const value = args[next];
    next += 1;
    const { conversion } = piece;
    if (conversion === 'c') result += padText(character(value, toText), width, flags);
    else if (conversion === 's') {
      const text = toText(value);
      result += padText(precision >= 0 ? [...text].slice(0, precision).join('') : text, width, flags);
    } else {
      const number = num(value);
      const isInteger = 'diouxX'.includes(conversion);
      if (!isInteger || !Number.isFinite(number)) {
        const shown = isInteger ? 'f' : conversion;
        result += formatDouble(number, { flags, width, precision, conversion: shown });
      } else result += formatInteger(integer(number), { flags, width, precision, conversion });
    }
  }
  return result;
}
