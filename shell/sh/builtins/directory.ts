/** cd, pwd, umask. */
import { isDirectory } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import { parseMode } from '../../commands/lib/mode.ts';
import { ShellError } from '../errors.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';
import type { BuiltinTable, Run } from './builtin.ts';

/** Takes `.` and `..` out of an absolute path by its text, as `cd -L` does. */
export function logicalPath(base: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${base}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

interface PathOptions {
  readonly physical: boolean;
  readonly rest: readonly string[];
}

function pathOptions(args: readonly string[], command: string): PathOptions {
  let physical = false;
  let at = 0;
  for (; /^-[^-]/.test(args[at] ?? ''); at += 1) {
    for (const letter of args[at]!.slice(1)) {
      if (letter !== 'L' && letter !== 'P' && letter !== 'e')
        throw new ShellError(`${command}: Illegal option -${letter}`);
      if (letter !== 'e') physical = letter === 'P';
    }
  }
  if (args[at] === '--') at += 1;
  return { physical, rest: args.slice(at) };
}

/** The shell's idea of where it is: PWD, when that is really here. */
function* currentDirectory(sh: Shell): Task<string> {
  const logical = sh.variables.get('PWD');
  if (logical?.startsWith('/') && (yield* isHere(sh, logical))) return logical;
  try {
    return yield* wait(sh.sys.getcwd());
  } catch (error) {
    // A directory that was removed has no name but the one it had.
    if (!isSysError(error) || logical === undefined) throw error;
    return logical;
  }
}

function* isHere(sh: Shell, path: string): Task<boolean> {
  try {
    const there = yield* wait(sh.sys.stat(path));
    const here = yield* wait(sh.sys.stat('.'));
    return there.dev === here.dev && there.ino === here.ino;
  } catch (error) {
    if (isSysError(error)) return false;
    throw error;
  }
}

function* change(sh: Shell, target: string, physical: boolean): Task<boolean> {
  const old = yield* currentDirectory(sh);
  const logical = logicalPath(old, target);
  try {
    if (physical) yield* wait(sh.sys.chdir(target));
    else yield* wait(sh.sys.chdir(old.startsWith('/') ? logical : target));
  } catch (error) {
    if (isSysError(error)) return false;
    throw error;
  }
  const now = physical || !old.startsWith('/') ? yield* wait(sh.sys.getcwd()) : logical;
  for (const [name, value] of Object.entries({ OLDPWD: old, PWD: now })) {
    sh.variables.set(name, value);
    sh.variables.declare(name, { exported: true });
  }
  return true;
}

function* candidates(sh: Shell, target: string): Task<{ path: string; print: boolean }> {
  const search = sh.variables.get('CDPATH');
  if (!search || /^(?:\/|\.\.?(?:\/|$))/.test(target)) return { path: target, print: false };
  for (const directory of search.split(':')) {
    const path = directory === '' ? target : `${directory.replace(/\/$/, '')}/${target}`;
    try {
      if (isDirectory((yield* wait(sh.sys.stat(path))).mode)) return { path, print: directory !== '' };
    } catch (error) {
      if (!isSysError(error)) throw error;
    }
  }
  return { path: target, print: false };
}

function* cd(sh: Shell, args: readonly string[]): Task<number> {
  const { physical, rest } = pathOptions(args, 'cd');
  let target = rest[0] ?? sh.variables.get('HOME') ?? '';
  let print = false;
  if (target === '-') {
    target = sh.variables.get('OLDPWD') ?? (yield* currentDirectory(sh));
    print = true;
  } else if (target === '' && rest[0] === undefined) {
    return 0;
  } else {
    const found = yield* candidates(sh, target);
    target = found.path;
    print = found.print;
  }
  if (!(yield* change(sh, target === '' ? '.' : target, physical)))
    throw new ShellError(
      `cd: can't cd to ${rest[0] === undefined ? target : rest[0] === '-' ? target : rest[0]}`,
    );
  if (print) yield* sh.write(1, `${sh.variables.get('PWD') ?? target}\n`);
  return 0;
}

function* pwd(sh: Shell, args: readonly string[]): Task<number> {
  const { physical } = pathOptions(args, 'pwd');
  const path = physical ? yield* wait(sh.sys.getcwd()) : yield* currentDirectory(sh);
  yield* sh.write(1, `${path}\n`);
  return 0;
}

const PERMISSIONS = ['', 'x', 'w', 'wx', 'r', 'rx', 'rw', 'rwx'];

function symbolic(mask: number): string {
  const allowed = ~mask & 0o777;
  const of = (shift: number): string => PERMISSIONS[(allowed >> shift) & 7] ?? '';
  return `u=${of(6)},g=${of(3)},o=${of(0)}`;
}

const umask: Run = (sh, args) => {
  const asSymbols = args[0] === '-S';
  const [mode] = asSymbols ? args.slice(1) : args;
  const current = sh.sys.umask(0);
  sh.sys.umask(current);
  if (mode === undefined) {
    const text = asSymbols ? symbolic(current) : current.toString(8).padStart(4, '0');
    return print(sh, text);
  }
  if (mode.startsWith('-')) throw new ShellError(`umask: Illegal option ${mode.slice(0, 2)}`);
  if (/^[0-9]/.test(mode)) {
    if (!/^[0-7]+$/.test(mode)) throw new ShellError(`Illegal number: ${mode}`);
    sh.sys.umask(Number.parseInt(mode, 8) & 0o777);
    return 0;
  }
  const modeChange = parseMode(mode);
  if (!modeChange) throw new ShellError(`umask: Illegal mode: ${mode}`);
  sh.sys.umask(~modeChange(~current & 0o777, false, 0) & 0o777);
  return 0;
};

function* print(sh: Shell, line: string): Task<number> {
  yield* sh.write(1, `${line}\n`);
  return 0;
}

export const directoryBuiltins: BuiltinTable = {
  cd: { run: cd },
  pwd: { run: pwd },
  umask: { run: umask },
};
