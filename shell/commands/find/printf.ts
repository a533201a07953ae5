/** find -printf: formats of % directives, after the findutils manual. */
import { isSymlink, S } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../lib/command.ts';
import { expandEscapes } from '../lib/escapes.ts';
import { modeText } from '../lib/mode.ts';
import { baseName } from '../lib/path.ts';
import { strftime } from '../lib/strftime.ts';
import type { Found, Run } from './types.ts';

type Directive = (file: Found, run: Run) => string | number | Promise<string | number>;

const LETTERS = new Map<number, string>([
  [S.IFREG, 'f'],
  [S.IFDIR, 'd'],
  [S.IFLNK, 'l'],
  [S.IFIFO, 'p'],
  [S.IFSOCK, 's'],
  [S.IFCHR, 'c'],
  [S.IFBLK, 'b'],
]);

export const typeOf = (mode: number): string => LETTERS.get(mode & S.IFMT) ?? 'U';

/** Type of what a link leads to: N for nothing, L for a loop. */
export async function targetType(file: Found, run: Run): Promise<string> {
  if (!isSymlink(file.stat.mode)) return typeOf(file.stat.mode);
  try {
    return typeOf((await run.sys.stat(file.path)).mode);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    return error.code === 'ELOOP' ? 'L' : error.code === 'ENOENT' || error.code === 'ENOTDIR' ? 'N' : '?';
  }
}

function directory(path: string): string {
  const stripped = path.replace(/(?<=.)\/+$/, '');
  const slash = stripped.lastIndexOf('/');
  return slash < 0 ? '.' : slash === 0 ? '' : stripped.slice(0, slash);
}

const below = ({ path, start }: Found): string =>
  path === start ? '' : path.slice(start.length).replace(/^\//, '');

const DIRECTIVES: Readonly<Record<string, Directive>> = {
  b: ({ stat }) => stat.blocks,
  d: ({ depth }) => depth,
  D: ({ stat }) => stat.dev,
  f: ({ path }) => baseName(path),
  F: async (file, { sys }) => (await sys.statfs(file.path)).type,
  g: ({ stat }, { names }) => names.group(stat.gid),
  G: ({ stat }) => stat.gid,
  h: ({ path }) => directory(path),
  H: ({ start }) => start,
  i: ({ stat }) => stat.ino,
  k: ({ stat }) => Math.ceil(stat.blocks / 2),
  l: ({ stat, path }, { sys }) => (isSymlink(stat.mode) ? sys.readlink(path) : ''),
  m: ({ stat }) => (stat.mode & 0o7777).toString(8),
  M: ({ stat }) => modeText(stat.mode),
  n: ({ stat }) => stat.nlink,
  p: ({ path }) => path,
  P: below,
  s: ({ stat }) => stat.size,
  S: ({ stat }) => (stat.size === 0 ? '1' : String((stat.blocks * 512) / stat.size)),
  u: ({ stat }, { names }) => names.user(stat.uid),
  U: ({ stat }) => stat.uid,
  y: ({ stat }) => typeOf(stat.mode),
  Y: targetType,
  a: (file, run) => timeText('c', file.stat.atimeMs, run),
  c: (file, run) => timeText('c', file.stat.ctimeMs, run),
  t: (file, run) => timeText('c', file.stat.mtimeMs, run),
};

const STAMPS = { A: 'atimeMs', C: 'ctimeMs', T: 'mtimeMs', B: 'ctimeMs' } as const;

/** A time directive: find adds fractions of seconds where strftime has none. */
function timeText(letter: string, ms: number, { zone }: Run): string {
  const fraction = `${strftime('%N', ms, zone)}0`;
  if (letter === 'c') return strftime(`%a %b %e %H:%M:%S.${fraction} %Y`, ms, zone);
  if (letter === '@') return `${Math.floor(ms / 1000)}.${fraction}`;
  if (letter === '+') return strftime(`%Y-%m-%d+%H:%M:%S.${fraction}`, ms, zone);
  if (letter === 'S') return `${strftime('%S', ms, zone)}.${fraction}`;
  if (letter === 'T' || letter === 'X') return strftime(`%H:%M:%S.${fraction}`, ms, zone);
  if (letter === 'r') return strftime(`%I:%M:%S.${fraction} %p`, ms, zone);
  return strftime(`%${letter}`, ms, zone);
}

type Part = string | ((file: Found, run: Run) => Promise<string>);

function pad(value: string | number, flags: string, width: number, precision: string | undefined): string {
  const text =
    precision === undefined || typeof value === 'number'
      ? String(value)
      : String(value).slice(0, Number(precision));
  if (flags.includes('-')) return text.padEnd(width);
  return text.padStart(width, flags.includes('0') && typeof value === 'number' ? '0' : ' ');
}

function part(match: RegExpMatchArray): Part {
  const [whole, flags = '', width = '', precision, letter = ''] = match;
  if (letter === '%') return '%';
  const stamp = STAMPS[letter[0] as keyof typeof STAMPS];
  if (stamp !== undefined && letter.length === 2) {
    return async (file, run) =>
      pad(timeText(letter[1]!, file.stat[stamp], run), flags, Number(width), precision);
  }
  const directive = DIRECTIVES[letter];
  if (!directive) return whole;
  return async (file, run) => pad(await directive(file, run), flags, Number(width), precision);
}

/** Compiles a format: escapes first, then directives. */
export function compileFormat(format: string): (file: Found, run: Run) => Promise<string> {
  const stop = /(?<!\\)(?:\\\\)*\\c/.exec(format);
  const text = stop ? format.slice(0, stop.index + stop[0].length - 2) : format;
  const parts: Part[] = [];
  let at = 0;
  for (const match of text.matchAll(/%([-#+ 0]*)(\d*)(?:\.(\d*))?([ABCT].|[a-zA-Z%])/gs)) {
    parts.push(expandEscapes(text.slice(at, match.index)), part(match));
    at = match.index + match[0].length;
  }
  parts.push(expandEscapes(text.slice(at)));
  return async (file, run) => {
    let result = '';
    for (const piece of parts) result += typeof piece === 'string' ? piece : await piece(file, run);
    return result;
  };
}

/** find -ls. */
export async function listLine(file: Found, run: Run): Promise<string> {
  const { stat, path } = file;
  const recent = Math.abs(run.nowMs - stat.mtimeMs) < 180 * 86_400_000;
  const time = strftime(recent ? '%b %e %H:%M' : '%b %e  %Y', stat.mtimeMs, run.zone);
  const arrow = isSymlink(stat.mode) ? ` -> ${await run.sys.readlink(path)}` : '';
  const column = (value: string | number, width: number): string => String(value).padStart(width);
  const owner = `${run.names.user(stat.uid).padEnd(8)} ${run.names.group(stat.gid).padEnd(8)}`;
  const head = `${column(stat.ino, 9)} ${column(Math.ceil(stat.blocks / 2), 6)} ${modeText(stat.mode)} ${column(stat.nlink, 3)}`;
  return `${head} ${owner} ${column(stat.size, 8)} ${time} ${path}${arrow}\n`;
}
