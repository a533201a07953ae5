/**
 * The frame table of a site: which frames are free, and how many page tables refer to each of the others. A
 * frame with several references is shared after a deferred copy: nobody may write to it.
 *
 * Frames that were never used are zero, as the host made them; used ones are zeroed when they are handed out
 * again. Frame 0 is never handed out, so 0 can mean "none". One frame is kept zero for good: what reads of
 * untouched memory see.
 *
 * Free frames are on a stack; one that a contiguous run took meanwhile is recognised by its references and
 * skipped.
 */
const PAGE_BYTES = 4096;

export class Frames {
  /** Frames of the site, the unusable frame 0 included. */
  readonly total: number;
  /** References by frame. */
  readonly references: Int32Array;
  /** 1 for frames of which decoded instructions exist: see `codeChanged`. */
  readonly code: Uint8Array;
  /** The swap slot whose copy of a frame is still true; 0 for none. Kept by the swap space. */
  readonly slot: Int32Array;
  /** Always zero, never written, never freed. */
  readonly zero: number;
  /** Frames that can still be handed out. */
  available: number;
  /** Told when the content of a frame with decoded instructions changes or ends. */
  codeChanged: (frame: number) => void = () => {};
  /** Told when a frame that has a true copy in swap space ends. */
  slotDropped: (frame: number) => void = () => {};
  private readonly u8: Uint8Array;
  private readonly free: number[] = [];
  /** The first frame that was never used. */
  private fresh = 1;

  constructor(u8: Uint8Array, total: number) {
    this.u8 = u8;
    this.total = total;
    this.references = new Int32Array(total);
    this.code = new Uint8Array(total);
    this.slot = new Int32Array(total);
    this.available = total - 1;
    this.zero = this.allocate();
  }

  /** A frame with one reference; 0 when there is none. Its content is zero unless `dirty` was asked for. */
  allocate(dirty = false): number {
    let used = this.free.pop();
    while (used !== undefined && this.references[used] !== 0) used = this.free.pop();
    if (used !== undefined) {
      if (!dirty) this.u8.fill(0, used * PAGE_BYTES, (used + 1) * PAGE_BYTES);
      this.references[used] = 1;
      this.available -= 1;
      return used;
    }
    if (this.fresh >= this.total) return 0;
    const frame = this.fresh;
    this.fresh += 1;
    this.available -= 1;
    this.references[frame] = 1;
    return frame;
  }

  /** `count` frames in a row, zeroed; 0 when there are not so many. */
  allocateContiguous(count: number): number {
    if (this.fresh + count > this.total) return this.searchContiguous(count);
    const first = this.fresh;
    this.fresh += count;
    this.available -= count;
    this.references.fill(1, first, this.fresh);
    return first;
  }

  /** A run among the frames that were used before: a search of the whole table, for a memory that is full. */
  private searchContiguous(count: number): number {
    if (this.available < count) return 0;
    let run = 0;
    for (let frame = 1; frame < this.total; frame++) {
      run = this.references[frame] === 0 ? run + 1 : 0;
      if (run < count) continue;
      const first = frame - count + 1;
      this.u8.fill(0, first * PAGE_BYTES, (frame + 1) * PAGE_BYTES);
      this.references.fill(1, first, frame + 1);
      this.available -= count;
      this.fresh = Math.max(this.fresh, frame + 1);
      return first;
    }
    return 0;
  }

  /** The content of a frame changed otherwise than by its owner's store: what was derived from it is void. */
  contentChanged(frame: number): void {
    if (this.code[frame] !== 0) this.codeChanged(frame);
    if (this.slot[frame] !== 0) this.slotDropped(frame);
  }

  share(frame: number): void {
    this.references[frame]! += 1;
  }

  /** Gives up a reference; the frame is free with the last one. */
  release(frame: number): void {
    const left = this.references[frame]! - 1;
    this.references[frame] = left;
    if (left > 0) return;
    if (this.code[frame] !== 0) this.codeChanged(frame);
    if (this.slot[frame] !== 0) this.slotDropped(frame);
    this.available += 1;
    this.free.push(frame);
  }
}
