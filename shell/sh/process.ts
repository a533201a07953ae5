/**
 * The life of a shell process around its commands: how each way of ending becomes an exit status, and the
 * EXIT trap.
 */
import { ExitRequest, Interrupted, ShellError } from './errors.ts';
import type { Shell } from './state/shell.ts';
import type { Task } from './task.ts';
import { runExitTrap, runPendingTraps } from './trap-actions.ts';

const INTERRUPTED_STATUS = 130;

/** The status that an early end means; anything that is no end of evaluation is thrown on. */
export function* statusOfEnd(sh: Shell, error: unknown): Task<number> {
  if (error instanceof ExitRequest) return error.status;
  if (error instanceof Interrupted) return INTERRUPTED_STATUS;
  if (error instanceof ShellError) {
    yield* sh.tell(error);
    return error.status;
  }
  if (error instanceof RangeError && /call stack/i.test(error.message)) {
    yield* sh.complain('nested too deeply');
    return 2;
  }
  throw error;
}

function* settle(sh: Shell, body: Task<number>): Task<number> {
  try {
    return yield* body;
  } catch (error) {
    return yield* statusOfEnd(sh, error);
  }
}

/** Runs the commands of this process, then its EXIT trap; returns its exit status. */
export function* liveAndDie(sh: Shell, body: Task<number>): Task<number> {
  sh.status = yield* settle(sh, body);
  sh.status = yield* settle(sh, lastTraps(sh));
  return sh.status;
}

function* lastTraps(sh: Shell): Task<number> {
  if (sh.traps.pending.length > 0) yield* runPendingTraps(sh);
  yield* runExitTrap(sh);
  return sh.status;
}
