/**
 * V8 compiles the interpreter well only once it has run, in the background, in 50 ms. A short program is over
 * before that, and its process waits for it at the end. Who knows that a guest will run lets it run a loop of
 * its own first, and has it compiled while the system boots.
 */
import { PAGE_BYTES, SiteMemory } from '../../memory/site-memory.ts';
import { TLB_BYTES, tlbFlush } from '../../memory/tlb.ts';
import { Engine } from './engine.ts';
import { allocateState, type Exit, setPc } from './state.ts';

const MEMORY_BYTES = 8 * 1024 * 1024;
/** addi x5, x5, 1; j back to it. */
const LOOP = [0x0012_8293, 0xffdf_f06f];
const INSTRUCTIONS = 3000;

export function warmUp(): Exit {
  const memory = new SiteMemory(MEMORY_BYTES);
  const tlb = memory.allocateRun(TLB_BYTES);
  tlbFlush(memory, tlb);
  const page = memory.frames.allocate() * PAGE_BYTES;
  memory.u32.set(LOOP, page >>> 2);
  const space = { tlb, touch: (va: number) => page + (va % PAGE_BYTES) };
  const engine = new Engine<typeof space>(memory, {
    touch: ({ touch }, va) => touch(va),
    ecall: () => 1,
    timeNs: () => 0,
  });
  const state = allocateState(memory);
  setPc(state, PAGE_BYTES);
  return engine.run(state, space, INSTRUCTIONS);
}
