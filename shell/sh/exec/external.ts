/**
 * Commands that are files: in a child made by fork with just what exec needs, or in place of the shell when
 * nothing follows.
 */
import { RedirectionError, ShellError } from '../errors.ts';
import { addProcess, startJob } from '../jobs/start.ts';
import { waitForJob } from '../jobs/wait.ts';
import type { Shell } from '../state/shell.ts';
import { EXIT } from '../state/traps.ts';
import type { Task } from '../task.ts';
import type { ExternalCommand } from './child.ts';
import { becomeCommand } from './child.ts';
import { Flags } from './flags.ts';
import { findCommand } from './lookup.ts';
import type { Saved } from './redirect.ts';
import { redirectSaving, undoRedirects } from './redirect.ts';
import type { Invocation } from './simple.ts';

/** Is there something left to do for this process when its last command has ended? */
export function hasTraps(sh: Shell): boolean {
  for (const action of sh.traps.actions.values()) if (action !== '') return true;
  return sh.traps.actions.has(EXIT);
}

export function* runExternal(sh: Shell, call: Invocation): Task<number> {
  const command = yield* externalCommand(sh, call);
  if (!command) return yield* notFound(sh, call);
  if ((call.flags & Flags.LAST) !== 0 && !hasTraps(sh) && !sh.interactive) {
    for (const sig of sh.traps.guarded) sh.traps.guard(sig, undefined);
    return yield* becomeCommand(sh.sys, command);
  }
  const job = startJob(sh, () => call.args.join(' '), false);
  yield* addProcess(sh, job, 'external', { command }, {});
  return yield* waitForJob(
    sh,
    job,
    call.redirects.some((redirect) => redirect.fd === 2),
  );
}

/** Says so where the command would have said it: behind its redirections. */
function* notFound(sh: Shell, call: Invocation): Task<number> {
  const saved: Saved = [];
  try {
    yield* redirectSaving(sh, call.redirects, saved);
    yield* sh.complainInside(`${call.args[0]}: not found`);
    return 127;
  } catch (error) {
    if (!(error instanceof RedirectionError)) throw error;
    yield* sh.complainInside(error.message);
    return error.status;
  } finally {
    yield* undoRedirects(sh, saved);
  }
}

/** Everything a child needs to become the command; undefined when there is no such command. */
export function* externalCommand(sh: Shell, call: Invocation): Task<ExternalCommand | undefined> {
  const name = call.args[0]!;
  const assigned = call.assigns.findLast(([variable]) => variable === 'PATH')?.[1];
  for (const [variable] of call.assigns)
    if (sh.variables.lookup(variable)?.readonly) throw new ShellError(`${variable}: is read only`);
  const found = yield* findCommand(sh, name, call.path ?? assigned);
  if (!found) return undefined;
  const env = sh.variables.environment();
  return {
    path: found.path,
    argv: call.args,
    env: call.assigns.length > 0 ? { ...env, ...Object.fromEntries(call.assigns) } : env,
    redirects: call.redirects,
    prefix: `${sh.name}: ${sh.line}: ${sh.context}`,
    searchPath: name.includes('/') ? undefined : (call.path ?? assigned ?? sh.variables.get('PATH') ?? ''),
  };
}
