/**
 * The WebAssembly function of a region:
 *
 *   (which, page, left, tlb, returnTo) → Reason     which: the number of the block that is entered; calls.ts
 *
 * It knows neither the address of its page (frames are shared) nor anything of the thread. Registers are in
 * variables (registers.ts). Each block charges its instructions to the budget; that the budget covers what
 * may come is checked where the function begins, in each turn of a loop, and after calls. Ways out:
 *
 * - to the interpreter, at an instruction: the address of its entry (lowering.ts) goes to the label `slow`;
 *   what was charged and not executed is given back. The dirty registers are stored in stubs behind the
 *   block's code, each falling through to the one of the exit before it, which stores what was dirty then.
 * - to another address, or to where nothing is translated: departures.ts.
 */

import { INSTRUCTIONS } from '../instructions.ts';
import { type CallParameters, pushWay } from '../interpreter/calls.ts';
import { CONDITIONS, withoutFar } from '../interpreter/control.ts';
import type { Variables } from '../interpreter/emitter.ts';
import { OPERATIONS } from '../interpreter/operations.ts';
import { FUNCTION_TYPE } from '../interpreter/translated.ts';
import { FunctionBuilder, type Label } from '../wasm/function.ts';
import { Control, I32, I64, Type } from '../wasm/opcodes.ts';
import { type Groups, groupAccesses } from './accesses.ts';
import { Departures, type ModuleIndices } from './departures.ts';
import type { LinksOf } from './links.ts';
import type { Lowered, LoweredBlock } from './lowering.ts';
import type { Block, Region } from './region.ts';
import { RegionEmitter } from './region-emitter.ts';
import { RegisterMoves } from './register-moves.ts';
import { type Analysis, apply, entered, nothing, type Registers, Where, wordOf } from './registers.ts';
import { type Item, isLoop, type Loop, predecessors, type Structure } from './structure.ts';
import { STUB_INSTRUCTIONS } from './stubs.ts';

/** The register that holds where a function returns to, as a word. */
const RA = 1;

export class RegionFunction {
  private readonly f = new FunctionBuilder(FUNCTION_TYPE.params, FUNCTION_TYPE.results);
  private readonly v: Variables & CallParameters = {
    which: 0,
    page: 1,
    left: 2,
    tlb: 3,
    returnTo: 4,
    entry: this.f.local(Type.i32),
    va: this.f.local(Type.i64),
  };
  private readonly o = new RegionEmitter(this.f, this.v);
  /** The number of the block that a jump to the header of a loop means, 0: the header. */
  private readonly passed = this.f.local(Type.i32);
  private readonly moves = new RegisterMoves(this.f, this.o);
  private readonly departures: Departures;
  private readonly labels = new Map<Block | Loop, Label>();
  private readonly numbers = new Map<Block, number>();
  /** The look-ups that hold at the end of each block. */
  private readonly groups = new Map<Block, Groups>();
  /** The blocks that lead to each. */
  private readonly before: ReadonlyMap<Block, readonly Block[]>;
  private readonly region: Region;
  private readonly structure: Structure;
  private readonly analysis: Analysis;
  private readonly lowered: ReadonlyMap<Block, LoweredBlock>;
  private readonly indices: ModuleIndices;
  private slow!: Label;

  constructor(
    region: Region,
    structure: Structure,
    analysis: Analysis,
    lowered: ReadonlyMap<Block, LoweredBlock>,
    indices: ModuleIndices,
    links: LinksOf,
  ) {
    this.region = region;
    this.structure = structure;
    this.analysis = analysis;
    this.lowered = lowered;
    this.indices = indices;
    this.departures = new Departures(this.f, this.v, { region, indices, links });
    this.before = predecessors(region);
    for (const block of region.blocks.values()) this.numbers.set(block, this.numbers.size + 1);
  }

  /** `ways`: the blocks that may be entered, in the order of their numbers. */
  build(ways: readonly Block[]): FunctionBuilder {
    const { f, v, indices, departures } = this;
    this.slow = f.block(Type.i32);
    departures.far = f.block();
    this.sequence(this.structure.items, 0, () => this.enter(ways, 0, ways.length));
    f.op(Control.unreachable);
    f.end(); // far
    f.get(v.va).get(v.left).call(indices.far).return();
    f.end(); // slow
    f.get(v.page).get(v.left).call(indices.slow);
    return f;
  }

  // --- structure -------------------------------------------------------------------------------------------

  /** Emits items behind labels of their own; the first `unlabelled` of them follow `prelude` directly. */
  private sequence(items: readonly Item[], unlabelled: number, prelude: () => void): void {
    const { f, labels } = this;
    for (let i = items.length - 1; i >= unlabelled; i--) labels.set(items[i]!, f.block());
    prelude();
    for (const [i, item] of items.entries()) {
      if (i >= unlabelled) f.end();
      if (isLoop(item)) this.loop(item);
      else this.block(item);
    }
  }

  private loop(loop: Loop): void {
    const label = this.f.loop();
    this.labels.set(loop.header, label);
    this.sequence(loop.items, 1, () => {
      this.passOn(loop);
      this.check(loop.header, this.analysis.at.get(loop.header)!);
    });
    this.f.end();
  }

  /** At the header of a loop: on to the block inside that the jump to it meant. */
  private passOn(loop: Loop): void {
    const { f, passed } = this;
    const blocks = this.analysis.passed.get(loop);
    if (!blocks) return;
    f.get(passed).if();
    for (const to of blocks) {
      f.get(passed).i32(this.numbers.get(to)!).op(I32.eq).if();
      const inner = entered(this.structure, loop.header, to);
      if (!inner || inner.header === to) f.i32(0).set(passed);
      this.go(loop.header, to, this.analysis.at.get(loop.header)!);
      f.end();
    }
    f.op(Control.unreachable).end();
  }

  /** Chooses among the ways in from `first` up to `end`. */
  private enter(ways: readonly Block[], first: number, end: number): void {
    const { f, v } = this;
    if (end - first === 1) {
      this.check(ways[first]!, nothing());
      this.go(undefined, ways[first]!, nothing());
      return;
    }
    const middle = (first + end) >>> 1;
    pushWay(f, v).i32(middle).op(I32.ltU).if();
    this.enter(ways, first, middle);
    f.else();
    this.enter(ways, middle, end);
    f.end();
  }

  /** Jumps to a block of the region. */
  private go(from: Block | undefined, to: Block, registers: Registers): void {
    const { f } = this;
    const loop = entered(this.structure, from, to);
    this.moves.bring(registers, this.analysis.at.get(loop?.header ?? to)!);
    if (!loop) {
      f.br(this.labels.get(to)!);
      return;
    }
    if (this.analysis.passed.get(loop))
      f.i32(loop.header === to ? 0 : this.numbers.get(to)!).set(this.passed);
    f.br(this.labels.get(loop)!);
  }

  // --- blocks ----------------------------------------------------------------------------------------------

  private block(block: Block): void {
    const { f } = this;
    const { instructions } = this.lowered.get(block)!;
    const registers = this.analysis.at.get(block)!.slice();
    const groups = this.groupsBefore(block);
    const accesses = groupAccesses(instructions, groups);
    this.groups.set(block, groups);
    const lookedUp = new Set([...accesses.values()].filter(({ local }) => local !== undefined));
    const leaving = instructions.filter((instruction) => {
      const group = accesses.get(instruction);
      if (!group) return mayLeave(instruction);
      // The first of a group leaves for all.
      return !lookedUp.has(group) && lookedUp.add(group);
    });
    const states: Registers[] = [];
    if (block.straddles) this.checkBehind(block, registers);
    const labels = leaving.map(() => f.block(Type.i32));
    this.charge(instructions);
    const last = instructions.at(-1)!;
    for (const instruction of instructions) {
      const leaves = leaving[states.length] === instruction;
      const exit = leaves ? labels[states.length] : undefined;
      for (const word of instruction.usage.reads) if (registers[word] === Where.absent) this.moves.load(word);
      for (const word of instruction.usage.reads) registers[word] ||= Where.clean;
      if (leaves) states.push(registers.slice());
      this.o.begin(instruction, accesses.get(instruction), exit);
      if (instruction === last) this.end(block, instruction, registers, exit);
      else this.body(instruction, registers);
      this.o.release();
    }
    if (labels.length === 0) return;
    for (let i = labels.length - 1; i >= 0; i--) {
      f.end();
      this.moves.storeDirty(states[i]!, states[i - 1]);
    }
    f.br(this.slow);
  }

  /** Half of the instruction lies in the page behind: is it the one that it was decoded from? */
  private checkBehind({ offset }: Block, registers: Registers): void {
    const { f, departures } = this;
    const direct = f.block();
    departures.expectBehind(direct);
    this.moves.storeDirty(registers);
    departures.farTo(offset);
    f.end();
  }

  /** The look-ups that hold at the beginning of a block: those of all blocks that lead to it. */
  private groupsBefore(block: Block): Groups {
    const [first, ...others] = this.before.get(block) ?? [];
    if (block.entry || !first) return new Map();
    const ends = others.map((other) => this.groups.get(other));
    return new Map(
      [...(this.groups.get(first) ?? [])].filter(([key, group]) =>
        ends.every((groups) => groups?.get(key) === group),
      ),
    );
  }

  private charge(instructions: readonly Lowered[]): void {
    const { f, v } = this;
    f.get(v.left).i32(instructions.length).op(I32.sub).set(v.left);
  }

  /**
   * Before a block that begins something new (the function, a turn of a loop, what follows a call): up to the
   * next of these no block is executed twice, and at most one stub (stubs.ts). When the budget may not cover
   * that, the interpreter goes on.
   */
  private check(block: Block, registers: Registers): void {
    const { f, v } = this;
    const { instructions } = this.lowered.get(block)!;
    f.get(v.left)
      .i32(this.region.count + STUB_INSTRUCTIONS)
      .op(I32.ltS)
      .if();
    this.moves.storeDirty(registers);
    if (block.straddles) this.departures.farTo(block.offset);
    else {
      // There it is charged for the line, and given it back.
      this.charge(instructions);
      f.i32(instructions[0]!.at).br(this.slow);
    }
    f.end();
  }

  private body(instruction: Lowered, registers: Registers): void {
    OPERATIONS[instruction.operation]!.parts[0]!.hot!(this.o);
    apply(registers, instruction.usage);
  }

  /** The last instruction of a block, and where execution goes then. */
  private end(block: Block, instruction: Lowered, registers: Registers, exit: Label | undefined): void {
    const { f, o } = this;
    const { name } = instruction;
    const plain = withoutFar(name);
    const condition = CONDITIONS[plain];
    if (condition) {
      condition(o);
      f.if();
      this.goTo(block, block.target!, registers);
      f.end();
      this.goTo(block, block.next!, registers);
    } else if (plain === 'j' || plain === 'jal') {
      if (plain === 'jal') o.setRd(() => o.inPage('rs1'));
      apply(registers, instruction.usage);
      if (block.calls) this.call(block, registers);
      else this.goTo(block, block.target!, registers);
    } else if (plain === 'jr' || plain === 'jalr') {
      o.reg('rs1').imm().f.op(I64.add).i64(-2).op(I64.and).set(this.v.va);
      if (plain === 'jalr') o.setRd(() => o.inPage('rs2'));
      apply(registers, instruction.usage);
      if (block.calls) this.call(block, registers);
      else {
        this.moves.storeDirty(registers);
        if (wordOf(instruction.rs1) === RA) this.departures.return();
        else this.departures.anywhere();
      }
    } else if (instruction.interpreted) {
      f.i32(instruction.at).br(exit!);
    } else {
      this.body(instruction, registers);
      this.goTo(block, block.next!, registers);
    }
  }

  /** On to an offset from the page, perhaps in this region. */
  private goTo(block: Block, offset: number, registers: Registers): void {
    const to = this.region.blocks.get(offset);
    if (to) {
      this.go(block, to, registers);
      return;
    }
    this.moves.storeDirty(registers);
    this.departures.to(offset);
  }

  /** Calls what is at the target of the block, or else in `va`, and goes on behind it. */
  private call(block: Block, registers: Registers): void {
    const next = block.next!;
    this.moves.storeDirty(registers);
    if (!this.departures.call(block.target, next)) return;
    const behind = this.region.blocks.get(next);
    if (behind) this.check(behind, nothing());
    this.goTo(block, next, nothing());
  }
}

/** May the body leave to the interpreter? Others than these never do. */
function mayLeave({ id, interpreted }: Lowered): boolean {
  if (interpreted) return true;
  return INSTRUCTIONS[id]!.mnemonic.startsWith('f');
}
