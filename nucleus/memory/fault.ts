/**
 * What happens at an access for which the TLB has no entry: the decision table of the virtual memory.
 *
 * A region shows one of three kinds of memory. ANONYMOUS and COPY regions are volatile: their pages are in
 * the context's own page table, by address; a COPY region shows pages of a segment's cache until it has its
 * own. A SHARED region is its segment: its pages are in the segment's cache. The first column of the table is
 * the state that the page is found in, the other two say what a read (or execute) and a write do about it.
 * Actions answer the frame to map (for writing only after a write), or a Fault code. They never wait, and
 * never make room: the caller has seen to it that there are free frames, so nothing moves under a decision.
 *
 * Deferred copy is by reference-counted frames, not by history objects. A copy shares every frame of the
 * source, and whoever writes first to a frame with several references ("lent") gets his own. Copying costs
 * a few ns per page that is present (one count, and 4 bytes of page table) instead of being independent
 * of the size; in return there are no trees to climb or to collapse: a fault costs the same after a thousand
 * forks as after one, source and copies may die in any order, and the last owner of a page finds that it is
 * alone (one reference) and writes in place.
 */
import type { LocalCache } from './cache.ts';
import type { MemoryContext } from './context.ts';
import { DIRTY, FRAME, FROZEN, REFERENCED, SLOT, WRITABLE } from './pages.ts';
import { type Region, RegionKind } from './region.ts';
import { Access } from './site-memory.ts';

type VolatileAction = (context: MemoryContext, region: Region, page: number) => number;
type SegmentAction = (cache: LocalCache, page: number) => number;

/** Volatile pages, in the context's own page table: [state, what a read does, what a write does]. */
const VOLATILE: readonly (readonly [state: string, read: VolatileAction, write: VolatileAction])[] = [
  ['untouched', mapZero, makeFresh], // readers see the zero page, a writer gets a frame
  ['own', mapOwn, changeOwn], // nobody else refers to the frame
  ['lent', mapOwn, copyOwn], // shared by a deferred copy
  ['swapped', swapInToRead, swapInToWrite],
  ['source', mapSource, copySource], // COPY and not yet written: the segment's page …
  ['no source', pullSource, pullAndCopy], // … which must come first
];
const [UNTOUCHED, OWN, LENT, SWAPPED, SOURCE, NO_SOURCE] = [0, 1, 2, 3, 4, 5] as const;

/** Pages of a segment, in its cache; regions and sgRead/sgWrite alike. */
const SEGMENT: readonly (readonly [state: string, read: SegmentAction, write: SegmentAction])[] = [
  ['hole', makeFilled, makeFilled], // temporary segment: zero, or a copy of its backing
  ['readable', mapPage, askToWrite], // the mapper has granted reading only
  ['writable', mapPage, changePage], // and here writing too
  ['lent', mapPage, copyPage], // shared by a deferred copy
  ['withdrawn', askToRead, askToWrite], // the data is here, the rights were taken back
  ['swapped', fetchToRead, fetchToWrite], // temporary segment
  ['absent', pullToRead, pullToWrite], // the mapper has it
];
const [HOLE, READABLE, CHANGEABLE, PAGE_LENT, WITHDRAWN, PAGE_SWAPPED, ABSENT] = [
  0, 1, 2, 3, 4, 5, 6,
] as const;

const VOLATILE_ACTIONS = VOLATILE.flatMap(([, read, write]) => [read, write]);
const SEGMENT_ACTIONS = SEGMENT.flatMap(([, read, write]) => [read, write]);

/** Resolves an access that the region allows. `write` is 0 or 1. The frame to map, or a Fault code ≤ 0. */
export function resolve(context: MemoryContext, region: Region, page: number, write: number): number {
  if (region.kind === RegionKind.shared) return resolvePage(region.cache!, page + region.shift, write);
  return VOLATILE_ACTIONS[volatileState(context, region, page) * 2 + write]!(context, region, page);
}

/** The same for a page of a segment, whoever wants it. */
export function resolvePage(cache: LocalCache, page: number, write: number): number {
  return SEGMENT_ACTIONS[segmentState(cache, page) * 2 + write]!(cache, page);
}

function volatileState(context: MemoryContext, region: Region, page: number): number {
  const entry = context.pages.get(page);
  if (entry !== 0) {
    if ((entry & SLOT) !== 0) return SWAPPED;
    return context.frames.references[entry & FRAME] === 1 ? OWN : LENT;
  }
  if (region.kind === RegionKind.anonymous) return UNTOUCHED;
  const source = region.cache!.pages.get(page + region.shift);
  return source !== 0 && (source & FROZEN) === 0 ? SOURCE : NO_SOURCE;
}

function segmentState(cache: LocalCache, page: number): number {
  const entry = cache.pages.get(page);
  if (entry === 0) return cache.temporary ? HOLE : ABSENT;
  if ((entry & SLOT) !== 0) return PAGE_SWAPPED;
  if ((entry & FROZEN) !== 0) return WITHDRAWN;
  if ((entry & WRITABLE) === 0) return READABLE;
  return cache.frames.references[entry & FRAME] === 1 ? CHANGEABLE : PAGE_LENT;
}

// --- volatile pages ----------------------------------------------------------------------------------------

function mapZero(context: MemoryContext): number {
  return context.frames.zero;
}

function makeFresh(context: MemoryContext, _region: Region, page: number): number {
  const frame = context.take(false);
  if (frame > 0) context.replace(page, frame | DIRTY | REFERENCED);
  return frame;
}

function mapOwn(context: MemoryContext, _region: Region, page: number): number {
  const entry = context.pages.get(page);
  if ((entry & REFERENCED) === 0) context.pages.set(page, entry | REFERENCED);
  return entry & FRAME;
}

function changeOwn(context: MemoryContext, region: Region, page: number): number {
  const frame = mapOwn(context, region, page);
  if (context.frames.slot[frame] !== 0) context.frames.slotDropped(frame);
  return frame;
}

function copyOwn(context: MemoryContext, _region: Region, page: number): number {
  const lent = context.pages.get(page) & FRAME;
  const frame = copyFrom(context, page, lent);
  if (frame > 0) context.frames.release(lent);
  return frame;
}

function copySource(context: MemoryContext, region: Region, page: number): number {
  return copyFrom(context, page, region.cache!.pages.get(page + region.shift) & FRAME);
}

/** Gives the context a page of its own with the content of `source`. */
function copyFrom(context: MemoryContext, page: number, source: number): number {
  const frame = context.take(true);
  if (frame <= 0) return frame;
  context.site.copyFrame(source, frame);
  context.replace(page, frame | DIRTY | REFERENCED);
  return frame;
}

function swapInToRead(context: MemoryContext, region: Region, page: number): number {
  const outcome = context.vm.swap.pullIn(context.pages, page);
  return outcome > 0 ? resolve(context, region, page, 0) : outcome;
}

function swapInToWrite(context: MemoryContext, region: Region, page: number): number {
  const outcome = context.vm.swap.pullIn(context.pages, page);
  return outcome > 0 ? resolve(context, region, page, 1) : outcome;
}

function mapSource(_context: MemoryContext, region: Region, page: number): number {
  return mapPage(region.cache!, page + region.shift);
}

function pullSource(_context: MemoryContext, region: Region, page: number): number {
  return resolvePage(region.cache!, page + region.shift, 0);
}

function pullAndCopy(context: MemoryContext, region: Region, page: number): number {
  const source = resolvePage(region.cache!, page + region.shift, 0);
  return source > 0 ? copyFrom(context, page, source) : source;
}

// --- pages of segments -------------------------------------------------------------------------------------

function makeFilled(cache: LocalCache, page: number): number {
  const { backing } = cache;
  const source = backing === null ? 0 : resolvePage(backing.cache, page + backing.shift, 0);
  if (backing !== null && source <= 0) return source;
  const frame = cache.take(source !== 0);
  if (frame <= 0) return frame;
  if (source !== 0) cache.site.copyFrame(source, frame);
  cache.pages.set(page, frame | DIRTY | REFERENCED | WRITABLE);
  return frame;
}

function mapPage(cache: LocalCache, page: number): number {
  cache.letGo(page);
  const entry = cache.pages.get(page);
  if ((entry & REFERENCED) === 0) cache.pages.set(page, entry | REFERENCED);
  return entry & FRAME;
}

function changePage(cache: LocalCache, page: number): number {
  cache.letGo(page);
  const entry = cache.pages.get(page) | REFERENCED | DIRTY;
  cache.pages.set(page, entry);
  const frame = entry & FRAME;
  if (cache.frames.slot[frame] !== 0) cache.frames.slotDropped(frame);
  return frame;
}

function copyPage(cache: LocalCache, page: number): number {
  const frame = cache.take(true);
  if (frame <= 0) return frame;
  const entry = cache.pages.get(page);
  cache.site.copyFrame(entry & FRAME, frame);
  cache.pages.set(page, (entry & ~FRAME) | frame | DIRTY | REFERENCED);
  cache.frames.release(entry & FRAME);
  cache.shootDown(page, page + 1);
  return frame;
}

// What comes from elsewhere: when it came at once, the access is decided again.

function again(outcome: number, cache: LocalCache, page: number, write: number): number {
  return outcome > 0 ? resolvePage(cache, page, write) : outcome;
}

function fetchToRead(cache: LocalCache, page: number): number {
  return again(cache.vm.swap.pullIn(cache.pages, page), cache, page, 0);
}

function fetchToWrite(cache: LocalCache, page: number): number {
  return again(cache.vm.swap.pullIn(cache.pages, page), cache, page, 1);
}

function askToRead(cache: LocalCache, page: number): number {
  return again(cache.ask(page, Access.read), cache, page, 0);
}

function askToWrite(cache: LocalCache, page: number): number {
  return again(cache.ask(page, Access.write), cache, page, 1);
}

function pullToRead(cache: LocalCache, page: number): number {
  return again(cache.pull(page, Access.read), cache, page, 0);
}

function pullToWrite(cache: LocalCache, page: number): number {
  return again(cache.pull(page, Access.write), cache, page, 1);
}
