/**
 * The frame table of a site: which frames are free, and how many caches refer to each of the others. A frame
 * with several references is shared after a deferred copy: nobody may write to it.
 *
 * Frames that were never used are zero, as the host made them; used ones are zeroed when they are handed out
 * again. Frame 0 is never handed out, so 0 can mean "none".
 */
const PAGE_BYTES = 4096;

export class Frames {
  /** Frames of the site, the unusable frame 0 included. */
  readonly total: number;
  /** References by frame. */
  readonly references: Uint32Array;
  /** 1 for frames of which decoded instructions exist: see `codeChanged`. */
  readonly code: Uint8Array;
  /** Told when the content of a frame with decoded instructions changes or ends. */
  codeChanged: (frame: number) => void = () => {};
  private readonly u8: Uint8Array;
  private readonly free: number[] = [];
  /** The first frame that was never used. */
  private fresh = 1;

  constructor(u8: Uint8Array, total: number) {
    this.u8 = u8;
    this.total = total;
    this.references = new Uint32Array(total);
    this.code = new Uint8Array(total);
  }

  /** Frames that can still be handed out. */
  get available(): number {
    return this.total - this.fresh + this.free.length;
  }

  /** A frame with one reference; 0 when there is none. Its content is zero unless `dirty` was asked for. */
  allocate(dirty = false): number {
    const used = this.free.pop();
    if (used !== undefined) {
      if (!dirty) this.u8.fill(0, used * PAGE_BYTES, (used + 1) * PAGE_BYTES);
      this.references[used] = 1;
      return used;
    }
    if (this.fresh >= this.total) return 0;
    const frame = this.fresh;
    this.fresh += 1;
    this.references[frame] = 1;
    return frame;
  }

  /** `count` frames in a row, zeroed, from the part that was never used; 0 when there are not so many. */
  allocateContiguous(count: number): number {
    if (this.fresh + count > this.total) return 0;
    const first = this.fresh;
    this.fresh += count;
    this.references.fill(1, first, this.fresh);
    return first;
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
    this.free.push(frame);
  }
}
