/** stat: the status of files (default, terse, or any --format) and, with -f, of file systems. */
import { isSymlink, majorOf, minorOf, S } from '../../subsystems/unix/constants.ts';
import type { Stat, StatFs } from '../../subsystems/unix/sys.ts';
import { type Context, command, SysError } from './lib/command.ts';
import { expandEscapes } from './lib/escapes.ts';
import { modeText, typeText } from './lib/mode.ts';
import { loadNames, type Names } from './lib/names.ts';
import { canonicalize, dirName } from './lib/path.ts';
import { quoteIfNeeded, quoteName } from './lib/quote.ts';
import { strftime } from './lib/strftime.ts';
import { type Zone, zoneOf } from './lib/zone.ts';

const OPTIONS = {
  follow: { short: 'L', long: 'dereference', help: 'follow links' },
  fileSystem: { short: 'f', long: 'file-system', help: 'display file system status instead of file status' },
  cached: { long: 'cached', arg: 'MODE', help: 'accepted' },
  format: {
    short: 'c',
    long: 'format',
    arg: 'FORMAT',
    help: 'use the specified FORMAT; output a newline after each use',
  },
  printf: {
    long: 'printf',
    arg: 'FORMAT',
    help: 'like --format, but interpret backslash escapes, and no newline',
  },
  terse: { short: 't', long: 'terse', help: 'print the information in terse form' },
} as const;

interface Subject {
  ctx: Context<typeof OPTIONS>;
  path: string;
  names: Names;
  zone: Zone;
  stat: Stat;
}

const timeText = (ms: number, zone: Zone): string => strftime('%Y-%m-%d %H:%M:%S.%N %z', ms, zone);

/** Seconds with `precision` decimals; 0 = whole seconds. */
function seconds(ms: number, precision: number): string {
  if (precision === 0) return String(Math.floor(ms / 1000));
  return `${Math.floor(ms / 1000)}.${strftime('%N', ms, { at: () => ({ offsetS: 0, name: '', isDst: false }) }).slice(0, precision)}`;
}

/**
 * The name (and the text of a link): always quoted in formats of the user, when needed in the default one.
 */
async function shownName({ ctx, path, stat }: Subject): Promise<string> {
  const show =
    ctx.options.format === undefined && ctx.options.printf === undefined ? quoteIfNeeded : quoteName;
  if (!isSymlink(stat.mode)) return show(path);
  return `${show(path)} -> ${show(await ctx.sys.readlink(path))}`;
}

/** The topmost directory on the same device. */
async function mountPoint({ ctx, path }: Subject): Promise<string> {
  let at = await canonicalize(ctx.sys, path, 'none');
  const { dev } = await ctx.sys.stat(at);
  while (at !== '/') {
    const up = dirName(at);
    if ((await ctx.sys.stat(up)).dev !== dev) return at;
    at = up;
  }
  return at;
}

type Field = (s: Subject, precision: number) => string | number | Promise<string | number>;

const TIMES = { X: 'atimeMs', Y: 'mtimeMs', Z: 'ctimeMs' } as const;

const FIELDS: Readonly<Record<string, Field>> = {
  a: ({ stat }) => (stat.mode & 0o7777).toString(8),
  A: ({ stat }) => modeText(stat.mode),
  b: ({ stat }) => stat.blocks,
  B: () => 512,
  C: () => '?',
  d: ({ stat }) => stat.dev,
  D: ({ stat }) => stat.dev.toString(16),
  f: ({ stat }) => stat.mode.toString(16),
  F: ({ stat }) => typeText(stat.mode, stat.size),
  g: ({ stat }) => stat.gid,
  G: ({ stat, names }) => names.groupName(stat.gid) ?? 'UNKNOWN',
  h: ({ stat }) => stat.nlink,
  i: ({ stat }) => stat.ino,
  m: mountPoint,
  n: ({ path }) => path,
  N: shownName,
  o: ({ stat }) => stat.blksize,
  r: ({ stat }) => stat.rdev,
  R: ({ stat }) => stat.rdev.toString(16),
  s: ({ stat }) => stat.size,
  t: ({ stat }) => majorOf(stat.rdev).toString(16),
  T: ({ stat }) => minorOf(stat.rdev).toString(16),
  u: ({ stat }) => stat.uid,
  U: ({ stat, names }) => names.userName(stat.uid) ?? 'UNKNOWN',
  w: () => '-',
  W: () => 0,
  x: ({ stat, zone }) => timeText(stat.atimeMs, zone),
  X: ({ stat }, precision) => seconds(stat[TIMES.X], precision),
  y: ({ stat, zone }) => timeText(stat.mtimeMs, zone),
  Y: ({ stat }, precision) => seconds(stat[TIMES.Y], precision),
  z: ({ stat, zone }) => timeText(stat.ctimeMs, zone),
  Z: ({ stat }, precision) => seconds(stat[TIMES.Z], precision),
};

type FsField = (fs: StatFs, path: string) => string | number;
const FS_FIELDS: Readonly<Record<string, FsField>> = {
  a: (fs) => fs.bavail,
  b: (fs) => fs.blocks,
  c: (fs) => fs.files,
  d: (fs) => fs.ffree,
  f: (fs) => fs.bfree,
  i: () => '0',
  l: (fs) => fs.namelen,
  n: (_fs, path) => path,
  s: (fs) => fs.bsize,
  S: (fs) => fs.bsize,
  t: () => '0',
  T: (fs) => fs.type,
};

function pad(value: string | number, flags: string, width: number): string {
  let text = String(value);
  if (flags.includes('#') && typeof value === 'string' && /^[0-7]+$/.test(text)) text = `0${text}`;
  if (flags.includes('+') && /^\d/.test(text)) text = `+${text}`;
  if (flags.includes('-')) return text.padEnd(width);
  return text.padStart(width, flags.includes('0') && /^[-+\d]/.test(text) ? '0' : ' ');
}

/** Expands a format; `field` answers a letter, or undefined for an unknown one. */
async function expand(
  format: string,
  field: (letter: string, precision: number) => Promise<string | number> | string | number | undefined,
): Promise<string> {
  let text = '';
  let at = 0;
  for (const match of format.matchAll(/%([-#+ 0']*)(\d*)(?:\.(\d*))?([HL]?[a-zA-Z%])/g)) {
    const [whole, flags, width, precision, letter] = match as unknown as [
      string,
      string,
      string,
      string | undefined,
      string,
    ];
    text += format.slice(at, match.index);
    at = match.index + whole.length;
    if (letter === '%') {
      text += '%';
      continue;
    }
    const value = await field(letter, precision === undefined ? 0 : precision === '' ? 9 : Number(precision));
    text += value === undefined ? '?' : pad(value, flags, Number(width));
  }
  return text + format.slice(at);
}

const DEFAULT_TOP = '  File: %N\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\n';
const DEFAULT_ACCESS = 'Access: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\n';
const DEFAULT_TIMES = 'Access: %x\nModify: %y\nChange: %z\n Birth: %w\n';
const TERSE = '%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o\n';
const FS_DEFAULT =
  '  File: "%n"\n    ID: %-8i Namelen: %-7l Type: %T\nBlock size: %-10s Fundamental block size: %S\nBlocks: Total: %-10b Free: %-10f Available: %a\nInodes: Total: %-10c Free: %d\n';
const FS_TERSE = '%n %i %l %t %s %S %b %f %a %c %d\n';

function defaultFormat(stat: Stat): string {
  const type = stat.mode & S.IFMT;
  const isDevice = type === S.IFCHR || type === S.IFBLK;
  const device = `Device: ${majorOf(stat.dev)},${minorOf(stat.dev)}\tInode: %-10i  `;
  const links = isDevice ? 'Links: %-5h Device type: %t,%T\n' : 'Links: %h\n';
  return DEFAULT_TOP + device + links + DEFAULT_ACCESS + DEFAULT_TIMES;
}

function chosenFormat(ctx: Context<typeof OPTIONS>, terse: string, standard: string): string {
  const { options: o } = ctx;
  if (o.printf !== undefined) return expandEscapes(o.printf);
  if (o.format !== undefined) return `${o.format}\n`;
  return o.terse ? terse : standard;
}

async function printFile(
  ctx: Context<typeof OPTIONS>,
  path: string,
  names: Names,
  zone: Zone,
): Promise<void> {
  const { sys } = ctx;
  const stat = await (path === '-' ? sys.fstat(0) : ctx.options.follow ? sys.stat(path) : sys.lstat(path));
  const subject: Subject = { ctx, path, names, zone, stat };
  const format = chosenFormat(ctx, TERSE, defaultFormat(stat));
  const special: Readonly<Record<string, number>> = {
    Hd: majorOf(stat.dev),
    Ld: minorOf(stat.dev),
    Hr: majorOf(stat.rdev),
    Lr: minorOf(stat.rdev),
  };
  ctx.out.put(
    await expand(format, (letter, precision) => special[letter] ?? FIELDS[letter]?.(subject, precision)),
  );
}

async function printFileSystem(ctx: Context<typeof OPTIONS>, path: string): Promise<void> {
  const fs = await ctx.sys.statfs(path);
  const format = chosenFormat(ctx, FS_TERSE, FS_DEFAULT);
  ctx.out.put(await expand(format, (letter) => FS_FIELDS[letter]?.(fs, path)));
}

export default command(
  {
    name: 'stat',
    usage: '[OPTION]... FILE...',
    summary: 'Display file or file system status.',
    options: OPTIONS,
    operands: [1, Number.POSITIVE_INFINITY],
  },
  async (ctx) => {
    const names = await loadNames(ctx.sys);
    const zone = zoneOf(ctx.sys.env);
    for (const path of ctx.operands) {
      try {
        if (ctx.options.fileSystem) await printFileSystem(ctx, path);
        else await printFile(ctx, path, names, zone);
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        const what = ctx.options.fileSystem
          ? 'cannot read file system information for'
          : path === '-'
            ? 'cannot stat standard input'
            : 'cannot statx';
        await ctx.error(`${what} ${quoteName(path)}: ${error.message}`);
      }
    }
  },
);
