/**
 * Makes the translated code of a site anew when nothing was found for a while: what was found bit by bit, in
 * many small regions and modules, becomes few regions per frame, in one module. A shell's loop then leaves a
 * function every 18 instructions instead of every 11, and the jumps are quicker (library.ts).
 *
 * It goes on beside the programs, one region after every few runs of threads, so that messages wait little;
 * the module is compiled in the background; then its functions take over the ways of the old ones, where
 * these are still what they were made from.
 */
import type { Library } from './library.ts';
import type { Made, Task } from './translator.ts';
import type { CodeFrame } from './ways.ts';

/** New functions since the last time: at least so many, and this share of all. */
const NEW_MIN = 2;
const NEW_SHARE = 1 / 4;
/** Runs of threads from one region to the next. */
const STEP_RUNS = 4;
/** With so many new ones it begins even when there is no quiet. */
const NEW_MAX = 256;

export interface Owner {
  frames(): CodeFrame[];
  isCurrent(known: CodeFrame): boolean;
  make(task: Task): Made | 'full' | undefined;
  open(made: Made): void;
}

/** A frame whose regions are made anew. */
interface FrameWork {
  readonly known: CodeFrame;
  /** The ways into it that are still to be looked at. */
  readonly offsets: number[];
  /** Offsets of the instructions of the new regions. */
  readonly covered: Set<number>;
}

export class Consolidation {
  private readonly library: Library;
  private readonly quietInstructions: number;
  private readonly owner: Owner;
  /** Instructions executed since a function was found, functions found since the last time. */
  private quiet = 0;
  private fresh = 0;
  private total = 0;
  private runs = 0;
  /** The frames to come, while it is under way, and the one that it is at. */
  private frames: CodeFrame[] | undefined;
  private current: FrameWork | undefined;
  private made: Made[] = [];

  constructor(library: Library, quietInstructions: number, owner: Owner) {
    this.library = library;
    this.quietInstructions = quietInstructions;
    this.owner = owner;
  }

  /** So many functions were found. */
  found(count: number): void {
    this.quiet = 0;
    this.fresh += count;
    this.total += count;
  }

  /** So many instructions were executed. */
  executed(instructions: number): void {
    this.quiet += instructions;
    this.runs += 1;
    if (this.frames) {
      if (this.runs % STEP_RUNS === 0) this.step(this.frames);
    } else if (this.isDue) this.frames = this.owner.frames();
  }

  private get isDue(): boolean {
    if (this.fresh >= NEW_MAX) return true;
    return this.quiet >= this.quietInstructions && this.fresh >= Math.max(NEW_MIN, this.total * NEW_SHARE);
  }

  private step(frames: CodeFrame[]): void {
    if (this.current) {
      if (!this.remakeNext(this.current)) this.current = undefined;
      return;
    }
    const known = frames.pop();
    if (known) {
      this.current = { known, offsets: [...known.ways.keys()].reverse(), covered: new Set() };
      return;
    }
    // Until the module is there, what is executed counts for the time after it.
    this.fresh = 0;
    this.quiet = Number.NEGATIVE_INFINITY;
    this.frames = undefined;
    void this.finish(this.made.splice(0));
  }

  /** The next of the regions that contain all ways into a frame; false: there is none. */
  private remakeNext({ known, offsets, covered }: FrameWork): boolean {
    if (!this.owner.isCurrent(known)) return false;
    let offset = offsets.pop();
    while (offset !== undefined && covered.has(offset)) offset = offsets.pop();
    if (offset === undefined) return false;
    const made = this.owner.make({
      known,
      offset,
      isEnd: (at) => covered.has(at) && known.ways.has(at),
      isWanted: (at) => known.ways.has(at),
    });
    if (made === undefined || made === 'full') return true;
    for (const one of made.offsets) covered.add(one);
    this.made.push(made);
    return true;
  }

  private async finish(made: Made[]): Promise<void> {
    const compiled = await this.library.addLater(made.map(({ translation }) => translation));
    for (const one of made) {
      if (compiled && this.owner.isCurrent(one.known)) this.owner.open(one);
      else this.library.remove(one.translation);
    }
    this.total = made.length;
    this.quiet = 0;
  }
}
