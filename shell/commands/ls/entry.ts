/** One listed file: its name as shown, its status, its indicator; and the orders of a listing. */
import { isDirectory, isSymlink, S } from '../../../subsystems/unix/constants.ts';
import type { Stat } from '../../../subsystems/unix/sys.ts';
import { escapeControl } from '../lib/control-escapes.ts';
import { quoteIfNeeded, quoteName } from '../lib/quote.ts';
import { compareNames } from '../lib/walk.ts';
import { displayWidth } from '../lib/width.ts';
import type { Indicator, Settings } from './options.ts';

export interface Entry {
  name: string;
  /** Path to open or stat it. */
  path: string;
  /** st_mode, or the type bits alone when no stat was needed. */
  mode: number;
  ino: number;
  /** Undefined when nothing asked for it, or when it failed. */
  stat: Stat | undefined;
  /** Text of a symbolic link, in long listings. */
  target?: string;
  /** Mode of what the link leads to; undefined when it leads nowhere. */
  targetMode?: number | undefined;
}

function escaped(name: string, special: RegExp): string {
  return name.replace(special, (c) => {
    return c === '"' || c === ' ' || c === '\\' ? `\\${c}` : escapeControl(c);
  });
}

/** A shell word in quotes with control characters as they are. */
function plainQuoted(name: string): string {
  return quoteName(name.replace(/[\x00-\x1f\x7f]/g, ' ')).startsWith('"')
    ? `"${name}"`
    : `'${name.replaceAll("'", "'\\''")}'`;
}

/** The name in the chosen quoting style. */
export function shownName(name: string, { quoting, hideControl }: Settings): string {
  switch (quoting) {
    case 'c':
      return `"${escaped(name, /[\x00-\x1f\x7f"\\]/g)}"`;
    case 'escape':
      return escaped(name, /[\x00-\x1f\x7f \\]/g);
    case 'shell-escape':
      return quoteIfNeeded(name);
    case 'shell-always':
      return plainQuoted(name);
    case 'shell':
      return quoteIfNeeded(name) === name ? name : plainQuoted(name);
    case 'literal':
      return hideControl ? name.replace(/[\x00-\x1f\x7f]/g, '?') : name;
  }
}

/** The character after a name that tells its type, or ''. */
export function indicatorOf(mode: number, style: Indicator): string {
  if (style === 'none') return '';
  if (isDirectory(mode)) return '/';
  if (style === 'slash') return '';
  switch (mode & S.IFMT) {
    case S.IFLNK:
      return '@';
    case S.IFIFO:
      return '|';
    case S.IFSOCK:
      return '=';
    case S.IFREG:
      return style === 'classify' && (mode & 0o111) !== 0 ? '*' : '';
    default:
      return '';
  }
}

/** Version order (-v): runs of digits compare as numbers. */
export function compareVersions(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [x = '', y = ''] = [left[i], right[i]];
    if (x === y) continue;
    const numeric = /^\d/.test(x) && /^\d/.test(y);
    const order = numeric ? Number(x) - Number(y) : compareNames(x, y);
    if (order !== 0) return order;
  }
  return compareNames(a, b);
}

const extension = (name: string): string => {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot);
};

function comparator(s: Settings): (a: Entry, b: Entry) => number {
  const byName = (a: Entry, b: Entry): number => compareNames(a.name, b.name);
  switch (s.sort) {
    case 'size':
      return (a, b) => (b.stat?.size ?? 0) - (a.stat?.size ?? 0) || byName(a, b);
    case 'time':
      return (a, b) => (b.stat?.[s.time] ?? 0) - (a.stat?.[s.time] ?? 0) || byName(a, b);
    case 'version':
      return (a, b) => compareVersions(a.name, b.name);
    case 'width':
      return (a, b) => displayWidth(a.name) - displayWidth(b.name) || byName(a, b);
    case 'extension':
      return (a, b) => compareNames(extension(a.name), extension(b.name)) || byName(a, b);
    default:
      return byName;
  }
}

const leadsToDirectory = (entry: Entry): boolean =>
  isDirectory(entry.mode) || (isSymlink(entry.mode) && isDirectory(entry.targetMode ?? 0));

/** Sorts in place as the settings say. */
export function sortEntries(entries: Entry[], s: Settings, reverse: boolean, dirsFirst: boolean): void {
  if (s.sort === 'none') return;
  const compare = comparator(s);
  entries.sort((a, b) => {
    if (dirsFirst) {
      const order = Number(leadsToDirectory(b)) - Number(leadsToDirectory(a));
      if (order !== 0) return order;
    }
    return reverse ? compare(b, a) : compare(a, b);
  });
}
