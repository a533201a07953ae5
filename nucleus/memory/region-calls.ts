/**
 * The region calls of the ChorusOS manuals (section 2K), on memory contexts.
 *
 * Addresses and sizes are bytes and whole pages; K_EINVAL for others. A region that would overlap another is
 * K_EBUSY: nothing is replaced silently (MAP_FIXED is rgnFree and then the call).
 */
import { KError } from '../errors.ts';
import type { Capability } from '../ids/capability.ts';
import { type LocalCache, SEGMENT_PAGES_MAX } from './cache.ts';
import type { MemoryContext } from './context.ts';
import { MemoryCore } from './core.ts';
import { copyOf, copyPages } from './deferred-copy.ts';
import { type Inherit, Region, type RegionAttributes, RegionKind } from './region.ts';
import { Access, PAGE_BYTES, USER_TOP } from './site-memory.ts';

/** Regions of one address space: K_ENOMEM. */
export const REGIONS_MAX = 65_530;
/** Where the nucleus places regions: the first 64 KiB stay empty, so that null pointers fault. */
export const PLACE_BOTTOM = 65_536;

export interface RegionPlace {
  /** Bytes; rounded up to a page. */
  size: number;
  /** Exact, or with `anywhere` a wish that is kept when the place is free. */
  start?: number;
  /** The nucleus chooses: the highest free place below `top`. */
  anywhere?: boolean;
  /** Where the search begins; the end of user memory by default. */
  top?: number;
}

export interface RegionOptions extends RegionPlace {
  /** Access bits: 1 read, 2 write, 4 execute. Writing implies reading. */
  protection: number;
  /** What rgnDup does with it; 'copy' by default. */
  inherit?: Inherit;
  opaque?: unknown;
  /** The pages are brought in as they are used and then stay in memory. */
  locked?: boolean;
  growsDown?: boolean;
}

/** What rgnStat tells. */
export interface RegionStat {
  readonly start: number;
  readonly size: number;
  readonly protection: number;
  readonly inherit: Inherit;
  readonly kind: 'anonymous' | 'copy' | 'shared';
  /** Offset in the segment that `start` shows, bytes; 0 for anonymous memory. */
  readonly offset: number;
  readonly locked: boolean;
  readonly growsDown: boolean;
  readonly opaque: unknown;
}

const KIND_NAMES = ['anonymous', 'copy', 'shared'] as const;

export class RegionCalls extends MemoryCore {
  // --- making regions --------------------------------------------------------------------------------------

  /**
   * rgnAllocate(2K): new zero-filled memory. With inherit 'share' it is a temporary segment of its own.
   * Returns the start address. Throws K_EINVAL, K_EBUSY, K_ENOMEM.
   */
  rgnAllocate(context: MemoryContext, options: RegionOptions): number {
    if (options.inherit === 'share') return this.mapCache(context, options, this.caches.temporary(), 0);
    return this.insert(context, options, { kind: RegionKind.anonymous, cache: null, page: 0 });
  }

  /**
   * rgnMap(2K): the region is the segment, from `offset` (bytes, whole pages) on. What is written there is
   * written to the segment. Returns the start address. Throws K_EINVAL, K_EBUSY, K_ENOMEM.
   */
  rgnMap(context: MemoryContext, options: RegionOptions, segment: Capability, offset: number): number {
    return this.mapCache(context, options, this.caches.of(segment), pageNumber(offset));
  }

  /**
   * rgnInit(2K): a private deferred copy of a segment from `offset` on: pages that were not written to are
   * those of the segment, as they are now. Returns the start address. Throws K_EINVAL, K_EBUSY, K_ENOMEM.
   */
  rgnInit(context: MemoryContext, options: RegionOptions, segment: Capability, offset: number): number {
    const page = pageNumber(offset);
    return this.insert(context, options, { kind: RegionKind.copy, cache: this.caches.of(segment), page });
  }

  /**
   * rgnMapFromActor(2K): shares memory of another actor (or the same one) at `start`. The range must lie in
   * one region there: K_EINVAL. Volatile memory becomes a temporary segment that both show.
   */
  rgnMapFromActor(
    target: MemoryContext,
    options: RegionOptions,
    source: MemoryContext,
    start: number,
  ): number {
    const end = start + roundUp(options.size);
    const region = source.regions.find(start);
    if (!region || region.end < end) throw new KError('K_EINVAL');
    const shared = region.kind === RegionKind.shared ? region : this.makeShared(region, start, end);
    return this.mapCache(target, options, shared.cache!, start / PAGE_BYTES + shared.shift);
  }

  /**
   * rgnInitFromActor(2K): a private deferred copy of memory of another actor (or the same one) at `start`.
   * The range must lie in one region there: K_EINVAL.
   */
  rgnInitFromActor(
    target: MemoryContext,
    options: RegionOptions,
    source: MemoryContext,
    start: number,
  ): number {
    const end = start + roundUp(options.size);
    const region = source.regions.find(start);
    if (!region || region.end < end || options.inherit === 'share') throw new KError('K_EINVAL');
    const copied = copyOf(region);
    const first = start / PAGE_BYTES;
    const at = this.insert(target, options, { ...copied, page: first + copied.shift });
    copyPages(copied, first, end / PAGE_BYTES, target, at / PAGE_BYTES - first);
    return at;
  }

  /**
   * rgnDup(2K): gives `target`, which has no regions, what `source` has: regions with inherit 'share' are
   * shared, those with 'copy' are deferred copies, with 'zero' empty; the others are left out. This is fork.
   * Throws K_EINVAL, K_ENOMEM.
   */
  rgnDup(target: MemoryContext, source: MemoryContext): void {
    if (target.regions.all.length > 0) throw new KError('K_EINVAL');
    if (source.mappedBytes > target.limits.mappedBytes) throw new KError('K_ENOMEM');
    source.pages.copyTo(target.pages);
    for (const region of source.regions.all) this.duplicate(target, region);
    target.forgetRegion();
    source.shootDownWrites();
  }

  private duplicate(target: MemoryContext, region: Region): void {
    const [from, to] = [region.start / PAGE_BYTES, region.end / PAGE_BYTES];
    if (region.inherit === 'none') {
      target.pages.clear(from, to);
      return;
    }
    if (region.inherit === 'zero') target.pages.clear(from, to);
    let attributes = { ...attributesOf(region), locked: false };
    if (region.kind === RegionKind.shared && region.inherit === 'copy') {
      const copied = copyOf(region);
      attributes = { ...attributes, kind: copied.kind, cache: copied.cache, shift: copied.shift };
      copyPages(copied, from, to, target, 0);
    }
    target.regions.insert(new Region(target, region.start, region.end, attributes));
    target.mappedBytes += region.end - region.start;
  }

  // --- attributes ------------------------------------------------------------------------------------------

  /** rgnFree(2K): what is mapped in the range is unmapped; holes are no error. */
  rgnFree(context: MemoryContext, start: number, size: number): void {
    const end = this.range(start, size);
    const { regions } = context;
    if (regions.isFree(start, end)) return;
    this.makeBorders(context, start, end);
    for (const region of regions.take(start, end)) {
      context.mappedBytes -= region.end - region.start;
      if (region.locked) context.lockedBytes -= region.end - region.start;
      region.cache?.unmapped(region);
    }
    context.pages.clear(start / PAGE_BYTES, end / PAGE_BYTES);
    context.forgetRegion();
    context.shootDown(start, end);
    this.pager.framesFreed();
  }

  /** rgnSetProtect(2K). The range must be mapped without holes: K_EINVAL. Throws K_ENOMEM (regions). */
  rgnSetProtect(context: MemoryContext, start: number, size: number, protection: number): void {
    checkProtection(protection);
    this.change(context, start, size, (region) => region.protect(protection));
    context.shootDown(start, start + roundUp(size));
  }

  /**
   * rgnSetInherit(2K): what rgnDup will do with the range. Volatile memory that is to be shared becomes a
   * temporary segment.
   */
  rgnSetInherit(context: MemoryContext, start: number, size: number, inherit: Inherit): void {
    this.change(context, start, size, (region) => {
      region.inherit = inherit;
      if (inherit === 'share' && region.kind !== RegionKind.shared) {
        this.makeShared(region, region.start, region.end);
      }
    });
  }

  /** rgnSetPaging(2K): pages of the range that are in memory, or come into it, stay while it is locked. */
  rgnSetPaging(context: MemoryContext, start: number, size: number, locked: boolean): void {
    this.change(context, start, size, (region) => {
      if (region.locked !== locked) context.lockedBytes += (region.end - region.start) * (locked ? 1 : -1);
      region.locked = locked;
    });
    if (!locked) this.pager.framesFreed();
  }

  /** rgnSetOpaque(2K): the subsystem's own value. */
  rgnSetOpaque(context: MemoryContext, start: number, size: number, opaque: unknown): void {
    this.change(context, start, size, (region) => {
      region.opaque = opaque;
    });
  }

  protected change(
    context: MemoryContext,
    start: number,
    size: number,
    apply: (region: Region) => void,
  ): void {
    const end = this.range(start, size);
    if (!context.regions.isCovered(start, end)) throw new KError('K_EINVAL');
    this.makeBorders(context, start, end);
    for (const region of context.regions.within(start, end)) apply(region);
    context.regions.mergeAround(start, end);
    context.forgetRegion();
  }

  /** rgnStat(2K): the region that holds `va`, or the first one after it; undefined when there is none. */
  rgnStat(context: MemoryContext, va: number): RegionStat | undefined {
    const region = context.regions.all[context.regions.indexAfter(va)];
    return region && statOf(region);
  }

  /** All regions, by address. */
  rgnList(context: MemoryContext): RegionStat[] {
    return context.regions.all.map(statOf);
  }

  // --- within ----------------------------------------------------------------------------------------------

  protected mapCache(
    context: MemoryContext,
    options: RegionOptions,
    cache: LocalCache,
    page: number,
  ): number {
    return this.insert(context, options, { kind: RegionKind.shared, cache, page });
  }

  protected insert(
    context: MemoryContext,
    options: RegionOptions,
    source: Pick<RegionAttributes, 'kind' | 'cache'> & { page: number },
  ): number {
    checkProtection(options.protection);
    const size = roundUp(options.size);
    if (context.deleted) throw new KError('K_EUNKNOWN');
    if (!(size > 0)) throw new KError('K_EINVAL');
    if (context.mappedBytes + size > context.limits.mappedBytes) throw new KError('K_ENOMEM');
    if (context.regions.all.length >= REGIONS_MAX) throw new KError('K_ENOMEM');
    const start = this.place(context, options, size);
    const { kind, cache } = source;
    const { protection, inherit = 'copy', locked = false, growsDown = false, opaque } = options;
    const shift = cache === null ? 0 : source.page - start / PAGE_BYTES;
    const attributes = { kind, cache, shift, protection, inherit, locked, growsDown, opaque };
    context.regions.insert(new Region(context, start, start + size, attributes));
    context.mappedBytes += size;
    if (locked) context.lockedBytes += size;
    context.regions.mergeAround(start, start + size);
    context.forgetRegion();
    return start;
  }

  protected place(context: MemoryContext, place: RegionPlace, size: number): number {
    const { start, anywhere = false, top = USER_TOP } = place;
    const { regions } = context;
    if (start !== undefined && isPlace(start, size)) {
      if (anywhere ? regions.hasRoom(start, start + size) : regions.isFree(start, start + size)) return start;
      if (!anywhere) throw new KError('K_EBUSY');
    }
    if (!anywhere) throw new KError('K_EINVAL');
    let found = regions.findFree(size, PLACE_BOTTOM, Math.min(top, USER_TOP));
    if (found < 0 && top < USER_TOP) found = regions.findFree(size, PLACE_BOTTOM, USER_TOP);
    if (found < 0) throw new KError('K_ENOMEM');
    return found;
  }

  /** The end of a range, checked. */
  protected range(start: number, size: number): number {
    const bytes = roundUp(size);
    if (!isPlace(start, bytes)) throw new KError('K_EINVAL');
    return start + bytes;
  }

  protected makeBorders(context: MemoryContext, start: number, end: number): void {
    const { regions } = context;
    if (regions.all.length + 2 > REGIONS_MAX) {
      const splits = [start, end].filter((at) => (regions.find(at)?.start ?? at) !== at).length;
      if (regions.all.length + splits > REGIONS_MAX) throw new KError('K_ENOMEM');
    }
    regions.splitAt(start);
    regions.splitAt(end);
  }

  /** Turns volatile memory of a context into a temporary segment that the region there shows. */
  protected makeShared(region: Region, start: number, end: number): Region {
    const { context } = region;
    this.makeBorders(context, start, end);
    const part = context.regions.find(start)!;
    const cache = this.caches.temporary();
    if (part.cache) cache.copies(part.cache, part.shift);
    part.cache?.unmapped(part);
    cache.adopt(context.pages, start / PAGE_BYTES, end / PAGE_BYTES);
    part.kind = RegionKind.shared;
    part.cache = cache;
    part.shift = 0;
    cache.mappings.add(part);
    context.forgetRegion();
    context.shootDown(start, end);
    return part;
  }
}

export function roundUp(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}

function isPlace(start: number, size: number): boolean {
  return (
    Number.isInteger(start) && start >= 0 && start % PAGE_BYTES === 0 && size > 0 && start + size <= USER_TOP
  );
}

function checkProtection(protection: number): void {
  if ((protection & ~(Access.read | Access.write | Access.execute)) !== 0) throw new KError('K_EINVAL');
}

/** A segment's offset as a page number. */
function pageNumber(offset: number): number {
  const page = offset / PAGE_BYTES;
  if (!Number.isInteger(page) || page < 0 || page > SEGMENT_PAGES_MAX) throw new KError('K_EINVAL');
  return page;
}

function attributesOf(region: Region): RegionAttributes {
  const { kind, cache, shift, protection, inherit, locked, growsDown, opaque } = region;
  return { kind, cache, shift, protection, inherit, locked, growsDown, opaque };
}

function statOf(region: Region): RegionStat {
  const { start, end, protection, inherit, kind, cache, shift } = region;
  const offset = cache === null ? 0 : start + shift * PAGE_BYTES;
  const { locked, growsDown, opaque } = region;
  const [size, name] = [end - start, KIND_NAMES[kind]];
  return { start, size, protection, inherit, kind: name, offset, locked, growsDown, opaque };
}
