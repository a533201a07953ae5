/** exec, csite. */
import { ShellError } from '../errors.ts';
import { execCommand } from '../exec/child.ts';
import { findCommand } from '../exec/lookup.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import type { BuiltinTable, Run } from './builtin.ts';

/** Without arguments only its redirections matter, which then stay. */
const exec: Run = (sh, args) =>
  args.length === 0 || (args.length === 1 && args[0] === '--') ? 0 : replace(sh, args);

function* replace(sh: Shell, args: readonly string[]): Task<number> {
  const argv = args[0] === '--' ? args.slice(1) : args;
  const [name = ''] = argv;
  const found = yield* findCommand(sh, name);
  if (!found) throw new ShellError(`exec: ${name}: not found`, 127);
  for (const sig of sh.traps.guarded) sh.traps.guard(sig, undefined);
  const command = {
    ...{ path: found.path, argv, redirects: [], prefix: '', searchPath: undefined },
    env: sh.variables.environment(),
  };
  try {
    return yield* execCommand(sh.sys, command);
  } catch (error) {
    if (error instanceof ShellError) throw new ShellError(`exec: ${error.message}`, error.status);
    throw error;
  }
}

/** `csite N`: children start on site N from now on; `csite`: prints the site. */
const csite: Run = (sh, [site]) => {
  if (site === undefined) return print(sh);
  if (!/^[0-9]+$/.test(site)) throw new ShellError(`csite: ${site}: invalid site`, 1);
  try {
    sh.sys.csite(Number(site));
    return 0;
  } catch (error) {
    if (error instanceof Error && 'errno' in error)
      throw new ShellError(`csite: ${site}: ${error.message}`, 1);
    throw error;
  }
};

function* print(sh: Shell): Task<number> {
  yield* sh.write(1, `${sh.sys.csite()}\n`);
  return 0;
}

export const execBuiltins: BuiltinTable = {
  exec: { special: true, keepsRedirects: true, run: exec },
  // `csite N COMMAND` runs one command there and leaves the shell's own site alone.
  csite: { run: csite, defers: (args) => args.length > 2 },
};
