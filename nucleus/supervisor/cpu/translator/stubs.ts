/**
 * What a linker puts between a call and a function of another object: instructions that jump to where a word
 * of memory says.
 *
 *   auipc t3, …; ld t3, …(t3); jalr t1, t3
 *
 * A program leaves a page for every such call only to leave it again. So code that calls a stub does itself
 * what the stub would do, and goes directly to the function that the word says when the caller is translated
 * (links.ts), if that is still so when it is executed.
 */
import { PAGE_BYTES, type SiteMemory } from '../../../memory/site-memory.ts';
import { TLB_READ, tlbFind } from '../../../memory/tlb.ts';
import { instruction } from '../instructions.ts';
import type { Variables } from '../interpreter/emitter.ts';
import { pageOf, TLB_ADDEND, tlbEntry } from '../interpreter/translate.ts';
import { X } from '../state.ts';
import type { FunctionBuilder, Label } from '../wasm/function.ts';
import { I32, I64, Type } from '../wasm/opcodes.ts';
import type { Region } from './region.ts';

const AUIPC = instruction('auipc').id;
const LD = instruction('ld').id;
const JALR = instruction('jalr').id;
const WORD_BYTES = 8;
const HIGH = 0x1_0000_0000;

/** How many instructions a stub has. */
export const STUB_INSTRUCTIONS = 3;

export interface Stub {
  /** The word, and where the jump would return to, from the stub's page. */
  readonly word: number;
  readonly next: number;
  /** Numbers of the registers that get the target and the latter. */
  readonly target: number;
  readonly link: number;
}

/** The region as a stub, if it is one that begins at an offset. */
export function stubOf({ blocks, count }: Region, offset: number): Stub | undefined {
  if (count !== STUB_INSTRUCTIONS) return undefined;
  const all = [...blocks.values()];
  // Half of an instruction in the next page may change while this page stays what it is.
  if (all[0]!.offset !== offset || all.some(({ straddles }) => straddles)) return undefined;
  const instructions = all.flatMap((block) => block.instructions);
  const [upper, load, jump] = instructions.map(({ decoded }) => decoded);
  if (upper?.id !== AUIPC || load?.id !== LD || jump?.id !== JALR || jump.imm !== 0) return undefined;
  const { rd: target } = upper;
  if (
    target === 0 ||
    jump.rd === target ||
    [load.rs1, load.rd, jump.rs1].some((register) => register !== target)
  )
    return undefined;
  const next = offset + upper.length + load.length + jump.length;
  return { word: offset + upper.imm + load.imm, next, target, link: jump.rd };
}

/** What the word of the stub on a page says, if it can be had without asking anybody. */
export function targetOf(memory: SiteMemory, tlb: number, page: number, stub: Stub): number | undefined {
  const va = page * PAGE_BYTES + stub.word;
  if (va % WORD_BYTES !== 0) return undefined;
  const at = tlbFind(memory, tlb, TLB_READ, va);
  if (at === undefined) return undefined;
  return memory.u32[(at >>> 2) + 1]! * HIGH + memory.u32[at >>> 2]!;
}

/**
 * Does what the stub at `va` does, up to the jump: `va` becomes its target. Branches to `missing`, with
 * nothing done, when the word is not at hand.
 */
export function executeStub(f: FunctionBuilder, v: Variables, stub: Stub, missing: Label): void {
  const { va, entry, left, tlb } = v;
  const word = f.local(Type.i64);
  pageOf(f, va);
  f.i64(stub.word).op(I64.add).set(word);
  tlbEntry(f, word, tlb);
  f.tee(entry).load(I64.load, TLB_READ);
  pageOf(f, word, WORD_BYTES - 1);
  f.op(I64.ne).brIf(missing);
  if (stub.link !== 0) {
    f.i32(0);
    pageOf(f, va);
    f.i64(stub.next)
      .op(I64.add)
      .store(I64.store, X + stub.link * WORD_BYTES);
  }
  f.i32(0).get(word).op(I32.wrapI64).get(entry);
  f.load(I32.load, TLB_READ + TLB_ADDEND)
    .op(I32.add)
    .load(I64.load)
    .tee(va);
  f.store(I64.store, X + stub.target * WORD_BYTES);
  f.get(va).i64(-2).op(I64.and).set(va);
  f.get(left).i32(STUB_INSTRUCTIONS).op(I32.sub).set(left);
}
