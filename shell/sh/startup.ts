/**
 * What a new shell begins with: variables from the environment and its own, options from the command line.
 */
import { isSysError } from '../../subsystems/unix/errno.ts';
import type { Sys } from '../../subsystems/unix/sys.ts';
import { ShellError } from './errors.ts';
import { DEFAULT_PATH } from './exec/lookup.ts';
import type { Invoked } from './invocation.ts';
import { Shell } from './state/shell.ts';
import { isName } from './state/variables.ts';
import type { Task } from './task.ts';
import { wait } from './task.ts';

function importEnvironment(sh: Shell): void {
  const { variables, sys } = sh;
  for (const [name, value] of Object.entries(sys.env)) {
    if (!isName(name)) continue;
    variables.set(name, value);
    variables.declare(name, { exported: true });
  }
  variables.unset('IFS');
  variables.set('IFS', ' \t\n');
  variables.set('OPTIND', '1');
  variables.set('PPID', String(sys.getppid()));
  variables.set('PS4', variables.get('PS4') ?? '+ ');
  variables.set('PS2', variables.get('PS2') ?? '> ');
  variables.set('PS1', variables.get('PS1') ?? (sys.geteuid() === 0 ? '# ' : '$ '));
  if (variables.get('PATH') === undefined) variables.set('PATH', DEFAULT_PATH);
}

/** PWD from the environment is kept only when it really is this directory. */
function* findDirectory(sh: Shell): Task<void> {
  const { sys, variables } = sh;
  const given = variables.get('PWD');
  let directory: string | undefined;
  try {
    if (given?.startsWith('/') && !/\/\.\.?(?:\/|$)/.test(given)) {
      const there = yield* wait(sys.stat(given));
      const here = yield* wait(sys.stat('.'));
      if (there.dev === here.dev && there.ino === here.ino) directory = given;
    }
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
  try {
    directory ??= yield* wait(sys.getcwd());
    variables.set('PWD', directory);
    variables.declare('PWD', { exported: true });
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
}

function applyOptions(sh: Shell, invoked: Invoked): void {
  for (const { name, long, on } of invoked.options) {
    try {
      if (long) sh.options.setName(name, on);
      else sh.options.setLetter(name, on);
    } catch (error) {
      if (error instanceof ShellError) throw new ShellError(error.message, 2, 0);
      throw error;
    }
  }
  sh.variables.exportAll = sh.options.has('allexport');
}

export function* newShell(sys: Sys, argv: readonly string[]): Task<Shell> {
  const sh = new Shell(sys);
  sh.name = argv[0] ?? 'sh';
  importEnvironment(sh);
  yield* findDirectory(sh);
  return sh;
}

/** Sets options, `$0` and the positional parameters. */
export function* configure(sh: Shell, invoked: Invoked): Task<void> {
  applyOptions(sh, invoked);
  const { operands, command } = invoked;
  const namesFirst = command !== undefined || !sh.options.has('stdin');
  if (namesFirst && operands[0] !== undefined) {
    sh.name = operands[0];
    sh.params = operands.slice(1);
  } else sh.params = operands;
  sh.login = invoked.login;
  const reads = command === undefined && (sh.options.has('stdin') || operands.length === 0);
  if (sh.options.has('interactive')) sh.interactive = true;
  else if (reads) sh.interactive = (yield* isTerminal(sh.sys, 0)) && (yield* isTerminal(sh.sys, 2));
  if (sh.interactive) sh.options.set('interactive', true);
  if (reads) sh.options.set('stdin', true);
}

function* isTerminal(sys: Sys, fd: number): Task<boolean> {
  try {
    return yield* wait(sys.isatty(fd));
  } catch (error) {
    if (isSysError(error)) return false;
    throw error;
  }
}
