/**
 * Instructions that lie in two pages. They belong to no page's decoded instructions, because what follows a
 * page depends on the address space; they are decoded by themselves and kept in a small table in frame 0.
 *
 * A row is valid when the address is its address and both pages still have the decoded pages (by the address
 * of their indices) that they had; the table is emptied when the content of any frame with code changes.
 *
 *   i64 pc, i32 index of the first page (0: empty row), i32 index of the second, entry, entry of what follows
 */
import { TLB_EXECUTE } from '../../../memory/tlb.ts';
import type { FunctionBuilder, Label } from '../wasm/function.ts';
import { I32, I64 } from '../wasm/opcodes.ts';
import type { Variables } from './emitter.ts';
import { GENERATION, pageOf, TLB_ADDEND, TLB_GENERATION, tlbEntry } from './translate.ts';

export const STRADDLES = 0xc00;
const ROW_SHIFT = 6;
export const STRADDLE_ROWS = 16;
export const STRADDLE_BYTES = 1 << ROW_SHIFT;
export const Straddle = { pc: 0, first: 8, second: 12, entry: 16 } as const;
const PAGE_SHIFT = 12;

/** The row of a pc. */
export const straddleRow = (pc: number): number =>
  STRADDLES + (Math.floor(pc / 2 ** PAGE_SHIFT) & (STRADDLE_ROWS - 1)) * STRADDLE_BYTES;

/**
 * Sets `entry` to that of the instruction at va, whose page has the given index; branches to `missing` when
 * no row has it. `next` (i64) and `scratch` (i32) are variables for the way.
 */
export function findStraddle(
  f: FunctionBuilder,
  v: Variables,
  { index, next, scratch, missing }: { index: number; next: number; scratch: number; missing: Label },
): void {
  f.get(v.va)
    .op(I32.wrapI64)
    .i32(PAGE_SHIFT)
    .op(I32.shrU)
    .i32(STRADDLE_ROWS - 1)
    .op(I32.and);
  f.i32(ROW_SHIFT).op(I32.shl).i32(STRADDLES).op(I32.add).tee(v.entry);
  f.load(I64.load, Straddle.pc).get(v.va).op(I64.ne).brIf(missing);
  f.get(v.entry).load(I32.load, Straddle.first).get(index).op(I32.ne).brIf(missing);
  f.get(v.va).i64(2).op(I64.add).set(next);
  tlbEntry(f, next, v.tlb);
  f.tee(scratch).load(I64.load, TLB_EXECUTE);
  pageOf(f, next);
  f.op(I64.ne).brIf(missing);
  f.get(scratch)
    .load(I32.load, TLB_EXECUTE + TLB_GENERATION)
    .i32(0)
    .load(I32.load, GENERATION)
    .op(I32.ne);
  f.brIf(missing);
  f.get(scratch).load(I32.load, TLB_EXECUTE + TLB_ADDEND);
  f.get(v.entry).load(I32.load, Straddle.second).op(I32.ne).brIf(missing);
  f.get(v.entry).i32(Straddle.entry).op(I32.add).set(v.entry);
}
