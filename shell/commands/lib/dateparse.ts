/**
 * GNU's date strings (date -d, touch -d, find -newermt): ISO and other calendar dates, times of day, zones,
 * week days and relative items, in any order. Grammar after the GNU coreutils manual, "Date input formats".
 */
import { MONTHS, WEEKDAYS } from './strftime.ts';
import { type Fields, localFields, localMs, type Zone, zoneNamed } from './zone.ts';

const UNITS: Readonly<Record<string, readonly [keyof Relative, number]>> = {
  year: ['years', 1],
  month: ['months', 1],
  fortnight: ['days', 14],
  week: ['days', 7],
  day: ['days', 1],
  hour: ['seconds', 3600],
  minute: ['seconds', 60],
  min: ['seconds', 60],
  second: ['seconds', 1],
  sec: ['seconds', 1],
};
const ORDINALS: Readonly<Record<string, number>> = {
  last: -1,
  this: 0,
  next: 1,
  first: 1,
  third: 3,
  fourth: 4,
  fifth: 5,
  sixth: 6,
  seventh: 7,
  eighth: 8,
  ninth: 9,
  tenth: 10,
  eleventh: 11,
  twelfth: 12,
};
/** Hours east of Greenwich of the zone names that the original knows. */
const ZONES: Readonly<Record<string, number>> = {
  z: 0,
  utc: 0,
  gmt: 0,
  ut: 0,
  wet: 0,
  west: 1,
  bst: 1,
  cet: 1,
  cest: 2,
  met: 1,
  mest: 2,
  eet: 2,
  eest: 3,
  msk: 3,
  ist: 5.5,
  jst: 9,
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
};

interface Relative {
  years: number;
  months: number;
  days: number;
  seconds: number;
}

interface State {
  date: { year?: number; month: number; day: number } | undefined;
  time: { hour: number; minute: number; second: number } | undefined;
  zoneS: number | undefined;
  weekday: { day: number; ordinal: number } | undefined;
  relative: Relative;
  epochMs: number | undefined;
}

type Rule = readonly [pattern: RegExp, apply: (m: RegExpExecArray, state: State) => boolean | undefined];

const monthOf = (name: string): number => {
  const short = name.slice(0, 3).toLowerCase();
  return MONTHS.findIndex((month) => month.slice(0, 3).toLowerCase() === short) + 1;
};
const weekdayOf = (name: string): number => {
  const short = name.slice(0, 3).toLowerCase();
  return WEEKDAYS.findIndex((day) => day.slice(0, 3).toLowerCase() === short);
};
const fullYear = (text: string): number => {
  const year = Number(text);
  return text.length > 2 ? year : year + (year < 69 ? 2000 : 1900);
};

function setDate(state: State, year: number | undefined, month: number, day: number): boolean {
  const length = new Date(Date.UTC(year ?? 2000, month, 0)).getUTCDate();
  if (state.date || month < 1 || month > 12 || day < 1 || day > length) return false;
  state.date = year === undefined ? { month, day } : { year, month, day };
  return true;
}

function setTime(state: State, hour: number, minute: number, second: number, half?: string): boolean {
  let h = hour;
  if (half !== undefined) {
    if (h < 1 || h > 12) return false;
    h = (h % 12) + (half.toLowerCase().startsWith('p') ? 12 : 0);
  }
  if (state.time || h > 24 || minute > 59 || second >= 61) return false;
  state.time = { hour: h, minute, second };
  return true;
}

function zoneSeconds(sign: string, hours: string, minutes: string | undefined): number {
  const value =
    hours.length > 2
      ? Number(hours.slice(0, -2)) * 3600 + Number(hours.slice(-2)) * 60
      : Number(hours) * 3600 + Number(minutes ?? 0) * 60;
  return sign === '-' ? -value : value;
}

const MONTH_NAMES =
  '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
const DAY_NAMES =
  '(sun(?:day)?|mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nes(?:day)?)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?)';
const UNIT_NAMES = '(year|month|fortnight|week|day|hour|minute|min|second|sec)s?';
const ORDINAL_NAMES = `(${Object.keys(ORDINALS).join('|')})`;

function addRelative(state: State, count: number, unit: string): void {
  const [field, factor] = UNITS[unit.toLowerCase()]!;
  state.relative[field] += count * factor;
}

const rule = (source: string): RegExp => new RegExp(`${source}(?![a-z0-9])`, 'iy');

const RULES: readonly Rule[] = [
  [/[\s,]+|\([^)]*\)/y, () => true],
  [
    /@(-?\d+(?:[.,]\d+)?)/y,
    (m, s) => {
      s.epochMs = Number(m[1]!.replace(',', '.')) * 1000;
      return true;
    },
  ],
  [
    /(-?\d{4,})-(\d{1,2})-(\d{1,2})(?:T(?=\d))?(?![\d-])/iy,
    (m, s) => setDate(s, Number(m[1]), Number(m[2]), Number(m[3])),
  ],
  [/(\d{4})\/(\d{1,2})\/(\d{1,2})(?!\d)/y, (m, s) => setDate(s, Number(m[1]), Number(m[2]), Number(m[3]))],
  [
    /(\d{1,2})\/(\d{1,2})(?:\/(\d{2,4}))?(?![\d/])/y,
    (m, s) => setDate(s, m[3] === undefined ? undefined : fullYear(m[3]), Number(m[1]), Number(m[2])),
  ],
  [
    new RegExp(
      `(\\d{1,2})[-\\s]*${MONTH_NAMES}\\.?(?:[-,\\s]+(\\d{4}|\\d{2}(?=\\s|$))(?![\\d:]))?(?![a-z0-9])`,
      'iy',
    ),
    (m, s) => setDate(s, m[3] === undefined ? undefined : fullYear(m[3]), monthOf(m[2]!), Number(m[1])),
  ],
  [
    new RegExp(
      `${MONTH_NAMES}\\.?[-\\s]*(\\d{1,2})(?:st|nd|rd|th)?(?!\\d|:)(?:[-,\\s]+(\\d{4})(?![\\d:]))?`,
      'iy',
    ),
    (m, s) => setDate(s, m[3] === undefined ? undefined : Number(m[3]), monthOf(m[1]!), Number(m[2])),
  ],
  [
    /T?(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?(?:\s*([ap])\.?m\.?(?![a-z])|\s*([-+])(\d{1,2}|\d{4})(?::?(\d{2}))?(?![\d:-]))?/iy,
    (m, s) => {
      // A signed number right after the time is a zone, even in '05:00 -3 hours'.
      if (m[5] !== undefined) s.zoneS = zoneSeconds(m[5], m[6]!, m[7]);
      return setTime(s, Number(m[1]), Number(m[2]), Number((m[3] ?? '0').replace(',', '.')), m[4]);
    },
  ],
  [/(\d{1,2})\s*([ap])\.?m\.?(?![a-z])/iy, (m, s) => setTime(s, Number(m[1]), 0, 0, m[2])],
  [
    rule(`([-+]?)\\s*(\\d+)\\s*${UNIT_NAMES}(\\s+ago)?`),
    (m, s) => {
      const sign = (m[1] === '-' ? -1 : 1) * (m[4] === undefined ? 1 : -1);
      addRelative(s, sign * Number(m[2]), m[3]!);
      return true;
    },
  ],
  [
    rule(`${ORDINAL_NAMES}\\s+${UNIT_NAMES}(\\s+ago)?`),
    (m, s) => {
      addRelative(s, ORDINALS[m[1]!.toLowerCase()]! * (m[3] === undefined ? 1 : -1), m[2]!);
      return true;
    },
  ],
  [
    rule(`(?:${ORDINAL_NAMES}\\s+)?${DAY_NAMES}\\.?`),
    (m, s) => {
      if (s.weekday) return false;
      s.weekday = { day: weekdayOf(m[2]!), ordinal: m[1] === undefined ? 0 : ORDINALS[m[1].toLowerCase()]! };
      return true;
    },
  ],
  [
    rule(`${UNIT_NAMES}(\\s+ago)?`),
    (m, s) => {
      addRelative(s, m[2] === undefined ? 1 : -1, m[1]!);
      return true;
    },
  ],
  [
    rule('(yesterday|today|now|tomorrow)'),
    (m, s) => {
      const word = m[1]!.toLowerCase();
      s.relative.days += word === 'yesterday' ? -1 : word === 'tomorrow' ? 1 : 0;
      return true;
    },
  ],
  [
    rule('([a-z]{1,4})(?:([-+])(\\d{1,2}))?'),
    (m, s) => {
      const hours = ZONES[m[1]!.toLowerCase()];
      if (hours === undefined || s.zoneS !== undefined) return false;
      s.zoneS = hours * 3600 + (m[3] === undefined ? 0 : zoneSeconds(m[2]!, m[3], undefined));
      return true;
    },
  ],
  [
    /([-+])(\d{1,4})(?::?(\d{2}))?(?![\d:])/y,
    (m, s) => {
      if (!s.time || s.zoneS !== undefined) return false;
      s.zoneS = zoneSeconds(m[1]!, m[2]!, m[3]);
      return true;
    },
  ],
  [/(\d+)(?![\d:])/y, (m, s) => plainNumber(m[1]!, s)],
];

/** A number alone: a year after a date and time, YYYYMMDD, or HHMM. */
function plainNumber(text: string, s: State): boolean {
  if (s.date && s.date.year === undefined && s.time && text.length > 2) {
    s.date.year = Number(text);
    return true;
  }
  if (text.length > 4 && !s.date) {
    return setDate(s, fullYear(text.slice(0, -4)), Number(text.slice(-4, -2)), Number(text.slice(-2)));
  }
  if (text.length <= 2) return setTime(s, Number(text), 0, 0);
  return text.length <= 4 && setTime(s, Number(text.slice(0, -2)), Number(text.slice(-2)), 0);
}

function scan(text: string, state: State): boolean {
  let at = 0;
  while (at < text.length) {
    const start = at;
    for (const [pattern, apply] of RULES) {
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      if (!match || match[0] === '') continue;
      if (!apply(match, state)) continue;
      at = pattern.lastIndex;
      break;
    }
    if (at === start) return false;
  }
  return true;
}

function moveToWeekday(f: Fields, { day, ordinal }: { day: number; ordinal: number }, zone: Zone): void {
  const current = localFields(zone, localMs(zone, { ...f, hour: 12 })).weekday;
  const ahead = (day - current + 7) % 7;
  f.day += ahead + 7 * (ordinal - (ordinal > 0 && ahead !== 0 ? 1 : 0));
}

function resolve(state: State, nowMs: number, zone: Zone): number {
  const { date, time, relative, weekday } = state;
  const now = localFields(zone, nowMs);
  const isFixed = date !== undefined || time !== undefined || weekday !== undefined;
  const midnight = { hour: 0, minute: 0, second: 0 };
  const fraction = (nowMs % 1000) / 1000;
  const f: Fields = {
    year: date?.year ?? now.year,
    month: date?.month ?? now.month,
    day: date?.day ?? now.day,
    ...(time ?? (isFixed ? midnight : { hour: now.hour, minute: now.minute, second: now.second + fraction })),
  };
  if (weekday && !date) moveToWeekday(f, weekday, zone);
  f.year += relative.years;
  f.month += relative.months;
  f.day += relative.days;
  const at: Zone =
    state.zoneS === undefined ? zone : { at: () => ({ offsetS: state.zoneS!, name: '', isDst: false }) };
  return localMs(at, f) + relative.seconds * 1000;
}

/** Milliseconds since 1970 for a date string; undefined when it is not one. */
export function parseDate(text: string, nowMs: number, zone: Zone): number | undefined {
  const prefix = /^\s*TZ="((?:[^"\\]|\\.)*)"/.exec(text);
  const inZone = prefix ? zoneNamed(prefix[1]!.replace(/\\(.)/g, '$1')) : zone;
  const state: State = {
    date: undefined,
    time: undefined,
    zoneS: undefined,
    weekday: undefined,
    relative: { years: 0, months: 0, days: 0, seconds: 0 },
    epochMs: undefined,
  };
  const rest = prefix ? text.slice(prefix[0].length) : text;
  if (rest.trim() === '')
    return resolve({ ...state, time: { hour: 0, minute: 0, second: 0 } }, nowMs, inZone);
  if (!scan(rest, state)) return undefined;
  if (state.epochMs === undefined) return resolve(state, nowMs, inZone);
  return resolve({ ...state, epochMs: undefined }, state.epochMs, inZone);
}

/** touch -t and POSIX date: [[CC]YY]MMDDhhmm[.ss]; undefined when malformed. */
export function parseStamp(text: string, nowMs: number, zone: Zone): number | undefined {
  const match = /^(\d{4}|\d{2})?(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d\d))?$/.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const f = {
    year: year === undefined ? localFields(zone, nowMs).year : fullYear(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second ?? 0),
  };
  const valid =
    f.month >= 1 &&
    f.month <= 12 &&
    f.day >= 1 &&
    f.day <= 31 &&
    f.hour < 24 &&
    f.minute < 60 &&
    f.second < 61;
  return valid ? localMs(zone, f) : undefined;
}
