/**
 * Regions: the windows of an address space, and the sorted list of them that a context keeps. A region is a
 * whole number of pages with one set of attributes. Attributes may be changed for part of it, so regions
 * split; neighbours that do not differ grow together again.
 *
 * The page of a segment that a guest page shows is the guest page plus the region's `shift`, which is why a
 * split, a merge or a cut at the front changes nothing but the borders.
 */
import type { LocalCache } from './cache.ts';
import type { MemoryContext } from './context.ts';
import { Access, PAGE_BYTES } from './site-memory.ts';

/** What rgnDup does with a region: 'zero' is there, and empty. */
export type Inherit = 'copy' | 'share' | 'none' | 'zero';

/** Where the pages of a region come from. */
export const RegionKind = {
  /** Volatile, zero at first: rgnAllocate. */
  anonymous: 0,
  /** Volatile, at first the pages of a segment: rgnInit. */
  copy: 1,
  /** The segment itself: rgnMap. */
  shared: 2,
} as const;
export type RegionKindCode = (typeof RegionKind)[keyof typeof RegionKind];

/** What stays free between a region that grows downwards and what is below it. */
export const GROWTH_GAP_BYTES = 256 * PAGE_BYTES;

export interface RegionAttributes {
  kind: RegionKindCode;
  cache: LocalCache | null;
  /** Segment page minus guest page. */
  shift: number;
  /** What the owner asked for: Access bits. */
  protection: number;
  inherit: Inherit;
  /** The pages stay in memory (rgnSetPaging, vmLock). */
  locked: boolean;
  /** Faults below it may extend it (rgnGrowDown); placement leaves GROWTH_GAP_BYTES there free. */
  growsDown: boolean;
  /** The subsystem's own; regions grow together only when it is the same value. */
  opaque: unknown;
}

export class Region implements RegionAttributes {
  readonly context: MemoryContext;
  /** Guest addresses [start, end), page-aligned. */
  start: number;
  end: number;
  kind: RegionKindCode;
  cache: LocalCache | null;
  shift: number;
  protection: number;
  inherit: Inherit;
  locked: boolean;
  growsDown: boolean;
  opaque: unknown;
  /** What accesses are allowed: the protection, and reading wherever writing is. */
  rights = 0;

  constructor(context: MemoryContext, start: number, end: number, attributes: RegionAttributes) {
    this.context = context;
    this.start = start;
    this.end = end;
    this.kind = attributes.kind;
    this.cache = attributes.cache;
    this.shift = attributes.shift;
    this.protection = attributes.protection;
    this.inherit = attributes.inherit;
    this.locked = attributes.locked;
    this.growsDown = attributes.growsDown;
    this.opaque = attributes.opaque;
    this.protect(attributes.protection);
  }

  protect(protection: number): void {
    this.protection = protection;
    this.rights = (protection & Access.write) !== 0 ? protection | Access.read : protection;
  }

  /** Where the room that placement gives out must end: `start`, or the gap that it may grow into. */
  get bottom(): number {
    return this.growsDown ? Math.max(0, this.start - GROWTH_GAP_BYTES) : this.start;
  }

  /** Whether `next`, which begins where this region ends, could be part of it. */
  continuesIn(next: Region): boolean {
    return (
      this.end === next.start &&
      this.kind === next.kind &&
      this.cache === next.cache &&
      (this.cache === null || this.shift === next.shift) &&
      this.protection === next.protection &&
      this.inherit === next.inherit &&
      this.locked === next.locked &&
      this.growsDown === next.growsDown &&
      this.opaque === next.opaque
    );
  }
}

/** The regions of a context, by address, never overlapping. */
export class RegionList {
  readonly all: Region[] = [];
  /** What the last search found: from `at` to `top` no place of `size` bytes is free. */
  private searched: { readonly size: number; readonly top: number; at: number } | undefined;

  /** Index of the first region that ends after `va`: the one that holds it, or the next. */
  indexAfter(va: number): number {
    const { all } = this;
    let [low, high] = [0, all.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (all[middle]!.end > va) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  find(va: number): Region | undefined {
    const region = this.all[this.indexAfter(va)];
    return region !== undefined && region.start <= va ? region : undefined;
  }

  /** The regions that have a page in [start, end). */
  within(start: number, end: number): Region[] {
    const first = this.indexAfter(start);
    let last = first;
    while (last < this.all.length && this.all[last]!.start < end) last += 1;
    return this.all.slice(first, last);
  }

  isFree(start: number, end: number): boolean {
    const next = this.all[this.indexAfter(start)];
    return next === undefined || next.start >= end;
  }

  /** Whether a new region may be placed there: free, and not where the next one grows. */
  hasRoom(start: number, end: number): boolean {
    const next = this.all[this.indexAfter(start)];
    return next === undefined || next.bottom >= end;
  }

  /** Whether [start, end) is covered without a hole. */
  isCovered(start: number, end: number): boolean {
    let at = start;
    for (let index = this.indexAfter(start); at < end; index++) {
      const region = this.all[index];
      if (region === undefined || region.start > at) return false;
      at = region.end;
    }
    return true;
  }

  /** The highest free place of `size` bytes within [bottom, top); -1 when there is none. */
  findFree(size: number, bottom: number, top: number): number {
    const known = this.searched?.top === top && this.searched.size <= size;
    let end = known ? Math.min(top, this.searched!.at) : top;
    for (let index = this.indexAfter(end) - (this.find(end) ? 0 : 1); index >= 0; index--) {
      const region = this.all[index]!;
      if (region.end <= end && end - region.end >= size) break;
      end = Math.min(end, region.bottom);
      if (end - bottom < size) return -1;
    }
    // Who looks for less must find what is too small for this one.
    if (!known || this.searched!.size === size) this.searched = { size, top, at: end };
    return end - size >= bottom ? end - size : -1;
  }

  insert(region: Region): void {
    this.all.splice(this.indexAfter(region.start), 0, region);
    region.cache?.mappings.add(region);
  }

  /** Removes the regions of [start, end), which begins and ends at their borders. */
  take(start: number, end: number): Region[] {
    const index = this.indexAfter(start);
    const taken = this.all.splice(index, this.within(start, end).length);
    for (const region of taken) region.cache?.mappings.delete(region);
    const { searched } = this;
    if (searched && end > searched.at) searched.at = this.all[index]?.start ?? searched.top;
    return taken;
  }

  /** Makes `va` a border: the region around it becomes two. */
  splitAt(va: number): void {
    const region = this.find(va);
    if (region === undefined || region.start === va) return;
    const rest = new Region(region.context, va, region.end, region);
    region.end = va;
    this.insert(rest);
  }

  /** Lets the regions of [start, end] grow together where they do not differ. */
  mergeAround(start: number, end: number): void {
    let index = Math.max(0, this.indexAfter(start) - 1);
    while (index + 1 < this.all.length && this.all[index]!.end <= end) {
      const [region, next] = [this.all[index]!, this.all[index + 1]!];
      if (!region.continuesIn(next)) {
        index += 1;
        continue;
      }
      this.all.splice(index + 1, 1);
      next.cache?.mappings.delete(next);
      region.end = next.end;
    }
  }
}
