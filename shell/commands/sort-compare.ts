/**
 * How sort orders two key values: each ordering turns a key's text into a value once, and compares values.
 */
import { compareVersions } from './lib/version-sort.ts';
import type { KeyOptions } from './sort-keys.ts';

export interface Comparison<V = unknown> {
  value(text: string): V;
  compare(a: V, b: V): number;
}

const byOrder = (a: number | string, b: number | string): number => (a < b ? -1 : a > b ? 1 : 0);

const DECIMAL = /^[ \t\n]*(-?)([0-9]*)(?:\.([0-9]*))?/;
/** Digits that a double holds exactly. */
const EXACT_DIGITS = 15;

interface Decimal {
  number: number;
  /** Set when the number has more digits than a double. */
  exact: { negative: boolean; whole: string; fraction: string } | undefined;
}

function decimal(text: string): Decimal {
  const [, sign, whole = '', fraction = ''] = DECIMAL.exec(text) ?? [];
  const number = Number(`${whole || '0'}.${fraction || '0'}`) * (sign ? -1 : 1);
  if (whole.length + fraction.length <= EXACT_DIGITS) return { number, exact: undefined };
  return {
    number,
    exact: { negative: sign === '-', whole: whole.replace(/^0+/, ''), fraction: fraction.replace(/0+$/, '') },
  };
}

function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.number !== b.number || !a.exact || !b.exact) return byOrder(a.number, b.number) || 0;
  if (a.exact.negative !== b.exact.negative) return 0;
  const order =
    a.exact.whole.length - b.exact.whole.length ||
    byOrder(a.exact.whole, b.exact.whole) ||
    byOrder(a.exact.fraction, b.exact.fraction);
  return a.exact.negative ? -order : order;
}

/**
 * Plain digits of at most EXACT_DIGITS, the common case, without the regular expression; -1 for anything
 * else.
 */
function plainInteger(text: string): number {
  if (text.length === 0 || text.length > EXACT_DIGITS) return -1;
  let value = 0;
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** A plain number wherever a double holds it exactly. */
function numeric(text: string): number | Decimal {
  const plain = plainInteger(text);
  if (plain >= 0) return plain;
  const value = decimal(text);
  return value.exact ? value : value.number;
}

const asDecimal = (value: number | Decimal): Decimal =>
  typeof value === 'number' ? { number: value, exact: undefined } : value;

function compareNumeric(a: number | Decimal, b: number | Decimal): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return compareDecimals(asDecimal(a), asDecimal(b));
}

/** strtod's prefix; undefined when there is no number. */
function general(text: string): number | undefined {
  const match =
    /^[ \t\n\v\f\r]*([-+]?)(?:(inf(?:inity)?|nan)|(0x[0-9a-f]+)|((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?))/i.exec(
      text,
    );
  if (!match) return undefined;
  const [, sign, word, hex, number] = match;
  const value = word ? (word.toLowerCase() === 'nan' ? Number.NaN : Infinity) : Number(hex ?? number);
  return sign === '-' ? -value : value;
}

/** No number < NaN < numbers. */
function generalRank(value: number | undefined): number {
  return value === undefined ? 0 : Number.isNaN(value) ? 1 : 2;
}

function compareGeneral(a: number | undefined, b: number | undefined): number {
  const rank = generalRank(a) - generalRank(b);
  return rank !== 0 || a === undefined || b === undefined || Number.isNaN(a) ? rank : byOrder(a, b);
}

const SUFFIXES = 'KMGTPEZY';

function human(text: string): { power: number; number: Decimal } {
  const match = /^[ \t\n]*-?[0-9]*(?:\.[0-9]*)?([kKMGTPEZY]?)/.exec(text);
  const number = decimal(text);
  const power = SUFFIXES.indexOf((match?.[1] || '-').toUpperCase()) + 1;
  return { power: number.number === 0 ? 0 : number.number < 0 ? -power : power, number };
}

/** Signs first, then the suffix, then the number, as GNU does (the numbers of du -h and the like). */
function compareHuman(a: ReturnType<typeof human>, b: ReturnType<typeof human>): number {
  const sign = Math.sign(a.number.number) - Math.sign(b.number.number);
  return sign || a.power - b.power || compareDecimals(a.number, b.number);
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

function month(text: string): number {
  return (
    MONTHS.indexOf(
      text
        .replace(/^[ \t\n]+/, '')
        .slice(0, 3)
        .toUpperCase(),
    ) + 1
  );
}

function textFilter(options: KeyOptions): (text: string) => string {
  const { dictionary, printing, fold } = options;
  if (!dictionary && !printing && !fold) return (text) => text;
  return (text) => {
    let result = text;
    if (dictionary) result = result.replace(/[^0-9A-Za-z \t\n]+/g, '');
    else if (printing) result = result.replace(/[^ -~]+/g, '');
    return fold ? result.replace(/[a-z]+/g, (letters) => letters.toUpperCase()) : result;
  };
}

/**
 * -R: a 53-bit number of each text, by two multiplicative hashes with seeds from the salt: equal texts stay
 * together, all others fall as the salt has it. It has to be quick and even, not secret.
 */
function hasher(salt: string, filter: (text: string) => string): (text: string) => number {
  const [seedA, seedB] = [Number.parseInt(salt.slice(0, 8), 16), Number.parseInt(salt.slice(8, 16), 16)];
  return (text) => {
    const key = filter(text);
    let a = seedA;
    let b = seedB;
    for (let i = 0; i < key.length; i++) {
      const code = key.charCodeAt(i);
      a = Math.imul(a ^ code, 0x85ebca6b);
      a ^= a >>> 15;
      b = Math.imul(b ^ code, 0xc2b2ae35);
      b ^= b >>> 13;
    }
    a = Math.imul(a ^ (b >>> 16), 0x27d4eb2f);
    b = Math.imul(b ^ (a >>> 16), 0x165667b1);
    return ((a ^ (a >>> 15)) >>> 0) * 0x200000 + ((b ^ (b >>> 15)) >>> 11);
  };
}

const asComparison = <V>(comparison: Comparison<V>): Comparison => comparison as Comparison;

/** The comparison of a key's ordering, without its `reverse`. `salt` makes the order of -R. */
export function comparisonOf(options: KeyOptions, salt: string): Comparison {
  const filter = textFilter(options);
  switch (options.ordering) {
    case 'numeric':
      return asComparison({ value: numeric, compare: compareNumeric });
    case 'general':
      return asComparison({ value: general, compare: compareGeneral });
    case 'human':
      return asComparison({ value: human, compare: compareHuman });
    case 'month':
      return asComparison({ value: month, compare: (a: number, b: number) => a - b });
    case 'version':
      return asComparison({ value: filter, compare: compareVersions });
    case 'random':
      return asComparison({ value: hasher(salt, filter), compare: byOrder });
    case 'text':
      return asComparison({ value: filter, compare: byOrder });
  }
}
