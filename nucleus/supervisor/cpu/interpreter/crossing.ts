/**
 * The functions for accesses that the hot loop does not do itself:
 *
 *   translate(va, tlb, access)   physical address by the TLB, asking `touch` when it must; 0: no page
 *   cross(entry, page, left, tlb, access)   a load or store whose bytes lie in two pages
 */
import { Access, PAGE_BYTES } from '../../../memory/site-memory.ts';
import { TLB_TABLE_BYTES } from '../../../memory/tlb.ts';
import { Exit, FAULT_ADDRESS } from '../state.ts';
import { FunctionBuilder } from '../wasm/function.ts';
import { Control, F64, I32, I64, Type } from '../wasm/opcodes.ts';
import { BOUNCE } from './access.ts';
import { Field } from './entry.ts';
import type { Globals } from './hot.ts';
import type { Functions } from './run.ts';
import { pageOf, TLB_ADDEND, tlbEntry } from './translate.ts';

/** How often an access is tried again when its page disappears while others are brought in. */
const TRIES = 8;

export function translate(touch: number): FunctionBuilder {
  const f = new FunctionBuilder([Type.i64, Type.i32, Type.i32], [Type.i32]);
  const entry = f.local(Type.i32);
  const table = f.local(Type.i32);
  const tries = f.local(Type.i32);
  // The read table is the first, the write table the second: access 1 and 2.
  f.get(1).get(2).i32(1).op(I32.sub).i32(TLB_TABLE_BYTES).op(I32.mul, I32.add).set(table);
  f.i32(TRIES).set(tries);
  const again = f.loop();
  tlbEntry(f, 0, table);
  f.tee(entry).load(I64.load);
  pageOf(f, 0);
  f.op(I64.eq).if();
  f.get(0).op(I32.wrapI64).get(entry).load(I32.load, TLB_ADDEND).op(I32.add).return();
  f.end();
  f.i32(0).get(0).store(I64.store, FAULT_ADDRESS);
  f.get(tries).op(I32.eqz).if();
  f.i32(0).return().end();
  f.get(tries).i32(1).op(I32.sub).set(tries);
  f.get(0).op(F64.convertI64U).get(2).call(touch).brIf(again);
  f.end();
  f.i32(0);
  return f;
}

/**
 * cross(entry, page, left, tlb, access): an access that crosses into the next page, `va` in the global. Both
 * pages must be there before anything happens. Result as `rare`.
 */
export function cross(globals: Globals, functions: Functions): FunctionBuilder {
  const f = new FunctionBuilder([Type.i32, Type.i64, Type.i32, Type.i32, Type.i32], [Type.i32]);
  const [ENTRY, PAGE, LEFT, TLB, ACCESS] = [0, 1, 2, 3, 4] as const;
  const first = f.local(Type.i32);
  const second = f.local(Type.i32);
  const inFirst = f.local(Type.i32);
  const size = f.local(Type.i32);
  const result = f.local(Type.i32);
  const va = f.local(Type.i64);
  const tries = f.local(Type.i32);
  const page = (local: number, address: () => void): void => {
    address();
    f.get(TLB).get(ACCESS).call(functions.translate).tee(local).op(I32.eqz).if();
    f.i32(-Exit.fault).return().end();
  };
  const firstPage = (): void => {
    f.get(va);
  };
  const secondPage = (): void => {
    pageOf(f, va, PAGE_BYTES);
  };
  f.getGlobal(globals.va).set(va);
  pushBytes(
    f,
    () => f.get(ENTRY),
    () => f.get(ACCESS).i32(Access.read).op(I32.eq),
  );
  f.set(size);
  f.i32(PAGE_BYTES)
    .get(va)
    .op(I32.wrapI64)
    .i32(PAGE_BYTES - 1)
    .op(I32.and, I32.sub)
    .set(inFirst);
  // Bringing in the second page may take the first away: until two looks give the same.
  f.i32(TRIES).set(tries);
  const again = f.loop();
  page(first, firstPage);
  page(second, secondPage);
  f.get(tries).i32(1).op(I32.sub).tee(tries).if();
  page(result, firstPage);
  f.get(result).get(first).op(I32.ne).brIf(again);
  f.end();
  f.end();
  const copy = (load: boolean): void => copyCrossing(f, { first, second, inFirst, size }, load);
  f.get(ACCESS).i32(Access.read).op(I32.eq).if();
  copy(true);
  f.end();
  f.get(ENTRY).get(PAGE).get(LEFT).get(TLB).call(functions.rare).set(result);
  f.get(ACCESS).i32(Access.write).op(I32.eq).if();
  copy(false);
  f.end();
  f.get(result);
  return f;
}

/** Pushes how many bytes a load (when `isLoad` pushes 1) or store moves. */
function pushBytes(f: FunctionBuilder, entry: () => unknown, isLoad: () => unknown): void {
  entry();
  f.load(I32.load16u, Field.rs2);
  entry();
  f.load(I32.load16u, Field.rd);
  isLoad();
  f.op(Control.select);
}

/** Byte by byte between BOUNCE and the two pieces. */
function copyCrossing(
  f: FunctionBuilder,
  { first, second, inFirst, size }: { first: number; second: number; inFirst: number; size: number },
  load: boolean,
): void {
  const i = f.local(Type.i32);
  const piece = (): void => {
    f.get(first).get(i).op(I32.add);
    f.get(second).get(i).get(inFirst).op(I32.sub, I32.add);
    f.get(i).get(inFirst).op(I32.ltU, Control.select);
  };
  f.i32(0).set(i);
  const next = f.loop();
  if (load) {
    f.get(i);
    piece();
    f.load(I32.load8u).store(I32.store8, BOUNCE);
  } else {
    piece();
    f.get(i).load(I32.load8u, BOUNCE).store(I32.store8);
  }
  f.get(i).i32(1).op(I32.add).tee(i).get(size).op(I32.ltU).brIf(next);
  f.end();
}
