/**
 * A region that is to become a function: first what it contains and where it may be entered, so that others
 * can lead to it, and then the function.
 */
import { PAGE_BYTES, type SiteMemory } from '../../../memory/site-memory.ts';
import type { CodeCache } from '../code-cache.ts';
import { RegionFunction } from './function.ts';
import type { Library, Translation } from './library.ts';
import type { LinksOf } from './links.ts';
import { loweredBytes, lowerRegion } from './lowering.ts';
import { type Block, formRegion, type Region } from './region.ts';
import { analyse } from './registers.ts';
import { arrange, type Item, isLoop, type Structure } from './structure.ts';
import type { CodeFrame } from './ways.ts';

/** Instructions of a region: what is translated in a millisecond, when V8 knows the translator well. */
const REGION_MAX = 100;

/** What of a frame is translated together. */
export interface Task {
  readonly known: CodeFrame;
  readonly offset: number;
  /** Where a region ends, and what it may be entered at if it contains it. */
  isEnd(offset: number): boolean;
  isWanted(offset: number): boolean;
  /** The frame behind it, where that is known. */
  readonly behind?: number | undefined;
}

export interface Plan {
  readonly known: CodeFrame;
  readonly region: Region;
  readonly structure: Structure;
  /** The blocks that it may be entered at. */
  readonly ways: readonly Block[];
  /** Its place in the table of functions. */
  readonly slot: number;
  /** Of links to it (links.ts): to be told when it goes. */
  readonly cells: number[];
}

/** A new function. */
export interface Made {
  readonly plan: Plan;
  readonly translation: Translation;
}

const noLinks: LinksOf = { to: () => undefined, behind: () => undefined };

export class Planner {
  private readonly memory: SiteMemory;
  private readonly code: CodeCache;
  private readonly library: Library;

  constructor(memory: SiteMemory, code: CodeCache, library: Library) {
    this.memory = memory;
    this.code = code;
    this.library = library;
  }

  /** Takes a slot for the region around a place; undefined: there is nothing, 'full': no slot. */
  plan({ known, offset, isEnd, isWanted, behind: next }: Task): Plan | 'full' | undefined {
    const { memory, code, library } = this;
    const { frame } = known;
    const isDecoded = (at: number): boolean => code.entryOf(frame, at) !== 0;
    const behind = next === undefined ? undefined : memory.u16[(next * PAGE_BYTES) >>> 1];
    const region = formRegion({ memory, frame, isDecoded, isEnd, isWanted, behind }, offset, REGION_MAX);
    if (region.count === 0) return undefined;
    const structure = arrange(region);
    markHeaders(structure.items);
    const ways = [...region.blocks.values()].filter(({ entry, straddles }) => entry && !straddles);
    const slot = library.takeSlot();
    return slot === undefined ? 'full' : { known, region, structure, ways, slot, cells: [] };
  }

  /** Emits the function; 'full': there is no room, and the slot is given back. */
  make(plan: Plan, links: LinksOf = noLinks): Made | 'full' {
    const { memory, code, library } = this;
    const { region, structure, ways, slot, cells } = plan;
    const at = code.allocate(loweredBytes(region));
    if (at === 0) {
      library.freeSlot(slot);
      return 'full';
    }
    const lowered = lowerRegion(memory, region, at);
    const analysis = analyse(region, structure, lowered);
    const make = new RegionFunction(region, structure, analysis, lowered, library.indices, links);
    return { plan, translation: library.create(slot, make.build(ways), cells) };
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
