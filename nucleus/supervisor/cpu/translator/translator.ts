/**
 * Translates what is executed often to WebAssembly functions, and enters them into the table that the
 * interpreter calls.
 *
 * Finding hot code costs the interpreter nothing: it is asked where it stands each time that it has executed
 * SAMPLE_INSTRUCTIONS, and a place that was seen SAMPLES times is translated with what is around it
 * (region.ts). A later region takes over the ways into earlier ones that lie within it.
 *
 * Functions are dropped with the decoded instructions that they were made from: when the content of a frame
 * changes, and when all of them are given up. Neither happens while such a function executes, for it calls
 * nothing; and nothing leads to it afterwards. Whatever runs short, everything is given up and begins anew.
 */
import { KError } from '../../../errors.ts';
import type { SiteMemory } from '../../../memory/site-memory.ts';
import { tlbNextEpoch } from '../../../memory/tlb.ts';
import type { CodeCache } from '../code-cache.ts';
import { JUMPS, JUMPS_BYTES } from '../interpreter/jump-cache.ts';
import type { Interpreter } from '../interpreter/module.ts';
import { TRANSLATED, WAY_IN_BYTES, WAYS_IN, WayIn } from '../interpreter/translated.ts';
import { RegionFunction } from './function.ts';
import { Library, type Translation } from './library.ts';
import { loweredBytes, lowerRegion } from './lowering.ts';
import { type Block, formRegion, type Region } from './region.ts';
import { analyse } from './registers.ts';
import { arrange, type Item, isLoop } from './structure.ts';

export interface TranslatorOptions {
  /** Instructions that the interpreter executes between two samples. */
  sampleInstructions: number;
  /** What was seen so often is translated. */
  samples: number;
}

/** What engines begin with. */
export const TRANSLATOR_OPTIONS: TranslatorOptions = { sampleInstructions: 8192, samples: 8 };

/** Instructions of a region. */
const REGION_MAX = 400;
/** Modules have up to so many functions at first: one more for each BATCH_GROWTH that there are. */
const BATCH_MAX = 8;
const BATCH_GROWTH = 8;
/** Samples that a place waits for others at most. */
const WAIT_SAMPLES = 16;
/** Ways in, of all functions. */
const WAYS_MAX = 8192;
/** Regions of one frame: what is found anew again and again is not worth it. */
const FRAME_REGIONS_MAX = 32;

/** The translated code of a frame. */
interface CodeFrame {
  /** How often each offset was seen. */
  readonly seen: Map<number, number>;
  /** The functions, and how many ways into each are still its own. */
  readonly translations: Map<Translation, number>;
  readonly ways: Map<number, { row: number; translation: Translation }>;
  made: number;
}

/** A place that is to be translated. */
interface Wanted {
  readonly frame: number;
  readonly known: CodeFrame;
  readonly offset: number;
}

export class Translator {
  private readonly memory: SiteMemory;
  private readonly code: CodeCache;
  private readonly library: Library;
  private readonly options: TranslatorOptions;
  private readonly frames = new Map<number, CodeFrame>();
  private readonly freeRows: number[] = [];
  /** What is to be translated, and for how many samples the first has waited. */
  private readonly wanted: Wanted[] = [];
  private waited = 0;
  private translated = 0;
  /** Address of the table of ways in, 0: not yet. */
  private rows = 0;

  constructor(memory: SiteMemory, code: CodeCache, interpreter: Interpreter, options: TranslatorOptions) {
    this.memory = memory;
    this.code = code;
    this.library = new Library(memory, interpreter);
    this.options = options;
    code.dropped = (frame) => this.drop(frame);
  }

  /** The interpreter stands at an offset of a frame; what it may execute until it is asked again. */
  sample(frame: number, offset: number): number {
    const { samples, sampleInstructions } = this.options;
    let known = this.frames.get(frame);
    if (!known) {
      known = { seen: new Map(), translations: new Map(), ways: new Map(), made: 0 };
      this.frames.set(frame, known);
    }
    const seen = (known.seen.get(offset) ?? 0) + 1;
    known.seen.set(offset, seen);
    if (seen >= samples && known.made < FRAME_REGIONS_MAX && this.code.entryOf(frame, offset) !== 0) {
      known.seen.delete(offset);
      known.made += 1;
      this.wanted.push({ frame, known, offset });
    }
    if (this.wanted.length > 0) this.translateWanted();
    return sampleInstructions;
  }

  /** So many instructions were executed. */
  executed(instructions: number): void {
    this.library.executed(instructions);
  }

  // --- translation -----------------------------------------------------------------------------------------

  /** Translates what waits for it, when that is enough, or waited long enough. */
  private translateWanted(): void {
    this.waited += 1;
    const enough = Math.min(BATCH_MAX, this.translated / BATCH_GROWTH);
    if (this.wanted.length < enough && this.waited < WAIT_SAMPLES) return;
    this.waited = 0;
    const wanted = this.wanted.splice(0);
    const made: Translation[] = [];
    for (const one of wanted) {
      // Everything may have been given up meanwhile, or a region before have taken it in.
      if (this.frames.get(one.frame) !== one.known || one.known.ways.has(one.offset)) continue;
      const translation = this.translate(one, wanted);
      if (translation) made.push(translation);
    }
    if (made.length === 0) return;
    this.library.add(made);
    tlbNextEpoch(this.memory);
  }

  private translate({ frame, known, offset }: Wanted, wanted: readonly Wanted[]): Translation | undefined {
    const { memory, code } = this;
    const isDecoded = (at: number): boolean => code.entryOf(frame, at) !== 0;
    const others = new Set(wanted.filter((one) => one.known === known).map((one) => one.offset));
    const isWayIn = (at: number): boolean => known.ways.has(at);
    const isWanted = (at: number): boolean => others.has(at);
    const region = formRegion({ memory, frame, isDecoded, isWayIn, isWanted }, offset, REGION_MAX);
    if (region.count === 0 || !this.allocateRows()) return undefined;
    const structure = arrange(region);
    markHeaders(structure.items);
    const ways = [...region.blocks.values()].filter(({ entry }) => entry);
    const at = code.allocate(loweredBytes(region));
    if (at === 0 || this.library.isFull || this.freeRows.length < ways.length) {
      code.flush();
      return undefined;
    }
    const lowered = lowerRegion(memory, region, at);
    const analysis = analyse(region, structure, lowered);
    const translation = this.library.create((indices) =>
      new RegionFunction(region, structure, analysis, lowered, indices).build(ways),
    );
    this.translated += 1;
    this.open(region, known, translation, ways);
    return translation;
  }

  /** Makes the entries of blocks ways into a function. */
  private open(region: Region, known: CodeFrame, translation: Translation, ways: readonly Block[]): void {
    const { u16 } = this.memory;
    known.translations.set(translation, ways.length);
    for (const [which, { offset }] of ways.entries()) {
      const entry = this.code.entryOf(region.frame, offset);
      if (entry === 0) {
        this.close(known, translation);
        continue;
      }
      const before = known.ways.get(offset);
      const row = before ? before.row : this.freeRows.pop()!;
      const at = (this.rows + row * WAY_IN_BYTES) >>> 1;
      u16[at + WayIn.slot / 2] = translation.slot;
      u16[at + WayIn.which / 2] = which;
      if (!before) u16[at + WayIn.operation / 2] = u16[entry >>> 1]!;
      u16[entry >>> 1] = TRANSLATED + row;
      known.ways.set(offset, { row, translation });
      if (before) this.close(known, before.translation);
    }
  }

  /** One way less into a function; without any it goes. */
  private close(known: CodeFrame, translation: Translation): void {
    const ways = known.translations.get(translation)! - 1;
    known.translations.set(translation, ways);
    if (ways > 0) return;
    known.translations.delete(translation);
    this.library.remove(translation);
  }

  private allocateRows(): boolean {
    if (this.rows !== 0) return true;
    try {
      const at = this.memory.allocateRun(WAYS_MAX * WAY_IN_BYTES + JUMPS_BYTES);
      this.rows = at + JUMPS_BYTES;
      this.memory.i32[JUMPS >>> 2] = at;
      this.memory.u8.fill(0, at, at + JUMPS_BYTES);
    } catch (error) {
      if (error instanceof KError) return false;
      throw error;
    }
    this.memory.i32[WAYS_IN >>> 2] = this.rows;
    for (let row = WAYS_MAX - 1; row >= 0; row--) this.freeRows.push(row);
    return true;
  }

  // --- the end of translations -----------------------------------------------------------------------------

  /** The decoded instructions of a frame, or all, are given up. */
  private drop(frame: number | undefined): void {
    tlbNextEpoch(this.memory);
    if (frame === undefined) {
      for (const known of this.frames.values()) this.dropFrame(known);
      this.frames.clear();
      return;
    }
    const known = this.frames.get(frame);
    if (!known) return;
    this.dropFrame(known);
    this.frames.delete(frame);
  }

  private dropFrame({ ways, translations }: CodeFrame): void {
    for (const { row } of ways.values()) this.freeRows.push(row);
    for (const translation of translations.keys()) this.library.remove(translation);
  }
}

/** Headers of loops are ways in: so a loop is entered again that was left in its middle. */
function markHeaders(items: readonly Item[]): void {
  for (const item of items) {
    if (!isLoop(item)) continue;
    item.header.entry = true;
    markHeaders(item.items);
  }
}
