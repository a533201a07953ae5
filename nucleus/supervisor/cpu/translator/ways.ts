/**
 * The ways into translated functions (interpreter/translated.ts): where they are, and to which function each
 * leads. A function that no way leads to any more is removed.
 */
import { KError } from '../../../errors.ts';
import type { SiteMemory } from '../../../memory/site-memory.ts';
import type { CodeCache } from '../code-cache.ts';
import { JUMPS, JUMPS_BYTES } from '../interpreter/jump-cache.ts';
import { TRANSLATED, WAY_IN_BYTES, WAYS_IN, WayIn } from '../interpreter/translated.ts';
import type { Library, Translation } from './library.ts';
import type { Block } from './region.ts';

/** Of all functions. */
const WAYS_MAX = 8192;

/** The translated code of a frame; a new one when its content has changed. */
export class CodeFrame {
  readonly frame: number;
  /** How often each offset was seen by the sampling. */
  readonly seen = new Map<number, number>();
  /** The functions, and how many ways into each are still its own. */
  readonly translations = new Map<Translation, number>();
  readonly ways = new Map<number, { row: number; translation: Translation }>();
  /** Translations that were asked for. */
  asked = 0;
  /** There are functions that were not consolidated. */
  fresh = false;

  constructor(frame: number) {
    this.frame = frame;
  }
}

export class Ways {
  private readonly memory: SiteMemory;
  private readonly code: CodeCache;
  private readonly library: Library;
  private readonly freeRows: number[] = [];
  /** Address of the table, 0: not yet. */
  private rows = 0;

  constructor(memory: SiteMemory, code: CodeCache, library: Library) {
    this.memory = memory;
    this.code = code;
    this.library = library;
  }

  /** Is there a table with room for so many more? */
  hasRoom(count: number): boolean {
    return (this.rows !== 0 || this.allocate()) && this.freeRows.length >= count;
  }

  /** Makes the entries of blocks ways into a function, also those that led into another. */
  open(known: CodeFrame, translation: Translation, blocks: readonly Block[]): void {
    const { u16 } = this.memory;
    known.translations.set(translation, blocks.length);
    for (const [which, { offset }] of blocks.entries()) {
      const entry = this.code.entryOf(known.frame, offset);
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

  /** The decoded instructions of a frame are given up, and with them the ways. */
  drop({ ways, translations }: CodeFrame): void {
    for (const { row } of ways.values()) this.freeRows.push(row);
    for (const translation of translations.keys()) this.library.remove(translation);
  }

  private allocate(): boolean {
    const { memory } = this;
    try {
      const at = memory.allocateRun(JUMPS_BYTES + WAYS_MAX * WAY_IN_BYTES);
      memory.u8.fill(0, at, at + JUMPS_BYTES);
      memory.i32[JUMPS >>> 2] = at;
      this.rows = at + JUMPS_BYTES;
    } catch (error) {
      if (error instanceof KError) return false;
      throw error;
    }
    memory.i32[WAYS_IN >>> 2] = this.rows;
    for (let row = WAYS_MAX - 1; row >= 0; row--) this.freeRows.push(row);
    return true;
  }
}
