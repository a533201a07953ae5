/**
 * For `wait` and `read`: while they run, a trapped signal ends their system call instead of waiting for it.
 */
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';

export function* expectSignals<T>(sh: Shell, body: Task<T>): Task<T> {
  sh.traps.setInterruptible(true);
  try {
    return yield* body;
  } finally {
    sh.traps.setInterruptible(false);
  }
}
