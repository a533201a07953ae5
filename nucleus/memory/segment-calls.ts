/**
 * The segment calls of the ChorusOS manuals: reading and writing segments without mapping them, and writing
 * back. They use the same local cache as mapped access, so both see the same bytes, and go by the same
 * decision table (fault.ts).
 *
 * Serialisable: calls on one segment that overlap look as if they had been made one after another. A call
 * that finds all its pages here does its work in one go; one that may have to wait in the middle holds the
 * cache's lock.
 *
 * Offsets and sizes are bytes, of any alignment. Failures of the mapper are thrown as they came (MapperFault,
 * KError); K_ENOMEM when memory and swap space are used up.
 */
import { type Awaitable, isPromise } from '../awaitable.ts';
import { KError } from '../errors.ts';
import type { Thread } from '../executive/thread.ts';
import type { Capability } from '../ids/capability.ts';
import { type LocalCache, SEGMENT_PAGES_MAX } from './cache.ts';
import type { MemoryContext } from './context.ts';
import { resolvePage } from './fault.ts';
import { flush } from './flush.ts';
import type { FlushMode } from './mapper-protocol.ts';
import { DIRTY, SLOT } from './pages.ts';
import { type Region, RegionKind } from './region.ts';
import { RemapCalls } from './remap-calls.ts';
import { Fault, PAGE_BYTES } from './site-memory.ts';

/** What sgStat tells. */
export interface SegmentStat {
  /** Pages of the segment in memory here, and how many of them are to be written back. */
  readonly pages: number;
  readonly dirtyPages: number;
  readonly regions: number;
  /** Size of the segment as its mapper last told; Infinity when it has not. */
  readonly end: number;
}

/** A transfer between a segment and a buffer, and how far it has come. */
interface Io {
  readonly cache: LocalCache;
  readonly offset: number;
  readonly buffer: Uint8Array;
  readonly write: boolean;
  done: number;
}

export class SegmentCalls extends RemapCalls {
  /**
   * sgRead(2K): fills `into` with bytes of a segment from `offset` on. Returns how many there were: fewer
   * when the segment ends before.
   */
  sgRead(thread: Thread, segment: Capability, offset: number, into: Uint8Array): Awaitable<number> {
    return this.cacheRead(thread, this.caches.of(segment), offset, into);
  }

  /** sgWrite(2K): returns how many bytes were written: fewer when the segment ends before. */
  sgWrite(thread: Thread, segment: Capability, offset: number, bytes: Uint8Array): Awaitable<number> {
    return this.cacheWrite(thread, this.caches.of(segment), offset, bytes);
  }

  protected cacheRead(
    thread: Thread,
    cache: LocalCache,
    offset: number,
    into: Uint8Array,
  ): Awaitable<number> {
    return transfer(thread, { cache, offset, buffer: into, write: false, done: 0 });
  }

  protected cacheWrite(
    thread: Thread,
    cache: LocalCache,
    offset: number,
    bytes: Uint8Array,
  ): Awaitable<number> {
    return transfer(thread, { cache, offset, buffer: bytes, write: true, done: 0 });
  }

  /**
   * sgFlush(2K): as lcFlush, for the cache of a segment on this site. Resolves when what was dirty has been
   * written back.
   */
  sgFlush(
    thread: Thread,
    segment: Capability,
    mode: FlushMode = 'writable',
    offset = 0,
    size = Number.POSITIVE_INFINITY,
  ): Awaitable<void> {
    const cache = this.caches.find(segment);
    if (!cache) return undefined;
    const from = Math.floor(offset / PAGE_BYTES);
    const to = Math.min(SEGMENT_PAGES_MAX, Math.ceil((offset + size) / PAGE_BYTES));
    return flush({ cache, from, to, mode, thread });
  }

  /** sgSyncAll(2K): writes back all that is dirty, of all segments. The last failure is thrown at the end. */
  async sgSyncAll(thread: Thread): Promise<void> {
    let failure: unknown = null;
    for (const cache of this.caches.all()) {
      try {
        await flush({ cache, from: 0, to: SEGMENT_PAGES_MAX, mode: 'writable', thread });
      } catch (error) {
        failure = error;
      }
    }
    if (failure !== null) throw failure;
  }

  /** sgStat(2K); undefined when nothing of the segment is here. */
  sgStat(segment: Capability): SegmentStat | undefined {
    const cache = this.caches.find(segment);
    return cache && statOf(cache);
  }

  /** vmFlush(2K), msync: as sgFlush, for the segments that a range of an address space shows. */
  vmFlush(
    context: MemoryContext,
    start: number,
    size: number,
    thread: Thread,
    mode: FlushMode = 'writable',
  ): Awaitable<void> {
    const end = this.range(start, size);
    const regions = context.regions.within(start, end);
    const next = (): Awaitable<void> => {
      for (let region = regions.shift(); region; region = regions.shift()) {
        const done = flushRegion(region, start, end, mode, thread);
        if (isPromise(done)) return done.then(next);
      }
      return undefined;
    };
    return next();
  }
}

function flushRegion(
  region: Region,
  start: number,
  end: number,
  mode: FlushMode,
  thread: Thread,
): Awaitable<void> {
  const { kind, cache, shift } = region;
  if (kind !== RegionKind.shared || cache === null || cache.temporary) return undefined;
  const from = Math.max(start, region.start) / PAGE_BYTES + shift;
  const to = Math.min(end, region.end) / PAGE_BYTES + shift;
  return flush({ cache, from, to, mode, thread });
}

export function statOf(cache: LocalCache): SegmentStat {
  let dirtyPages = 0;
  cache.pages.forEach(0, SEGMENT_PAGES_MAX, (_page, entry) => {
    if ((entry & SLOT) === 0 && (entry & DIRTY) !== 0) dirtyPages += 1;
  });
  return { pages: cache.pages.resident, dirtyPages, regions: cache.mappings.size, end: cache.end };
}

// --- reading and writing -----------------------------------------------------------------------------------

function transfer(thread: Thread, io: Io): Awaitable<number> {
  const { offset, buffer, cache, write } = io;
  if (!Number.isSafeInteger(offset) || offset < 0) throw new KError('K_EINVAL');
  if (offset + buffer.length > SEGMENT_PAGES_MAX * PAGE_BYTES) throw new KError('K_EINVAL');
  if (cache.lock.open(write) && advance(io)) return io.done;
  return transferLocked(thread, io);
}

/** With a wait in the middle: the lock is taken in the same turn, so nobody sees the half that is done. */
async function transferLocked(thread: Thread, io: Io): Promise<number> {
  const { cache, write } = io;
  await cache.lock.get(thread, write);
  try {
    while (!advance(io)) {
      const { awaited } = cache.vm;
      const outcome = await awaited.wait(thread);
      if (outcome > 0) continue;
      if (outcome === Fault.bus && awaited.error === null) break;
      throw awaited.error ?? new KError('K_ENOMEM');
    }
    return io.done;
  } finally {
    cache.lock.release(write);
    cache.vm.caches.settle(cache);
  }
}

/** Moves what can be moved without waiting: true when that was all there is. */
function advance(io: Io): boolean {
  const { cache, buffer, write } = io;
  const { vm, site, frames } = cache;
  while (io.done < buffer.length) {
    const at = io.offset + io.done;
    if (frames.available < vm.pager.lowFrames) vm.pager.makeRoom();
    const within = at % PAGE_BYTES;
    const frame = resolvePage(cache, (at - within) / PAGE_BYTES, write ? 1 : 0);
    if (frame === Fault.absent) return false;
    if (frame === Fault.bus && vm.failure === null) return true;
    if (frame < 0) throw frame === Fault.bus ? vm.failure : new KError('K_ENOMEM');
    if (at >= cache.end) return true;
    const length = Math.min(PAGE_BYTES - within, buffer.length - io.done, cache.end - at);
    const physical = frame * PAGE_BYTES + within;
    if (write) {
      site.u8.set(buffer.subarray(io.done, io.done + length), physical);
      frames.contentChanged(frame);
    } else buffer.set(site.u8.subarray(physical, physical + length), io.done);
    io.done += length;
  }
  return true;
}
