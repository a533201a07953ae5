/** ^C while a line is typed. */
import { Sig } from '../../../subsystems/unix/signals.ts';
import { Interrupted } from '../errors.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import { runPendingTraps } from '../trap-actions.ts';

const SIGNALED = 128;

/** SIGINT has come, for the shell itself or for a trap. */
export const wasInterrupted = ({ traps }: Shell): boolean =>
  traps.interrupted || traps.pending.includes(Sig.INT);

/** Gives up the command that was being typed; traps have their turn. */
export function* abandonCommand(sh: Shell): Task<never> {
  sh.traps.interrupted = false;
  sh.status = SIGNALED + Sig.INT;
  yield* runPendingTraps(sh);
  throw new Interrupted();
}
