/**
 * Decoded instructions, kept per frame and so shared by every address space that maps the frame. What was
 * never executed is never decoded.
 *
 * A frame with code has an index: the address of the entry (interpreter/entry.ts) of each halfword, 0 where
 * nothing was decoded. Entries are made in runs, which go on until execution certainly goes elsewhere; every
 * instruction has one entry that the index knows, so any of them can be jumped to.
 *
 * Indices and entries live in two arenas that grow up to a limit. When one is full all of them are given up
 * at once: the generation in the execute tables of all TLBs then no longer fits, so nobody needs to be told.
 * When the content of a frame changes (`frames.codeChanged`) its index is emptied; its entries are lost until
 * the next time that everything is given up.
 */
import { PAGE_BYTES, type SiteMemory } from '../../memory/site-memory.ts';
import { Arena } from './arena.ts';
import { type Decoded, decode, lengthOf, newDecoded } from './decoder.ts';
import { ENTRY_BYTES, Field, INDEX_BYTES } from './interpreter/entry.ts';
import { endsLine, hasTarget, isBranch, isJump, isTerminator, lower, putEnd } from './interpreter/lower.ts';
import { firstPart, fuse, nearOperation, operation, PARTS_MAX } from './interpreter/operations.ts';
import { STRADDLE_BYTES, STRADDLE_ROWS, STRADDLES, Straddle, straddleRow } from './interpreter/straddles.ts';
import { GENERATION } from './interpreter/translate.ts';
import { TRANSLATED } from './interpreter/translated.ts';

/** Room for decoded instructions: a share of the site's memory, within bounds; entries, and then indices. */
const ARENA_SHARE = 1 / 8;
const ARENA_MIN_BYTES = 2 * 1024 * 1024;
const ARENA_MAX_BYTES = 64 * 1024 * 1024;
const INDEX_SHARE = 1 / 4;
/** Entries of one run. */
const RUN_MAX = 128;
/** A run that meets decoded instructions repeats so many of them before it goes over to theirs: to the end
 * of a loop it is shorter to go on. */
const REPEAT_MAX = 8;
/** Entries of an instruction decoded by itself, in frame 0: the instruction and the end behind it. */
const SINGLE = 0x800;

const STRADDLE = operation('straddle');
const GOTO = operation('goto');

/** The code of one frame. */
interface CodePage {
  readonly frame: number;
  /** Address of the index. */
  readonly index: number;
  /** Entries of branches by the offset of their target, where that is not decoded yet. */
  readonly waiting: Map<number, number[]>;
}

export class CodeCache {
  /** Told when the decoded instructions of a frame, or (undefined) all, were given up. */
  dropped: (frame: number | undefined) => void = () => {};
  private readonly memory: SiteMemory;
  private readonly entries: Arena;
  private readonly indices: Arena;
  private readonly byFrame = new Map<number, CodePage>();
  private readonly byIndex = new Map<number, CodePage>();
  private readonly fields = newDecoded();
  /** Of the run that is being decoded: where it begins, and which instruction each entry is (-1: none). */
  private start = 0;
  private readonly ids: number[] = [];

  constructor(memory: SiteMemory) {
    this.memory = memory;
    const bytes = Math.min(ARENA_MAX_BYTES, Math.max(ARENA_MIN_BYTES, memory.bytes * ARENA_SHARE));
    this.indices = new Arena(memory, bytes * INDEX_SHARE);
    this.entries = new Arena(memory, bytes * (1 - INDEX_SHARE));
    memory.frames.codeChanged = (frame) => this.changed(frame);
    memory.i32[GENERATION >>> 2] = 1;
  }

  get generation(): number {
    return this.memory.i32[GENERATION >>> 2]!;
  }

  /** The index of a frame's code, made when there is none; 0: there is no room at all. */
  indexOf(frame: number): number {
    const known = this.byFrame.get(frame);
    if (known) return known.index;
    let index = this.indices.room(INDEX_BYTES);
    if (index === 0) {
      this.flush();
      index = this.indices.room(INDEX_BYTES);
      if (index === 0) return 0;
    }
    this.indices.take(INDEX_BYTES);
    this.memory.u8.fill(0, index, index + INDEX_BYTES);
    this.add({ frame, index, waiting: new Map() });
    return index;
  }

  /** The frame whose index this is. */
  frameOf(index: number): number {
    return this.byIndex.get(index)!.frame;
  }

  /** The entry of the instruction at an offset of a frame, 0 where nothing is decoded. */
  entryOf(frame: number, offset: number): number {
    const page = this.byFrame.get(frame);
    return page ? this.entryAt(page, offset) : 0;
  }

  /** Room for entries that go when all decoded instructions go; 0: full. */
  allocate(bytes: number): number {
    const at = this.entries.room(bytes);
    if (at !== 0) this.entries.take(bytes);
    return at;
  }

  private add(page: CodePage): void {
    this.byFrame.set(page.frame, page);
    this.byIndex.set(page.index, page);
  }

  /**
   * Decodes what execution finds at an offset (even) of the page with this index, and behind it. When there
   * is no room everything is given up, and nothing decoded.
   */
  decode(index: number, offset: number): void {
    const page = this.byIndex.get(index)!;
    this.memory.frames.code[page.frame] = 1;
    this.start = this.entries.room((RUN_MAX + 1) * ENTRY_BYTES);
    if (this.start === 0) {
      this.flush();
      return;
    }
    this.ids.length = 0;
    this.decodeRun(page, offset);
    this.countLines();
    this.entries.take(this.ids.length * ENTRY_BYTES);
    this.resolve(page);
    this.fuse(this.start, this.ids.length);
  }

  /** Gives up all decoded instructions. */
  flush(): void {
    const { memory } = this;
    memory.i32[GENERATION >>> 2]! += 1;
    for (const frame of this.byFrame.keys()) memory.frames.code[frame] = 0;
    this.byFrame.clear();
    this.byIndex.clear();
    this.indices.reset();
    this.entries.reset();
    this.forgetStraddles();
    this.dropped(undefined);
  }

  private changed(frame: number): void {
    const { memory } = this;
    memory.frames.code[frame] = 0;
    this.forgetStraddles();
    const page = this.byFrame.get(frame);
    if (!page) return;
    memory.u8.fill(0, page.index, page.index + INDEX_BYTES);
    page.waiting.clear();
    this.dropped(frame);
  }

  /** Decodes an instruction at an offset of its page by itself; its entry, good until the next call. */
  single(word: number, offset: number): number {
    return this.decodeAlone(SINGLE, word, offset);
  }

  /**
   * The same for an instruction that lies in two pages, with these indices, the second of this frame; the
   * entry is kept as long as their contents are.
   */
  straddle(word: number, pc: number, first: number, second: number): number {
    const row = straddleRow(pc);
    const { i32 } = this.memory;
    i32[(row + Straddle.pc) >>> 2] = pc;
    i32[(row + Straddle.pc + 4) >>> 2] = Math.floor(pc / 2 ** 32);
    i32[(row + Straddle.first) >>> 2] = first;
    i32[(row + Straddle.second) >>> 2] = second;
    for (const index of [first, second]) this.memory.frames.code[this.byIndex.get(index)!.frame] = 1;
    return this.decodeAlone(row + Straddle.entry, word, pc % PAGE_BYTES);
  }

  /** The entries themselves stay: one of them may be executing. */
  private forgetStraddles(): void {
    for (let row = 0; row < STRADDLE_ROWS; row++)
      this.memory.i32[(STRADDLES + row * STRADDLE_BYTES + Straddle.first) >>> 2] = 0;
  }

  private decodeAlone(at: number, word: number, offset: number): number {
    const { memory, fields } = this;
    decode(word, fields);
    lower(memory, at, fields, offset);
    memory.u16[(at + Field.left) >>> 1] = 1;
    putEnd(memory, at + ENTRY_BYTES, offset + fields.length);
    return at;
  }

  // --- one run ---------------------------------------------------------------------------------------------

  private decodeRun(page: CodePage, start: number): void {
    const { ids, fields } = this;
    let offset = start;
    let repeated = 0;
    while (offset < PAGE_BYTES && ids.length < RUN_MAX) {
      const known = this.entryAt(page, offset);
      // Behind a repeated part: everything new waits for its own run.
      if (known === 0 && repeated > 0) break;
      if (known !== 0) {
        if (repeated >= REPEAT_MAX || (repeated > 0 && isBranch(ids.at(-1)!))) {
          this.pushGoto(known, offset);
          return;
        }
        repeated += 1;
      }
      const at = this.next();
      if (known === 0) this.memory.u32[(page.index >>> 2) + (offset >>> 1)] = at;
      if (!this.fetch(page.frame * PAGE_BYTES + offset, offset, fields)) {
        this.pushStraddle(at, offset);
        return;
      }
      const { id, length } = fields;
      lower(this.memory, at, fields, offset);
      ids.push(id);
      offset += length;
      if (isJump(id)) return;
      if (isTerminator(id)) break;
    }
    this.pushEnd(offset);
  }

  /** Where the next entry of the run stands. */
  private next(): number {
    return this.start + this.ids.length * ENTRY_BYTES;
  }

  private entryAt(page: CodePage, offset: number): number {
    return this.memory.u32[(page.index >>> 2) + (offset >>> 1)]!;
  }

  /** Decodes the instruction at a physical address; false when it goes beyond the page. */
  private fetch(physical: number, offset: number, out: Decoded): boolean {
    const { u16 } = this.memory;
    const half = u16[physical >>> 1]!;
    if (offset + lengthOf(half) > PAGE_BYTES) return false;
    decode(half | (u16[(physical >>> 1) + 1]! << 16), out);
    return true;
  }

  private pushEnd(offset: number): void {
    putEnd(this.memory, this.next(), offset);
    this.ids.push(NO_INSTRUCTION);
  }

  private pushGoto(target: number, offset: number): void {
    const at = this.next();
    this.pushEnd(offset);
    this.memory.u16[at >>> 1] = GOTO;
    this.memory.i32[(at + Field.imm) >>> 2] = target - at;
  }

  private pushStraddle(at: number, offset: number): void {
    this.memory.u16[at >>> 1] = STRADDLE;
    this.memory.u16[(at + Field.offset) >>> 1] = offset;
    this.ids.push(STRADDLING);
  }

  /** Fills in how many instructions each entry's straight line still has. */
  private countLines(): void {
    const { u16 } = this.memory;
    let left = 0;
    for (let i = this.ids.length - 1; i >= 0; i--) {
      const id = this.ids[i]!;
      const at = this.start + i * ENTRY_BYTES;
      if (id === NO_INSTRUCTION) left = 0;
      else left = id === STRADDLING || endsLine(id) ? 1 : left + 1;
      u16[(at + Field.left) >>> 1] = left;
    }
  }

  // --- branches --------------------------------------------------------------------------------------------

  /** Makes branches near: those of this run whose target is decoded, and those that waited for this run. */
  private resolve(page: CodePage): void {
    const { ids, start } = this;
    const { u16, i32 } = this.memory;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      const at = start + i * ENTRY_BYTES;
      const offset = u16[(at + Field.offset) >>> 1]!;
      if (page.waiting.size > 0 && this.entryAt(page, offset) === at) this.wake(page, offset, at);
      if (!hasTarget(id)) continue;
      const target = offset + i32[(at + Field.imm) >>> 2]!;
      if (target < 0 || target >= PAGE_BYTES) continue;
      const entry = this.entryAt(page, target);
      if (entry !== 0) this.makeNear(at, entry);
      else {
        const others = page.waiting.get(target);
        // The lowest bits (addresses are multiples of 16) tell how many entries of the run are before it.
        const record = at + Math.min(i, PARTS_MAX - 1);
        if (others) others.push(record);
        else page.waiting.set(target, [record]);
      }
    }
  }

  private wake(page: CodePage, offset: number, entry: number): void {
    for (const record of page.waiting.get(offset) ?? []) {
      const before = record % ENTRY_BYTES;
      this.makeNear(record - before, entry);
      this.fuse(record - before - before * ENTRY_BYTES, before);
    }
    page.waiting.delete(offset);
  }

  private makeNear(at: number, target: number): void {
    const { u16, i32 } = this.memory;
    if (u16[at >>> 1]! >= TRANSLATED) return;
    u16[at >>> 1] = nearOperation[u16[at >>> 1]!]!;
    i32[(at + Field.imm) >>> 2] = target - at;
  }

  /** Makes `count` entries do what the next ones do, too, where there is an operation for it. */
  private fuse(first: number, count: number): void {
    const { u16 } = this.memory;
    const step = ENTRY_BYTES >>> 1;
    for (let i = 0; i < count; i++) {
      let next = (first >>> 1) + i * step;
      const half = next;
      if (u16[half]! >= TRANSLATED) continue;
      let number = firstPart[u16[half]!]!;
      do {
        u16[half] = number;
        next += step;
        number = u16[next]! >= TRANSLATED ? 0 : fuse(number, firstPart[u16[next]!]!);
      } while (number !== 0);
    }
  }
}

/** Instead of instructions' ids. */
const NO_INSTRUCTION = -2;
const STRADDLING = -3;
