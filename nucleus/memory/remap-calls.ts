/** Calls that rearrange an address space, or tell of it: what mremap, madvise and mincore are made of. */

import { KError } from '../errors.ts';
import type { Capability } from '../ids/capability.ts';
import type { MemoryContext } from './context.ts';
import { FROZEN, SLOT } from './pages.ts';
import { GROWTH_GAP_BYTES, Region, RegionKind } from './region.ts';
import { PLACE_BOTTOM, RegionCalls, type RegionPlace, roundUp } from './region-calls.ts';
import { PAGE_BYTES } from './site-memory.ts';

export class RemapCalls extends RegionCalls {
  /**
   * Lets the region that ends at `start` + `size` grow to `newSize`. False when something is in the way, or
   * no region ends there. Throws K_ENOMEM.
   */
  rgnGrow(context: MemoryContext, start: number, size: number, newSize: number): boolean {
    const end = this.range(start, size);
    const newEnd = this.range(start, newSize);
    const region = context.regions.find(end - PAGE_BYTES);
    if (region === undefined || region.end !== end || newEnd < end) return false;
    if (!context.regions.isFree(end, newEnd)) return false;
    if (context.mappedBytes + newEnd - end > context.limits.mappedBytes) throw new KError('K_ENOMEM');
    region.end = newEnd;
    context.mappedBytes += newEnd - end;
    if (region.locked) context.lockedBytes += newEnd - end;
    context.regions.mergeAround(start, newEnd);
    context.forgetRegion();
    return true;
  }

  /** The region above `va` that may grow to its page: nothing but other growing ones near below. */
  growing(context: MemoryContext, va: number): Region | undefined {
    const { all } = context.regions;
    const index = context.regions.indexAfter(va);
    const [below, region] = [all[index - 1], all[index]];
    if (!region?.growsDown || region.start <= va || va < PLACE_BOTTOM) return undefined;
    const page = va - (va % PAGE_BYTES);
    const near = below !== undefined && !below.growsDown && below.protection !== 0;
    return near && page - below.end < GROWTH_GAP_BYTES ? undefined : region;
  }

  /** Lets a region (see `growing`) begin at the page of `va`. Throws K_ENOMEM. */
  rgnGrowDown(context: MemoryContext, region: Region, va: number): void {
    const start = va - (va % PAGE_BYTES);
    const more = region.start - start;
    if (context.mappedBytes + more > context.limits.mappedBytes) throw new KError('K_ENOMEM');
    region.start = start;
    context.mappedBytes += more;
    if (region.locked) context.lockedBytes += more;
    context.regions.mergeAround(start, region.end);
    context.forgetRegion();
  }

  /**
   * Moves what is mapped at `start` to another place, without copying. There it may be larger (the last
   * region grows) or smaller. With `keep` the old place stays mapped, and empty. A size of 0 maps a shared
   * region a second time. Returns the new address. Throws K_EINVAL for a range with holes, K_EBUSY, K_ENOMEM.
   */
  rgnMove(context: MemoryContext, start: number, size: number, place: RegionPlace, keep = false): number {
    if (roundUp(size) === 0) return this.mapAgain(context, start, place);
    const end = this.range(start, size);
    const newSize = roundUp(place.size);
    if (!(newSize > 0) || !context.regions.isCovered(start, end)) throw new KError('K_EINVAL');
    const more = newSize - (keep ? 0 : end - start);
    if (context.mappedBytes + more > context.limits.mappedBytes) throw new KError('K_ENOMEM');
    const to = this.place(context, place, newSize);
    this.makeBorders(context, start, end);
    const delta = to - start;
    const moved = context.regions.within(start, Math.min(end, start + newSize)).map((region) => {
      const last = region.end === end ? newSize - (region.start - start) : region.end - region.start;
      return this.copyAt(region, region.start + delta, Math.min(region.start + delta + last, to + newSize));
    });
    const kept = Math.min(end, start + newSize);
    context.pages.move(start / PAGE_BYTES, kept / PAGE_BYTES, delta / PAGE_BYTES);
    for (const region of moved) {
      context.regions.insert(region);
      context.mappedBytes += region.end - region.start;
      if (region.locked) context.lockedBytes += region.end - region.start;
    }
    context.forgetRegion();
    context.regions.mergeAround(to, to + newSize);
    if (keep) context.shootDown(start, end);
    else this.rgnFree(context, start, end - start);
    return to;
  }

  private copyAt(region: Region, start: number, end: number): Region {
    const shift = region.cache === null ? 0 : region.shift - (start - region.start) / PAGE_BYTES;
    const { kind, cache, protection, inherit, locked, growsDown, opaque } = region;
    return new Region(region.context, start, end, {
      kind,
      cache,
      shift,
      protection,
      inherit,
      locked,
      growsDown,
      opaque,
    });
  }

  private mapAgain(context: MemoryContext, start: number, place: RegionPlace): number {
    const region = context.regions.find(start);
    if (region?.kind !== RegionKind.shared) throw new KError('K_EINVAL');
    const { protection, inherit, locked, opaque, cache, shift } = region;
    const options = { ...place, protection, inherit, locked, opaque };
    return this.mapCache(context, options, cache!, start / PAGE_BYTES + shift);
  }

  /**
   * Gives up the volatile pages of a range: they are zero again, or what the segment has. Shared pages stay
   * as they are.
   */
  rgnDiscard(context: MemoryContext, start: number, size: number): void {
    const end = this.range(start, size);
    context.pages.clear(start / PAGE_BYTES, end / PAGE_BYTES);
    context.shootDown(start, end);
    this.pager.framesFreed();
  }

  /** For each page of a range: 1 when its content is in memory, and an access would not have to wait. */
  residence(context: MemoryContext, start: number, size: number): Uint8Array {
    const end = this.range(start, size);
    const from = start / PAGE_BYTES;
    const present = new Uint8Array(end / PAGE_BYTES - from);
    for (const region of context.regions.within(start, end)) {
      const { cache, shift } = region;
      const first = Math.max(region.start, start) / PAGE_BYTES;
      const last = Math.min(region.end, end) / PAGE_BYTES;
      cache?.pages.forEach(first + shift, last + shift, (page, entry) => {
        if ((entry & SLOT) === 0 && (entry & FROZEN) === 0) present[page - shift - from] = 1;
      });
    }
    context.pages.forEach(from, end / PAGE_BYTES, (page, entry) => {
      present[page - from] = (entry & SLOT) === 0 ? 1 : 0;
    });
    return present;
  }

  /**
   * What names a shared byte in all address spaces that show it: its segment's cache and the offset there;
   * undefined for volatile memory, which only its address names. `segment`: what names it on other sites.
   */
  identify(
    context: MemoryContext,
    va: number,
  ): { owner: object; segment: Capability | null; offset: number } | undefined {
    const region = context.regions.find(va);
    if (region?.kind !== RegionKind.shared) return undefined;
    const cache = region.cache!;
    return { owner: cache, segment: cache.segment, offset: va + region.shift * PAGE_BYTES };
  }
}
