/**
 * Synchronisation objects: they live in their user's memory, no nucleus table knows them, and their number is
 * unlimited. Wake-up is first come, first served. Waits are abortable unless said otherwise.
 */
import { KError } from '../errors.ts';
import type { BlockOptions, Thread, Wait } from './thread.ts';

/**
 * First-in first-out list of waiting threads: what every object below, and every server queue, is made of.
 */
export class WaitQueue<T = void> {
  private readonly waits = new Set<Wait<T>>();

  get length(): number {
    return this.waits.size;
  }

  wait(thread: Thread, options: BlockOptions = { abortable: true }): Promise<T> {
    return thread.block<T>((wait) => {
      this.waits.add(wait);
      return () => this.waits.delete(wait);
    }, options);
  }

  /** Wakes the thread that has waited longest; false when none waits. */
  wakeOne(value: T): boolean {
    return this.wakeNext(value) !== undefined;
  }

  /** As wakeOne, and tells which thread it was. */
  wakeNext(value: T): Thread | undefined {
    for (const wait of this.waits) {
      this.waits.delete(wait);
      wait.wake(value);
      return wait.thread;
    }
    return undefined;
  }

  wakeAll(value: T): void {
    const waits = [...this.waits];
    this.waits.clear();
    for (const wait of waits) wait.wake(value);
  }

  failAll(error: Error): void {
    const waits = [...this.waits];
    this.waits.clear();
    for (const wait of waits) wait.fail(error);
  }
}

/** KnSem: semInit(count), semP(delay), semV. */
export class Semaphore {
  private count: number;
  private readonly queue = new WaitQueue<void>();

  constructor(count: number) {
    this.count = count;
  }

  /** semP(2K). Throws K_EABORT, K_ETIMEOUT. */
  p(thread: Thread, options: BlockOptions = { abortable: true }): undefined | Promise<void> {
    if (this.count > 0) {
      this.count -= 1;
      return undefined;
    }
    return this.queue.wait(thread, options);
  }

  /** semV(2K): hands the unit to the first waiter, so no newcomer overtakes it. */
  v(): void {
    if (!this.queue.wakeOne(undefined)) this.count += 1;
  }
}

/** mutexGet / mutexTry / mutexRel. Not recursive. Released, it belongs to its first waiter at once. */
export class Mutex {
  private owner: Thread | null = null;
  private readonly queue = new WaitQueue<void>();

  get(thread: Thread, options: BlockOptions = {}): undefined | Promise<void> {
    if (this.tryGet(thread)) return undefined;
    if (this.owner === thread) throw new KError('K_EBUSY');
    return this.queue.wait(thread, options);
  }

  tryGet(thread: Thread): boolean {
    if (this.owner !== null) return false;
    this.owner = thread;
    return true;
  }

  /** mutexRel(2K). Throws K_EINVAL when the caller does not hold it. */
  release(thread: Thread): void {
    if (this.owner !== thread) throw new KError('K_EINVAL');
    this.owner = this.queue.wakeNext(undefined) ?? null;
  }
}

/** Event flag sets: 32 flags; a wait asks for any or all of some flags and may clear what it got. */
export class EventFlags {
  private flags = 0;
  private readonly waits = new Set<{ wait: Wait<number>; mask: number; all: boolean; clear: boolean }>();

  post(mask: number): void {
    this.flags |= mask;
    for (const entry of this.waits) {
      const got = this.match(entry.mask, entry.all);
      if (got === 0) continue;
      this.waits.delete(entry);
      if (entry.clear) this.flags &= ~got;
      entry.wait.wake(got);
    }
  }

  clear(mask: number): void {
    this.flags &= ~mask;
  }

  /** Returns the flags that ended the wait. */
  wait(
    thread: Thread,
    mask: number,
    options: BlockOptions & { all?: boolean; clear?: boolean } = { abortable: true },
  ): number | Promise<number> {
    const all = options.all === true;
    const got = this.match(mask, all);
    if (got !== 0) {
      if (options.clear) this.flags &= ~got;
      return got;
    }
    return thread.block<number>((wait) => {
      const entry = { wait, mask, all, clear: options.clear === true };
      this.waits.add(entry);
      return () => this.waits.delete(entry);
    }, options);
  }

  private match(mask: number, all: boolean): number {
    const got = this.flags & mask;
    return all ? (got === mask ? got : 0) : got;
  }
}
