/**
 * Decoded instructions, kept per frame and so shared by every address space that maps the frame. A page of
 * them has an entry for each halfword of the code (interpreter/entry.ts); what was never executed is never
 * decoded.
 *
 * Pages live in an arena that grows up to a limit. When it is full all of them are given up at once: the
 * generation in the execute tables of all TLBs then no longer fits, so nobody needs to be told. The content
 * of a frame that changes (`frames.codeChanged`) empties its page; the page itself stays the frame's.
 */
import { KError } from '../../errors.ts';
import { PAGE_BYTES, PAGE_SHIFT, type SiteMemory } from '../../memory/site-memory.ts';
import { decode, lengthOf, newDecoded } from './decoder.ts';
import { CODE_SHIFT, ENTRY_BYTES, Field, PAGE_ENTRY_BYTES, PAGE_STRIDE } from './interpreter/entry.ts';
import { endsLine, lower } from './interpreter/lower.ts';
import { operation } from './interpreter/operations.ts';
import { GENERATION } from './interpreter/translate.ts';

/** Room for decoded instructions: a share of the site's memory, within bounds. */
const ARENA_SHARE = 1 / 8;
const ARENA_MIN_BYTES = 2 * 1024 * 1024;
const ARENA_MAX_BYTES = 64 * 1024 * 1024;
/** The arena grows by so many pages of entries. */
const CHUNK_PAGES = 16;
/** Entries of an instruction decoded by itself, in frame 0: the instruction and the ends behind it. */
const SINGLE = 0x800;

const END = operation('end');
const STRADDLE = operation('straddle');

export class CodeCache {
  private readonly memory: SiteMemory;
  /** Address of the page of entries by frame; 0: none. */
  private readonly pages: Uint32Array;
  /** Frames that have a page. */
  private decoded: number[] = [];
  private free: number[] = [];
  /** By address: the frame of a page of entries. */
  private readonly frameOf = new Map<number, number>();
  private arenaLeft: number;
  private readonly fields = newDecoded();
  /** Entries and lengths on the way through a straight line. */
  private readonly line: number[] = [];

  constructor(memory: SiteMemory) {
    this.memory = memory;
    this.pages = new Uint32Array(memory.frames.total);
    const share = memory.bytes * ARENA_SHARE;
    this.arenaLeft = Math.min(ARENA_MAX_BYTES, Math.max(ARENA_MIN_BYTES, share));
    memory.frames.codeChanged = (frame) => this.changed(frame);
    memory.i32[GENERATION >>> 2] = 1;
    for (let at = SINGLE; at <= SINGLE + 2 * ENTRY_BYTES; at += ENTRY_BYTES) memory.u16[at >>> 1] = END;
  }

  get generation(): number {
    return this.memory.i32[GENERATION >>> 2]!;
  }

  /** The page of entries of a frame, made when there is none. Throws K_ENOMEM. */
  pageOf(frame: number): number {
    const known = this.pages[frame]!;
    if (known !== 0) return known;
    const page = this.allocate();
    this.memory.u8.fill(0, page, page + PAGE_STRIDE);
    this.memory.u16[(page + PAGE_ENTRY_BYTES + Field.op) >>> 1] = END;
    this.pages[frame] = page;
    this.frameOf.set(page, frame);
    this.decoded.push(frame);
    return page;
  }

  /** The frame whose page of entries has this one. */
  frameAt(entry: number, pc: number): number {
    return this.frameOf.get(entry - ((pc % PAGE_BYTES) << CODE_SHIFT))!;
  }

  /**
   * Decodes the straight line that begins at `pc`, whose entry this is: up to an instruction that goes
   * elsewhere, one that is decoded already, or the end of the page.
   */
  decode(entry: number, pc: number): void {
    const { memory, line, fields } = this;
    const frame = this.frameAt(entry, pc);
    const start = pc % PAGE_BYTES;
    const page = entry - (start << CODE_SHIFT);
    memory.frames.code[frame] = 1;
    line.length = 0;
    let offset = start;
    let left = 0;
    while (offset < PAGE_BYTES) {
      const at = page + (offset << CODE_SHIFT);
      if (memory.u16[at >>> 1] !== 0) {
        left = memory.u16[(at + Field.left) >>> 1]!;
        break;
      }
      line.push(offset);
      const length = this.readWord(frame * PAGE_BYTES + offset);
      if (offset + length > PAGE_BYTES) break;
      decode(this.word, fields);
      offset += length;
      if (endsLine(fields.id)) break;
    }
    for (let i = line.length - 1; i >= 0; i--) {
      left += 1;
      this.lowerAt(page, frame, line[i]!, left);
    }
  }

  private word = 0;

  /** Reads the instruction at a physical address, of which the second half may lie outside; its length. */
  private readWord(physical: number): 2 | 4 {
    const { u16 } = this.memory;
    const half = u16[physical >>> 1]!;
    this.word = half | (u16[(physical >>> 1) + 1]! << 16);
    return lengthOf(half);
  }

  private lowerAt(page: number, frame: number, offset: number, left: number): void {
    const { memory, fields } = this;
    const at = page + (offset << CODE_SHIFT);
    if (offset + this.readWord(frame * PAGE_BYTES + offset) > PAGE_BYTES) {
      memory.u16[at >>> 1] = STRADDLE;
      memory.u16[(at + Field.left) >>> 1] = left;
      return;
    }
    decode(this.word, fields);
    lower(memory, at, fields, offset, left);
  }

  /** Decodes one instruction, given as its halves' physical addresses, by itself; its entry. */
  single(first: number, second: number): number {
    const { memory, fields } = this;
    decode(memory.u16[first >>> 1]! | (memory.u16[second >>> 1]! << 16), fields);
    lower(memory, SINGLE, fields, -1, 1);
    return SINGLE;
  }

  /** Gives up all decoded instructions. */
  flush(): void {
    const { memory } = this;
    memory.i32[GENERATION >>> 2]! += 1;
    for (const frame of this.decoded) {
      this.free.push(this.pages[frame]!);
      this.pages[frame] = 0;
      memory.frames.code[frame] = 0;
    }
    this.decoded = [];
    this.frameOf.clear();
  }

  private changed(frame: number): void {
    const { memory } = this;
    memory.frames.code[frame] = 0;
    const page = this.pages[frame]!;
    if (page !== 0) memory.u8.fill(0, page, page + PAGE_ENTRY_BYTES);
  }

  private allocate(): number {
    if (this.free.length === 0 && !this.grow()) this.flush();
    const page = this.free.pop();
    if (page === undefined) throw new KError('K_ENOMEM');
    return page;
  }

  /** Takes another chunk from the site's memory, unless the limit is reached or there is none. */
  private grow(): boolean {
    const bytes = CHUNK_PAGES * PAGE_STRIDE;
    if (this.arenaLeft < bytes) return false;
    try {
      const run = this.memory.allocateRun(bytes);
      for (let i = CHUNK_PAGES - 1; i >= 0; i--) this.free.push(run + i * PAGE_STRIDE);
    } catch (error) {
      if (error instanceof KError && error.kname === 'K_ENOMEM') {
        this.arenaLeft = 0;
        return false;
      }
      throw error;
    }
    this.arenaLeft -= bytes;
    return true;
  }
}

/** The frame of a physical address. */
export const frameOfAddress = (physical: number): number => Math.floor(physical / (1 << PAGE_SHIFT));
