/** Makers of find's tests: what a file is named, is, has and belongs to. Numbers take find's +N, -N, N. */
import { isDirectory, isRegular, isSymlink } from '../../../subsystems/unix/constants.ts';
import type { Stat } from '../../../subsystems/unix/sys.ts';
import { type Context, Fatal, SysError } from '../lib/command.ts';
import { parseDate } from '../lib/dateparse.ts';
import { globMatcher } from '../lib/glob.ts';
import { parseMode } from '../lib/mode.ts';
import { loadNames, type Names } from '../lib/names.ts';
import { compileRegex } from '../lib/regex.ts';
import { listDirectory } from '../lib/walk.ts';
import { zoneOf } from '../lib/zone.ts';
import type { Maker } from './maker.ts';
import { targetType, typeOf } from './printf.ts';
import type { Found, Run, Test } from './types.ts';

type Compare = (value: number) => boolean;

/** '+N', '-N', 'N' → more than, less than, exactly. */
export function comparison(text: string, name: string): Compare {
  const match = /^([-+]?)(\d+(?:\.\d+)?)$/.exec(text);
  if (!match) throw new Fatal(`invalid argument \`${text}' to \`${name}'`);
  const n = Number(match[2]);
  if (match[1] === '+') return (value) => value > n;
  return match[1] === '-' ? (value) => value < n : (value) => value === n;
}

export const DAY_MS = 86_400_000;
type StampKey = 'atimeMs' | 'mtimeMs' | 'ctimeMs';

/** -mtime and -mmin families: age in whole units. */
export function age(key: StampKey, unitMs: number): Maker {
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

export const SIZE_UNITS: Readonly<Record<string, number>> = {
  b: 512,
  c: 1,
  w: 2,
  k: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
};

export const size: Maker = {
  args: 1,
  make: ([text], { name }) => {
    const match = /^([-+]?\d+)([bcwkMG]?)$/.exec(text!);
    if (!match) throw new Fatal(`invalid ${name} type \`${text!.at(-1)}'`);
    const unit = SIZE_UNITS[match[2] === '' ? 'b' : match[2]!]!;
    const compare = comparison(match[1]!, name);
    return ({ stat }) => compare(Math.ceil(stat.size / unit));
  },
};

export function glob(ignoreCase: boolean, subject: (file: Found) => string): Maker {
  return {
    args: 1,
    make: ([pattern]) => {
      const match = globMatcher(pattern!, { ignoreCase });
      return (file) => match(subject(file));
    },
  };
}

export function linkName(ignoreCase: boolean): Maker {
  return {
    args: 1,
    make: ([pattern]) => {
      const match = globMatcher(pattern!, { ignoreCase });
      return async ({ stat, path }, run) => isSymlink(stat.mode) && match(await run.sys.readlink(path));
    },
  };
}

export const REGEX_TYPES = [
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

export const regexType: Maker = {
  args: 1,
  make: ([text], { settings }) => {
    if (!REGEX_TYPES.includes(text!)) throw new Fatal(`Unknown regular expression type '${text}'`);
    const isEmacs = text === 'emacs' || text === 'findutils-default';
    settings.regexType = isEmacs ? 'emacs' : text!.includes('egrep') ? 'extended' : text!;
    return () => true;
  },
};

/** Emacs syntax has + and ? as operators where a basic expression has \\+ and \\?. */
export function emacsToBasic(pattern: string): string {
  return pattern.replace(/\\[\s\S]|\[\^?\]?[^\]]*\]|[+?]/g, (token) => {
    if (token === '+' || token === '?') return `\\${token}`;
    return token === '\\+' || token === '\\?' ? token.slice(1) : token;
  });
}

export function regex(ignoreCase: boolean): Maker {
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

export function typeTest(pick: (file: Found, run: Run) => string | Promise<string>): Maker {
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

/** -xtype: what a link leads to; under -L, where links are followed already, the link itself. */
export async function otherType(file: Found, run: Run): Promise<string> {
  if (run.follow === 'always') return typeOf((await run.sys.lstat(file.path)).mode);
  return (await targetType(file, run)).replace(/[NL]/, 'l');
}

/** -used: days between the last change of status and the last access. */
export const used: Maker = {
  args: 1,
  make: ([text], { name }) => {
    const compare = comparison(text!, name);
    return ({ stat }) => {
      const ms = stat.atimeMs - stat.ctimeMs;
      return ms >= 0 && compare(Math.floor(ms / DAY_MS));
    };
  },
};

/** -nouser, -nogroup. */
export function nameless(name: (stat: Stat, names: Names) => string | undefined): Maker {
  return {
    args: 0,
    make:
      () =>
      ({ stat }, { names }) =>
        name(stat, names) === undefined,
  };
}

export const perm: Maker = {
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

export async function newer(
  key: StampKey,
  reference: string,
  source: StampKey | 't',
  ctx: Context,
): Promise<Test> {
  let than: number;
  if (source === 't') {
    const ms = parseDate(reference, ctx.sys.now(), zoneOf(ctx.sys.env));
    if (ms === undefined)
      throw new Fatal(`I cannot figure out how to interpret '${reference}' as a date or time`);
    than = ms;
  } else than = (await ctx.sys.stat(reference))[source];
  return ({ stat }) => stat[key] > than;
}

export const STAMPS: Readonly<Record<string, StampKey>> = { a: 'atimeMs', c: 'ctimeMs', m: 'mtimeMs' };

export function newerOf(key: StampKey): Maker {
  return { args: 1, make: ([file], { ctx }) => newer(key, file!, 'mtimeMs', ctx) };
}

/** An owner test: a name, or a number with find's comparison. */
export function owner(kind: 'uid' | 'gid'): Maker {
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

export function number(pick: (stat: Stat) => number): Maker {
  return {
    args: 1,
    make: ([text], { name }) => {
      const compare = comparison(text!, name);
      return ({ stat }) => compare(pick(stat));
    },
  };
}

export function access(mode: number): Maker {
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

export async function isEmpty({ stat, path }: Found, run: Run): Promise<boolean> {
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

export const sameFile: Maker = {
  args: 1,
  make: async ([path], { ctx }) => {
    const target = await ctx.sys.stat(path!);
    return ({ stat }) => stat.ino === target.ino && stat.dev === target.dev;
  },
};
