/**
 * Page tables: which frame holds which page, of a segment's local cache (by offset) or of the volatile memory
 * of a context (by guest address). Two levels: leaves of 512 pages, made when the first of their pages is.
 *
 * An entry is one 32-bit number: 0 for no page; a frame with flags; or SLOT and the number of the place in
 * swap space that holds the page. Entries own a reference to their frame or slot. Copying a table is copying
 * its leaves and counting references, which is all that fork does to memory (see fault.ts).
 */
import type { Frames } from './frames.ts';

/** The frame number in an entry. */
export const FRAME = 0xf_ffff;
/** Changed since it was last written back to its segment. */
export const DIRTY = 1 << 20;
/** The mapper granted the right to write. */
export const WRITABLE = 1 << 21;
/** Used since the page-out hand last passed. */
export const REFERENCED = 1 << 22;
/** The data is here, the right to use it is not (K_FREEZE). */
export const FROZEN = 1 << 23;
/** The page is in swap space: the other bits are the number of its slot. */
export const SLOT = 1 << 30;

export const LEAF_PAGES = 512;
const LEAF_SHIFT = 9;
/** Leaves kept for reuse: making one costs more than filling it. */
const SPARE_LEAVES_MAX = 4096;
const spareLeaves: Int32Array[] = [];
const LEAF_MASK = LEAF_PAGES - 1;

/** References to slots, as Frames keeps those to frames. */
export interface SlotReferences {
  share(slot: number): void;
  release(slot: number): void;
}

export class PageTable {
  /** Pages that have a frame. */
  resident = 0;
  readonly leaves = new Map<number, Int32Array>();
  private readonly frames: Frames;
  private readonly slots: SlotReferences;
  /** The leaf used last. */
  private leafNumber = -1;
  private leaf: Int32Array = new Int32Array(0);

  constructor(frames: Frames, slots: SlotReferences) {
    this.frames = frames;
    this.slots = slots;
  }

  get(page: number): number {
    const number = page >>> LEAF_SHIFT;
    if (number !== this.leafNumber && !this.load(number)) return 0;
    return this.leaf[page & LEAF_MASK]!;
  }

  private load(number: number): boolean {
    const leaf = this.leaves.get(number);
    if (leaf === undefined) return false;
    this.leafNumber = number;
    this.leaf = leaf;
    return true;
  }

  /** Puts an entry in place of what was there, whose reference the caller has taken over or released. */
  set(page: number, entry: number): void {
    const number = page >>> LEAF_SHIFT;
    if (number !== this.leafNumber && !this.load(number)) {
      if (entry === 0) return;
      this.leaves.set(number, spareLeaves.pop() ?? new Int32Array(LEAF_PAGES));
      this.load(number);
    }
    const at = page & LEAF_MASK;
    this.resident += holdsFrame(entry) - holdsFrame(this.leaf[at]!);
    this.leaf[at] = entry;
  }

  /** Adds flags to a page that is there. */
  mark(page: number, flags: number): void {
    this.set(page, this.get(page) | flags);
  }

  /** Takes another reference to what an entry refers to. */
  share(entry: number): void {
    if ((entry & SLOT) !== 0) this.slots.share(entry & ~SLOT);
    else this.frames.share(entry & FRAME);
  }

  /** Moves the pages [from, to) by `delta` pages, to where none are. */
  move(from: number, to: number, delta: number): void {
    this.forEach(from, to, (page, entry) => {
      this.set(page, 0);
      this.set(page + delta, entry);
    });
  }

  /** Gives up the reference of an entry that was taken out. */
  release(entry: number): void {
    if ((entry & SLOT) !== 0) this.slots.release(entry & ~SLOT);
    else if (entry !== 0) this.frames.release(entry & FRAME);
  }

  /** Takes one page out and gives up its reference. */
  drop(page: number): void {
    const entry = this.get(page);
    if (entry === 0) return;
    this.set(page, 0);
    this.release(entry);
  }

  /** Calls `visit` for the pages that exist in [from, to), in order within a leaf. */
  forEach(from: number, to: number, visit: (page: number, entry: number) => void): void {
    this.eachLeaf(from, to, (leaf, base) => {
      const end = Math.min(LEAF_PAGES, to - base);
      for (let at = Math.max(0, from - base); at < end; at++) {
        const entry = leaf[at]!;
        if (entry !== 0) visit(base + at, entry);
      }
    });
  }

  private eachLeaf(from: number, to: number, visit: (leaf: Int32Array, base: number) => void): void {
    const [first, last] = [from >>> LEAF_SHIFT, (to - 1) >>> LEAF_SHIFT];
    if (to <= from) return;
    if (last - first >= this.leaves.size) {
      for (const [number, leaf] of [...this.leaves]) {
        if (number >= first && number <= last) visit(leaf, number * LEAF_PAGES);
      }
      return;
    }
    for (let number = first; number <= last; number++) {
      const leaf = this.leaves.get(number);
      if (leaf) visit(leaf, number * LEAF_PAGES);
    }
  }

  /** Pages of [from, to) that have a frame. */
  residentWithin(from: number, to: number): number {
    let count = 0;
    this.forEach(from, to, (_page, entry) => {
      count += holdsFrame(entry);
    });
    return count;
  }

  /** Takes out the pages of [from, to) and gives up their references. */
  clear(from: number, to: number): void {
    this.eachLeaf(from, to, (leaf, base) => {
      const start = Math.max(0, from - base);
      const end = Math.min(LEAF_PAGES, to - base);
      this.clearLeaf(leaf, start, end);
      const empty = (start === 0 && end === LEAF_PAGES) || leaf.every((entry) => entry === 0);
      if (empty) this.dropLeaf(base >>> LEAF_SHIFT, leaf);
    });
  }

  private clearLeaf(leaf: Int32Array, start: number, end: number): void {
    const { references } = this.frames;
    let frames = 0;
    for (let at = start; at < end; at++) {
      const entry = leaf[at]!;
      if (entry === 0) continue;
      leaf[at] = 0;
      if ((entry & SLOT) !== 0) {
        this.slots.release(entry & ~SLOT);
        continue;
      }
      frames += 1;
      // The common case of a dying child, in place: the frame is still its parent's.
      const count = references[entry & FRAME]!;
      if (count > 1) references[entry & FRAME] = count - 1;
      else this.frames.release(entry & FRAME);
    }
    this.resident -= frames;
  }

  /** Takes out a leaf, which is all zero. */
  private dropLeaf(number: number, leaf: Int32Array): void {
    this.leaves.delete(number);
    if (this.leafNumber === number) this.leafNumber = -1;
    if (spareLeaves.length < SPARE_LEAVES_MAX) spareLeaves.push(leaf);
  }

  /** Makes `copy`, which is empty, a deferred copy of this table: every frame and slot is shared. */
  copyTo(copy: PageTable): void {
    for (const [number, leaf] of this.leaves) {
      const copied = spareLeaves.pop() ?? new Int32Array(LEAF_PAGES);
      copied.set(leaf);
      copy.leaves.set(number, copied);
      this.shareLeaf(leaf);
    }
    copy.resident = this.resident;
  }

  private shareLeaf(leaf: Int32Array): void {
    const { references } = this.frames;
    for (let at = 0; at < LEAF_PAGES; at++) {
      const entry = leaf[at]!;
      if (entry === 0) continue;
      if ((entry & SLOT) === 0) references[entry & FRAME] = references[entry & FRAME]! + 1;
      else this.slots.share(entry & ~SLOT);
    }
  }
}

const holdsFrame = (entry: number): number => (entry !== 0 && (entry & SLOT) === 0 ? 1 : 0);
