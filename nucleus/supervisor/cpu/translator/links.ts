/**
 * Which function of the same module a jump or a call leads to: then WebAssembly jumps there directly, and
 * nothing is looked up. Within a page that is certain, because what changes in a frame ends all functions of
 * it. To another page it is what the jumps of the past tell, and the code checks it (`expect` in
 * interpreter/jump-cache.ts).
 */
import { PAGE_BYTES, type SiteMemory } from '../../../memory/site-memory.ts';
import type { CodeCache } from '../code-cache.ts';
import type { Expected, Remembered } from '../interpreter/jump-cache.ts';
import type { Plan } from './plan.ts';
import { type Stub, stubOf, targetOf } from './stubs.ts';
import type { CodeFrame } from './ways.ts';

/** A multiple of the bytes of an entry, which lie there too. */
const CELL_BYTES = 16;
const WHICH_SHIFT = 16;

/** Where an offset from the page of a region leads. */
export interface Link {
  /** Index of the function in the module, and which of its ways in. */
  readonly index: number;
  readonly which: number;
  /** Only in another page. */
  readonly expected: Expected | undefined;
  /** It is a stub, which leads to another function, perhaps to this one. */
  readonly stub?: { readonly does: Stub; readonly to: Link | undefined } | undefined;
}

/** What leads from a region to others. */
export interface LinksOf {
  to(offset: number): Link | undefined;
  /** A place in the next page, if only to tell whether it is that page. */
  behind(): { readonly offset: number; readonly link: Link } | undefined;
}

/** Where the target is, seen from the page of the region. */
type Place = 'in this page' | 'at an offset' | 'anywhere';

interface Target {
  readonly plan: Plan;
  readonly index: number;
  readonly which: number;
}

export class Links {
  private readonly memory: SiteMemory;
  private readonly code: CodeCache;
  /** By frame and offset. */
  private readonly targets = new Map<number, Map<number, Target>>();
  private readonly neighbours: Neighbours;

  constructor(memory: SiteMemory, code: CodeCache, neighbours: Neighbours) {
    this.memory = memory;
    this.code = code;
    this.neighbours = neighbours;
  }

  /** The regions of the module, whose first function has the index `first`. */
  addAll(plans: readonly Plan[], first: number): void {
    for (const [i, plan] of plans.entries()) this.add(plan, first + i);
  }

  private add(plan: Plan, index: number): void {
    const { frame } = plan.known;
    let inFrame = this.targets.get(frame);
    if (!inFrame) this.targets.set(frame, (inFrame = new Map()));
    for (const [which, { offset }] of plan.ways.entries()) inFrame.set(offset, { plan, index, which });
  }

  /** The links of a region. */
  of({ known: { frame } }: Plan): LinksOf {
    const targetsAt = (pages: number): Map<number, Target> | undefined => {
      const there = pages === 0 ? frame : this.neighbours.frameAt(frame, pages);
      return there === undefined ? undefined : this.targets.get(there);
    };
    return {
      to: (offset) => {
        const pages = Math.floor(offset / PAGE_BYTES);
        const target = targetsAt(pages)?.get(offset - pages * PAGE_BYTES);
        return target && this.link(target, pages === 0 ? 'in this page' : 'at an offset');
      },
      behind: () => {
        const [first] = targetsAt(1) ?? [];
        const link = first && this.link(first[1], 'at an offset');
        return link && { offset: PAGE_BYTES + first[0], link };
      },
    };
  }

  private link({ plan, index, which }: Target, place: Place): Link | undefined {
    const anywhere = place === 'anywhere';
    const stub = anywhere ? undefined : this.stub(plan, plan.ways[which]!.offset);
    if (place === 'in this page') return { index, which, expected: undefined, stub };
    const cell = this.code.allocate(CELL_BYTES);
    if (cell === 0) return undefined;
    this.memory.u8.fill(0, cell, cell + CELL_BYTES);
    plan.cells.push(cell);
    return { index, which, expected: { cell, target: plan.slot | (which << WHICH_SHIFT), anywhere }, stub };
  }

  private stub({ region, known: { frame } }: Plan, offset: number): Link['stub'] {
    const does = stubOf(region, offset);
    const place = does && this.neighbours.placeOf(frame);
    if (!place) return undefined;
    const address = targetOf(this.memory, place.tlb, place.page, does);
    if (address === undefined) return undefined;
    const frameThere = this.neighbours.frameAt(frame, Math.floor(address / PAGE_BYTES) - place.page);
    const target =
      frameThere === undefined ? undefined : this.targets.get(frameThere)?.get(address % PAGE_BYTES);
    return { does, to: target && this.link(target, 'anywhere') };
  }
}

/** Which frames were seen side by side in an address space. */
export class Neighbours {
  /** By TLB block and page number. */
  private readonly spaces = new Map<number, Map<number, number>>();
  /** Where each frame was seen last. */
  private readonly places = new Map<number, Remembered>();
  private readonly used = new Set<CodeFrame>();

  constructor(seen: Iterable<Remembered>, translated: readonly CodeFrame[]) {
    const frames = new Map<number, CodeFrame>();
    for (const known of translated) for (const { slot } of known.translations.keys()) frames.set(slot, known);
    for (const place of seen) {
      const known = frames.get(place.slot);
      if (!known) continue;
      const { frame } = known;
      if (place.holds) this.used.add(known);
      this.places.set(frame, place);
      const space = this.spaces.get(place.tlb);
      if (space) space.set(place.page, frame);
      else this.spaces.set(place.tlb, new Map([[place.page, frame]]));
    }
  }

  /** What was jumped to of late. */
  inUse(): CodeFrame[] {
    return [...this.used];
  }

  placeOf(frame: number): Remembered | undefined {
    return this.places.get(frame);
  }

  /** The frame so many pages behind another. */
  frameAt(frame: number, pages: number): number | undefined {
    const place = this.places.get(frame);
    return place && this.spaces.get(place.tlb)!.get(place.page + pages);
  }
}
