/** The threads of a site that wait on words of memory, by what the word is: see futex. */
import type { Wait } from '../../../nucleus/executive/thread.ts';
import type { GuestThread } from './guest.ts';

/**
 * An address space or temporary segment of this site, or the name of a segment that other sites may have too.
 */
export type FutexOwner = object | string;

export interface Waiter {
  readonly thread: GuestThread;
  readonly wait: Wait<number>;
  readonly bitset: number;
  /** What the wait returns. */
  readonly index: number;
  queue: Set<Waiter>;
}

export class FutexTable {
  /** Owner → offset → waiters, in the order in which they are woken. */
  private readonly words = new Map<FutexOwner, Map<number, Set<Waiter>>>();

  queue(owner: FutexOwner, offset: number): Set<Waiter> {
    let offsets = this.words.get(owner);
    if (!offsets) this.words.set(owner, (offsets = new Map()));
    let queue = offsets.get(offset);
    if (!queue) offsets.set(offset, (queue = new Set()));
    return queue;
  }

  find(owner: FutexOwner, offset: number): Set<Waiter> | undefined {
    return this.words.get(owner)?.get(offset);
  }

  /** Threads of higher priority are woken first, and of equal ones who came first: a queue has that order. */
  enter(waiter: Waiter, queue: Set<Waiter>): void {
    const { thread, runtime } = waiter.thread;
    const lower = ({ thread: other }: Waiter): boolean => other.thread.priority > thread.priority;
    const behind = runtime.processor.realTime ? [...queue].filter(lower) : [];
    waiter.queue = queue;
    queue.add(waiter);
    for (const other of behind) {
      queue.delete(other);
      queue.add(other);
    }
  }

  tidy(owner: FutexOwner, offset: number): void {
    const offsets = this.words.get(owner);
    if (offsets?.get(offset)?.size !== 0) return;
    offsets.delete(offset);
    if (offsets.size === 0) this.words.delete(owner);
  }

  /** Wakes at most `count` threads that wait on a word for one of the bits; returns how many. */
  wake(owner: FutexOwner, offset: number, count: number, bitset: number): number {
    const queue = this.find(owner, offset);
    if (!queue) return 0;
    let woken = 0;
    for (const waiter of queue) {
      if (woken >= count) break;
      if ((waiter.bitset & bitset) === 0 || waiter.wait.done) continue;
      queue.delete(waiter);
      waiter.wait.wake(waiter.index);
      woken += 1;
    }
    this.tidy(owner, offset);
    return woken;
  }
}
