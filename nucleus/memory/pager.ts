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

  makeRoom(): void {}
}
