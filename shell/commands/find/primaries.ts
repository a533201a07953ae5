/** The primaries of find: one table of makers. Numbers take find's +N, -N, N. */
import { Access, isDirectory, isRegular, isSymlink, O } from '../../../subsystems/unix/constants.ts';
import type { Stat } from '../../../subsystems/unix/sys.ts';
import { type Context, Fatal, SysError } from '../lib/command.ts';
import { parseDate } from '../lib/dateparse.ts';
import { globMatcher } from '../lib/glob.ts';
import { Output } from '../lib/io.ts';
import { parseMode } from '../lib/mode.ts';
import { loadNames } from '../lib/names.ts';
import { baseName } from '../lib/path.ts';
import { compileRegex } from '../lib/regex.ts';
import { listDirectory } from '../lib/walk.ts';
import { zoneOf } from '../lib/zone.ts';
import { compileFormat, listLine, targetType, typeOf } from './printf.ts';
import type { Expression, Found, Run, Settings, Test } from './types.ts';

interface Maker {
  /** Arguments that it takes. */
  args: number;
  make(args: readonly string[], context: MakerContext): Test | Promise<Test>;
}

interface MakerContext {
  name: string;
  ctx: Context;
  settings: Settings;
  finish: Expression['finish'];
}

type Compare = (value: number) => boolean;

/** '+N', '-N', 'N' → more than, less than, exactly. */
function comparison(text: string, name: string): Compare {
  const match = /^([-+]?)(\d+(?:\.\d+)?)$/.exec(text);
  if (!match) throw new Fatal(`invalid argument \`${text}' to \`${name}'`);
  const n = Number(match[2]);
  if (match[1] === '+') return (value) => value > n;
  return match[1] === '-' ? (value) => value < n : (value) => value === n;
}

const DAY_MS = 86_400_000;
type StampKey = 'atimeMs' | 'mtimeMs' | 'ctimeMs';

/** -mtime and -mmin families: age in whole units. */
function age(key: StampKey, unitMs: number): Maker {
  return {
    args: 1,
    make: ([text], { name, settings }) => {
      const compare = comparison(text!, name);
      const minutes = unitMs < DAY_MS;
      return ({ stat }, run) => {
        const now = settings.dayStart ? Math.ceil(run.nowMs / DAY_MS) * DAY_MS : run.nowMs;
        const units = (now - stat[key]) / unitMs;
        // -mmin N matches the minute that ends N minutes ago; +N and -N compare the exact age.
        if (!minutes) return compare(Math.floor(units));
        return /^[-+]/.test(text!) ? compare(units) : compare(Math.ceil(units));
      };
    },
  };
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  b: 512,
  c: 1,
  w: 2,
  k: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
};

const size: Maker = {
  args: 1,
  make: ([text], { name }) => {
    const match = /^([-+]?\d+)([bcwkMG]?)$/.exec(text!);
    if (!match) throw new Fatal(`invalid ${name} type \`${text!.at(-1)}'`);
    const unit = SIZE_UNITS[match[2] === '' ? 'b' : match[2]!]!;
    const compare = comparison(match[1]!, name);
    return ({ stat }) => compare(Math.ceil(stat.size / unit));
  },
};

function glob(ignoreCase: boolean, subject: (file: Found) => string): Maker {
  return {
    args: 1,
    make: ([pattern]) => {
      const match = globMatcher(pattern!, { ignoreCase });
      return (file) => match(subject(file));
    },
  };
}

function linkName(ignoreCase: boolean): Maker {
  return {
    args: 1,
    make: ([pattern]) => {
      const match = globMatcher(pattern!, { ignoreCase });
      return async ({ stat, path }, run) => isSymlink(stat.mode) && match(await run.sys.readlink(path));
    },
  };
}

const REGEX_TYPES = [
  'emacs',
  'findutils-default',
  'posix-basic',
  'basic',
  'ed',
  'sed',
  'grep',
  'posix-extended',
  'egrep',
  'posix-egrep',
  'posix-awk',
  'awk',
  'gnu-awk',
];

const regexType: Maker = {
  args: 1,
  make: ([text], { settings }) => {
    if (!REGEX_TYPES.includes(text!)) throw new Fatal(`Unknown regular expression type '${text}'`);
    const isEmacs = text === 'emacs' || text === 'findutils-default';
    settings.regexType = isEmacs ? 'emacs' : text!.includes('egrep') ? 'extended' : text!;
    return () => true;
  },
};

/** Emacs syntax has + and ? as operators where a basic expression has \\+ and \\?. */
function emacsToBasic(pattern: string): string {
  return pattern.replace(/\\[\s\S]|\[\^?\]?[^\]]*\]|[+?]/g, (token) => {
    if (token === '+' || token === '?') return `\\${token}`;
    return token === '\\+' || token === '\\?' ? token.slice(1) : token;
  });
}

function regex(ignoreCase: boolean): Maker {
  return {
    args: 1,
    make: ([pattern], { settings }) => {
      const extended = settings.regexType.includes('extended') || settings.regexType.includes('awk');
      const body = settings.regexType === 'emacs' ? emacsToBasic(pattern!) : pattern!;
      const whole = extended ? `^(${body})$` : `^\\(${body}\\)$`;
      const compiled = compileRegex(whole, { extended, ignoreCase });
      return ({ path }) => compiled.test(path);
    },
  };
}

function typeTest(pick: (file: Found, run: Run) => string | Promise<string>): Maker {
  return {
    args: 1,
    make: ([text], { name }) => {
      const types = text!.split(',');
      for (const type of types) {
        if (!/^[bcdpfls]$/.test(type)) throw new Fatal(`Unknown argument to ${name}: ${type}`);
      }
      return async (file, run) => types.includes(await pick(file, run));
    },
  };
}

const perm: Maker = {
  args: 1,
  make: ([text]) => {
    const prefix = /^[-/]/.exec(text!)?.[0] ?? '';
    const change = parseMode(text!.slice(prefix.length));
    if (!change) throw new Fatal(`invalid mode '${text}'`);
    const wanted = change(0, false, 0);
    return ({ stat }) => {
      const bits = stat.mode & 0o7777;
      if (prefix === '-') return (bits & wanted) === wanted;
      return prefix === '/' ? wanted === 0 || (bits & wanted) !== 0 : bits === wanted;
    };
  },
};

async function newer(key: StampKey, reference: string, source: StampKey | 't', ctx: Context): Promise<Test> {
  let than: number;
  if (source === 't') {
    const ms = parseDate(reference, ctx.sys.now(), zoneOf(ctx.sys.env));
    if (ms === undefined)
      throw new Fatal(`I cannot figure out how to interpret '${reference}' as a date or time`);
    than = ms;
  } else than = (await ctx.sys.stat(reference))[source];
  return ({ stat }) => stat[key] > than;
}

const STAMPS: Readonly<Record<string, StampKey>> = { a: 'atimeMs', c: 'ctimeMs', m: 'mtimeMs' };

function newerOf(key: StampKey): Maker {
  return { args: 1, make: ([file], { ctx }) => newer(key, file!, 'mtimeMs', ctx) };
}

/** An owner test: a name, or a number with find's comparison. */
function owner(kind: 'uid' | 'gid'): Maker {
  return {
    args: 1,
    make: async ([text], { ctx }) => {
      const names = await loadNames(ctx.sys);
      const id = kind === 'uid' ? names.uid(text!) : names.gid(text!);
      const what = kind === 'uid' ? 'user' : 'group';
      if (id === undefined) throw new Fatal(`'${text}' is not the name of a known ${what}`);
      return ({ stat }) => stat[kind] === id;
    },
  };
}

function number(pick: (stat: Stat) => number): Maker {
  return {
    args: 1,
    make: ([text], { name }) => {
      const compare = comparison(text!, name);
      return ({ stat }) => compare(pick(stat));
    },
  };
}

function access(mode: number): Maker {
  return {
    args: 0,
    make:
      () =>
      async ({ path }, run) => {
        try {
          await run.sys.access(path, mode);
          return true;
        } catch (error) {
          if (error instanceof SysError) return false;
          throw error;
        }
      },
  };
}

function setting(change: (settings: Settings) => void): Maker {
  return {
    args: 0,
    make: (_, { settings }) => {
      change(settings);
      return () => true;
    },
  };
}

function depthLimit(key: 'maxDepth' | 'minDepth'): Maker {
  return {
    args: 1,
    make: ([text], { name, settings }) => {
      if (!/^\d+$/.test(text!)) {
        throw new Fatal(`Expected a positive decimal integer argument to ${name}, but got '${text}'`);
      }
      settings[key] = Number(text);
      return () => true;
    },
  };
}

/** Where an output action writes: standard output, or a file named by -fprint and its like. */
async function sinkOf(path: string | undefined, { ctx, finish }: MakerContext): Promise<Output> {
  if (path === undefined) return ctx.out;
  const out = new Output(ctx.sys, await ctx.sys.open(path, O.WRONLY | O.CREAT | O.TRUNC, 0o666));
  finish.push(async () => out.flush());
  return out;
}

function printer(toFile: boolean, text: (file: Found, run: Run) => string | Promise<string>): Maker {
  return {
    args: toFile ? 1 : 0,
    make: async ([path], context) => {
      const out = await sinkOf(path, context);
      return async (file, run) => {
        await out.write(await text(file, run));
        return true;
      };
    },
  };
}

function formatted(toFile: boolean): Maker {
  return {
    args: toFile ? 2 : 1,
    make: async (args, context) => {
      const out = await sinkOf(toFile ? args[0] : undefined, context);
      const format = compileFormat(args.at(-1)!);
      return async (file, run) => {
        await out.write(await format(file, run));
        return true;
      };
    },
  };
}

async function isEmpty({ stat, path }: Found, run: Run): Promise<boolean> {
  if (isRegular(stat.mode)) return stat.size === 0;
  if (!isDirectory(stat.mode)) return false;
  try {
    return (await listDirectory(run.sys, path)).length === 0;
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    await run.ctx.error(`'${path}': ${error.message}`);
    return false;
  }
}

const remove: Maker = {
  args: 0,
  make: (_, { settings }) => {
    settings.depthFirst = true;
    return async ({ path, stat }, run) => {
      if (path === '.' || path === '..') return true;
      try {
        if (isDirectory(stat.mode)) await run.sys.rmdir(path);
        else await run.sys.unlink(path);
        return true;
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        await run.ctx.error(`cannot delete '${path}': ${error.message}`);
        return false;
      }
    };
  },
};

const constant = (result: boolean): Maker => ({ args: 0, make: () => () => result });

const sameFile: Maker = {
  args: 1,
  make: async ([path], { ctx }) => {
    const target = await ctx.sys.stat(path!);
    return ({ stat }) => stat.ino === target.ino && stat.dev === target.dev;
  },
};

const TABLE: Readonly<Record<string, Maker>> = {
  name: glob(false, ({ path }) => baseName(path)),
  iname: glob(true, ({ path }) => baseName(path)),
  path: glob(false, ({ path }) => path),
  wholename: glob(false, ({ path }) => path),
  ipath: glob(true, ({ path }) => path),
  iwholename: glob(true, ({ path }) => path),
  lname: linkName(false),
  ilname: linkName(true),
  regex: regex(false),
  iregex: regex(true),
  regextype: regexType,
  type: typeTest(({ stat }) => typeOf(stat.mode)),
  xtype: typeTest(async (file, run) => (await targetType(file, run)).replace(/[NL]/, 'l')),
  size,
  empty: { args: 0, make: () => isEmpty },
  perm,
  user: owner('uid'),
  group: owner('gid'),
  nouser: {
    args: 0,
    make:
      () =>
      ({ stat }, { names }) =>
        names.userName(stat.uid) === undefined,
  },
  nogroup: {
    args: 0,
    make:
      () =>
      ({ stat }, { names }) =>
        names.groupName(stat.gid) === undefined,
  },
  uid: number((stat) => stat.uid),
  gid: number((stat) => stat.gid),
  links: number((stat) => stat.nlink),
  inum: number((stat) => stat.ino),
  samefile: sameFile,
  atime: age('atimeMs', DAY_MS),
  mtime: age('mtimeMs', DAY_MS),
  ctime: age('ctimeMs', DAY_MS),
  amin: age('atimeMs', 60_000),
  mmin: age('mtimeMs', 60_000),
  cmin: age('ctimeMs', 60_000),
  newer: newerOf('mtimeMs'),
  anewer: newerOf('atimeMs'),
  cnewer: newerOf('ctimeMs'),
  readable: access(Access.R_OK),
  writable: access(Access.W_OK),
  executable: access(Access.X_OK),
  depth: setting((s) => {
    s.depthFirst = true;
  }),
  d: setting((s) => {
    s.depthFirst = true;
  }),
  xdev: setting((s) => {
    s.oneFileSystem = true;
  }),
  mount: setting((s) => {
    s.oneFileSystem = true;
  }),
  daystart: setting((s) => {
    s.dayStart = true;
  }),
  maxdepth: depthLimit('maxDepth'),
  mindepth: depthLimit('minDepth'),
  noleaf: constant(true),
  ignore_readdir_race: constant(true),
  warn: constant(true),
  nowarn: constant(true),
  true: constant(true),
  false: constant(false),
  print: printer(false, ({ path }) => `${path}\n`),
  print0: printer(false, ({ path }) => `${path}\0`),
  fprint: printer(true, ({ path }) => `${path}\n`),
  fprint0: printer(true, ({ path }) => `${path}\0`),
  ls: printer(false, listLine),
  fls: printer(true, listLine),
  printf: formatted(false),
  fprintf: formatted(true),
  delete: remove,
  prune: {
    args: 0,
    make: () => (file) => {
      file.prune = true;
      return true;
    },
  },
  quit: {
    args: 0,
    make: () => (_, run) => {
      run.quit = true;
      return true;
    },
  },
};

/** Makes the test of a primary; `at` is where its arguments begin. Undefined for an unknown one. */
export async function makePrimary(
  name: string,
  args: readonly string[],
  at: number,
  settings: Settings,
  ctx: Context,
  finish: Expression['finish'],
): Promise<{ test: Test; used: number } | undefined> {
  const xy = /^-newer([acm])([acmt])$/.exec(name);
  const maker = Object.hasOwn(TABLE, name.slice(1)) ? TABLE[name.slice(1)] : undefined;
  if (!maker && !xy) return undefined;
  const count = maker?.args ?? 1;
  const taken = args.slice(at, at + count);
  if (taken.length < count) throw new Fatal(`missing argument to \`${name}'`);
  if (xy) {
    const source = xy[2] === 't' ? 't' : STAMPS[xy[2]!]!;
    return { test: await newer(STAMPS[xy[1]!]!, taken[0]!, source, ctx), used: 1 };
  }
  return { test: await maker!.make(taken, { name, ctx, settings, finish }), used: count };
}
