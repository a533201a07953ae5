/**
 * Which registers of the guest are in variables of the translated function, at the beginning of each block.
 *
 * A register is absent (its value is in frame 0), clean (in its variable and in frame 0) or dirty (in its
 * variable only). A block loads what it needs and finds absent; where ways join, the least that all of them
 * have remains, and the rest is stored on the way. At the header of a loop all registers that the loop uses
 * are present: they are loaded on the way in, and neither loaded nor stored in the loop. Behind a call all
 * are absent.
 *
 * Blocks are taken in the order in which they are emitted, so one pass is enough: only jumps to headers of
 * loops go back, and those bring what the header asks for.
 */
import { INSTRUCTIONS } from '../instructions.ts';
import { F, SINK } from '../state.ts';
import type { LoweredBlock } from './lowering.ts';
import type { Block, Region } from './region.ts';
import { type Item, isLoop, type Loop, type Structure, successors } from './structure.ts';

export const Where = { absent: 0, clean: 1, dirty: 2 } as const;
/** Where each register is: by its address in frame 0, in words of 8 bytes. */
export type Registers = Uint8Array;

const WORD = 8;
const REGISTERS = F / WORD + 32;
export const wordOf = (address: number): number => address / WORD;
/** Is it of the float registers? Their variables are f64. */
export const isFloat = (word: number): boolean => word >= F / WORD;
export const nothing = (): Registers => new Uint8Array(REGISTERS);

/** What an instruction does to registers: words. */
export interface Usage {
  readonly reads: readonly number[];
  readonly writes: number | undefined;
}

interface Operands {
  readonly rd: number;
  readonly rs1: number;
  readonly rs2: number;
  readonly rs3: number;
}

/** The registers of an instruction whose operands are lowered. x0 is none. */
export function usageOf(id: number, { rd, rs1, rs2, rs3 }: Operands): Usage {
  if (id < 0) return { reads: [], writes: undefined };
  const { format } = INSTRUCTIONS[id]!;
  const reads: number[] = [];
  const read = (named: unknown, address: number): void => {
    if (named !== undefined && address !== 0) reads.push(wordOf(address));
  };
  if (!format.zimm) read(format.rs1, rs1);
  read(format.rs2, rs2);
  read(format.rs3, rs3);
  return { reads, writes: format.rd !== undefined && rd !== SINK ? wordOf(rd) : undefined };
}

/** The instruction has its operands in variables. */
export function apply(registers: Registers, { reads, writes }: Usage): void {
  for (const word of reads) registers[word] ||= Where.clean;
  if (writes !== undefined) registers[writes] = Where.dirty;
}

function join(known: Registers | undefined, arriving: Registers): Registers {
  if (!known) return arriving.slice();
  for (let word = 0; word < REGISTERS; word++) {
    if (known[word] === Where.absent || arriving[word] === Where.absent) known[word] = Where.absent;
    else known[word] = Math.max(known[word]!, arriving[word]!);
  }
  return known;
}

/** Where a jump arrives first: at a loop that it enters, or, undefined, at the block itself. */
export function entered(structure: Structure, from: Block | undefined, to: Block): Loop | undefined {
  const around: readonly Loop[] = from ? structure.loops.get(from)! : [];
  return structure.loops.get(to)!.find((loop) => !around.includes(loop));
}

export interface Analysis {
  /** At the beginning of each block. */
  readonly at: ReadonlyMap<Block, Registers>;
  /** Blocks that jumps into a loop mean that is entered at its header. */
  readonly passed: ReadonlyMap<Loop, ReadonlySet<Block>>;
}

export function analyse(
  region: Region,
  structure: Structure,
  lowered: ReadonlyMap<Block, LoweredBlock>,
): Analysis {
  return new Analyser(region, structure, lowered).analyse();
}

class Analyser {
  private readonly region: Region;
  private readonly structure: Structure;
  private readonly lowered: ReadonlyMap<Block, LoweredBlock>;
  private readonly at = new Map<Block, Registers>();
  private readonly passed = new Map<Loop, Set<Block>>();

  constructor(region: Region, structure: Structure, lowered: ReadonlyMap<Block, LoweredBlock>) {
    this.region = region;
    this.structure = structure;
    this.lowered = lowered;
  }

  analyse(): Analysis {
    for (const block of this.region.blocks.values()) {
      if (block.entry) this.arrive(undefined, block, nothing());
    }
    this.items(this.structure.items);
    return { at: this.at, passed: this.passed };
  }

  private items(items: readonly Item[]): void {
    for (const item of items) {
      if (isLoop(item)) this.loop(item);
      else this.block(item);
    }
  }

  private loop(loop: Loop): void {
    const { header, blocks, items } = loop;
    const registers = this.at.get(header)!;
    // Who is called has all registers in frame 0: to load them all after each call would be of no use.
    if (blocks.some(({ calls }) => calls)) registers.fill(Where.absent);
    else
      for (const block of blocks)
        for (const { usage } of this.lowered.get(block)!.instructions) apply(registers, usage);
    for (const block of this.passed.get(loop) ?? []) this.arrive(header, block, registers);
    this.items(items);
  }

  private block(block: Block): void {
    const registers = this.at.get(block)!.slice();
    for (const { usage } of this.lowered.get(block)!.instructions) apply(registers, usage);
    if (block.calls) registers.fill(Where.absent);
    for (const to of successors(this.region, block)) {
      const back = this.structure.loops.get(block)!.some(({ header }) => header === to);
      if (!back) this.arrive(block, to, registers);
    }
  }

  private arrive(from: Block | undefined, to: Block, registers: Registers): void {
    const loop = entered(this.structure, from, to);
    const first = loop?.header ?? to;
    this.at.set(first, join(this.at.get(first), registers));
    if (!loop || first === to) return;
    const passed = this.passed.get(loop);
    if (passed) passed.add(to);
    else this.passed.set(loop, new Set([to]));
  }
}
