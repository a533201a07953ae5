/**
 * What is translated together: instructions of one frame that can be reached from one of them without leaving
 * the frame, as basic blocks. Code that was never decoded was never executed, and is left out.
 *
 * A block may be entered from outside (`entry`) where the region begins, behind calls, and behind
 * instructions that only the interpreter does; the translator adds what else it finds useful. What a region
 * calls is another region, in the same frame too, which all that call it share.
 */
import { PAGE_BYTES, type SiteMemory } from '../../../memory/site-memory.ts';
import { type Decoded, decode, ILLEGAL, lengthOf, newDecoded } from '../decoder.ts';
import { instruction } from '../instructions.ts';
import { isControl } from '../interpreter/control.ts';
import { isBranch, isJump, operationFor } from '../interpreter/lower.ts';
import { OPERATIONS } from '../interpreter/operations.ts';

const JALR = instruction('jalr').id;
/** The register that holds where a function returns to. */
const RA = 1;

export interface Instruction {
  readonly offset: number;
  readonly decoded: Decoded;
}

export interface Block {
  readonly offset: number;
  readonly instructions: readonly Instruction[];
  entry: boolean;
  /** Offset at which execution goes on when the last instruction is a branch or jump that is taken. */
  readonly target: number | undefined;
  /** Offset of what follows, if execution goes on there. */
  readonly next: number | undefined;
  /** The last instruction calls a function, at `target` when that is known, which returns to `next`. */
  readonly calls: boolean;
  /** It is one instruction, the second half of which lies in the next page. */
  readonly straddles: boolean;
}

export interface Region {
  readonly frame: number;
  /** By address. The first one that is an entry need not be where the region was found. */
  readonly blocks: ReadonlyMap<number, Block>;
  readonly count: number;
  /** Was the instruction at an offset of the page never executed? */
  isCold(offset: number): boolean;
}

/** The code of a frame, as far as it is known to be code. */
export interface Code {
  readonly memory: SiteMemory;
  readonly frame: number;
  isDecoded(offset: number): boolean;
  /** Does the region end there? */
  isEnd(offset: number): boolean;
  /** Is it to be a way into a region, perhaps into this one? */
  isWanted(offset: number): boolean;
  /** The first halfword of the page behind it, where that is known. */
  readonly behind: number | undefined;
}

/** Finds the region of at most `limit` instructions that contains the one at `start`. */
export function formRegion(code: Code, start: number, limit: number): Region {
  return new Former(code, limit).form(start);
}

class Former {
  private readonly code: Code;
  private readonly limit: number;
  private readonly found = new Map<number, Instruction>();
  private readonly leaders = new Set<number>();
  private readonly entries = new Set<number>();
  private readonly queue: number[] = [];

  constructor(code: Code, limit: number) {
    this.code = code;
    this.limit = limit;
  }

  form(start: number): Region {
    this.lead(start);
    this.entries.add(start);
    for (let i = 0; i < this.queue.length; i++) this.walk(this.queue[i]!);
    const blocks = new Map<number, Block>();
    for (const offset of [...this.leaders].sort((a, b) => a - b)) {
      if (this.found.has(offset)) blocks.set(offset, this.block(offset));
    }
    return { frame: this.code.frame, blocks, count: this.found.size, isCold: this.isCold };
  }

  private readonly isCold = (offset: number): boolean =>
    offset >= 0 && offset < PAGE_BYTES && !this.code.isDecoded(offset);

  private lead(offset: number): void {
    if (this.leaders.has(offset)) return;
    this.leaders.add(offset);
    this.queue.push(offset);
  }

  /** Takes the instructions from here to where execution may go elsewhere. */
  private walk(start: number): void {
    let offset = start;
    while (this.found.size < this.limit && !this.found.has(offset)) {
      if (offset >= PAGE_BYTES || offset < 0 || !this.code.isDecoded(offset)) return;
      const decoded = this.fetch(offset);
      if (!decoded) return;
      if (this.code.isEnd(offset)) return;
      if (this.code.isWanted(offset)) this.enter(offset);
      const next = offset + decoded.length;
      if (next > PAGE_BYTES) this.lead(offset);
      this.found.set(offset, { offset, decoded });
      if (this.ends({ offset, decoded }, next)) return;
      offset = next;
    }
  }

  /** Does the block end with this instruction? Finds what may come behind it. */
  private ends({ offset, decoded }: Instruction, next: number): boolean {
    const { id, imm, rd } = decoded;
    if (isBranch(id) || (isJump(id) && rd !== RA)) this.lead(offset + imm);
    if (isBranch(id)) this.lead(next);
    else if (id === JALR || isJump(id)) {
      if (rd !== 0) this.enter(next);
    } else if (isInterpreted(decoded)) this.enter(next);
    else return false;
    return true;
  }

  private enter(offset: number): void {
    this.entries.add(offset);
    this.lead(offset);
  }

  private fetch(offset: number): Decoded | undefined {
    const { u16 } = this.code.memory;
    const at = (this.code.frame * PAGE_BYTES + offset) >>> 1;
    const half = u16[at]!;
    const second = offset + lengthOf(half) > PAGE_BYTES ? this.code.behind : u16[at + 1]!;
    if (second === undefined) return undefined;
    const decoded = newDecoded();
    decode(half | (second << 16), decoded);
    return decoded;
  }

  private block(offset: number): Block {
    const instructions: Instruction[] = [];
    let at = offset;
    for (;;) {
      const one = this.found.get(at)!;
      instructions.push(one);
      const { id, rd, imm, length } = one.decoded;
      const behind = at + length;
      const jumps = isJump(id) || id === JALR;
      const calls = jumps && rd === RA;
      const target = isBranch(id) || isJump(id) ? at + imm : undefined;
      const next = (jumps && !calls) || isInterpreted(one.decoded) ? undefined : behind;
      const ends = jumps || isBranch(id) || next === undefined;
      if (ends || this.leaders.has(behind) || !this.found.has(behind)) {
        const straddles = behind > PAGE_BYTES;
        const entry = this.entries.has(offset);
        return { offset, instructions, entry, target, next, calls, straddles };
      }
      at = behind;
    }
  }
}

/** Is it one that translated code leaves to the interpreter? */
export function isInterpreted(decoded: Decoded): boolean {
  if (decoded.id === ILLEGAL) return true;
  const { name, parts } = OPERATIONS[operationFor({ ...decoded })]!;
  return !parts[0]!.hot && !isControl(name);
}
