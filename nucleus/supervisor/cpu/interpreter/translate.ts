/**
 * How emitted code looks an address up in the TLB (memory/tlb.ts). This file and the fields of the TLB are
 * all that the interpreter knows of translation.
 */

import { Access, PAGE_BYTES, PAGE_SHIFT } from '../../../memory/site-memory.ts';
import { TLB_ENTRIES, TLB_ENTRY_BYTES, TLB_OTHER, TLB_READ, TLB_WRITE } from '../../../memory/tlb.ts';
import type { FunctionBuilder, Label } from '../wasm/function.ts';
import { I32, I64, V128 } from '../wasm/opcodes.ts';

/** Behind the tag: addend, or address of the decoded page; then the generation (execute table). */
export const TLB_ADDEND = 8;
export const TLB_GENERATION = 12;
/** i32 in frame 0: entries of the execute table with another generation are stale. */
export const GENERATION = 0x418;
const ENTRY_SHIFT = Math.log2(TLB_ENTRY_BYTES);
const INDEX_BITS = Math.log2(TLB_ENTRIES);
const INDEX_MASK = (TLB_ENTRIES - 1) << ENTRY_SHIFT;

/** The table for an access: 1 read, 2 write. */
export const tableOf = (access: number): number => (access === Access.read ? TLB_READ : TLB_WRITE);

/** Pushes the address of the entry for the guest address in a local, less the table's offset. */
export function tlbEntry(f: FunctionBuilder, va: number, tlb: number): void {
  const shifted = (by: number): unknown => f.get(va).op(I32.wrapI64).i32(by).op(I32.shrU);
  shifted(PAGE_SHIFT - ENTRY_SHIFT);
  shifted(PAGE_SHIFT - ENTRY_SHIFT + INDEX_BITS);
  f.op(I32.xor).i32(INDEX_MASK).op(I32.and).get(tlb).op(I32.add);
}

/** Pushes the page of va + `plus`: what the tag must be. */
export function pageOf(f: FunctionBuilder, va: number, plus = 0): void {
  f.get(va);
  if (plus > 0) f.i64(plus).op(I64.add);
  f.i64(-PAGE_BYTES).op(I64.and);
}

/**
 * When a page is not in its entry of a table but in that one's neighbour, they change places, and execution
 * goes on at `again`. `entry` is an i32 for the way.
 */
export function swapEntries(
  f: FunctionBuilder,
  v: { readonly va: number; readonly tlb: number },
  { table, entry, again }: { table: number; entry: number; again: Label },
): void {
  tlbEntry(f, v.va, v.tlb);
  f.i32(table).op(I32.add).tee(entry).i32(TLB_OTHER).op(I32.xor).load(I64.load);
  pageOf(f, v.va);
  f.op(I64.eq).if();
  const first = (): FunctionBuilder => f.get(entry);
  const second = (): FunctionBuilder => f.get(entry).i32(TLB_OTHER).op(I32.xor);
  // Both are on the stack before either is written.
  first();
  second().vector(V128.load);
  second();
  first().vector(V128.load);
  f.vector(V128.store).vector(V128.store).br(again).end();
}
