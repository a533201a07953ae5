/**
 * Frames sent and not yet acknowledged, oldest first. A ring: a Map, or an array that is emptied, would be
 * rebuilt for every frame, which costs more than the frame costs otherwise.
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

/** Slots at first; a power of two, doubled when they are full. The link's window bounds them. */
const SLOTS = 16;

export class SentFrames {
  private slots = new Array<SentFrame | undefined>(SLOTS).fill(undefined);
  private head = 0;
  private count = 0;

  get size(): number {
    return this.count;
  }

  get oldest(): SentFrame | undefined {
    return this.slots[this.head];
  }

  push(frame: SentFrame): void {
    if (this.count === this.slots.length) this.grow();
    this.slots[(this.head + this.count) & (this.slots.length - 1)] = frame;
    this.count += 1;
  }

  shift(): SentFrame | undefined {
    const frame = this.slots[this.head];
    if (!frame) return undefined;
    this.slots[this.head] = undefined;
    this.head = (this.head + 1) & (this.slots.length - 1);
    this.count -= 1;
    return frame;
  }

  clear(): void {
    this.slots = new Array<SentFrame | undefined>(SLOTS).fill(undefined);
    this.head = 0;
    this.count = 0;
  }

  private grow(): void {
    const free = new Array<SentFrame | undefined>(this.slots.length).fill(undefined);
    this.slots = [...this.values(), ...free];
    this.head = 0;
  }

  *values(): Generator<SentFrame> {
    for (let i = 0; i < this.count; i++) yield this.slots[(this.head + i) & (this.slots.length - 1)]!;
  }
}
