/**
 * Task: shell evaluation that waits only where it really has to.
 *
 * Evaluation is written as generators that yield promises. While nothing waits, a whole command list runs in
 * one synchronous sweep (a loop of built-ins and arithmetic never touches the microtask queue); the first
 * system call that returns a promise suspends the task, and `run` goes on from there when the promise
 * settles.
 *
 * Tasks call each other by `yield*`, which uses the host's stack. Where evaluation may nest deeply it calls
 * by `nest` instead: the runner keeps the caller aside and starts the callee on a fresh stack, so that the
 * depth of a script's recursion is bounded by ShellLimits alone.
 */
import type { Awaitable } from '../../subsystems/unix/sys.ts';

class Nested {
  readonly task: Task<unknown>;

  constructor(task: Task<unknown>) {
    this.task = task;
  }
}

export type Task<T> = Generator<Promise<unknown> | Nested, T, unknown>;

/** Waits for the value of a system call; costs no turn when it is there already. */
export function* wait<T>(value: Awaitable<T>): Task<T> {
  return value instanceof Promise ? ((yield value) as T) : value;
}

/** Runs a task on a stack of its own; like `yield*` otherwise. */
export function* nest<T>(task: Task<T>): Task<T> {
  return (yield new Nested(task as Task<unknown>)) as T;
}

/** Where a runner stands: callers of nested tasks, innermost last. */
class Runner {
  private readonly stack: Task<unknown>[];

  constructor(task: Task<unknown>) {
    this.stack = [task];
  }

  /**
   * Goes on with a value or an error until something waits (a promise to pass to `resume`) or all is done.
   */
  advance(input: unknown, failed: boolean): { pending: Promise<unknown> } | { value: unknown } {
    let value = input;
    let failing = failed;
    for (;;) {
      const top = this.stack.at(-1)!;
      let step: IteratorResult<Promise<unknown> | Nested, unknown>;
      try {
        step = failing ? top.throw(value) : top.next(value);
      } catch (error) {
        this.stack.pop();
        if (this.stack.length === 0) throw error;
        value = error;
        failing = true;
        continue;
      }
      failing = false;
      value = step.value;
      if (step.done) {
        this.stack.pop();
        if (this.stack.length === 0) return { value };
      } else if (value instanceof Nested) {
        this.stack.push(value.task);
        value = undefined;
      } else return { pending: step.value as Promise<unknown> };
    }
  }
}

/** Runs a task to its end: its value at once when nothing waited, else a promise of it. */
export function run<T>(task: Task<T>): Awaitable<T> {
  const runner = new Runner(task as Task<unknown>);
  const state = runner.advance(undefined, false);
  return 'value' in state ? (state.value as T) : drive(runner, state.pending);
}

async function drive<T>(runner: Runner, first: Promise<unknown>): Promise<T> {
  let pending = first;
  for (;;) {
    const state = await resume(runner, pending);
    if ('value' in state) return state.value as T;
    pending = state.pending;
  }
}

async function resume(
  runner: Runner,
  pending: Promise<unknown>,
): Promise<{ pending: Promise<unknown> } | { value: unknown }> {
  let value: unknown;
  try {
    value = await pending;
  } catch (error) {
    return runner.advance(error, true);
  }
  return runner.advance(value, false);
}
