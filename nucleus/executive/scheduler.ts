/**
 * The executive's ready queue. A thread whose wait ended becomes ready; ready threads go on in order of
 * priority (0 = highest), first come first served within one priority.
 *
 * Wake-ups of one turn are collected and dispatched together in a microtask, or at the end of the frame that
 * brought them from another site, so a chain of messages costs no turn of the event loop. A quantum bounds
 * that: once threads have run for `quantumMs` since the last turn, dispatching moves to a later turn, so
 * timers, sockets and terminals are served however busy the site is.
 */
import type { Clock } from '../clock.ts';

export const PRIORITY_MAX = 255;
export const PRIORITY_DEFAULT = 128;

/**
 * Clock readings and deferrals cost more than most calls: quantumExpired makes them once in so many
 * questions.
 */
const CLOCK_STRIDE = 16;

/** Its reactions run as microtasks, at a third of what queueMicrotask costs in Node. */
const SETTLED = Promise.resolve();

/** Ready threads of one priority. Its two arrays take turns: one fills while the other is dispatched. */
interface Queue {
  ready: (() => void)[];
  spare: (() => void)[];
}

export class Scheduler {
  private readonly clock: Clock;
  private readonly quantumMs: number;
  private readonly queues = new Map<number, Queue>();
  private readyCount = 0;
  private dispatching = false;
  private turnStartMs: number;
  private turnOpen = false;
  private questions = 0;

  constructor(clock: Clock, quantumMs: number) {
    this.clock = clock;
    this.quantumMs = quantumMs;
    this.turnStartMs = clock.monotonic();
  }

  /** Makes `resume` run as soon as threads of higher priority have gone on. */
  ready(priority: number, resume: () => void): void {
    let queue = this.queues.get(priority);
    if (!queue) this.queues.set(priority, (queue = { ready: [], spare: [] }));
    queue.ready.push(resume);
    this.readyCount += 1;
    if (this.dispatching) return;
    this.dispatching = true;
    if (this.quantumExpired()) this.nextTurn(this.dispatch);
    else SETTLED.then(this.dispatch);
  }

  /**
   * Threads made ready from here on go on together at `release`, with no microtask in between: for who knows
   * where a batch of wake-ups ends. False: a dispatch is due already, and there is nothing to release.
   */
  gather(): boolean {
    if (this.dispatching) return false;
    this.dispatching = true;
    return true;
  }

  release(): void {
    if (this.readyCount > 0 && this.quantumExpired()) this.nextTurn(this.dispatch);
    else this.dispatch();
  }

  /** True when threads have run for a quantum since the event loop last had its turn. */
  quantumExpired(): boolean {
    this.questions += 1;
    if (this.questions % CLOCK_STRIDE !== 0) return false;
    if (this.turnOpen) return this.clock.monotonic() - this.turnStartMs >= this.quantumMs;
    this.turnOpen = true;
    this.turnStartMs = this.clock.monotonic();
    this.clock.defer(() => {
      this.turnOpen = false;
    });
    return false;
  }

  /** A promise that settles in a later turn of the event loop: how a computing thread gives way. */
  yieldTurn(): Promise<void> {
    return new Promise((resolve) => this.nextTurn(resolve));
  }

  private nextTurn(fn: () => void): void {
    this.clock.defer(() => {
      this.turnOpen = false;
      fn();
    });
  }

  private readonly dispatch = (): void => {
    this.dispatching = false;
    if (this.queues.size === 1) {
      for (const queue of this.queues.values()) this.run(queue);
      return;
    }
    for (const priority of [...this.queues.keys()].sort((a, b) => a - b))
      this.run(this.queues.get(priority)!);
  };

  private run(queue: Queue): void {
    const { ready, spare } = queue;
    if (ready.length === 0) return;
    if (ready.length === 1) {
      // The common case. An array that is popped keeps its memory; one that is emptied does not.
      const resume = ready.pop()!;
      this.readyCount -= 1;
      resume();
      return;
    }
    queue.ready = spare;
    queue.spare = ready;
    this.readyCount -= ready.length;
    for (const resume of ready) resume();
    ready.length = 0;
  }

  /** Threads ready and not yet dispatched. */
  get readyThreads(): number {
    return this.readyCount;
  }
}
