/**
 * Bodies of LR, SC and the AMOs: all rare, because they must be aligned and may fault in two ways. A site
 * runs one thread at a time and changes threads only between instructions, so plain loads and stores are
 * atomic here.
 *
 * SC succeeds when the reserved address still has the value that LR saw. The architecture would also fail it
 * after a store of the same value; programs cannot tell, except that such an "ABA" SC succeeds, as it does
 * under qemu's user mode.
 */
import { Access } from '../../../memory/site-memory.ts';
import { Exit, FAULT_ACCESS, FAULT_ADDRESS, RESERVATION, RESERVATION_VALUE } from '../state.ts';
import { Control, I32, I64, Type } from '../wasm/opcodes.ts';
import type { Bodies, Body, Emitter } from './emitter.ts';
import type { EntryEmitter } from './entry-emitter.ts';

interface Width {
  readonly bytes: 4 | 8;
  readonly load: number;
  readonly store: number;
}
const WORD: Width = { bytes: 4, load: I64.load32s, store: I64.store32 };
const DOUBLE: Width = { bytes: 8, load: I64.load, store: I64.store };

/** va = rs1, which must be aligned. */
function address(o: EntryEmitter, bytes: number, access: number): void {
  const { f, v } = o;
  o.reg('rs1')
    .f.tee(v.va)
    .i64(bytes - 1)
    .op(I64.and, I64.eqz, I32.eqz)
    .if();
  f.i32(0).get(v.va).store(I64.store, FAULT_ADDRESS);
  f.i32(0).i32(access).store(I32.store, FAULT_ACCESS);
  o.exit(Exit.misaligned);
  f.end();
}

/** The physical address of va, in a local. */
function physical(o: EntryEmitter, access: number): number {
  const { f, v } = o;
  const at = o.temporary(Type.i32);
  f.get(v.va).get(v.tlb).i32(access);
  o.call('translate').f.tee(at).op(I32.eqz).if();
  o.exit(Exit.fault);
  f.end();
  return at;
}

const loadReserved = ({ bytes, load }: Width): Body => ({
  rare: (o) => {
    const { f, v } = o;
    address(o, bytes, Access.read);
    const at = physical(o, Access.read);
    const value = o.temporary(Type.i64);
    f.get(at).load(load).set(value);
    f.i32(0).get(v.va).store(I64.store, RESERVATION);
    f.i32(0).get(value).store(I64.store, RESERVATION_VALUE);
    o.setRd(() => f.get(value));
  },
});

const storeConditional = ({ bytes, load, store }: Width): Body => ({
  rare: (o) => {
    const { f, v } = o;
    const failed = o.temporary(Type.i64);
    address(o, bytes, Access.write);
    f.i64(1).set(failed);
    f.i32(0).load(I64.load, RESERVATION).get(v.va).op(I64.eq).if();
    const at = physical(o, Access.write);
    f.get(at).load(load).i32(0).load(I64.load, RESERVATION_VALUE).op(I64.eq).if();
    f.get(at);
    o.reg('rs2').f.store(store).i64(0).set(failed).end();
    f.end();
    f.i32(0).i64(-1).store(I64.store, RESERVATION);
    o.setRd(() => f.get(failed));
  },
});

/** `combine` has the old value and rs2 (extended to 64 bits as `load` does) in locals; pushes the new one. */
const update = (
  { bytes, load, store }: Width,
  combine: (o: Emitter, old: number, operand: number) => void,
): Body => ({
  rare: (o) => {
    const { f } = o;
    address(o, bytes, Access.write);
    const at = physical(o, Access.write);
    const old = o.temporary(Type.i64);
    const operand = o.temporary(Type.i64);
    f.get(at).load(load).set(old);
    o.reg('rs2', load).f.set(operand);
    f.get(at);
    combine(o, old, operand);
    f.store(store);
    o.setRd(() => f.get(old));
  },
});

const binary =
  (opcode: number) =>
  (o: Emitter, old: number, operand: number): void => {
    o.f.get(old).get(operand).op(opcode);
  };
/** The old value where the comparison holds, else the operand. Sign extension keeps unsigned order too. */
const choose =
  (comparison: number) =>
  (o: Emitter, old: number, operand: number): void => {
    o.f.get(old).get(operand).get(old).get(operand).op(comparison, Control.select);
  };

const OPERATIONS: Record<string, (o: Emitter, old: number, operand: number) => void> = {
  amoswap: (o, _old, operand) => o.f.get(operand),
  amoadd: binary(I64.add),
  amoxor: binary(I64.xor),
  amoand: binary(I64.and),
  amoor: binary(I64.or),
  amomin: choose(I64.ltS),
  amomax: choose(I64.gtS),
  amominu: choose(I64.ltU),
  amomaxu: choose(I64.gtU),
};

const both = (name: string, make: (width: Width) => Body): [string, Body][] => [
  [`${name}.w`, make(WORD)],
  [`${name}.d`, make(DOUBLE)],
];

export const atomicBodies: Bodies = Object.fromEntries([
  ...both('lr', loadReserved),
  ...both('sc', storeConditional),
  ...Object.entries(OPERATIONS).flatMap(([name, combine]) => both(name, (width) => update(width, combine))),
]);
