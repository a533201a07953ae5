/** The long format (-l and its kin): fields with common widths over all entries of a listing. */
import { majorOf, minorOf, S } from '../../../subsystems/unix/constants.ts';
import { modeText } from '../lib/mode.ts';
import type { Names } from '../lib/names.ts';
import { humanSize } from '../lib/size.ts';
import { strftime } from '../lib/strftime.ts';
import { padTo } from '../lib/width.ts';
import type { Zone } from '../lib/zone.ts';
import type { Entry } from './entry.ts';
import type { Settings } from './options.ts';

/** Half a mean Gregorian year: older or future times show the year instead of the time of day. */
const RECENT_MS = (31_556_952 / 2) * 1000;

export interface LongStyle {
  settings: Settings;
  names: Names;
  zone: Zone;
  nowMs: number;
  inode: boolean;
  blocks: boolean;
  author: boolean;
}

/** 1K blocks, or as --block-size, -h say. */
export function blocksText(blocks: number, s: Settings): string {
  if (s.human) return humanSize(blocks * 512, s.human);
  return Math.ceil((blocks * 512) / s.blockUnit) + s.unitSuffix;
}

function sizeText(entry: Entry, s: Settings): string {
  const { stat } = entry;
  if (!stat) return '?';
  const type = stat.mode & S.IFMT;
  if (type === S.IFCHR || type === S.IFBLK) return `${majorOf(stat.rdev)}, ${minorOf(stat.rdev)}`;
  return s.human ? humanSize(stat.size, s.human) : Math.ceil(stat.size / s.sizeUnit) + s.unitSuffix;
}

function timeText(entry: Entry, { settings, zone, nowMs }: LongStyle): string {
  if (!entry.stat) return '?';
  const ms = entry.stat[settings.time];
  const recent = ms <= nowMs && ms > nowMs - RECENT_MS;
  const style = settings.timeStyle;
  if (style.startsWith('+')) {
    const [old = '', fresh = old] = style.slice(1).split('\n');
    return strftime(recent ? fresh : old, ms, zone);
  }
  const formats: Readonly<Record<string, string>> = {
    'full-iso': '%Y-%m-%d %H:%M:%S.%N %z',
    'long-iso': '%Y-%m-%d %H:%M',
    iso: recent ? '%m-%d %H:%M' : '%Y-%m-%d ',
    locale: recent ? '%b %e %H:%M' : '%b %e  %Y',
  };
  return strftime(formats[style] ?? formats.locale!, ms, zone);
}

interface Field {
  text: string;
  side: 'left' | 'right';
}

const right = (text: string): Field => ({ text, side: 'left' });
const left = (text: string): Field => ({ text, side: 'right' });

function ownerField(id: number | undefined, name: string | undefined, numeric: boolean): Field {
  if (id === undefined) return left('?');
  return numeric || name === undefined ? right(String(id)) : left(name);
}

function fieldsOf(entry: Entry, style: LongStyle): Field[] {
  const { settings: s, names } = style;
  const { stat } = entry;
  const fields: Field[] = [];
  const user = stat && names.userName(stat.uid);
  if (style.inode) fields.push(right(entry.ino > 0 ? String(entry.ino) : '?'));
  if (style.blocks) fields.push(right(stat ? blocksText(stat.blocks, s) : '?'));
  fields.push(left(stat ? modeText(stat.mode) : `${modeText(entry.mode)[0]}?????????`));
  fields.push(right(stat ? String(stat.nlink) : '?'));
  if (s.showOwner) fields.push(ownerField(stat?.uid, user, s.numeric));
  if (s.showGroup) fields.push(ownerField(stat?.gid, stat && names.groupName(stat.gid), s.numeric));
  if (style.author) fields.push(ownerField(stat?.uid, user, s.numeric));
  fields.push(right(sizeText(entry, s)));
  fields.push(right(timeText(entry, style)));
  return fields;
}

/** Device numbers align at the comma: the minor's width is common. */
function alignDevices(rows: Field[][], index: number): void {
  const minors = rows.map((row) => /, (\d+)$/.exec(row[index]!.text)?.[1]?.length ?? 0);
  const width = Math.max(...minors);
  if (width === 0) return;
  for (const row of rows)
    row[index]!.text = row[index]!.text.replace(/, (\d+)$/, (_, m: string) => `, ${m.padStart(width)}`);
}

/** One text per entry: everything before the name, with its trailing space. */
export function longPrefixes(entries: readonly Entry[], style: LongStyle): string[] {
  if (entries.length === 0) return [];
  const rows = entries.map((entry) => fieldsOf(entry, style));
  const columns = rows[0]!.length;
  alignDevices(rows, columns - 2);
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.map((row) => row[i]!.text.length)),
  );
  return rows.map((row) => row.map((field, i) => `${padTo(field.text, widths[i]!, field.side)} `).join(''));
}
