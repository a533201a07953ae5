/**
 * The instructions of a region as entries that the interpreter can execute (interpreter/entry.ts): one line
 * per block, with far branches and no ways into translated code. The translator takes operations and operands
 * from them; and translated code names one of them where it leaves an instruction to the interpreter, which
 * so gets past it, and knows what was charged and not executed.
 */
import type { SiteMemory } from '../../../memory/site-memory.ts';
import { isControl } from '../interpreter/control.ts';
import { ENTRY_BYTES, Field } from '../interpreter/entry.ts';
import { lower, putEnd } from '../interpreter/lower.ts';
import { OPERATIONS } from '../interpreter/operations.ts';
import type { Block, Region } from './region.ts';
import { type Usage, usageOf } from './registers.ts';

export interface Lowered {
  /** Name of the operation, and its number. */
  readonly name: string;
  readonly operation: number;
  /** Address of the entry. */
  readonly at: number;
  readonly id: number;
  readonly offset: number;
  readonly rd: number;
  readonly rs1: number;
  readonly rs2: number;
  readonly rs3: number;
  readonly imm: number;
  readonly usage: Usage;
  /** Translated code leaves it to the interpreter. */
  readonly interpreted: boolean;
}

export interface LoweredBlock {
  readonly instructions: readonly Lowered[];
}

export function loweredBytes({ count, blocks }: Region): number {
  return (count + blocks.size) * ENTRY_BYTES;
}

/** Writes the entries at an address with room for them. */
export function lowerRegion(memory: SiteMemory, region: Region, start: number): Map<Block, LoweredBlock> {
  const lowered = new Map<Block, LoweredBlock>();
  let at = start;
  for (const block of region.blocks.values()) {
    const instructions: Lowered[] = [];
    let end = block.offset;
    for (const [i, { offset, decoded }] of block.instructions.entries()) {
      lower(memory, at, { ...decoded }, offset);
      memory.u16[(at + Field.left) >>> 1] = block.instructions.length - i;
      instructions.push(read(memory, at, decoded.id, offset));
      end = offset + decoded.length;
      at += ENTRY_BYTES;
    }
    putEnd(memory, at, end);
    at += ENTRY_BYTES;
    lowered.set(block, { instructions });
  }
  return lowered;
}

function read({ u16, i32 }: SiteMemory, at: number, id: number, offset: number): Lowered {
  const field = (name: keyof typeof Field): number => u16[(at + Field[name]) >>> 1]!;
  const operation = field('op');
  const operands = { rd: field('rd'), rs1: field('rs1'), rs2: field('rs2'), rs3: field('rs3') };
  const imm = i32[(at + Field.imm) >>> 2]!;
  const { name, parts } = OPERATIONS[operation]!;
  const interpreted = !parts[0]!.hot && !isControl(name);
  const usage = interpreted ? { reads: [], writes: undefined } : usageOf(id, operands);
  return { name, operation, at, id, offset, ...operands, imm, usage, interpreted };
}
