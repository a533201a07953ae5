/** The pager hands out frames and makes room. */
import type { Frames } from './frames.ts';
import { Fault } from './site-memory.ts';

export class Pager {
  /** Below so many free frames, room is made before an access is decided. */
  readonly lowFrames = 0;
  private readonly frames: Frames;

  constructor(frames: Frames) {
    this.frames = frames;
  }

  /** A frame, or a Fault code. */
  take(dirty: boolean): number {
    return this.frames.allocate(dirty) || Fault.memory;
  }

  /** A frame for a page that nobody asked for yet; 0 when memory is short. */
  takeExtra(dirty = true): number {
    return this.frames.available > this.lowFrames ? this.frames.allocate(dirty) : 0;
  }

  makeRoom(): void {}

  /** Frames may have become free: who waits for memory looks again. */
  framesFreed(): void {}
}
