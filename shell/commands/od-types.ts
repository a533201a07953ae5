/** The formats of od -t: how wide each is and how it shows its bytes. */
import { Fatal } from './lib/command.ts';
import { quote } from './lib/quote.ts';

export interface OdType {
  /** Bytes per item. */
  size: number;
  /** Columns of an item without the space before it. */
  columns: number;
  /** `z`: printable characters at the end of the line. */
  printable: boolean;
  show(view: DataView, at: number, little: boolean): string;
}

const NAMES =
  'nul soh stx etx eot enq ack bel bs ht nl vt ff cr so si dle dc1 dc2 dc3 dc4 nak syn etb can em sub esc fs gs rs us sp'.split(
    ' ',
  );
const ESCAPES: Readonly<Record<number, string>> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
};
const SIZE_LETTERS: Readonly<Record<string, number>> = { C: 1, S: 2, I: 4, L: 8, F: 4, D: 8 };
const COLUMNS: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  o: { 1: 3, 2: 6, 4: 11, 8: 22 },
  x: { 1: 2, 2: 4, 4: 8, 8: 16 },
  u: { 1: 3, 2: 5, 4: 10, 8: 20 },
  d: { 1: 4, 2: 6, 4: 11, 8: 20 },
};

function integer(
  view: DataView,
  at: number,
  size: number,
  signed: boolean,
  little: boolean,
): number | bigint {
  if (size === 8) return signed ? view.getBigInt64(at, little) : view.getBigUint64(at, little);
  if (size === 4) return signed ? view.getInt32(at, little) : view.getUint32(at, little);
  if (size === 2) return signed ? view.getInt16(at, little) : view.getUint16(at, little);
  return signed ? view.getInt8(at) : view.getUint8(at);
}

function integerType(letter: string, size: number, printable: boolean): OdType {
  const columns = COLUMNS[letter]?.[size];
  if (columns === undefined)
    throw new Fatal(
      `invalid type string ${quote(letter + size)};\nthis system doesn't provide a ${size}-byte integral type`,
    );
  const radix = letter === 'o' ? 8 : letter === 'x' ? 16 : 10;
  const zeros = radix === 10 ? 0 : columns;
  return {
    size,
    columns,
    printable,
    show: (view, at, little) =>
      integer(view, at, size, letter === 'd', little)
        .toString(radix)
        .padStart(zeros, '0'),
  };
}

/** The shortest decimal that reads back as the same number, in C's %g form. */
function shortest(value: number, single: boolean): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  if (Object.is(value, -0)) return '-0';
  let digits = 1;
  const same = (text: string) => (single ? Math.fround(Number(text)) : Number(text)) === value;
  while (digits < 17 && !same(value.toPrecision(digits))) digits += 1;
  const [mantissa = '', exponent = '0'] = value.toExponential(digits - 1).split('e');
  const power = Number(exponent);
  if (power < -4 || power >= Math.max(digits, single ? 6 : 15)) {
    return `${mantissa.replace(/\.?0+$/, (zeros) => (mantissa.includes('.') ? '' : zeros))}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  return value.toFixed(Math.max(0, digits - 1 - power));
}

function floatType(size: number, printable: boolean): OdType {
  if (size !== 4 && size !== 8)
    throw new Fatal(
      `invalid type string ${quote(`f${size}`)};\nthis system doesn't provide a ${size}-byte floating point type`,
    );
  return {
    size,
    columns: size === 4 ? 15 : 24,
    printable,
    show: (view, at, little) =>
      size === 4 ? shortest(view.getFloat32(at, little), true) : shortest(view.getFloat64(at, little), false),
  };
}

function named(byte: number): string {
  const low = byte & 127;
  return low === 127 ? 'del' : (NAMES[low] ?? String.fromCharCode(low));
}

function character(byte: number): string {
  if (ESCAPES[byte]) return ESCAPES[byte];
  return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : byte.toString(8).padStart(3, '0');
}

const charType = (show: (byte: number) => string, printable: boolean): OdType => ({
  size: 1,
  columns: 3,
  printable,
  show: (view, at) => show(view.getUint8(at)),
});

/** The types of one -t argument, e.g. `x1z`, `d4o2`, `fD`. Throws Fatal. */
export function parseTypes(text: string): OdType[] {
  const types: OdType[] = [];
  const pattern = /([ac])(z?)|([doux])(\d+|[CSIL])?(z?)|f(\d+|[FDL])?(z?)/y;
  for (let at = 0; at < text.length; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) throw new Fatal(`invalid character '${text[at]}' in type string ${quote(text)}`);
    const [whole, letter, mark, radix, size, intMark, floatSize, floatMark] = match;
    if (letter) types.push(charType(letter === 'a' ? named : character, mark === 'z'));
    else if (radix)
      types.push(integerType(radix, SIZE_LETTERS[size ?? 'I'] ?? Number(size), intMark === 'z'));
    else types.push(floatType(SIZE_LETTERS[floatSize ?? 'D'] ?? Number(floatSize), floatMark === 'z'));
    pattern.lastIndex = at + whole.length;
  }
  return types;
}
