/** ulimit, times. */
import type { Resource } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import { ShellError } from '../errors.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import type { BuiltinTable } from './builtin.ts';

interface LimitRow {
  readonly resource: Resource;
  readonly label: string;
  /** Bytes, seconds … per unit that the user sees. */
  readonly factor: number;
}

const LIMITS: Readonly<Record<string, LimitRow>> = {
  t: { resource: 'cpu', label: 'time(seconds)', factor: 1 },
  f: { resource: 'fsize', label: 'file(blocks)', factor: 512 },
  d: { resource: 'data', label: 'data(kbytes)', factor: 1024 },
  s: { resource: 'stack', label: 'stack(kbytes)', factor: 1024 },
  c: { resource: 'core', label: 'coredump(blocks)', factor: 512 },
  p: { resource: 'nproc', label: 'process', factor: 1 },
  u: { resource: 'nproc', label: 'process', factor: 1 },
  n: { resource: 'nofile', label: 'nofiles', factor: 1 },
  v: { resource: 'as', label: 'vmemory(kbytes)', factor: 1024 },
};
const SHOWN = 'tfdscnvp';

interface LimitOptions {
  letter: string;
  which: { hard: boolean; soft: boolean };
  all: boolean;
  value: string | undefined;
}

function parse(args: readonly string[]): LimitOptions {
  const options: LimitOptions = {
    letter: 'f',
    which: { hard: false, soft: false },
    all: false,
    value: undefined,
  };
  for (const arg of args) {
    if (!arg.startsWith('-') || arg === '-') {
      options.value = arg;
      continue;
    }
    for (const letter of arg.slice(1)) {
      if (letter === 'H') options.which.hard = true;
      else if (letter === 'S') options.which.soft = true;
      else if (letter === 'a') options.all = true;
      else if (LIMITS[letter]) options.letter = letter;
      else throw new ShellError(`ulimit: Illegal option -${letter}`);
    }
  }
  return options;
}

function shown(sh: Shell, row: LimitRow, hard: boolean): string {
  const limit = sh.sys.getrlimit(row.resource);
  const value = hard ? limit.hard : limit.soft;
  return Number.isFinite(value) ? String(Math.floor(value / row.factor)) : 'unlimited';
}

function change(sh: Shell, row: LimitRow, options: LimitOptions): void {
  const { value = '', which } = options;
  if (value !== 'unlimited' && !/^[0-9]+$/.test(value)) throw new ShellError('ulimit: bad number');
  const wanted = value === 'unlimited' ? Infinity : Number(value) * row.factor;
  const both = !which.hard && !which.soft;
  const limit = { ...sh.sys.getrlimit(row.resource) };
  if (both || which.soft) limit.soft = wanted;
  if (both || which.hard) limit.hard = wanted;
  try {
    sh.sys.setrlimit(row.resource, limit);
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new ShellError(`ulimit: error setting limit (${error.message})`);
  }
}

function* ulimit(sh: Shell, args: readonly string[]): Task<number> {
  const options = parse(args);
  const hard = options.which.hard && !options.which.soft;
  if (options.all) {
    for (const letter of SHOWN) {
      const row = LIMITS[letter]!;
      yield* sh.write(1, `${row.label.padEnd(20)} ${shown(sh, row, hard)}\n`);
    }
    return 0;
  }
  const row = LIMITS[options.letter]!;
  if (options.value !== undefined) change(sh, row, options);
  else yield* sh.write(1, `${shown(sh, row, hard)}\n`);
  return 0;
}

function clock(ms: number): string {
  const seconds = ms / 1000;
  return `${Math.floor(seconds / 60)}m${(seconds % 60).toFixed(6)}s`;
}

function* times(sh: Shell): Task<number> {
  const usage = sh.sys.times();
  yield* sh.write(1, `${clock(usage.userMs)} ${clock(usage.systemMs)}\n`);
  yield* sh.write(1, `${clock(usage.childUserMs)} ${clock(usage.childSystemMs)}\n`);
  return 0;
}

export const limitBuiltins: BuiltinTable = {
  ulimit: { run: ulimit },
  times: { special: true, run: times },
};
