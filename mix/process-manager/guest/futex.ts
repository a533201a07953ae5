/**
 * Futexes: waits on words of memory, found by what the word is, not where: a private one by address space and
 * address, a shared one by segment and offset, so processes that map the same segment meet.
 *
 * One nucleus runs all threads of its site, one at a time, so "compare and wait" is atomic by itself. Threads
 * of other sites that wait on the same segment are woken by message, after those of this one.
 */
import { isKError } from '../../../nucleus/errors.ts';
import type { Thread } from '../../../nucleus/executive/thread.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Futexes, FutexWait } from '../../../subsystems/unix/linux/task.ts';
import type { Awaitable } from '../../../subsystems/unix/sys.ts';
import type { FutexOwner, FutexTable, Waiter } from './futex-table.ts';
import type { GuestThread } from './guest.ts';

const MATCH_ANY = 0xffffffff;
/** Bits of a priority-inheritance futex (and of robust ones). */
const WAITERS = 0x80000000;
export const OWNER_DIED = 0x40000000;
const TID_MASK = 0x3fffffff;

interface Word {
  readonly owner: FutexOwner;
  readonly offset: number;
}

export class GuestFutexes implements Futexes {
  private readonly g: GuestThread;

  constructor(g: GuestThread) {
    this.g = g;
  }

  private get table(): FutexTable {
    return this.g.runtime.futexes;
  }

  /** What a word is. Throws EFAULT for an address that is not mapped. */
  private word(va: number, shared: boolean): Word {
    const { context } = this.g.guest.space;
    if (!shared) return { owner: context, offset: va };
    this.g.memory.u32(va);
    const named = this.g.process.pm.nucleus.vm.identify(context, va);
    if (!named) return { owner: context, offset: va };
    const { segment, owner, offset } = named;
    return { owner: segment ? `${segment.ui}${segment.key}` : owner, offset };
  }

  wait(request: FutexWait): Promise<number> {
    const { deadlineMs, ...word } = request;
    return this.waitAny([word], deadlineMs);
  }

  async waitAny(waits: readonly Omit<FutexWait, 'deadlineMs'>[], deadlineMs: number): Promise<number> {
    const { g } = this;
    for (const { va, expected } of waits) {
      if (g.memory.u32(va) !== expected) throw new SysError('EAGAIN');
    }
    const words = waits.map(({ va, shared }) => this.word(va, shared));
    const { clock } = g.process.pm.nucleus;
    const delayMs = deadlineMs - clock.monotonic();
    if (delayMs <= 0) throw new SysError('ETIMEDOUT');
    const waiters: Waiter[] = [];
    try {
      return await g.thread.block<number>(
        (wait) => {
          words.forEach(({ owner, offset }, index) => {
            const queue = this.table.queue(owner, offset);
            const waiter: Waiter = { thread: g, wait, bitset: waits[index]!.bitset, index, queue };
            this.table.enter(waiter, queue);
            waiters.push(waiter);
          });
          return undefined;
        },
        { abortable: true, ...(delayMs === Number.POSITIVE_INFINITY ? {} : { delayMs }) },
      );
    } catch (error) {
      throw isKError(error, 'K_ETIMEOUT') ? new SysError('ETIMEDOUT') : error;
    } finally {
      for (const waiter of waiters) waiter.queue.delete(waiter);
      for (const { owner, offset } of words) this.table.tidy(owner, offset);
    }
  }

  wake(va: number, shared: boolean, count: number, bitset: number): Awaitable<number> {
    const word = this.word(va, shared);
    const woken = this.table.wake(word.owner, word.offset, count, bitset);
    return woken < count ? this.wakeElsewhere(word, count - woken, bitset, woken) : woken;
  }

  /** Threads of other sites that wait on the same word of a segment. */
  private wakeElsewhere(word: Word, count: number, bitset: number, woken: number): Awaitable<number> {
    const { pm } = this.g.process;
    const { owner: segment, offset } = word;
    if (typeof segment !== 'string' || pm.others().length === 0) return woken;
    return (async () => {
      let total = woken;
      for (const { port } of pm.others()) {
        if (total >= woken + count) break;
        const request = { segment, offset, count: woken + count - total, bitset };
        try {
          const wake = (thread: Thread) => pm.peers.futexWake(thread, { target: port }, request);
          total += (await pm.withThread(wake)).woken;
        } catch {
          // The site is lost, and who waited there.
        }
      }
      return total;
    })();
  }

  requeue(
    va: number,
    to: number,
    shared: boolean,
    wake: number,
    requeue: number,
    expected: number | undefined,
  ): Awaitable<number> {
    if (to % 4 !== 0 || (wake | 0) < 0 || (requeue | 0) < 0) throw new SysError('EINVAL');
    if (expected !== undefined && this.g.memory.u32(va) !== expected) throw new SysError('EAGAIN');
    const target = this.word(to, shared);
    const from = this.word(va, shared);
    const woken = this.table.wake(from.owner, from.offset, wake, MATCH_ANY);
    let moved = 0;
    for (const waiter of this.table.find(from.owner, from.offset) ?? []) {
      if (moved >= requeue) break;
      waiter.queue.delete(waiter);
      this.table.enter(waiter, this.table.queue(target.owner, target.offset));
      moved += 1;
    }
    this.table.tidy(from.owner, from.offset);
    const left = wake + requeue - woken - moved;
    // Those of other sites wake instead of moving: they look at their word again, as after any wake.
    return left > 0 ? this.wakeElsewhere(from, left, MATCH_ANY, woken + moved) : woken + moved;
  }

  // --- priority inheritance: the word holds the owner's thread id. Priorities are equal here, so what is
  // --- inherited is nothing; the protocol is the kernel's, handing the lock to the first waiter.

  lockPi(va: number, shared: boolean, deadlineMs: number, tryOnly: boolean): Awaitable<number> {
    const { g } = this;
    g.memory.prepareWrite(va, 4);
    const value = g.memory.u32(va);
    const owner = value & TID_MASK;
    if (owner === g.tid) throw new SysError('EDEADLK');
    if (owner === 0) {
      g.memory.setU32(va, (g.tid | (value & (WAITERS | OWNER_DIED))) >>> 0);
      return 0;
    }
    if (tryOnly) throw new SysError('EAGAIN');
    if (!g.runtime.findThread(owner)) throw new SysError('ESRCH');
    g.memory.setU32(va, (value | WAITERS) >>> 0);
    return this.wait({ va, shared, expected: (value | WAITERS) >>> 0, bitset: MATCH_ANY, deadlineMs });
  }

  unlockPi(va: number, shared: boolean): number {
    const { g } = this;
    g.memory.prepareWrite(va, 4);
    if ((g.memory.u32(va) & TID_MASK) !== g.tid) throw new SysError('EPERM');
    this.handOn(va, shared, 0);
    return 0;
  }

  /** Gives a lock to the first who waits for it, or to nobody. `mark`: bits beside the owner. */
  handOn(va: number, shared: boolean, mark: number): void {
    const { owner, offset } = this.word(va, shared);
    const queue = this.table.find(owner, offset);
    const [next] = queue ?? [];
    if (!queue || !next) {
      this.g.memory.setU32(va, mark);
      return;
    }
    queue.delete(next);
    this.g.memory.setU32(va, (next.thread.tid | mark | (queue.size > 0 ? WAITERS : 0)) >>> 0);
    next.wait.wake(0);
    this.table.tidy(owner, offset);
  }
}

/** Robust futexes (set_robust_list(2)): locks that a thread holds as it ends are marked and handed on. */
const ROBUST_LOCKS_MAX = 2048;

export function releaseRobustList(g: GuestThread, futexes: GuestFutexes): void {
  const { memory, robustList: head } = g;
  if (head === 0) return;
  const offset = memory.i64(head + 8);
  const pending = memory.u64(head + 16);
  const release = (entry: number): void => {
    const pi = entry % 2 === 1;
    const va = entry - (entry % 2) + offset;
    const value = memory.u32(va);
    if ((value & TID_MASK) !== g.tid) return;
    if (pi) {
      futexes.handOn(va, true, OWNER_DIED);
      return;
    }
    memory.setU32(va, ((value & WAITERS) | OWNER_DIED) >>> 0);
    if (value & WAITERS) void futexes.wake(va, true, 1, MATCH_ANY);
  };
  let entry = memory.u64(head);
  for (let count = 0; entry !== head && count < ROBUST_LOCKS_MAX; count++) {
    const next = memory.u64(entry - (entry % 2));
    if (entry !== pending) release(entry);
    entry = next;
  }
  if (pending !== 0) release(pending);
}
