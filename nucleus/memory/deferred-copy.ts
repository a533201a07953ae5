/**
 * Deferred copies of regions: which pages a copy shares with its source from the start, and which come later.
 * A frame that is shared so is "lent": see fault.ts.
 */
import type { LocalCache } from './cache.ts';
import type { MemoryContext } from './context.ts';
import { type PageTable, SLOT, WRITABLE } from './pages.ts';
import { type Region, RegionKind, type RegionKindCode } from './region.ts';

/** Where the pages of a copy come from: those that exist now, and those that come later. */
export interface CopySource {
  readonly kind: RegionKindCode;
  readonly cache: LocalCache | null;
  readonly shift: number;
  /** Pages to share: those of `pages`, page plus `offset`. */
  readonly pages: PageTable | null;
  readonly offset: number;
  readonly endWrites: () => void;
}

/**
 * How to copy a region. Volatile memory and temporary segments are shared frame by frame; the pages of other
 * segments come when they are needed.
 */
export function copyOf(region: Region): CopySource {
  const { context, kind, cache, shift } = region;
  if (kind !== RegionKind.shared) {
    return {
      kind,
      cache,
      shift,
      pages: context.pages,
      offset: 0,
      endWrites: () => context.shootDownWrites(),
    };
  }
  const shared = cache!;
  const endWrites = (): void => shared.shootDownWrites();
  if (!shared.temporary) return { kind: RegionKind.copy, cache, shift, pages: null, offset: 0, endWrites };
  const { backing } = shared;
  return {
    kind: backing ? RegionKind.copy : RegionKind.anonymous,
    cache: backing ? backing.cache : null,
    shift: backing ? shift + backing.shift : 0,
    pages: shared.pages,
    offset: shift,
    endWrites,
  };
}

/** Shares the pages [from, to) of a copy's source; in `target` they are `delta` pages further on. */
export function copyPages(
  source: CopySource,
  from: number,
  to: number,
  target: MemoryContext,
  delta: number,
): void {
  const { pages, offset } = source;
  pages?.forEach(from + offset, to + offset, (page, entry) => {
    pages.share(entry);
    target.pages.set(page - offset + delta, (entry & SLOT) === 0 ? entry & ~WRITABLE : entry);
  });
  source.endWrites();
}
