/**
 * The RV64GC processor of a site, user mode only. Three things kept apart: the registers of a thread
 * (state.ts), the translation of addresses (the TLB that the memory part fills, asked through `touch`), and
 * the execution of instructions (interpreter/, on decoded instructions that code-cache.ts keeps, and
 * translator/, for those that are executed often).
 *
 * What the engine promises: instructions are counted exactly; faults are precise (pc is the faulting
 * instruction, nothing of it has happened); any bytes may be executed, those that are no instruction give an
 * exit.
 */
import { Access, Fault, PAGE_BYTES, type SiteMemory, USER_TOP } from '../../memory/site-memory.ts';
import { TLB_EXECUTE, TLB_WRITE, tlbDropFrom, tlbEntryOffset, tlbFill } from '../../memory/tlb.ts';
import { CodeCache } from './code-cache.ts';
import { lengthOf } from './decoder.ts';
import { type Interpreter, instantiate } from './interpreter/module.ts';
import { EXECUTED } from './interpreter/run.ts';
import { TLB_ADDEND, TLB_GENERATION } from './interpreter/translate.ts';
import { type Exit, FAULT_ACCESS, FAULT_ADDRESS, FAULT_CAUSE, type ThreadState } from './state.ts';
import { TRANSLATOR_OPTIONS, Translator } from './translator/translator.ts';

/** Instructions that one `run` may be asked for. */
export const BUDGET_MAX = 0x7fff_ffff;
const HIGH = 0x1_0000_0000;

/** What the engine knows of the address space that it runs in. */
export interface AddressSpace {
  /** Physical address of its TLB block (memory/tlb.ts). */
  readonly tlb: number;
  touch(va: number, access: number): number;
}

export interface EngineHooks<Space extends AddressSpace = AddressSpace> {
  /**
   * The physical address of `va`, > 0, after the TLB entry for `access` (1 read, 2 write) was filled (the
   * execute table is the engine's); else a Fault code, ≤ 0. Never waits. `va` is a user address.
   */
  touch(context: Space, va: number, access: number): number;
  /**
   * ECALL: the state is complete, pc behind the instruction. 0: go on at the pc in the state. Else `run`
   * returns at once and touches neither state nor context again.
   */
  ecall(): number;
  /** For rdtime. */
  timeNs(): number;
}

export class Engine<Space extends AddressSpace = AddressSpace> {
  private readonly memory: SiteMemory;
  private readonly hooks: EngineHooks<Space>;
  private readonly code: CodeCache;
  private readonly interpreter: Interpreter;
  private readonly translator: Translator;
  private space: Space | undefined;

  constructor(memory: SiteMemory, hooks: EngineHooks<Space>, options = TRANSLATOR_OPTIONS) {
    this.memory = memory;
    this.hooks = hooks;
    this.code = new CodeCache(memory);
    this.interpreter = instantiate(memory, {
      touch: (va, access) => (this.touch(va, access) > 0 ? 1 : 0),
      ecall: () => this.hooks.ecall(),
      fetch: (pc) => this.fetch(pc),
      decode: (index, pc) => this.decode(index >>> 0, pc),
      single: (pc, once) => this.single(pc, once !== 0),
      sample: (index, pc) => this.translator.sample(this.code.frameOf(index >>> 0), pc % PAGE_BYTES),
      time: () => this.hooks.timeNs(),
      flush: () => this.flushInstructions(),
    });
    this.translator = new Translator(memory, this.code, this.interpreter, options);
  }

  /** Instructions of the last `run`; ECALL counts when it was reached, a faulting instruction does not. */
  get executed(): number {
    return this.memory.i32[EXECUTED >>> 2]!;
  }

  /**
   * Runs a thread for at most `budget` instructions (1 … BUDGET_MAX). Its registers are in `state` before
   * and after, the pc at the next, or the faulting, instruction. May be called again inside the ecall hook.
   */
  run(state: ThreadState, context: Space, budget: number): Exit {
    const outer = this.space;
    this.space = context;
    try {
      return this.interpreter.run(state.address, context.tlb, Math.min(budget, BUDGET_MAX)) as Exit;
    } finally {
      this.space = outer;
      this.translator.executed(this.executed);
    }
  }

  /** Between runs: translates a piece of what is worth it, up to a millisecond. False: there is none. */
  translate(): boolean {
    return this.translator.work();
  }

  /** After code was written by another than the thread that executes it: fence.i, riscv_flush_icache. */
  flushInstructions(): void {
    this.code.flush();
  }

  /** The physical address of va, > 0; else the Fault code, and what the exit needs is in frame 0. */
  private touch(va: number, access: number): number {
    const result = va < USER_TOP ? this.hooks.touch(this.space!, va, access) : Fault.unmapped;
    return result > 0 ? result : this.fault(access, result);
  }

  private fault(access: number, cause: number): number {
    const { i32 } = this.memory;
    i32[FAULT_CAUSE >>> 2] = cause;
    i32[FAULT_ACCESS >>> 2] = access;
    return cause;
  }

  private fetch(pc: number): number {
    const physical = this.touch(pc, Access.execute);
    if (physical <= 0) return 0;
    const index = this.code.indexOf(Math.floor(physical / PAGE_BYTES));
    if (index === 0) {
      this.fault(Access.execute, Fault.memory);
      return 0;
    }
    const { tlb } = this.space!;
    tlbFill(this.memory, tlb, TLB_EXECUTE, pc, index);
    this.memory.i32[(entryOf(tlb, TLB_EXECUTE, pc) + TLB_GENERATION) >>> 2] = this.code.generation;
    return 1;
  }

  private decode(index: number, pc: number): void {
    this.code.decode(index, pc % PAGE_BYTES);
    this.dropWrite(pc);
  }

  /**
   * The thread's own write entry for a page with decoded instructions must go: the next store asks `touch`,
   * which then tells that the code changed.
   */
  private dropWrite(va: number): void {
    tlbDropFrom(this.memory, this.space!.tlb, TLB_WRITE, va);
  }

  private single(pc: number, once: boolean): number {
    const first = this.touch(pc, Access.execute);
    if (first <= 0) return 0;
    const { u16 } = this.memory;
    const half = u16[first >>> 1]!;
    const offset = pc % PAGE_BYTES;
    if (lengthOf(half) === 2) return this.code.single(half, offset);
    if (offset + 4 <= PAGE_BYTES) return this.code.single(half | (u16[(first >>> 1) + 1]! << 16), offset);
    return this.straddle(pc, half, once);
  }

  /** The instruction at the end of a page of which `half` is the first half. */
  private straddle(pc: number, half: number, once: boolean): number {
    const { memory, code } = this;
    const { generation } = code;
    const second = this.touch(pc + 2, Access.execute);
    if (second <= 0 || this.fetch(pc + 2) === 0) {
      memory.i32[FAULT_ADDRESS >>> 2] = pc + 2;
      memory.i32[(FAULT_ADDRESS >>> 2) + 1] = Math.floor((pc + 2) / HIGH);
      return 0;
    }
    const word = half | (memory.u16[second >>> 1]! << 16);
    const pages = [pc, pc + 2].map((va) => this.indexAt(va)) as [number, number];
    // To bring in the second page may have cost the first, or all that was decoded.
    if (once || generation !== code.generation || pages.includes(0))
      return code.single(word, pc % PAGE_BYTES);
    this.dropWrite(pc);
    this.dropWrite(pc + 2);
    return code.straddle(word, pc, ...pages);
  }

  /** What the execute table has for an address: the address of its page's index, or 0. */
  private indexAt(va: number): number {
    const { i32, u32 } = this.memory;
    const entry = entryOf(this.space!.tlb, TLB_EXECUTE, va) >>> 2;
    const page = va - (va % PAGE_BYTES);
    if (i32[entry] !== (page | 0) || i32[entry + 1] !== Math.floor(page / HIGH)) return 0;
    if (i32[entry + TLB_GENERATION / 4] !== this.code.generation) return 0;
    return u32[entry + TLB_ADDEND / 4]!;
  }
}

const entryOf = (tlb: number, table: number, va: number): number => tlb + table + tlbEntryOffset(va);
