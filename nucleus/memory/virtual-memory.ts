/**
 * The virtual memory of a nucleus: `nucleus.vm`. The region calls of the ChorusOS manuals (section 2K) are
 * here, on memory contexts; the calls on segments are in `segments`.
 *
 * Addresses and sizes are bytes and whole pages; K_EINVAL for others. A region that would overlap another is
 * K_EBUSY: nothing is replaced silently (MAP_FIXED is rgnFree and then the call).
 */
import type { Actor } from '../actors/actor.ts';
import type { Awaitable } from '../awaitable.ts';
import { KError } from '../errors.ts';
import type { Thread } from '../executive/thread.ts';
import { LocalCache } from './cache.ts';
import { MemoryContext } from './context.ts';
import { Pager } from './pager.ts';
import { SLOT, WRITABLE } from './pages.ts';
import { type Inherit, Region, type RegionAttributes, RegionKind } from './region.ts';
import { Access, PAGE_BYTES, SiteMemory, USER_TOP } from './site-memory.ts';
import { Swap } from './swap.ts';

/** Regions of one address space: K_ENOMEM. */
export const REGIONS_MAX = 65_530;
/** Where regions may be when the nucleus chooses: the first 64 KiB stay empty, so that null pointers fault. */
const PLACE_BOTTOM = 65_536;

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
  readonly opaque: unknown;
}

const KIND_NAMES = ['anonymous', 'copy', 'shared'] as const;

/** Something under way that an access waits for; the outcome is 1 or a Fault code. */
export interface Awaited {
  wait(thread: Thread): Awaitable<number>;
}

const NOTHING: Awaited = { wait: () => 1 };

/** The host of a virtual memory: the nucleus. */
export interface MemoryHost {
  readonly limits: { readonly memoryBytes: number };
}

export class VirtualMemory {
  readonly site: SiteMemory;
  readonly swap: Swap;
  readonly pager: Pager;
  /** What the last access that answered Fault.absent waits for. */
  awaited: Awaited = NOTHING;
  private readonly contexts = new Map<Actor, MemoryContext>();

  constructor(host: MemoryHost) {
    this.site = new SiteMemory(host.limits.memoryBytes);
    this.swap = new Swap();
    this.pager = new Pager(this.site.frames);
  }

  /** The address space of an actor, made at first use. Throws K_ENOMEM, K_EUNKNOWN for a deleted actor. */
  contextOf(actor: Actor): MemoryContext {
    const found = this.contexts.get(actor);
    if (found) return found;
    if (actor.deleted) throw new KError('K_EUNKNOWN');
    const context = new MemoryContext(this, actor);
    this.contexts.set(actor, context);
    actor.onDelete.add(() => {
      this.contexts.delete(actor);
      context.delete();
    });
    return context;
  }

  // --- making regions --------------------------------------------------------------------------------------

  /**
   * rgnAllocate(2K): new zero-filled memory. With inherit 'share' it is a temporary segment of its own.
   * Returns the start address. Throws K_EINVAL, K_EBUSY, K_ENOMEM.
   */
  rgnAllocate(context: MemoryContext, options: RegionOptions): number {
    if (options.inherit === 'share') return this.mapCache(context, options, new LocalCache(this, null), 0);
    return this.insert(context, options, { kind: RegionKind.anonymous, cache: null, page: 0 });
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
   * rgnDup(2K): gives `target`, which has no regions, what `source` has: regions with inherit 'share' are
   * shared, those with 'copy' are deferred copies, the others are left out. This is fork. Throws K_EINVAL,
   * K_ENOMEM.
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
    const copy = new Region(target, region.start, region.end, { ...attributesOf(region), locked: false });
    if (region.kind === RegionKind.shared && region.inherit === 'copy') this.makeCopy(copy, region.cache!);
    target.regions.insert(copy);
    target.mappedBytes += region.end - region.start;
  }

  // --- attributes ------------------------------------------------------------------------------------------

  /** rgnFree(2K): what is mapped in the range is unmapped; holes are no error. */
  rgnFree(context: MemoryContext, start: number, size: number): void {
    const end = this.range(start, size);
    const { regions } = context;
    if (regions.isFree(start, end)) return;
    this.makeBorders(context, start, end);
    for (const region of regions.within(start, end)) {
      context.mappedBytes -= region.end - region.start;
      if (region.locked) context.lockedBytes -= region.end - region.start;
      regions.remove(region);
      region.cache?.unmapped(region);
    }
    context.pages.clear(start / PAGE_BYTES, end / PAGE_BYTES);
    context.forgetRegion();
    context.shootDown(start, end);
  }

  /** rgnSetProtect(2K). The range must be mapped without holes: K_EINVAL. Throws K_ENOMEM (regions). */
  rgnSetProtect(context: MemoryContext, start: number, size: number, protection: number): void {
    checkProtection(protection);
    this.change(context, start, size, (region) => region.protect(protection));
    context.shootDown(start, start + roundUp(size));
  }

  /** rgnSetOpaque(2K): the subsystem's own value. */
  rgnSetOpaque(context: MemoryContext, start: number, size: number, opaque: unknown): void {
    this.change(context, start, size, (region) => {
      region.opaque = opaque;
    });
  }

  private change(context: MemoryContext, start: number, size: number, apply: (region: Region) => void): void {
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

  private mapCache(context: MemoryContext, options: RegionOptions, cache: LocalCache, page: number): number {
    return this.insert(context, options, { kind: RegionKind.shared, cache, page });
  }

  private insert(
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
    const { protection, inherit = 'copy', locked = false, opaque } = options;
    const shift = cache === null ? 0 : source.page - start / PAGE_BYTES;
    const attributes = { kind, cache, shift, protection, inherit, locked, opaque };
    context.regions.insert(new Region(context, start, start + size, attributes));
    context.mappedBytes += size;
    if (locked) context.lockedBytes += size;
    context.regions.mergeAround(start, start + size);
    context.forgetRegion();
    return start;
  }

  private place(context: MemoryContext, place: RegionPlace, size: number): number {
    const { start, anywhere = false, top = USER_TOP } = place;
    const { regions } = context;
    if (start !== undefined && isPlace(start, size)) {
      if (regions.isFree(start, start + size)) return start;
      if (!anywhere) throw new KError('K_EBUSY');
    }
    if (!anywhere) throw new KError('K_EINVAL');
    let found = regions.findFree(size, PLACE_BOTTOM, Math.min(top, USER_TOP));
    if (found < 0 && top < USER_TOP) found = regions.findFree(size, PLACE_BOTTOM, USER_TOP);
    if (found < 0) throw new KError('K_ENOMEM');
    return found;
  }

  /** The end of a range, checked. */
  private range(start: number, size: number): number {
    const bytes = roundUp(size);
    if (!isPlace(start, bytes)) throw new KError('K_EINVAL');
    return start + bytes;
  }

  private makeBorders(context: MemoryContext, start: number, end: number): void {
    if (context.regions.all.length + 2 > REGIONS_MAX) throw new KError('K_ENOMEM');
    context.regions.splitAt(start);
    context.regions.splitAt(end);
  }

  /**
   * Makes a new region volatile that would show `cache`: the pages of a temporary segment are shared frame by
   * frame, those of other segments come when they are needed.
   */
  private makeCopy(copy: Region, cache: LocalCache): void {
    copy.kind = RegionKind.copy;
    if (!cache.temporary) return;
    const { pages } = copy.context;
    const from = copy.start / PAGE_BYTES + copy.shift;
    cache.pages.forEach(from, copy.end / PAGE_BYTES + copy.shift, (page, entry) => {
      cache.pages.share(entry);
      pages.set(page - copy.shift, (entry & SLOT) === 0 ? entry & ~WRITABLE : entry);
    });
    cache.shootDownWrites();
    const { backing } = cache;
    copy.kind = backing ? RegionKind.copy : RegionKind.anonymous;
    copy.cache = backing ? backing.cache : null;
    copy.shift = backing ? copy.shift + backing.shift : 0;
  }

  /** Turns volatile memory of a context into a temporary segment that the region there shows. */
  private makeShared(region: Region, start: number, end: number): Region {
    const { context } = region;
    this.makeBorders(context, start, end);
    const part = context.regions.find(start)!;
    const cache = new LocalCache(this, null);
    if (part.cache) cache.backing = { cache: part.cache, shift: part.shift };
    part.cache?.mappings.delete(part);
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

function attributesOf(region: Region): RegionAttributes {
  const { kind, cache, shift, protection, inherit, locked, opaque } = region;
  return { kind, cache, shift, protection, inherit, locked, opaque };
}

function statOf(region: Region): RegionStat {
  const { start, end, protection, inherit, kind, cache, shift, locked, opaque } = region;
  const offset = cache === null ? 0 : start + shift * PAGE_BYTES;
  return { start, size: end - start, protection, inherit, kind: KIND_NAMES[kind], offset, locked, opaque };
}
