/**
 * Where translated code goes on at a guest address, without looking it up in the execute table, the page's
 * index and its entry: those are five dependent loads from as many cache lines, and a program like a shell
 * leaves a function every 14 instructions.
 *
 * A table in site memory, whose address is in frame 0. A row holds for one address of one address space, and
 * only as long as nothing that could be executed went away or changed (memory/tlb.ts counts that in frame 0).
 * `run` fills the row when it enters translated code there.
 *
 *   i64 pc, i32 address of the TLB block, i32 epoch, u16 slot of the function, u16 which of its ways in
 */
import { PAGE_BYTES, type SiteMemory } from '../../../memory/site-memory.ts';
import { TLB_EPOCH, TLB_RUNNING } from '../../../memory/tlb.ts';
import { FunctionBuilder, type Label } from '../wasm/function.ts';
import { I32, I64, Type } from '../wasm/opcodes.ts';

/** i32 in frame 0: the address of the table. */
export const JUMPS = 0x420;
const ROW_SHIFT = 5;
const ROWS_SHIFT = 13;
export const JUMPS_BYTES = 1 << (ROWS_SHIFT + ROW_SHIFT);
const ROW_MASK = JUMPS_BYTES - (1 << ROW_SHIFT);
/** The epoch stands behind `tlb`. */
const Row = { pc: 0, tlb: 8, slot: 16, which: 18 } as const;

interface Variables {
  readonly va: number;
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

/** Pushes what the rows that hold now have as tlb and epoch: an i64. */
const pushNow = (f: FunctionBuilder): FunctionBuilder => f.i32(0).load(I64.load, TLB_RUNNING);

/** Sets `row` to that of the address va; branches to `missing` when it does not hold. */
function findValidRow(f: FunctionBuilder, v: Variables, missing: Label): void {
  const { va, row } = v;
  findRow(f, v);
  f.get(row).load(I64.load, Row.pc).get(va).op(I64.ne).brIf(missing);
  pushNow(f.get(row).load(I64.load, Row.tlb)).op(I64.ne).brIf(missing);
}

/** Calls, through the table, the function that goes on at va; branches to `missing` when no row tells. */
export function jump(
  f: FunctionBuilder,
  v: Variables,
  missing: Label,
  args: () => void,
  enter: () => void,
): void {
  findValidRow(f, v, missing);
  f.get(v.row).load(I32.load16u, Row.which);
  args();
  f.get(v.row).load(I32.load16u, Row.slot);
  enter();
}

/** Where code that is compiled together with its target expects to go. */
export interface Expected {
  /** Slot of the function and which of its ways in, as in a row. */
  readonly target: number;
  /** Address of an i64: when that is what `pushNow` pushes, the row would tell the same. */
  readonly cell: number;
  /** It may be at any address: the cell has a second i64, the address at which it is. */
  readonly anywhere: boolean;
}
const CELL_PLACE = 8;

/** In the cell: the function is no longer what it was. */
export const NEVER = -1;

/** Branches to `direct` when the function that goes on at va is the expected one. */
export function expect(
  f: FunctionBuilder,
  va: number,
  { target, cell, anywhere }: Expected,
  confirmIndex: number,
  direct: Label,
): void {
  pushNow(f.i32(cell).load(I64.load)).op(I64.eq);
  if (anywhere) f.i32(cell).load(I64.load, CELL_PLACE).get(va).op(I64.eq, I32.and);
  f.brIf(direct);
  f.get(va).i32(cell).i32(target).call(confirmIndex).brIf(direct);
}

/** confirm(va, cell, target) → 1 when the row of va tells what is expected: the cell knows it from now on. */
export const CONFIRM_TYPE = { params: [Type.i64, Type.i32, Type.i32], results: [Type.i32] } as const;

export function confirm(): FunctionBuilder {
  const f = new FunctionBuilder(CONFIRM_TYPE.params, CONFIRM_TYPE.results);
  const [va, cell, target] = [0, 1, 2];
  const row = f.local(Type.i32);
  const otherwise = f.block();
  findValidRow(f, { va, row }, otherwise);
  f.get(row).load(I32.load, Row.slot).get(target).op(I32.ne).brIf(otherwise);
  f.get(cell).load(I64.load).i64(NEVER).op(I64.eq).brIf(otherwise);
  pushNow(f.get(cell)).store(I64.store);
  f.get(cell).get(va).store(I64.store, CELL_PLACE);
  f.i32(1).return().end();
  f.i32(0);
  return f;
}

/** Fills the row of va, which holds from now on; `target` pushes slot and which, as they stand in the row. */
export function remember(f: FunctionBuilder, v: Variables & { tlb: number }, target: () => void): void {
  const { va, tlb, row } = v;
  f.i32(0).get(tlb).store(I32.store, TLB_RUNNING);
  findRow(f, v);
  f.get(row).get(va).store(I64.store, Row.pc);
  pushNow(f.get(row)).store(I64.store, Row.tlb);
  f.get(row);
  target();
  f.store(I32.store, Row.slot);
}

/** A row, read: the page number of its address, the TLB block, the slot, and whether it holds. */
export interface Remembered {
  readonly page: number;
  readonly tlb: number;
  readonly slot: number;
  readonly holds: boolean;
}

/** All rows of the table, also those that hold no longer. */
export function* rows({ i32, u16 }: SiteMemory): Generator<Remembered> {
  const start = i32[JUMPS >>> 2]! >>> 0;
  for (let row = start; row < start + JUMPS_BYTES; row += 1 << ROW_SHIFT) {
    const tlb = i32[(row + Row.tlb) >>> 2]! >>> 0;
    if (tlb === 0) continue;
    const [low, high] = [i32[(row + Row.pc) >>> 2]! >>> 0, i32[((row + Row.pc) >>> 2) + 1]!];
    const page = Math.floor((high * 0x1_0000_0000 + low) / PAGE_BYTES);
    const holds = i32[(row + Row.tlb + 4) >>> 2] === i32[TLB_EPOCH >>> 2];
    yield { page, tlb, slot: u16[(row + Row.slot) >>> 1]!, holds };
  }
}
