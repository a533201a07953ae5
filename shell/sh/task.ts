/**
 * Task: shell evaluation that waits only where it really has to.
 *
 * Evaluation is written as generators that yield promises. While nothing waits, a whole command list runs in one
 * synchronous sweep (a loop of built-ins and arithmetic never touches the microtask queue); the first system call that
 * returns a promise suspends the task, and `run` goes on from there when the promise settles.
 */
import type { Awaitable } from '../../subsystems/unix/sys.ts';

export type Task<T> = Generator<Promise<unknown>, T, unknown>;

/** Waits for the value of a system call; costs no turn when it is there already. */
export function* wait<T>(value: Awaitable<T>): Task<T> {
  return value instanceof Promise ? ((yield value) as T) : value;
}

/** Runs a task to its end: its value at once when nothing waited, else a promise of it. */
export function run<T>(task: Task<T>): Awaitable<T> {
  const step = task.next();
  return step.done ? step.value : drive(task, step.value);
}

async function drive<T>(task: Task<T>, first: Promise<unknown>): Promise<T> {
  let pending = first;
  for (;;) {
    const step = await resume(task, pending);
    if (step.done) return step.value;
    pending = step.value;
  }
}

async function resume<T>(
  task: Task<T>,
  pending: Promise<unknown>,
): Promise<IteratorResult<Promise<unknown>, T>> {
  let value: unknown;
  try {
    value = await pending;
  } catch (error) {
    return task.throw(error);
  }
  return task.next(value);
}
