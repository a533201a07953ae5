/**
 * Local caches: the pages of one segment that are on this site, and everything that shows them. One per
 * segment and site, so mapped access and sgRead/sgWrite see the same bytes.
 *
 * A temporary segment (shared anonymous memory) has no mapper: pages that it does not hold are zero, or come
 * from the segment that it is a copy of (`backing`), and under pressure they go to swap space.
 *
 * Invariants. When a page leaves the cache, or its rights shrink, or its frame is replaced, `shootDown` has
 * cleared the TLB entries of every context that shows it. A page that a transfer is about is neither evicted
 * nor the subject of another transfer.
 */
import type { Capability, Key } from '../ids/capability.ts';
import type { MemoryCore } from './core.ts';
import type { Frames } from './frames.ts';
import type { PageOwner } from './pager.ts';
import { PageTable, SLOT, WRITABLE } from './pages.ts';
import { askMapper, pullFromMapper } from './pull.ts';
import { ReadAhead } from './read-ahead.ts';
import { ReadWriteLock } from './read-write-lock.ts';
import type { Region } from './region.ts';
import { PAGE_BYTES, type SiteMemory } from './site-memory.ts';
import type { Transfer } from './transfer.ts';

/** A page that came for a thread is left to it for so long, however many others want it, ms. */
const HOLD_MS = 10;
/** Grants that a cache remembers, to tell old withdrawals by. */
const GRANTS_MAX = 64;
/** Pages of a segment: their numbers are 31 bits. */
export const SEGMENT_PAGES_MAX = 2 ** 31;

/** What a temporary segment is a copy of, page by page, where it holds none of its own. */
export interface Backing {
  readonly cache: LocalCache;
  /** Backing page minus own page. */
  readonly shift: number;
}

interface Grant {
  readonly from: number;
  readonly to: number;
  readonly ordinal: number;
}

export class LocalCache implements PageOwner {
  readonly vm: MemoryCore;
  readonly site: SiteMemory;
  readonly frames: Frames;
  /** Null for a temporary segment. */
  readonly segment: Capability | null;
  /** What mappers know it by. */
  readonly key: Key;
  readonly pages: PageTable;
  /** Every region that shows pages of this cache. */
  readonly mappings = new Set<Region>();
  readonly transfers = new Map<number, Transfer>();
  /** For sgRead and sgWrite that have to wait in the middle. */
  readonly lock = new ReadWriteLock();
  readonly readAhead = new ReadAhead();
  backing: Backing | null = null;
  /** Where the segment ends, bytes, as the mapper last said. */
  end = Number.POSITIVE_INFINITY;
  /** lcOpen calls, and copies, that hold it. */
  pins = 0;
  /** Called once when nothing uses the cache any more (see `idle`), whether or not it still holds pages. */
  onIdle: (() => void) | null = null;
  /** Pages held for the thread that they came for, with what ends the hold. */
  private readonly holds = new Map<number, () => void>();
  private readonly grants: Grant[] = [];
  /** The highest ordinal of them. */
  lastGrant = 0;

  constructor(vm: MemoryCore, segment: Capability | null, key: Key) {
    this.vm = vm;
    this.site = vm.site;
    this.frames = vm.site.frames;
    this.segment = segment;
    this.key = key;
    this.pages = new PageTable(this.frames, vm.swap);
  }

  get temporary(): boolean {
    return this.segment === null;
  }

  get mapped(): LocalCache | null {
    return this.temporary ? null : this;
  }

  isPinned(page: number): boolean {
    if (this.transfers.has(page) || this.holds.has(page)) return true;
    for (const { locked, start, end, shift } of this.mappings) {
      const va = (page - shift) * PAGE_BYTES;
      if (locked && va >= start && va < end) return true;
    }
    return false;
  }

  unmap(page: number): void {
    this.shootDown(page, page + 1);
  }

  /** Nothing keeps it but that it may be needed again. */
  get idle(): boolean {
    return this.mappings.size === 0 && this.pins === 0 && this.transfers.size === 0 && this.lock.free;
  }

  /** A frame for a page, or a Fault code. */
  take(dirty: boolean): number {
    return this.vm.pager.take(dirty);
  }

  /** Asks the mapper for the right to access a page that is here: 1 when it came at once, or a Fault code. */
  ask(page: number, access: number): number {
    return askMapper(this, page, access);
  }

  /** Asks the mapper for a page: 1 when it came at once, or a Fault code. */
  pull(page: number, access: number): number {
    return pullFromMapper(this, page, access);
  }

  // --- grants and withdrawals ------------------------------------------------------------------------------

  noteGrant(from: number, to: number, ordinal: number): void {
    this.lastGrant = Math.max(this.lastGrant, ordinal);
    this.grants.push({ from, to, ordinal });
    if (this.grants.length > GRANTS_MAX) this.grants.shift();
  }

  /** Whether a page was granted anew after the withdrawal `ordinal` was made. */
  grantedSince(page: number, ordinal: number): boolean {
    return this.grants.some((grant) => grant.ordinal > ordinal && grant.from <= page && page < grant.to);
  }

  /** Tells the requests under way that rights were taken back. */
  withdraw(from: number, to: number, ordinal: number, rights: number): void {
    const concerned = new Set<Transfer>();
    for (const transfer of this.transfers.values()) {
      if (transfer.access !== 0 && transfer.from < to && from < transfer.to) concerned.add(transfer);
    }
    for (const transfer of concerned) transfer.withdraw({ from, to, ordinal, rights });
  }

  /** The request under way that the grant `ordinal` for pages of [from, to) answers; it has not come yet. */
  requestFor(from: number, to: number, ordinal: number): Transfer | undefined {
    if (ordinal <= this.lastGrant) return undefined;
    for (const transfer of this.transfers.values()) {
      if (transfer.access !== 0 && transfer.from < to && from < transfer.to) return transfer;
    }
    return undefined;
  }

  /** Keeps a page that came for a waiting thread until the thread has had it, so that all make progress. */
  hold(page: number): void {
    if (this.holds.has(page)) return;
    const cancel = this.vm.clock.setTimer(HOLD_MS, () => this.letGo(page));
    this.holds.set(page, cancel);
  }

  /** Ends a hold: the page was used. */
  letGo(page: number): void {
    if (this.holds.size === 0) return;
    this.holds.get(page)?.();
    if (this.holds.delete(page)) this.vm.holdsEnded.wake();
  }

  heldWithin(from: number, to: number): boolean {
    for (const page of this.holds.keys()) if (page >= from && page < to) return true;
    return false;
  }

  // --- regions ---------------------------------------------------------------------------------------------

  /** Makes this temporary segment a copy of a segment: its pages come from there until it has its own. */
  copies(cache: LocalCache, shift: number): void {
    this.backing = { cache, shift };
    cache.pins += 1;
  }

  /** Takes volatile pages [from, to) of a context over; they keep their numbers. */
  adopt(pages: PageTable, from: number, to: number): void {
    pages.forEach(from, to, (page, entry) => {
      pages.set(page, 0);
      this.pages.set(page, (entry & SLOT) === 0 ? entry | WRITABLE : entry);
    });
  }

  /** A region went away. Temporary memory that nobody shows ends. */
  unmapped(region: Region): void {
    this.mappings.delete(region);
    if (this.mappings.size > 0) return;
    if (!this.temporary) {
      this.vm.caches.settle(this);
      return;
    }
    this.pages.clear(0, SEGMENT_PAGES_MAX);
    this.vm.caches.temporaries.delete(this);
    this.vm.pager.framesFreed();
    if (this.backing === null) return;
    this.backing.cache.pins -= 1;
    this.vm.caches.settle(this.backing.cache);
    this.backing = null;
  }

  /** Clears the TLB entries of the pages [from, to) in all contexts. */
  shootDown(from: number, to: number): void {
    for (const region of this.mappings) {
      const start = Math.max(region.start, (from - region.shift) * PAGE_BYTES);
      const end = Math.min(region.end, (to - region.shift) * PAGE_BYTES);
      if (start < end) region.context.shootDown(start, end);
    }
  }

  /** Clears all entries for writing of the contexts that show it: after a deferred copy. */
  shootDownWrites(): void {
    for (const { context } of this.mappings) context.shootDownWrites();
  }
}
