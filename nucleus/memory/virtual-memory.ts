/**
 * The virtual memory of a nucleus: `nucleus.vm`. Here are the calls that work on whole address spaces, and
 * those on local caches by local identifier; the rest is in the classes that this one extends.
 */
import { type Awaitable, isPromise } from '../awaitable.ts';
import { KError } from '../errors.ts';
import type { Thread } from '../executive/thread.ts';
import type { Capability } from '../ids/capability.ts';
import type { LocalCache } from './cache.ts';
import type { MemoryContext } from './context.ts';
import { SegmentCalls, type SegmentStat, statOf } from './segment-calls.ts';
import { Access, Fault, PAGE_BYTES } from './site-memory.ts';

export type { RegionOptions, RegionPlace, RegionStat } from './region-calls.ts';
export type { SegmentStat } from './segment-calls.ts';

/** Caches that may be open at once: K_ENOMEM. */
const OPEN_CACHES_MAX = 4096;

export class VirtualMemory extends SegmentCalls {
  private readonly open = new Map<number, LocalCache>();
  private nextLi = 1;

  /**
   * vmCopy(2K): copies bytes between address spaces, which may be the same; the ranges may begin anywhere,
   * and must not overlap. Throws K_EFAULT for memory that cannot be read or written (what came before has
   * been copied), K_ENOMEM, K_EABORT.
   */
  vmCopy(
    thread: Thread,
    source: MemoryContext,
    from: number,
    target: MemoryContext,
    to: number,
    size: number,
  ): Awaitable<void> {
    let done = 0;
    const next = (): Awaitable<void> => {
      while (done < size) {
        const wait = this.waitForBoth(thread, source, from + done, target, to + done);
        if (wait !== undefined) return wait.then(next);
        const read = source.touch(from + done, Access.read);
        const write = target.touch(to + done, Access.write);
        if (read <= 0 || write <= 0) throw new KError('K_ENOMEM');
        const length = Math.min(
          size - done,
          PAGE_BYTES - ((from + done) % PAGE_BYTES),
          PAGE_BYTES - ((to + done) % PAGE_BYTES),
        );
        this.site.u8.copyWithin(write, read, read + length);
        this.site.frames.contentChanged(Math.floor(write / PAGE_BYTES));
        done += length;
      }
      return undefined;
    };
    return next();
  }

  /** Undefined when a read and a write can be done at once: the pager spares what was touched last. */
  private waitForBoth(
    thread: Thread,
    source: MemoryContext,
    from: number,
    target: MemoryContext,
    to: number,
  ): Promise<void> | undefined {
    for (const [context, va, access] of [
      [target, to, Access.write],
      [source, from, Access.read],
    ] as const) {
      const outcome = context.fault(va, access, thread);
      if (isPromise(outcome)) return outcome.then(checkFault);
      checkFault(outcome);
    }
    return undefined;
  }

  /**
   * vmLock(2K): brings the pages of a range in, each with the access that its region allows, and keeps them
   * in memory. Throws K_EINVAL for a range with holes, K_ENOMEM, K_EFAULT, K_EABORT.
   */
  vmLock(context: MemoryContext, start: number, size: number, thread: Thread): Awaitable<void> {
    this.rgnSetPaging(context, start, size, true);
    const end = this.range(start, size);
    let va = start;
    const next = (): Awaitable<void> => {
      for (; va < end; va += PAGE_BYTES) {
        const { rights } = context.regions.find(va) ?? { rights: 0 };
        if (rights === 0) continue;
        const access = (rights & Access.write) !== 0 ? Access.write : rights & Access.read || Access.execute;
        const outcome = context.fault(va, access, thread);
        if (isPromise(outcome)) return outcome.then(checkFault).then(next);
        checkFault(outcome);
      }
      return undefined;
    };
    return next();
  }

  /** vmUnLock(2K). Locks are not counted. */
  vmUnLock(context: MemoryContext, start: number, size: number): void {
    this.rgnSetPaging(context, start, size, false);
  }

  // --- local caches ----------------------------------------------------------------------------------------

  /** lcOpen(2K): pins the cache of a segment. Returns its local identifier. Throws K_EPRIV, K_ENOMEM. */
  lcOpen(thread: Thread, segment: Capability): number {
    if (!thread.execution.trusted) throw new KError('K_EPRIV');
    if (this.open.size >= OPEN_CACHES_MAX) throw new KError('K_ENOMEM');
    const cache = this.caches.of(segment);
    cache.pins += 1;
    const li = this.nextLi;
    this.nextLi += 1;
    this.open.set(li, cache);
    return li;
  }

  /** lcClose(2K). Throws K_EUNKNOWN. */
  lcClose(li: number): void {
    const cache = this.opened(li);
    this.open.delete(li);
    cache.pins -= 1;
    this.caches.settle(cache);
  }

  /** lcCap(2K): the capability under which mappers know the cache. */
  lcCap(li: number): Capability {
    return this.caches.capabilityOf(this.opened(li));
  }

  /** lcRead(2K), lcWrite(2K): as sgRead and sgWrite. */
  lcRead(thread: Thread, li: number, offset: number, into: Uint8Array): Awaitable<number> {
    return this.cacheRead(thread, this.opened(li), offset, into);
  }

  lcWrite(thread: Thread, li: number, offset: number, bytes: Uint8Array): Awaitable<number> {
    return this.cacheWrite(thread, this.opened(li), offset, bytes);
  }

  /** lcStat(2K). */
  lcStat(li: number): SegmentStat {
    return statOf(this.opened(li));
  }

  private opened(li: number): LocalCache {
    const cache = this.open.get(li);
    if (!cache) throw new KError('K_EUNKNOWN');
    return cache;
  }
}

function checkFault(outcome: number): void {
  if (outcome === Fault.memory) throw new KError('K_ENOMEM');
  if (outcome < 0) throw new KError('K_EFAULT');
}
