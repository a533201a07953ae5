/**
 * Running the actions of traps: between commands for signals, at the very end for EXIT. `$?` is as it was
 * before.
 */
import { runText } from './input/text.ts';
import type { Shell } from './state/shell.ts';
import { EXIT } from './state/traps.ts';
import type { Task } from './task.ts';

export function* runPendingTraps(sh: Shell): Task<void> {
  for (let sig = sh.traps.pending.shift(); sig !== undefined; sig = sh.traps.pending.shift()) {
    const action = sh.traps.actions.get(sig);
    if (action) yield* runAction(sh, action);
  }
}

function* runAction(sh: Shell, action: string): Task<void> {
  const { status, skip, line, trapStatus } = sh;
  sh.skip = undefined;
  sh.runningTraps += 1;
  sh.trapStatus = status;
  try {
    const result = yield* runText(sh, action, { flags: 0 });
    // `return` in the action returns from the function that the signal interrupted, with its own status.
    if (sh.skip) sh.status = result;
    else {
      sh.skip = skip;
      sh.status = status;
    }
  } finally {
    sh.runningTraps -= 1;
    sh.trapStatus = trapStatus;
    sh.line = line;
  }
}

/** The EXIT trap, once; it runs with the exit status in `$?`. */
export function* runExitTrap(sh: Shell): Task<void> {
  const action = sh.traps.actions.get(EXIT);
  if (!action) return;
  sh.traps.actions.delete(EXIT);
  sh.skip = undefined;
  yield* runAction(sh, action);
}
