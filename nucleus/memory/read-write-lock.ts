/** Many readers or one writer, first come first served. */
import type { Awaitable } from '../awaitable.ts';
import { WaitQueue } from '../executive/sync.ts';
import type { Thread } from '../executive/thread.ts';

export class ReadWriteLock {
  private readers = 0;
  private writing = false;
  /** In order of arrival: true for a writer. */
  private readonly order: { readonly write: boolean; readonly queue: WaitQueue<void> }[] = [];

  get free(): boolean {
    return this.readers === 0 && !this.writing;
  }

  /** Whether a reader or writer could go on without waiting. */
  open(write: boolean): boolean {
    return this.order.length === 0 && !this.writing && (!write || this.readers === 0);
  }

  /** Throws K_EABORT. */
  get(thread: Thread, write: boolean): Awaitable<void> {
    if (this.open(write)) {
      this.enter(write);
      return undefined;
    }
    const entry = { write, queue: new WaitQueue<void>() };
    this.order.push(entry);
    return entry.queue.wait(thread).catch((error: unknown) => {
      // Aborted, so it was never woken.
      const index = this.order.indexOf(entry);
      if (index >= 0) this.order.splice(index, 1);
      this.admit();
      throw error;
    });
  }

  release(write: boolean): void {
    if (write) this.writing = false;
    else this.readers -= 1;
    this.admit();
  }

  private admit(): void {
    while (this.order.length > 0) {
      const { write, queue } = this.order[0]!;
      if (this.writing || (write && this.readers > 0)) return;
      this.order.shift();
      if (queue.length === 0) continue;
      this.enter(write);
      queue.wakeOne(undefined);
    }
  }

  private enter(write: boolean): void {
    if (write) this.writing = true;
    else this.readers += 1;
  }
}
