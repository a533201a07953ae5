/**
 * Time zones: what TZ names, as offsets and abbreviations. Zone names go to Intl (the tz database that node
 * carries),
 * POSIX strings ('EST5EDT,M3.2.0,M11.1.0', '<+03>-3', 'UTC0') are computed here. No TZ, or an unknown one,
 * is UTC.
 */
import type { Environment } from '../../../subsystems/unix/sys.ts';

export interface ZoneOffset {
  /** Seconds east of Greenwich. */
  offsetS: number;
  /** Abbreviation: 'UTC', 'CET', '+03'. */
  name: string;
  isDst: boolean;
}

/** A zone: what holds at a moment (ms since 1970). */
export interface Zone {
  at(ms: number): ZoneOffset;
}

export const UTC: Zone = { at: () => ({ offsetS: 0, name: 'UTC', isDst: false }) };

/**
 * Broken-down local time; month 1..12; seconds may carry a fraction. Out-of-range values are carried over.
 */
export interface Fields {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

/** Fields read as UTC → ms since 1970. */
export function utcMs(f: Fields): number {
  const date = new Date(0);
  date.setUTCFullYear(f.year, f.month - 1, f.day);
  return date.getTime() + f.hour * 3_600_000 + f.minute * 60_000 + Math.round(f.second * 1e6) / 1e3;
}

/** Local fields → ms since 1970: mktime(3). */
export function localMs(zone: Zone, fields: Fields): number {
  const asUtc = utcMs(fields);
  const first = asUtc - zone.at(asUtc).offsetS * 1000;
  const second = asUtc - zone.at(first).offsetS * 1000;
  return zone.at(second).offsetS === zone.at(first).offsetS ? second : Math.max(first, second);
}

/** Moment → local fields. */
export function localFields(zone: Zone, ms: number): Fields & { weekday: number; yearDay: number } {
  const whole = Math.floor(ms / 1000);
  const date = new Date((whole + zone.at(ms).offsetS) * 1000);
  const year = date.getUTCFullYear();
  const jan1 = utcMs({ year, month: 1, day: 1, hour: 0, minute: 0, second: 0 });
  return {
    year,
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    weekday: date.getUTCDay(),
    yearDay: Math.floor((date.getTime() - jan1) / 86_400_000) + 1,
  };
}

/** Locales whose zone abbreviations are tried in turn: each knows those of its own region. */
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA', 'en-NZ'];

function numericName(offsetS: number): string {
  const minutes = Math.abs(Math.round(offsetS / 60));
  const rest = minutes % 60 === 0 ? '' : String(minutes % 60).padStart(2, '0');
  return `${offsetS < 0 ? '-' : '+'}${String(Math.floor(minutes / 60)).padStart(2, '0')}${rest}`;
}

class IntlZone implements Zone {
  private readonly id: string;
  private readonly clock: Intl.DateTimeFormat;
  private readonly names: Intl.DateTimeFormat[];
  /** Offsets per hour: listings ask for the same hours again and again. */
  private readonly known = new Map<number, ZoneOffset>();

  constructor(id: string) {
    this.id = id;
    this.clock = new Intl.DateTimeFormat('en-US', { timeZone: id, timeZoneName: 'longOffset' });
    this.names = LOCALES.map(
      (locale) => new Intl.DateTimeFormat(locale, { timeZone: id, timeZoneName: 'short' }),
    );
  }

  at(ms: number): ZoneOffset {
    const quarter = Math.floor(ms / 900_000);
    const known = this.known.get(quarter);
    if (known) return known;
    const offsetS = this.offset(ms);
    const year = new Date(ms).getUTCFullYear();
    const standard = Math.min(this.offset(Date.UTC(year, 0, 1)), this.offset(Date.UTC(year, 6, 1)));
    const found = { offsetS, name: this.abbreviation(ms, offsetS), isDst: offsetS > standard };
    if (this.known.size > 4096) this.known.clear();
    this.known.set(quarter, found);
    return found;
  }

  private part(format: Intl.DateTimeFormat, ms: number): string {
    return format.formatToParts(ms).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  }

  private offset(ms: number): number {
    const match = /^GMT(?:([-+\u2212])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(this.part(this.clock, ms));
    if (!match?.[1]) return 0;
    const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
    return match[1] === '+' ? seconds : -seconds;
  }

  private abbreviation(ms: number, offsetS: number): string {
    if (/^(Etc\/)?(UTC|UCT|Universal|Zulu)$/.test(this.id)) return 'UTC';
    for (const format of this.names) {
      const name = this.part(format, ms);
      if (!/^(GMT|UTC)[-+\u2212]/.test(name)) return name;
    }
    return numericName(offsetS);
  }
}

/** One change of a POSIX zone string: 'M3.2.0/2', 'J60', '59'. */
interface Rule {
  month: number;
  week: number;
  day: number;
  julian: number | undefined;
  /** Seconds after midnight, local time of before. */
  timeS: number;
}

function parseOffset(text: string): number {
  const match = /^([-+]?)(\d+)(?::(\d+))?(?::(\d+))?$/.exec(text);
  if (!match) return 0;
  const seconds = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
  return match[1] === '-' ? -seconds : seconds;
}

function parseRule(text: string): Rule {
  const [date = '', time = '2'] = text.split('/');
  const m = /^M(\d+)\.(\d+)\.(\d+)$/.exec(date);
  const julian = m ? undefined : Number(date.replace(/^J/, '')) - (date.startsWith('J') ? 1 : 0);
  return {
    month: Number(m?.[1] ?? 1),
    week: Number(m?.[2] ?? 1),
    day: Number(m?.[3] ?? 0),
    julian,
    timeS: parseOffset(time),
  };
}

/** Moment of the rule in `year`, in ms, read as if local time were UTC. */
function ruleMs(rule: Rule, year: number): number {
  if (rule.julian !== undefined) return Date.UTC(year, 0, 1 + rule.julian) + rule.timeS * 1000;
  const first = new Date(Date.UTC(year, rule.month - 1, 1)).getUTCDay();
  let day = 1 + ((rule.day - first + 7) % 7) + (rule.week - 1) * 7;
  const length = new Date(Date.UTC(year, rule.month, 0)).getUTCDate();
  while (day > length) day -= 7;
  return Date.UTC(year, rule.month - 1, day) + rule.timeS * 1000;
}

const POSIX_ZONE =
  /^(<[^>]+>|[A-Za-z]{3,})([-+]?\d[\d:]*)(?:(<[^>]+>|[A-Za-z]{3,})([-+]?\d[\d:]*)?(?:,([^,]+),([^,]+))?)?$/;

function posixZone(text: string): Zone | undefined {
  const match = POSIX_ZONE.exec(text);
  if (!match) return undefined;
  const bare = (name: string): string => name.replace(/[<>]/g, '');
  const standard = { offsetS: -parseOffset(match[2]!), name: bare(match[1]!), isDst: false };
  if (match[3] === undefined) return { at: () => standard };
  const offsetS = match[4] === undefined ? standard.offsetS + 3600 : -parseOffset(match[4]);
  const daylight = { offsetS, name: bare(match[3]), isDst: true };
  const from = parseRule(match[5] ?? 'M3.2.0');
  const to = parseRule(match[6] ?? 'M11.1.0');
  return {
    at(ms) {
      const year = new Date(ms + standard.offsetS * 1000).getUTCFullYear();
      const start = ruleMs(from, year) - standard.offsetS * 1000;
      const end = ruleMs(to, year) - daylight.offsetS * 1000;
      const isDst = start < end ? ms >= start && ms < end : ms >= start || ms < end;
      return isDst ? daylight : standard;
    },
  };
}

/** The zone that a TZ value names. */
export function zoneNamed(tz: string | undefined): Zone {
  const name = (tz ?? '').replace(/^:/, '');
  if (name === '') return UTC;
  const posix = posixZone(name);
  if (posix) return posix;
  try {
    return new IntlZone(name);
  } catch {
    return { at: () => ({ offsetS: 0, name: /^[A-Za-z]{3,}/.exec(name)?.[0] ?? 'UTC', isDst: false }) };
  }
}

/** The zone of a process: its TZ. */
export const zoneOf = (env: Environment): Zone => zoneNamed(env.TZ);
