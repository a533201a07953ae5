/**
 * How emitted code looks an address up in the TLB (memory/tlb.ts). This file and the fields of the TLB are
 * all that the interpreter knows of translation.
 */

import { PAGE_BYTES, PAGE_SHIFT } from '../../../memory/site-memory.ts';
import { TLB_ENTRIES, TLB_ENTRY_BYTES } from '../../../memory/tlb.ts';
import type { FunctionBuilder } from '../wasm/function.ts';
import { I32, I64 } from '../wasm/opcodes.ts';

/** Behind the tag: addend, or address of the decoded page; then the generation (execute table). */
export const TLB_ADDEND = 8;
export const TLB_GENERATION = 12;
/** i32 in frame 0: entries of the execute table with another generation are stale. */
export const GENERATION = 0x418;
const ENTRY_SHIFT = Math.log2(TLB_ENTRY_BYTES);
const INDEX_MASK = (TLB_ENTRIES - 1) << ENTRY_SHIFT;

/** Pushes the address of the entry for the guest address in a local, less the table's offset. */
export function tlbEntry(f: FunctionBuilder, va: number, tlb: number): void {
  f.get(va).op(I32.wrapI64);
  f.i32(PAGE_SHIFT - ENTRY_SHIFT)
    .op(I32.shrU)
    .i32(INDEX_MASK)
    .op(I32.and)
    .get(tlb)
    .op(I32.add);
}

/** Pushes the page of va + `plus`: what the tag must be. */
export function pageOf(f: FunctionBuilder, va: number, plus = 0): void {
  f.get(va);
  if (plus > 0) f.i64(plus).op(I64.add);
  f.i64(-PAGE_BYTES).op(I64.and);
}
