/**
 * Makes translated code anew when nothing was found for a while: of each frame where something was, what was
 * found bit by bit, in many small regions and modules, becomes few regions, all in one module, whose
 * functions jump directly to one another (links.ts). What else is executed now, a library that another
 * program used before, becomes part of it, unless that is most of it; then only after a long while.
 *
 * It goes on beside the programs, in short pieces, so that messages wait little: first all regions are
 * planned, so that each knows the others; then their functions are emitted; then the module is compiled in
 * the background, and they take over the ways of the old ones, where these are still what they were made of.
 */
import type { SiteMemory } from '../../../memory/site-memory.ts';
import type { CodeCache } from '../code-cache.ts';
import { rows } from '../interpreter/jump-cache.ts';
import type { Library } from './library.ts';
import { Links, Neighbours } from './links.ts';
import type { Made, Plan, Planner } from './plan.ts';
import type { CodeFrame } from './ways.ts';

/** New functions since the last time: so many, or at least two and this share of all. */
const NEW_ENOUGH = 16;
const NEW_MIN = 2;
const NEW_SHARE = 1 / 4;
/** With so many new ones it begins even when there is no quiet. */
const NEW_MAX = 256;
/** Frames with at most so many functions for each new one are done together with those. */
const KNOWN_SHARE = 2;
/** After so many times the quiet all that is executed is put together, if it is not yet. */
const LONG_QUIET = 8;

export interface Owner {
  readonly memory: SiteMemory;
  readonly code: CodeCache;
  readonly library: Library;
  readonly planner: Planner;
  frames(): CodeFrame[];
  isCurrent(known: CodeFrame): boolean;
  open(made: Made): void;
}

/** A frame whose regions are planned. */
interface FrameWork {
  readonly known: CodeFrame;
  /** The ways into it that are still to be looked at. */
  readonly offsets: number[];
  /** Offsets of the instructions of the new regions. */
  readonly covered: Set<number>;
}

/** What is under way. */
interface Work {
  /** Of the decoded instructions: when all were given up, so is this. */
  readonly generation: number;
  /** The frames to come, and the one that it is at. */
  readonly frames: CodeFrame[];
  readonly neighbours: Neighbours;
  current: FrameWork | undefined;
  readonly plans: Plan[];
  /** When everything is planned. */
  links: Links | undefined;
  readonly made: Made[];
}

const functionsOf = (frames: readonly CodeFrame[]): number =>
  frames.reduce((sum, { translations }) => sum + translations.size, 0);

export class Consolidation {
  private readonly quietInstructions: number;
  private readonly owner: Owner;
  /** Instructions executed since a function was found, functions found since the last time. */
  private quiet = 0;
  private fresh = 0;
  private total = 0;
  /** What is executed is perhaps not all in one module. */
  private scattered = false;
  private underWay: Work | undefined;

  constructor(quietInstructions: number, owner: Owner) {
    this.quietInstructions = quietInstructions;
    this.owner = owner;
  }

  /** So many functions were found. */
  found(count: number): void {
    this.quiet = 0;
    this.fresh += count;
    this.scattered ||= this.fresh >= NEW_MIN;
    this.total += count;
  }

  /** So many instructions were executed. */
  executed(instructions: number): void {
    this.quiet += instructions;
  }

  /** Goes on with one region, or begins when it is time; false: it is not. */
  work(): boolean {
    if (this.underWay) this.step(this.underWay);
    else if (this.isDue) this.begin();
    return this.underWay !== undefined;
  }

  private get isDue(): boolean {
    if (this.fresh >= NEW_MAX) return true;
    if (this.isLongQuiet) return this.scattered;
    const enough = Math.min(NEW_ENOUGH, Math.max(NEW_MIN, this.total * NEW_SHARE));
    return this.quiet >= this.quietInstructions && this.fresh >= enough;
  }

  private get isLongQuiet(): boolean {
    return this.quiet >= LONG_QUIET * this.quietInstructions;
  }

  private begin(): void {
    const { memory, code } = this.owner;
    const { generation } = code;
    // What is found from now on is of the next time.
    this.fresh = 0;
    this.scattered = false;
    const all = this.owner.frames();
    const neighbours = new Neighbours(rows(memory), all);
    const frames = all.filter(({ fresh }) => fresh);
    const known = neighbours.inUse().filter(({ fresh }) => !fresh);
    if (this.isLongQuiet || functionsOf(known) <= KNOWN_SHARE * functionsOf(frames)) frames.push(...known);
    else this.scattered = true;
    const current = undefined;
    this.underWay = { generation, frames, neighbours, current, plans: [], links: undefined, made: [] };
  }

  private step(work: Work): void {
    if (work.generation !== this.owner.code.generation) this.abandon(work);
    else if (work.links) this.makeNext(work, work.links);
    else if (work.current) {
      if (!this.planNext(work, work.current)) work.current = undefined;
    } else this.nextFrame(work);
  }

  private nextFrame(work: Work): void {
    const known = work.frames.pop();
    if (known) {
      known.fresh = false;
      work.current = { known, offsets: [...known.ways.keys()].reverse(), covered: new Set() };
      return;
    }
    const { memory, code, library } = this.owner;
    work.links = new Links(memory, code, work.neighbours);
    work.links.addAll(work.plans, library.indices.first);
  }

  /** Plans the next of the regions that contain all ways into a frame; false: there is none. */
  private planNext(work: Work, { known, offsets, covered }: FrameWork): boolean {
    if (!this.owner.isCurrent(known)) return false;
    let offset = offsets.pop();
    while (offset !== undefined && covered.has(offset)) offset = offsets.pop();
    if (offset === undefined) return false;
    const plan = this.owner.planner.plan({
      known,
      offset,
      isEnd: (at) => covered.has(at) && known.ways.has(at),
      isWanted: (at) => known.ways.has(at),
      behind: work.neighbours.frameAt(known.frame, 1),
    });
    if (plan === undefined || plan === 'full') return true;
    for (const { instructions } of plan.region.blocks.values())
      for (const one of instructions) covered.add(one.offset);
    work.plans.push(plan);
    return true;
  }

  private makeNext(work: Work, links: Links): void {
    const plan = work.plans[work.made.length];
    if (!plan) {
      // Until the module is there, what is executed counts for the time after it.
      this.end();
      this.quiet = Number.NEGATIVE_INFINITY;
      void this.finish(work.made);
      return;
    }
    const made = this.owner.planner.make(plan, links.of(plan));
    if (made !== 'full') work.made.push(made);
    else {
      // Its slot is free already.
      work.plans.splice(work.made.length, 1);
      this.abandon(work);
    }
  }

  /** Others may lead to what is not made: nothing of it is of use. */
  private abandon({ plans, made }: Work): void {
    const { library } = this.owner;
    for (const { translation } of made) library.remove(translation);
    for (const { slot } of plans.slice(made.length)) library.freeSlot(slot);
    this.end();
  }

  private end(): void {
    this.underWay = undefined;
    this.quiet = 0;
  }

  private async finish(made: readonly Made[]): Promise<void> {
    const { library } = this.owner;
    const compiled = await library.addLater(made.map(({ translation }) => translation));
    for (const one of made) {
      if (compiled) this.owner.open(one);
      else library.remove(one.translation);
    }
    this.total = functionsOf(this.owner.frames());
    this.quiet = 0;
  }
}
