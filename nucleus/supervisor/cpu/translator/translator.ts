/**
 * Translates what is executed often to WebAssembly functions, and enters them into the table that the
 * interpreter calls.
 *
 * Finding hot code costs the interpreter nothing: it is asked where it stands each time that it has executed
 * `sampleInstructions`, and a place that was seen `samples` times is translated with what is around it
 * (region.ts). What is then found beside it becomes regions of its own; when nothing new was found for a
 * while, the regions of each frame are made anew, as large as they can be (consolidation.ts).
 *
 * Measured (Node 20, two shared cores; time as a multiple of that of qemu-riscv64 7.2 on the same binary): an
 * integer loop 0.8, lists and matrices 1.5, SHA-256 0.9, gzip 1.0, sqlite 0.8, lua 1.1, a shell's loop 0.9,
 * each after runs of the same program: in the first ones V8 compiles beside it.
 *
 * Functions are dropped with the decoded instructions that they were made from: when the content of a frame
 * changes, and when all of them are given up. Neither happens while such a function executes, for it calls
 * only others; and nothing leads to it afterwards. Whatever runs short, everything is given up and begins
 * anew.
 */
import type { SiteMemory } from '../../../memory/site-memory.ts';
import { tlbNextEpoch } from '../../../memory/tlb.ts';
import type { CodeCache } from '../code-cache.ts';
import type { Interpreter } from '../interpreter/module.ts';
import { Consolidation } from './consolidation.ts';
import { Library } from './library.ts';
import { type Made, Planner, type Task } from './plan.ts';
import { CodeFrame, Ways } from './ways.ts';

export interface TranslatorOptions {
  /** Instructions that the interpreter executes between two samples. */
  sampleInstructions: number;
  /** What was seen so often is translated. */
  samples: number;
  /** Instructions executed without anything new to translate, before what was translated is consolidated. */
  quietInstructions: number;
  /** Translate within the sample, one by one: for tests. */
  atOnce: boolean;
}

/** What engines begin with. */
export const TRANSLATOR_OPTIONS: TranslatorOptions = {
  sampleInstructions: 8192,
  samples: 24,
  quietInstructions: 100_000_000,
  atOnce: false,
};

/** Modules have up to so many functions at first: one more for each BATCH_GROWTH that there are. */
const BATCH_MAX = 32;
const BATCH_GROWTH = 4;
/** Turns that a region waits for others at most. */
const WAIT_TURNS = 8;
/** Modules of so few functions are compiled at once, larger ones in the background. */
const FEW = 2;
/** Regions of one frame: what is found anew again and again is not worth it. */
const FRAME_REGIONS_MAX = 32;

/** A place that is to be translated. */
interface Wanted {
  readonly known: CodeFrame;
  readonly offset: number;
}

export class Translator {
  private readonly memory: SiteMemory;
  private readonly code: CodeCache;
  private readonly library: Library;
  private readonly ways: Ways;
  private readonly planner: Planner;
  private readonly consolidation: Consolidation;
  private readonly options: TranslatorOptions;
  private readonly frames = new Map<number, CodeFrame>();
  /** What is to be translated, and for how many runs the first has waited. */
  private readonly wanted: Wanted[] = [];
  /** What waits for its module. */
  private readonly pending = new Set<Made>();
  /** Of those, what comes into the next one. */
  private batch: Made[] = [];
  private waited = 0;
  private translated = 0;

  constructor(memory: SiteMemory, code: CodeCache, interpreter: Interpreter, options: TranslatorOptions) {
    this.memory = memory;
    this.code = code;
    this.library = new Library(memory, interpreter);
    this.ways = new Ways(memory, code, this.library);
    this.planner = new Planner(memory, code, this.library);
    this.consolidation = new Consolidation(options.quietInstructions, {
      memory,
      code,
      library: this.library,
      planner: this.planner,
      frames: () => [...this.frames.values()],
      isCurrent: (known) => this.isCurrent(known),
      open: (made) => this.open(made),
    });
    this.options = options;
    code.dropped = (frame) => this.drop(frame);
  }

  /** The interpreter stands at an offset of a frame; what it may execute until it is asked again. */
  sample(frame: number, offset: number): number {
    const { samples, sampleInstructions } = this.options;
    let known = this.frames.get(frame);
    if (!known) this.frames.set(frame, (known = new CodeFrame(frame)));
    const seen = (known.seen.get(offset) ?? 0) + 1;
    known.seen.set(offset, seen);
    if (seen >= samples && known.asked < FRAME_REGIONS_MAX && this.code.entryOf(frame, offset) !== 0) {
      known.seen.delete(offset);
      known.asked += 1;
      this.wanted.push({ known, offset });
    }
    if (this.options.atOnce) this.translateAll();
    return sampleInstructions;
  }

  /** A thread has run for so many instructions. */
  executed(instructions: number): void {
    if (this.isIdle) this.consolidation.executed(instructions);
  }

  private get isIdle(): boolean {
    return this.wanted.length === 0 && this.batch.length === 0;
  }

  /** Translates one region, but not more: messages wait meanwhile. False: there is nothing to do. */
  work(): boolean {
    if (this.isIdle) return this.consolidation.work();
    const waits = this.wanted.length > 0;
    if (waits) this.translateNext();
    else this.waited += 1;
    const enough = Math.min(BATCH_MAX, this.translated / BATCH_GROWTH);
    if (this.batch.length >= enough || this.waited >= WAIT_TURNS) this.closeBatch();
    return waits;
  }

  private translateAll(): void {
    while (this.wanted.length > 0) {
      this.translateNext();
      this.closeBatch();
    }
  }

  private isCurrent(known: CodeFrame): boolean {
    return this.frames.get(known.frame) === known;
  }

  /** Translates one of the places that wait. */
  private translateNext(): void {
    const { known, offset } = this.wanted.shift()!;
    // Everything may have been given up meanwhile, or another region may have taken it in.
    if (!this.isCurrent(known) || this.isWay(known, offset)) return;
    const isWanted = (at: number): boolean =>
      this.wanted.some((other) => other.known === known && other.offset === at);
    const made = this.make({ known, offset, isEnd: (at) => this.isWay(known, at), isWanted });
    if (made === 'full') this.code.flush();
    // The instruction lies in two pages: never again.
    else if (made === undefined) known.seen.set(offset, Number.NEGATIVE_INFINITY);
    else {
      this.batch.push(made);
      this.pending.add(made);
    }
  }

  /** Makes a module of what was translated. */
  private closeBatch(): void {
    this.waited = 0;
    const batch = this.batch.splice(0);
    if (batch.length > FEW) void this.finishLater(batch);
    else if (batch.length > 0) {
      this.library.add(batch.map(({ translation }) => translation));
      this.finish(batch, true);
    }
  }

  private isWay(known: CodeFrame, offset: number): boolean {
    if (known.ways.has(offset)) return true;
    for (const { plan } of this.pending) {
      if (plan.known === known && plan.ways.some((block) => block.offset === offset)) return true;
    }
    return false;
  }

  private async finishLater(batch: readonly Made[]): Promise<void> {
    this.finish(batch, await this.library.addLater(batch.map(({ translation }) => translation)));
  }

  /** New functions are compiled: their ways are opened, if their frames are still what they were. */
  private finish(batch: readonly Made[], compiled: boolean): void {
    for (const made of batch) {
      this.pending.delete(made);
      made.plan.known.fresh = true;
      if (compiled) this.open(made);
      else this.library.remove(made.translation);
    }
    this.translated += batch.length;
    this.consolidation.found(batch.length);
  }

  /** Translates a region; undefined: there is nothing at the place. */
  private make(task: Task): Made | 'full' | undefined {
    const plan = this.planner.plan(task);
    if (plan === undefined || plan === 'full') return plan;
    if (this.ways.hasRoom(plan.ways.length)) return this.planner.make(plan);
    this.library.freeSlot(plan.slot);
    return 'full';
  }

  /** The function takes over the ways into its region, if there is room. */
  private open({ plan: { known, ways }, translation }: Made): void {
    if (!this.isCurrent(known) || !this.ways.hasRoom(ways.length)) {
      this.library.remove(translation);
      return;
    }
    this.ways.open(known, translation, ways);
    tlbNextEpoch(this.memory);
  }

  /** The decoded instructions of a frame, or all, are given up. */
  private drop(frame: number | undefined): void {
    tlbNextEpoch(this.memory);
    if (frame === undefined) {
      for (const known of this.frames.values()) this.ways.drop(known);
      this.frames.clear();
      return;
    }
    const known = this.frames.get(frame);
    if (!known) return;
    this.ways.drop(known);
    this.frames.delete(frame);
  }
}
