/**
 * strftime(3) in the C locale with GNU's flags (`-_0^#`), widths, %N, %:z … : shared by date, ls, stat,
 * find, awk.
 */
import { type Fields, localFields, type Zone } from './zone.ts';

export const WEEKDAYS = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const;
export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

type Local = Fields & { weekday: number; yearDay: number };

interface Moment {
  ms: number;
  zone: Zone;
  local: Local;
}

/** A conversion's result: text, or a number with its width and padding character. */
type Piece = string | { value: number; width: number; pad: '0' | '_' };

const number = (value: number, width: number, pad: '0' | '_' = '0'): Piece => ({ value, width, pad });
const hour12 = (hour: number): number => hour % 12 || 12;

/** ISO 8601 week number and the year it belongs to. */
function isoWeek(l: Local): { year: number; week: number } {
  const monday = (l.weekday + 6) % 7;
  const week = Math.floor((l.yearDay - 1 - monday + 10) / 7);
  if (week < 1) return isoWeek(dayBefore(l.year));
  const next = weekdayOfJan1(l.year + 1);
  if (week === 53 && next >= 1 && next <= 4) {
    return { year: l.year + 1, week: 1 };
  }
  return { year: l.year, week };
}

function weekdayOfJan1(year: number): number {
  return localFields(UTC_ZONE, Date.UTC(year, 0, 1)).weekday;
}

const UTC_ZONE: Zone = { at: () => ({ offsetS: 0, name: 'UTC', isDst: false }) };

function dayBefore(year: number): Local {
  return localFields(UTC_ZONE, Date.UTC(year, 0, 1) - 86_400_000);
}

/** Offset text for %z with 0..3 colons. */
export function offsetText(offsetS: number, colons: number): string {
  const total = Math.abs(offsetS);
  const two = (n: number): string => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const sign = offsetS < 0 ? '-' : '+';
  if (colons === 0) return sign + two(h) + two(m);
  if (colons === 1) return `${sign}${two(h)}:${two(m)}`;
  if (colons === 2) return `${sign}${two(h)}:${two(m)}:${two(s)}`;
  return sign + two(h) + (s ? `:${two(m)}:${two(s)}` : m ? `:${two(m)}` : '');
}

const CONVERSIONS: Readonly<Record<string, (m: Moment) => Piece>> = {
  a: ({ local }) => WEEKDAYS[local.weekday]!.slice(0, 3),
  A: ({ local }) => WEEKDAYS[local.weekday]!,
  b: ({ local }) => MONTHS[local.month - 1]!.slice(0, 3),
  B: ({ local }) => MONTHS[local.month - 1]!,
  c: (m) => expand('%a %b %e %H:%M:%S %Y', m),
  C: ({ local }) => number(Math.floor(local.year / 100), 2),
  d: ({ local }) => number(local.day, 2),
  D: (m) => expand('%m/%d/%y', m),
  e: ({ local }) => number(local.day, 2, '_'),
  F: (m) => expand('%+4Y-%m-%d', m),
  g: ({ local }) => number(isoWeek(local).year % 100, 2),
  G: ({ local }) => number(isoWeek(local).year, 1),
  h: ({ local }) => MONTHS[local.month - 1]!.slice(0, 3),
  H: ({ local }) => number(local.hour, 2),
  I: ({ local }) => number(hour12(local.hour), 2),
  j: ({ local }) => number(local.yearDay, 3),
  k: ({ local }) => number(local.hour, 2, '_'),
  l: ({ local }) => number(hour12(local.hour), 2, '_'),
  m: ({ local }) => number(local.month, 2),
  M: ({ local }) => number(local.minute, 2),
  n: () => '\n',
  p: ({ local }) => (local.hour < 12 ? 'AM' : 'PM'),
  P: ({ local }) => (local.hour < 12 ? 'am' : 'pm'),
  q: ({ local }) => number(Math.ceil(local.month / 3), 1),
  r: (m) => expand('%I:%M:%S %p', m),
  R: (m) => expand('%H:%M', m),
  s: ({ ms }) => number(Math.floor(ms / 1000), 1),
  S: ({ local }) => number(local.second, 2),
  t: () => '\t',
  T: (m) => expand('%H:%M:%S', m),
  u: ({ local }) => number(local.weekday || 7, 1),
  U: ({ local }) => number(Math.floor((local.yearDay + 6 - local.weekday) / 7), 2),
  V: ({ local }) => number(isoWeek(local).week, 2),
  w: ({ local }) => number(local.weekday, 1),
  W: ({ local }) => number(Math.floor((local.yearDay + 6 - ((local.weekday + 6) % 7)) / 7), 2),
  x: (m) => expand('%m/%d/%y', m),
  X: (m) => expand('%H:%M:%S', m),
  y: ({ local }) => number(((local.year % 100) + 100) % 100, 2),
  Y: ({ local }) => number(local.year, local.year < 0 ? 5 : 1),
  Z: ({ zone, ms }) => zone.at(ms).name,
  '%': () => '%',
};

function nanoseconds(ms: number): string {
  const fraction = ms - Math.floor(ms / 1000) * 1000;
  return String(Math.min(999_999_999, Math.round(fraction * 1e6))).padStart(9, '0');
}

function padded(piece: Piece, flag: string, width: number | undefined): string {
  if (typeof piece === 'string') {
    if (width === undefined || flag === '-') return piece;
    return piece.padStart(width, flag === '0' || flag === '+' ? '0' : ' ');
  }
  const digits = String(Math.abs(piece.value));
  const sign = piece.value < 0 ? '-' : '';
  if (flag === '-') return sign + digits;
  const pad = flag === '_' ? ' ' : flag === '0' || flag === '+' ? '0' : piece.pad === '_' ? ' ' : '0';
  const fill = Math.max(width ?? piece.width, 0) - sign.length;
  return pad === ' ' ? (sign + digits).padStart(fill + sign.length) : sign + digits.padStart(fill, '0');
}

const SPEC = /%([-_0^#+]*)(\d*)([EO]?)(:{0,3}z|[a-zA-Z%])/g;

function convert(m: Moment, whole: string, flags: string, width: string, letter: string): string {
  const flag = /[-_0+]/.exec(flags.split('').reverse().join(''))?.[0] ?? '';
  const fieldWidth = width === '' ? undefined : Math.min(Number(width), 4096);
  if (letter === 'N') {
    const digits = nanoseconds(m.ms);
    return digits.slice(0, fieldWidth ?? 9).padEnd(fieldWidth ?? 9, '0');
  }
  if (letter.endsWith('z')) {
    const text = offsetText(m.zone.at(m.ms).offsetS, letter.length - 1);
    if (flag === '-') return text.replace(/^([-+])0(?=\d)/, '$1');
    if (fieldWidth === undefined) return text;
    return flag === '_'
      ? text.replace(/^([-+])0?/, ' $1').padStart(fieldWidth)
      : text[0]! + text.slice(1).padStart(fieldWidth - 1, '0');
  }
  const conversion = CONVERSIONS[letter];
  if (!conversion) return whole;
  let text = padded(conversion(m), flag, fieldWidth);
  if (flags.includes('^')) text = text.toUpperCase();
  if (flags.includes('#')) text = /^[pZ]$/.test(letter) ? text.toLowerCase() : text.toUpperCase();
  return text;
}

function expand(format: string, m: Moment): string {
  return format.replace(SPEC, (whole, flags: string, width: string, _modifier: string, letter: string) =>
    convert(m, whole, flags, width, letter),
  );
}

/** Formats the moment `ms` (since 1970, with fraction) in `zone`. Unknown conversions stay as they are. */
export function strftime(format: string, ms: number, zone: Zone): string {
  return expand(format, { ms, zone, local: localFields(zone, ms) });
}
