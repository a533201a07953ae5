/** The options of ls and what they come to: one Settings record that the other parts read. */

import type { Sys } from '../../../subsystems/unix/sys.ts';
import { choose } from '../lib/choice.ts';
import { type Context, Fatal, SysError, UsageError } from '../lib/command.ts';
import { quote } from '../lib/quote.ts';
import { parseBlockSize } from '../lib/size.ts';

export const OPTIONS = {
  all: { short: 'a', long: 'all', help: 'do not ignore entries starting with .' },
  almostAll: { short: 'A', long: 'almost-all', help: 'do not list implied . and ..' },
  author: { long: 'author', help: 'with -l, print the author of each file' },
  escape: { short: 'b', long: 'escape', help: 'print C-style escapes for nongraphic characters' },
  blockSize: { long: 'block-size', arg: 'SIZE', help: 'with -l, scale sizes by SIZE when printing them' },
  noBackups: { short: 'B', long: 'ignore-backups', help: 'do not list implied entries ending with ~' },
  ctime: { short: 'c', help: 'show and sort by time of last status change' },
  columns: { short: 'C', help: 'list entries by columns' },
  color: { long: 'color', arg: 'WHEN', optional: true, help: 'color the output WHEN: always, auto, never' },
  directory: { short: 'd', long: 'directory', help: 'list directories themselves, not their contents' },
  unsortedAll: { short: 'f', help: 'list all entries in directory order' },
  classifyAll: { short: 'F', help: 'append indicator (one of */=>@|) to entries' },
  classify: { long: 'classify', arg: 'WHEN', optional: true, help: 'likewise, WHEN: always, auto, never' },
  fileType: { long: 'file-type', help: "likewise, except do not append '*'" },
  format: { long: 'format', arg: 'WORD', help: 'across, commas, long, single-column, verbose, vertical' },
  fullTime: { long: 'full-time', help: 'like -l --time-style=full-iso' },
  noOwner: { short: 'g', help: 'like -l, but do not list owner' },
  dirsFirst: { long: 'group-directories-first', help: 'group directories before files' },
  noGroup: { short: 'G', long: 'no-group', help: "in a long listing, don't print group names" },
  human: { short: 'h', long: 'human-readable', help: 'with -l and -s, print sizes like 1K 234M 2G etc.' },
  si: { long: 'si', help: 'likewise, but use powers of 1000 not 1024' },
  followOperands: {
    short: 'H',
    long: 'dereference-command-line',
    help: 'follow symbolic links listed on the command line',
  },
  followDirs: { long: 'dereference-command-line-symlink-to-dir', help: 'follow such links to directories' },
  hide: {
    long: 'hide',
    arg: 'PATTERN',
    many: true,
    help: 'do not list implied entries matching shell PATTERN',
  },
  indicator: { long: 'indicator-style', arg: 'WORD', help: 'none, slash (-p), file-type, classify (-F)' },
  inode: { short: 'i', long: 'inode', help: 'print the index number of each file' },
  ignore: {
    short: 'I',
    long: 'ignore',
    arg: 'PATTERN',
    many: true,
    help: 'do not list entries matching shell PATTERN',
  },
  kibibytes: { short: 'k', long: 'kibibytes', help: 'default to 1024-byte blocks' },
  long: { short: 'l', help: 'use a long listing format' },
  follow: {
    short: 'L',
    long: 'dereference',
    help: 'show information for the file a symbolic link references',
  },
  commas: { short: 'm', help: 'fill width with a comma separated list of entries' },
  numeric: { short: 'n', long: 'numeric-uid-gid', help: 'like -l, but list numeric user and group IDs' },
  literal: { short: 'N', long: 'literal', help: 'print entry names without quoting' },
  noGroupLong: { short: 'o', help: 'like -l, but do not list group information' },
  slash: { short: 'p', help: 'append / indicator to directories' },
  hideControl: { short: 'q', long: 'hide-control-chars', help: 'print ? instead of nongraphic characters' },
  showControl: { long: 'show-control-chars', help: 'show nongraphic characters as-is' },
  quoteNames: { short: 'Q', long: 'quote-name', help: 'enclose entry names in double quotes' },
  quoting: {
    long: 'quoting-style',
    arg: 'WORD',
    help: 'literal, shell, shell-always, shell-escape, c, escape',
  },
  reverse: { short: 'r', long: 'reverse', help: 'reverse order while sorting' },
  recursive: { short: 'R', long: 'recursive', help: 'list subdirectories recursively' },
  size: { short: 's', long: 'size', help: 'print the allocated size of each file, in blocks' },
  bySize: { short: 'S', help: 'sort by file size, largest first' },
  sort: {
    long: 'sort',
    arg: 'WORD',
    help: 'sort by WORD: none (-U), size (-S), time (-t), version (-v), extension (-X)',
  },
  time: { long: 'time', arg: 'WORD', help: 'atime, access, use (-u); ctime, status (-c); mtime' },
  timeStyle: { long: 'time-style', arg: 'STYLE', help: 'full-iso, long-iso, iso, locale, or +FORMAT' },
  byTime: { short: 't', help: 'sort by time, newest first' },
  tabSize: { short: 'T', long: 'tabsize', arg: 'COLS', help: 'assume tab stops at each COLS instead of 8' },
  atime: { short: 'u', help: 'show and sort by access time' },
  unsorted: { short: 'U', help: 'do not sort; list entries in directory order' },
  byVersion: { short: 'v', help: 'natural sort of (version) numbers within text' },
  width: { short: 'w', long: 'width', arg: 'COLS', help: 'set output width to COLS.  0 means no limit' },
  across: { short: 'x', help: 'list entries by lines instead of by columns' },
  byExtension: { short: 'X', help: 'sort alphabetically by entry extension' },
  context: { short: 'Z', long: 'context', help: 'print any security context of each file' },
  zero: { long: 'zero', help: 'end each output line with NUL, not newline' },
  single: { short: '1', help: 'list one file per line' },
} as const;

export type LsContext = Context<typeof OPTIONS>;
export type Format = 'long' | 'columns' | 'across' | 'commas' | 'single';
export type SortKey = 'name' | 'none' | 'size' | 'time' | 'version' | 'extension' | 'width';
export type TimeKey = 'mtimeMs' | 'atimeMs' | 'ctimeMs';
export type Indicator = 'none' | 'slash' | 'file-type' | 'classify';
export type Quoting = 'literal' | 'shell' | 'shell-always' | 'shell-escape' | 'c' | 'escape';

export interface Settings {
  format: Format;
  sort: SortKey;
  time: TimeKey;
  indicator: Indicator;
  quoting: Quoting;
  hideControl: boolean;
  color: boolean;
  /** Columns of a line; Infinity for no limit. */
  width: number;
  tabSize: number;
  timeStyle: string;
  showOwner: boolean;
  showGroup: boolean;
  numeric: boolean;
  /** Sizes: human-readable base, or bytes per unit. */
  human: 1024 | 1000 | undefined;
  sizeUnit: number;
  blockUnit: number;
  /** Letter after scaled sizes, when --block-size names only a unit. */
  unitSuffix: string;
  follow: 'never' | 'directories' | 'operands' | 'always';
  end: string;
}

const SORTS: Readonly<Record<string, SortKey>> = {
  unsorted: 'none',
  unsortedAll: 'none',
  bySize: 'size',
  byTime: 'time',
  byVersion: 'version',
  byExtension: 'extension',
};
const SORT_WORDS: Readonly<Record<string, SortKey>> = {
  none: 'none',
  time: 'time',
  size: 'size',
  extension: 'extension',
  version: 'version',
  width: 'width',
};
const TIME_WORDS: Readonly<Record<string, TimeKey>> = {
  atime: 'atimeMs',
  access: 'atimeMs',
  use: 'atimeMs',
  ctime: 'ctimeMs',
  status: 'ctimeMs',
  mtime: 'mtimeMs',
  modification: 'mtimeMs',
};
const FORMATS: Readonly<Record<string, Format>> = {
  long: 'long',
  noOwner: 'long',
  noGroupLong: 'long',
  numeric: 'long',
  fullTime: 'long',
  columns: 'columns',
  across: 'across',
  commas: 'commas',
  single: 'single',
};
const FORMAT_WORDS: Readonly<Record<string, Format>> = {
  across: 'across',
  horizontal: 'across',
  commas: 'commas',
  long: 'long',
  verbose: 'long',
  'single-column': 'single',
  vertical: 'columns',
};
const INDICATORS: Readonly<Record<string, Indicator>> = {
  none: 'none',
  slash: 'slash',
  'file-type': 'file-type',
  classify: 'classify',
};
const QUOTINGS: Readonly<Record<string, Quoting>> = {
  literal: 'literal',
  shell: 'shell',
  'shell-always': 'shell-always',
  'shell-escape': 'shell-escape',
  'shell-escape-always': 'shell-always',
  c: 'c',
  escape: 'escape',
  locale: 'c',
  clocale: 'c',
};
const WHEN: Readonly<Record<string, 'always' | 'auto' | 'never'>> = {
  always: 'always',
  yes: 'always',
  force: 'always',
  never: 'never',
  no: 'never',
  none: 'never',
  auto: 'auto',
  tty: 'auto',
  'if-tty': 'auto',
};

const word = <V>(words: Readonly<Record<string, V>>, text: string, option: string): V =>
  choose('ls', words, text, option);

function formatOf(ctx: LsContext, isTty: boolean): Format {
  let format: Format = isTty ? 'columns' : 'single';
  let isSet = false;
  for (const { key, value } of ctx.given) {
    const chosen = key === 'format' ? word(FORMAT_WORDS, String(value), '--format') : FORMATS[key];
    if (chosen === undefined) continue;
    // -1 does not undo -l.
    if (chosen === 'single' && key === 'single' && isSet && format === 'long') continue;
    format = chosen;
    isSet = true;
  }
  if (!isSet && ctx.options.zero) format = 'single';
  return format;
}

function sortOf(ctx: LsContext, format: Format): SortKey {
  let sort: SortKey | undefined;
  for (const { key, value } of ctx.given) {
    sort = key === 'sort' ? word(SORT_WORDS, String(value), '--sort') : (SORTS[key] ?? sort);
  }
  if (sort) return sort;
  const timed = ctx.options.ctime || ctx.options.atime || ctx.options.time !== undefined;
  return timed && format !== 'long' ? 'time' : 'name';
}

function timeOf(ctx: LsContext): TimeKey {
  let time: TimeKey = 'mtimeMs';
  for (const { key, value } of ctx.given) {
    if (key === 'ctime') time = 'ctimeMs';
    else if (key === 'atime') time = 'atimeMs';
    else if (key === 'time') time = word(TIME_WORDS, String(value), '--time');
  }
  return time;
}

const isOn = (when: string | true, option: string, isTty: boolean): boolean => {
  const state = when === true ? 'always' : word(WHEN, when, option);
  return state === 'always' || (state === 'auto' && isTty);
};

function indicatorOf(ctx: LsContext, isTty: boolean): Indicator {
  let indicator: Indicator = 'none';
  for (const { key, value } of ctx.given) {
    if (key === 'slash') indicator = 'slash';
    else if (key === 'fileType') indicator = 'file-type';
    else if (key === 'classifyAll') indicator = 'classify';
    else if (key === 'classify') indicator = isOn(value, '--classify', isTty) ? 'classify' : indicator;
    else if (key === 'indicator') indicator = word(INDICATORS, String(value), '--indicator-style');
  }
  return indicator;
}

function quotingOf(ctx: LsContext, isTty: boolean): Quoting {
  let quoting: Quoting = isTty ? 'shell-escape' : 'literal';
  for (const { key, value } of ctx.given) {
    if (key === 'escape') quoting = 'escape';
    else if (key === 'literal') quoting = 'literal';
    else if (key === 'quoteNames') quoting = 'c';
    else if (key === 'quoting') quoting = word(QUOTINGS, String(value), '--quoting-style');
  }
  return quoting;
}

const TIME_STYLES = ['full-iso', 'long-iso', 'iso', 'locale'];

function timeStyleOf(ctx: LsContext): string {
  const last = ctx.given.findLast(({ key }) => key === 'fullTime' || key === 'timeStyle');
  if (!last) return ctx.sys.env.TIME_STYLE ?? 'locale';
  if (last.key === 'fullTime') return 'full-iso';
  const style = String(last.value).replace(/^posix-/, '');
  if (style.startsWith('+') || TIME_STYLES.includes(style)) return style;
  const list =
    "  - [posix-]full-iso\n  - [posix-]long-iso\n  - [posix-]iso\n  - [posix-]locale\n  - +FORMAT (e.g., +%H:%M) for a 'date'-style format";
  throw new UsageError(
    `invalid argument ${quote(style)} for ${quote('time style')}\nValid arguments are:\n${list}`,
  );
}

async function widthOf(ctx: LsContext, isTty: boolean): Promise<number> {
  const { width } = ctx.options;
  if (width !== undefined) {
    if (!/^\d+$/.test(width)) throw new Fatal(`invalid line width: ${quote(width)}`);
    return Number(width) || Number.POSITIVE_INFINITY;
  }
  const columns = ctx.sys.env.COLUMNS;
  if (columns !== undefined && /^\d+$/.test(columns)) return Number(columns) || Number.POSITIVE_INFINITY;
  return isTty ? await terminalWidth(ctx.sys) : 80;
}

async function terminalWidth(sys: Sys): Promise<number> {
  try {
    return (await sys.tcgetwinsize(1)).columns || 80;
  } catch (error) {
    if (error instanceof SysError) return 80;
    throw error;
  }
}

function unitsOf(ctx: LsContext): Pick<Settings, 'human' | 'sizeUnit' | 'blockUnit' | 'unitSuffix'> {
  const last = ctx.given.findLast(({ key }) => key === 'human' || key === 'si' || key === 'blockSize');
  if (last?.key === 'human') return { human: 1024, sizeUnit: 1, blockUnit: 1, unitSuffix: '' };
  if (last?.key === 'si') return { human: 1000, sizeUnit: 1, blockUnit: 1, unitSuffix: '' };
  if (last === undefined) return { human: undefined, sizeUnit: 1, blockUnit: 1024, unitSuffix: '' };
  const unit = parseBlockSize(String(last.value));
  if (!unit) throw new Fatal(`invalid --block-size argument ${quote(String(last.value))}`);
  const unitSuffix = /^[a-zA-Z]/.test(String(last.value)) ? String(last.value) : '';
  return { human: undefined, sizeUnit: unit, blockUnit: unit, unitSuffix };
}

function followOf(ctx: LsContext, format: Format, indicator: Indicator): Settings['follow'] {
  let follow: Settings['follow'] | undefined;
  for (const { key } of ctx.given) {
    if (key === 'follow') follow = 'always';
    else if (key === 'followOperands') follow = 'operands';
    else if (key === 'followDirs') follow = 'directories';
  }
  if (follow) return follow;
  return ctx.options.directory || format === 'long' || indicator === 'classify' ? 'never' : 'directories';
}

/** Reads the options. Throws UsageError or Fatal with GNU's texts. */
export async function settingsOf(ctx: LsContext): Promise<Settings> {
  const { options: o } = ctx;
  const isTty = await ctx.sys.isatty(1);
  const format = formatOf(ctx, isTty);
  const indicator = indicatorOf(ctx, isTty);
  const { TERM, COLORTERM, LS_COLORS } = ctx.sys.env;
  const knowsColor = Boolean(LS_COLORS || COLORTERM || (TERM && TERM !== 'dumb'));
  const color = o.color !== undefined && isOn(o.color, '--color', isTty) && knowsColor;
  return {
    format,
    sort: sortOf(ctx, format),
    time: timeOf(ctx),
    indicator,
    quoting: o.zero ? 'literal' : quotingOf(ctx, isTty),
    hideControl: o.hideControl || (isTty && !o.showControl),
    color,
    width: await widthOf(ctx, isTty),
    tabSize: color ? 0 : Number(o.tabSize ?? 8),
    timeStyle: timeStyleOf(ctx),
    showOwner: !o.noOwner,
    showGroup: !o.noGroup && !o.noGroupLong,
    numeric: o.numeric,
    ...unitsOf(ctx),
    follow: followOf(ctx, format, indicator),
    end: o.zero ? '\0' : '\n',
  };
}
