/**
 * Frames sent and not yet acknowledged, oldest first. A queue in one array: a Map that gains one entry and
 * loses one per frame spends more time rebuilding itself than the frame costs otherwise.
 */
export interface SentFrame {
  readonly frames: readonly Uint8Array[];
  readonly bytes: number;
  /**
   * When it was first looked at by the retry timer (-1: not yet): reading a clock for every frame is dear.
   */
  firstMs: number;
  dueMs: number;
  waitMs: number;
}

/** Slots that acknowledged frames may occupy before the array is cut. */
const SLACK = 64;

export class SentFrames {
  private frames: (SentFrame | undefined)[] = [];
  private head = 0;

  get size(): number {
    return this.frames.length - this.head;
  }

  get oldest(): SentFrame | undefined {
    return this.frames[this.head];
  }

  push(frame: SentFrame): void {
    this.frames.push(frame);
  }

  shift(): SentFrame | undefined {
    const frame = this.frames[this.head];
    if (!frame) return undefined;
    this.frames[this.head] = undefined;
    this.head += 1;
    if (this.head === this.frames.length) {
      this.frames.length = 0;
      this.head = 0;
    } else if (this.head >= SLACK) {
      this.frames = this.frames.slice(this.head);
      this.head = 0;
    }
    return frame;
  }

  clear(): void {
    this.frames = [];
    this.head = 0;
  }

  *values(): Generator<SentFrame> {
    for (let i = this.head; i < this.frames.length; i++) yield this.frames[i]!;
  }
}
