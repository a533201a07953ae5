/**
 * The pager: hands out frames, and makes room by second chance. A hand goes round over the page tables of all
 * caches and address spaces. A page that was used since it last came by loses its mark, and its TLB entries,
 * so that the next use is seen; one that was not goes: clean pages of segments are dropped, dirty ones are
 * pushed to their mapper first, anonymous ones go to swap space.
 *
 * Making room never waits. What has to be written first is under way when it returns, and who needs a frame
 * meanwhile waits for the end of that (Fault.absent). Only when a whole turn has found nothing to give up and
 * nothing is under way is memory exhausted (Fault.memory).
 *
 * Invariant: a page without the mark has no TLB entry (whoever makes one sets the mark), so a write to a page
 * that is being written back is noticed.
 *
 * A frame that several tables share goes when the last of them has given it up; it is written once.
 */
import type { Awaitable } from '../awaitable.ts';
import { isPromise } from '../awaitable.ts';
import { WaitQueue } from '../executive/sync.ts';
import type { Thread } from '../executive/thread.ts';
import type { LocalCache } from './cache.ts';
import type { MemoryCore } from './core.ts';
import { push } from './flush.ts';
import type { Frames } from './frames.ts';
import { CLUSTER_BYTES } from './mapper-protocol.ts';
import { DIRTY, FRAME, LEAF_PAGES, type PageTable, REFERENCED, SLOT } from './pages.ts';
import { Fault, PAGE_BYTES } from './site-memory.ts';
import type { Awaited } from './transfer.ts';

const CLUSTER_PAGES = CLUSTER_BYTES / PAGE_BYTES;
/** Free frames below which room is made, at most, and as a share of all. */
const LOW_FRAMES_MAX = 256;
const LOW_SHARE = 16;
/** Clusters being written at once. */
const PUSHES_MAX = 8;
/** After a turn that found nothing, the next is tried when something has changed, or after so long, ms. */
const FRUITLESS_MS = 20;
/** Frames touched last: an access may need several pages at once. A power of two. */
const RECENT = 8;

/** What owns a page table: a context, or a local cache. */
export interface PageOwner {
  readonly pages: PageTable;
  /** The cache of a segment with a mapper; null when pages go to swap space. */
  readonly mapped: LocalCache | null;
  /** Whether a page must stay. */
  isPinned(page: number): boolean;
  /** Clears the TLB entries of a page, wherever it is shown. */
  unmap(page: number): void;
}

export class Pager implements Awaited {
  readonly lowFrames: number;
  readonly error = null;
  private readonly vm: MemoryCore;
  private readonly frames: Frames;
  private readonly waiting = new WaitQueue<number>();
  private hand: Iterator<boolean> | null = null;
  private readonly recent = new Int32Array(RECENT);
  private touches = 0;
  private pushes = 0;
  private notBeforeMs = 0;

  constructor(vm: MemoryCore) {
    this.vm = vm;
    this.frames = vm.site.frames;
    this.lowFrames = Math.min(LOW_FRAMES_MAX, Math.floor(this.frames.total / LOW_SHARE));
  }

  /** A frame; Fault.absent when one will be free soon, Fault.memory when there is none to be had. */
  take(dirty: boolean): number {
    const frame = this.frames.allocate(dirty);
    if (frame !== 0) return frame;
    if (this.pushes === 0) return Fault.memory;
    this.vm.awaited = this;
    return Fault.absent;
  }

  /** A frame for a page that nobody asked for yet; 0 when memory is short. */
  takeExtra(dirty = true): number {
    return this.frames.available > this.lowFrames ? this.frames.allocate(dirty) : 0;
  }

  /** Notes that a frame is being used: it stays while the next few are. */
  touched(frame: number): void {
    this.touches = (this.touches + 1) & (RECENT - 1);
    this.recent[this.touches] = frame;
  }

  wait(thread: Thread): Awaitable<number> {
    if (this.frames.available > 0 || this.pushes === 0) return 1;
    return this.waiting.wait(thread);
  }

  /** Frames may have become free: who waits for memory looks again. */
  framesFreed(): void {
    this.notBeforeMs = 0;
    if (this.waiting.length > 0 && this.frames.available > 0) this.waiting.wakeAll(1);
  }

  /** Something is being written, after which there may be room. */
  pushBegins(): void {
    this.pushes += 1;
  }

  pushEnded(): void {
    this.pushes -= 1;
    this.notBeforeMs = 0;
    this.waiting.wakeAll(1);
  }

  /** Gives pages up until `wanted` more frames than the reserve are free, or nothing more can be done now. */
  makeRoom(wanted = this.lowFrames): void {
    if (this.notBeforeMs > 0 && this.vm.clock.monotonic() < this.notBeforeMs) return;
    let turns = 0;
    // Marks fall in the first turn, so the second finds what can be found.
    while (this.frames.available < this.lowFrames + wanted && this.pushes < PUSHES_MAX && turns < 3) {
      this.hand ??= this.turn();
      const step = this.hand.next();
      if (!step.done) continue;
      this.hand = null;
      turns += 1;
    }
    const fruitless = turns === 3 && this.pushes === 0;
    this.notBeforeMs = fruitless ? this.vm.clock.monotonic() + FRUITLESS_MS : 0;
  }

  // --- the hand --------------------------------------------------------------------------------------------

  /** One turn over everything, a leaf at a time. */
  private *turn(): Generator<boolean, undefined> {
    for (const owner of this.vm.pageOwners()) {
      for (const number of [...owner.pages.leaves.keys()]) {
        this.sweep(owner, number * LEAF_PAGES);
        yield true;
      }
    }
  }

  private sweep(owner: PageOwner, base: number): void {
    const { pages } = owner;
    for (let page = base; page < base + LEAF_PAGES; page++) {
      const entry = pages.get(page);
      if (entry === 0 || (entry & SLOT) !== 0) continue;
      if ((entry & REFERENCED) !== 0) {
        pages.set(page, entry & ~REFERENCED);
        owner.unmap(page);
      } else if (this.pushes < PUSHES_MAX && !this.recent.includes(entry & FRAME) && !owner.isPinned(page)) {
        this.giveUp(owner, page, entry);
      }
    }
    if (owner.mapped !== null) this.vm.caches.settle(owner.mapped);
  }

  private giveUp(owner: PageOwner, page: number, entry: number): void {
    if (owner.mapped !== null) {
      if ((entry & DIRTY) !== 0) this.pushOut(owner.mapped, page);
      else this.drop(owner, page);
      return;
    }
    const frame = entry & FRAME;
    const slot = this.vm.swap.copyOf(frame);
    if (slot !== 0) this.toSlot(owner, page, frame, slot);
    else if (!this.vm.swap.isBusy(frame)) this.swapOut(owner, page);
  }

  private drop(owner: PageOwner, page: number): void {
    owner.unmap(page);
    owner.pages.drop(page);
  }

  /** The end of the run from `page` on, within its leaf and a cluster, that `fit`. */
  private runFrom(owner: PageOwner, page: number, fits: (entry: number) => boolean): number {
    const last = Math.min(page + CLUSTER_PAGES, (Math.floor(page / LEAF_PAGES) + 1) * LEAF_PAGES);
    let to = page + 1;
    while (to < last && isIdle(owner.pages.get(to)) && !owner.isPinned(to) && fits(owner.pages.get(to)))
      to += 1;
    return to;
  }

  /** Dirty pages of a segment: written back, and then given up unless they are used again. */
  private pushOut(cache: LocalCache, page: number): void {
    const to = this.runFrom(cache, page, (entry) => (entry & DIRTY) !== 0);
    this.away(
      () => this.vm.threads.run((thread) => push(cache, page, to, thread)),
      () => {
        for (let each = page; each < to; each++) {
          const entry = cache.pages.get(each);
          if (isIdle(entry) && (entry & DIRTY) === 0 && !cache.isPinned(each)) this.drop(cache, each);
        }
      },
    );
  }

  /** Anonymous pages: written to slots in a row, and then given up unless they are used again. */
  private swapOut(owner: PageOwner, page: number): void {
    const { swap } = this.vm;
    const seen = new Set<number>();
    const fits = (entry: number): boolean => {
      const frame = entry & FRAME;
      if (seen.has(frame) || swap.isBusy(frame) || swap.copyOf(frame) !== 0) return false;
      seen.add(frame);
      return true;
    };
    fits(owner.pages.get(page));
    const slots = swap.reserve(this.runFrom(owner, page, fits) - page);
    if (!slots) return;
    const frames: number[] = [];
    for (let each = page; each < page + slots.count; each++) {
      frames.push(owner.pages.get(each) & FRAME);
    }
    this.away(
      () => swap.write(slots.first, frames),
      () => {
        for (const [index, frame] of frames.entries()) {
          const entry = owner.pages.get(page + index);
          const same = isIdle(entry) && (entry & FRAME) === frame && !owner.isPinned(page + index);
          const slot = swap.copyOf(frame);
          if (same && slot === slots.first + index) this.toSlot(owner, page + index, frame, slot);
        }
      },
    );
  }

  private toSlot(owner: PageOwner, page: number, frame: number, slot: number): void {
    this.vm.swap.share(slot);
    owner.pages.set(page, SLOT | slot);
    owner.unmap(page);
    this.frames.release(frame);
  }

  /** Writes something, and does the rest when that has ended, well or badly. */
  private away(write: () => Awaitable<unknown>, rest: () => void): void {
    const ended = (): void => {
      rest();
      this.pushEnded();
    };
    this.pushBegins();
    try {
      const done = write();
      if (isPromise(done)) done.then(ended, ended);
      else ended();
    } catch {
      ended();
    }
  }
}

/** A page with a frame, not used since the hand last passed. */
const isIdle = (entry: number): boolean => entry !== 0 && (entry & (SLOT | REFERENCED)) === 0;
