/** What the pages of regions are at this moment: for those who account for memory. Nothing is brought in. */
import type { MemoryContext } from './context.ts';
import { DIRTY, FRAME, FROZEN, REFERENCED, SLOT } from './pages.ts';
import type { Region } from './region.ts';
import { PAGE_BYTES } from './site-memory.ts';

/** One page that is in memory or in swap space. */
export interface PageUse {
  /** Guest page number. */
  page: number;
  /** In swap space, not in memory. */
  swapped: boolean;
  /** The context's own, or a page of the segment that the region shows. */
  own: boolean;
  /** Changed since it was last written back. */
  dirty: boolean;
  /** Used lately. */
  referenced: boolean;
  /** Contexts (deferred copies) or regions that have the page. */
  sharers: number;
}

/** Calls `visit` for the pages of a region that fall into [from, to); the object it gets is the same one. */
export function eachPage(
  { pages, frames }: MemoryContext,
  { start, end, cache, shift }: Region,
  from: number,
  to: number,
  visit: (use: Readonly<PageUse>) => void,
): void {
  const first = Math.max(start, from) / PAGE_BYTES;
  const last = Math.min(end, to) / PAGE_BYTES;
  const use = { page: 0, swapped: false, own: true, dirty: false, referenced: false, sharers: 1 };
  const set = (page: number, entry: number, own: boolean): void => {
    use.page = page;
    use.own = own;
    use.swapped = (entry & SLOT) !== 0;
    use.dirty = !use.swapped && (entry & DIRTY) !== 0;
    use.referenced = !use.swapped && (entry & REFERENCED) !== 0;
  };
  pages.forEach(first, last, (page, entry) => {
    set(page, entry, true);
    use.sharers = use.swapped ? 1 : frames.references[entry & FRAME]!;
    visit(use);
  });
  cache?.pages.forEach(first + shift, last + shift, (cachePage, entry) => {
    const page = cachePage - shift;
    if (pages.get(page) !== 0 || (entry & SLOT) !== 0 || (entry & FROZEN) !== 0) return;
    set(page, entry, false);
    use.sharers = cache.mappings.size;
    visit(use);
  });
}
