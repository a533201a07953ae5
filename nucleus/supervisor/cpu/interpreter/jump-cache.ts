/**
 * Where translated code goes on at a guest address, without looking it up in the execute table, the page's
 * index and its entry: those are five dependent loads from as many cache lines, and a program like a shell
 * leaves a function every 18 instructions.
 *
 * A table in site memory, whose address is in frame 0. A row holds for one address of one address space, and
 * only as long as nothing that could be executed went away or changed (memory/tlb.ts counts that in frame 0).
 * `run` fills the row when it enters translated code there.
 *
 *   i64 pc, i32 address of the TLB block, i32 epoch, u16 slot of the function, u16 which of its ways in
 */
import { TLB_EPOCH } from '../../../memory/tlb.ts';
import type { FunctionBuilder, Label } from '../wasm/function.ts';
import { I32, I64 } from '../wasm/opcodes.ts';

/** i32 in frame 0: the address of the table. */
export const JUMPS = 0x420;
const ROW_SHIFT = 5;
const ROWS_SHIFT = 13;
export const JUMPS_BYTES = 1 << (ROWS_SHIFT + ROW_SHIFT);
const ROW_MASK = JUMPS_BYTES - (1 << ROW_SHIFT);
const Row = { pc: 0, tlb: 8, epoch: 12, slot: 16, which: 18 } as const;

interface Variables {
  readonly va: number;
  readonly tlb: number;
  /** For the way. */
  readonly row: number;
}

/** Sets `row` to that of the address va. */
function findRow(f: FunctionBuilder, { va, row }: Variables): void {
  f.i32(0).load(I32.load, JUMPS);
  f.get(va).op(I32.wrapI64).get(va).op(I32.wrapI64).i32(ROWS_SHIFT).op(I32.shrU, I32.xor);
  // Instructions stand at even addresses: bit 1 of those is the lowest that counts.
  f.i32(ROW_SHIFT - 1)
    .op(I32.shl)
    .i32(ROW_MASK)
    .op(I32.and, I32.add)
    .set(row);
}

/** Enters the function that goes on at va; branches to `missing` when no row tells. */
export function jump(
  f: FunctionBuilder,
  v: Variables,
  missing: Label,
  args: () => void,
  enter: () => void,
): void {
  const { va, tlb, row } = v;
  findRow(f, v);
  f.get(row).load(I64.load, Row.pc).get(va).op(I64.ne).brIf(missing);
  f.get(row).load(I32.load, Row.tlb).get(tlb).op(I32.ne).brIf(missing);
  f.get(row).load(I32.load, Row.epoch).i32(0).load(I32.load, TLB_EPOCH).op(I32.ne).brIf(missing);
  f.get(row).load(I32.load16u, Row.which);
  args();
  f.get(row).load(I32.load16u, Row.slot);
  enter();
}

/** Fills the row of va; `target` pushes slot and which, as they stand in the row. */
export function remember(f: FunctionBuilder, v: Variables, target: () => void): void {
  const { va, tlb, row } = v;
  findRow(f, v);
  f.get(row).get(va).store(I64.store, Row.pc);
  f.get(row).get(tlb).store(I32.store, Row.tlb);
  f.get(row).i32(0).load(I32.load, TLB_EPOCH).store(I32.store, Row.epoch);
  f.get(row);
  target();
  f.store(I32.store, Row.slot);
}
