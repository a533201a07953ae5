/**
 * The RV64GC processor of a site, user mode only.
 */
import type { SiteMemory } from '../../memory/site-memory.ts';
import type { Exit, ThreadState } from './state.ts';

/** What the engine knows of the address space that it runs in. */
export interface AddressSpace {
  /** Physical address of its TLB block (memory/tlb.ts). */
  readonly tlb: number;
  touch(va: number, access: number): number;
}

export interface EngineHooks {
  /**
   * The physical address of `va`, > 0, after the TLB entry for `access` (1 read, 2 write) was filled (the
   * execute table is the engine's); else a Fault code, ≤ 0. Never waits.
   */
  touch(context: AddressSpace, va: number, access: number): number;
  /** ECALL: the state is complete, pc behind the instruction. 0: go on at the pc in the state. */
  ecall(): number;
  /** For rdtime. */
  timeNs(): number;
}

export class Engine {
  /** Instructions of the last `run`. */
  executed = 0;
  readonly memory: SiteMemory;
  readonly hooks: EngineHooks;

  constructor(memory: SiteMemory, hooks: EngineHooks) {
    this.memory = memory;
    this.hooks = hooks;
  }

  /**
   * Runs a thread for at most `budget` instructions. Its registers are in `state` before and after, the pc
   * at the next (or the faulting) instruction.
   */
  run(_state: ThreadState, _context: AddressSpace, _budget: number): Exit {
    throw new Error('the engine is not complete');
  }

  /** After code was written by somebody other than the thread that runs it: fence.i, riscv_flush_icache. */
  flushInstructions(): void {}
}
