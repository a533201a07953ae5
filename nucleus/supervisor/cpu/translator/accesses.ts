/**
 * Which accesses to memory share a look-up in the TLB: those of a block, and of the one that alone leads to
 * it, with the same base register and nearby offsets. As nothing else happens while translated code runs,
 * what a look-up found holds as long as the base register. When not all of them lie in one page, the first
 * leaves the rest of the block to the interpreter. Where one of them writes, all are looked up as writes:
 * what may be written may be read.
 *
 * The prologue and epilogue of every function, and the fields of a structure, are such accesses; a look-up is
 * 14 instructions of the host.
 */
import { Access } from '../../../memory/site-memory.ts';
import { INSTRUCTIONS } from '../instructions.ts';
import type { Lowered } from './lowering.ts';
import { wordOf } from './registers.ts';

/** From the first byte to behind the last: what is wider often lies in two pages. */
const SPAN_MAX = 512;

/** Accesses that share a look-up. */
export interface Group {
  access: number;
  /** Offsets from the base register: of the first byte, and behind the last. */
  least: number;
  end: number;
  /** The variable with the physical address of the first byte, when the look-up is emitted. */
  local: number | undefined;
}

/** By base register: the look-up that holds at a place. */
export type Groups = Map<number, Group>;

export interface MemoryAccess {
  readonly base: number;
  readonly access: number;
  readonly bytes: number;
}

/** What an instruction that translated code does itself accesses. */
export function accessOf({ id, rs1, rs2, rd, interpreted }: Lowered): MemoryAccess | undefined {
  if (interpreted) return undefined;
  const { memory } = INSTRUCTIONS[id]!.format;
  if (memory === undefined) return undefined;
  const load = memory === 'load';
  return { base: wordOf(rs1), access: load ? Access.read : Access.write, bytes: load ? rs2 : rd };
}

/** The group of each access of a block; `groups`, what holds before it, becomes what holds behind it. */
export function groupAccesses(instructions: readonly Lowered[], groups: Groups): Map<Lowered, Group> {
  const found = new Map<Lowered, Group>();
  for (const instruction of instructions) {
    const memory = accessOf(instruction);
    if (memory) found.set(instruction, join(groups, memory, instruction.imm));
    const { writes } = instruction.usage;
    if (writes !== undefined) groups.delete(writes);
  }
  return found;
}

function join(groups: Groups, { base, access, bytes }: MemoryAccess, offset: number): Group {
  const known = groups.get(base);
  if (known) {
    const least = Math.min(known.least, offset);
    const end = Math.max(known.end, offset + bytes);
    const fits = least === known.least && end === known.end && access <= known.access;
    if (fits || (known.local === undefined && end - least <= SPAN_MAX)) {
      known.least = least;
      known.end = end;
      known.access = Math.max(known.access, access);
      return known;
    }
  }
  const group: Group = { access, least: offset, end: offset + bytes, local: undefined };
  groups.set(base, group);
  return group;
}
