/**
 * Local caches: the pages of one segment that are on this site, and everything that shows them. One per
 * segment and site, so mapped access and sgRead/sgWrite see the same bytes.
 *
 * A temporary segment (shared anonymous memory) has no mapper: pages that it does not hold are zero, or come
 * from the segment that it is a copy of (`backing`), and under pressure they go to swap space.
 *
 * Invariant: when a page leaves the cache, or its rights shrink, or its frame is replaced, `shootDown` has
 * cleared the TLB entries of every context that shows it.
 */
import type { Capability } from '../ids/capability.ts';
import type { Frames } from './frames.ts';
import { PageTable, SLOT, WRITABLE } from './pages.ts';
import type { Region } from './region.ts';
import { Fault, PAGE_BYTES, type SiteMemory } from './site-memory.ts';
import { TLB_TABLE_BYTES, TLB_WRITE, tlbFlush } from './tlb.ts';
import type { VirtualMemory } from './virtual-memory.ts';

/** What a temporary segment is a copy of, page by page, where it holds none of its own. */
export interface Backing {
  readonly cache: LocalCache;
  /** Backing page minus own page. */
  readonly shift: number;
}

export class LocalCache {
  readonly vm: VirtualMemory;
  readonly site: SiteMemory;
  readonly frames: Frames;
  /** Null for a temporary segment. */
  readonly segment: Capability | null;
  readonly pages: PageTable;
  /** Every region that shows pages of this cache. */
  readonly mappings = new Set<Region>();
  backing: Backing | null = null;

  constructor(vm: VirtualMemory, segment: Capability | null) {
    this.vm = vm;
    this.site = vm.site;
    this.frames = vm.site.frames;
    this.segment = segment;
    this.pages = new PageTable(this.frames, vm.swap);
  }

  get temporary(): boolean {
    return this.segment === null;
  }

  take(dirty: boolean): number {
    return this.vm.pager.take(dirty);
  }

  ask(_page: number, _access: number): number {
    return Fault.bus;
  }

  pull(_page: number, _access: number): number {
    return Fault.bus;
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
    if (this.temporary && this.mappings.size === 0) this.pages.clear(0, Number.MAX_SAFE_INTEGER);
  }

  /** Clears the TLB entries of the pages [from, to) in all contexts; of large ranges only those for writing. */
  shootDown(from: number, to: number): void {
    for (const region of this.mappings) {
      const start = Math.max(region.start, (from - region.shift) * PAGE_BYTES);
      const end = Math.min(region.end, (to - region.shift) * PAGE_BYTES);
      if (start < end) region.context.shootDown(start, end);
    }
  }

  /** Clears all entries for writing of the contexts that show this cache. */
  shootDownWrites(): void {
    for (const { context } of this.mappings) tlbFlush(this.site, context.tlb, TLB_WRITE, TLB_TABLE_BYTES);
  }
}
