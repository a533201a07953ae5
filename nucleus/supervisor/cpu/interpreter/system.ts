/**
 * Bodies of the instructions that speak with the machine: fences, CSRs, EBREAK, and what is no instruction.
 * (ECALL leaves the hot function; the loop in run.ts does it.) Which CSR numbers exist and may be written is
 * decided by the decoder: see `lower`.
 */
import { Csr } from '../instructions.ts';
import { Exit } from '../state.ts';
import { I32, I64, Saturating, Type } from '../wasm/opcodes.ts';
import type { Bodies, Body, Emitter } from './emitter.ts';
import type { EntryEmitter } from './entry-emitter.ts';

const FLAGS_MASK = 0x1f;
const FRM_SHIFT = 5;
const FRM_MASK = 7;
const FCSR_MASK = 0xff;

/** Chooses by the CSR number: the i64 that one of the cases pushes. */
function byCsr(o: EntryEmitter, cases: readonly (readonly [csr: number, value: () => void])[]): void {
  const [[csr, value], ...rest] = cases as [(typeof cases)[0], ...typeof cases];
  if (rest.length === 0) {
    value();
    return;
  }
  o.imm32().f.i32(csr).op(I32.eq).if(Type.i64);
  value();
  o.f.else();
  byCsr(o, rest);
  o.f.end();
}

function readCsr(o: EntryEmitter): void {
  const fcsr = (shift: number, mask: number) => (): void => {
    o.fcsr().f.i32(shift).op(I32.shrU).i32(mask).op(I32.and, I64.extendI32U);
  };
  byCsr(o, [
    [Csr.fflags, fcsr(0, FLAGS_MASK)],
    [Csr.frm, fcsr(FRM_SHIFT, FRM_MASK)],
    [Csr.fcsr, fcsr(0, FCSR_MASK)],
    [Csr.time, () => o.call('time').f.saturating(Saturating.i64F64U)],
    // cycle is instret: one instruction, one cycle.
    [Csr.instret, () => o.call('instret')],
  ]);
}

/** fcsr takes the bits of `value` (a local) that the CSR has. */
function writeCsr(o: EntryEmitter, value: number): void {
  const merge = (shift: number, mask: number) => (): void => {
    o.fcsr()
      .f.i32(FCSR_MASK & ~(mask << shift))
      .op(I32.and);
    o.f.get(value).op(I32.wrapI64).i32(mask).op(I32.and).i32(shift).op(I32.shl, I32.or, I64.extendI32U);
  };
  o.setFcsr(() => {
    byCsr(o, [
      [Csr.fflags, merge(0, FLAGS_MASK)],
      [Csr.frm, merge(FRM_SHIFT, FRM_MASK)],
      [Csr.fcsr, merge(0, FCSR_MASK)],
    ]);
    o.f.op(I32.wrapI64);
  });
}

type Combine = (o: Emitter, old: number, operand: number) => void;
const swap: Combine = (o, _old, operand) => o.f.get(operand);
const set: Combine = (o, old, operand) => o.f.get(old).get(operand).op(I64.or);
const clear: Combine = (o, old, operand) => o.f.get(old).get(operand).i64(-1).op(I64.xor, I64.and);

/** `pure`: does not write when the operand is x0 or 0, whose field is 0 either way. */
const csr = (combine: Combine, immediate: boolean, pure: boolean): Body => ({
  rare: (o) => {
    const { f } = o;
    const old = o.temporary(Type.i64);
    const operand = o.temporary(Type.i64);
    const value = o.temporary(Type.i64);
    readCsr(o);
    f.set(old);
    if (immediate) o.address('rs1').f.op(I64.extendI32U).set(operand);
    else o.reg('rs1').f.set(operand);
    if (pure) o.address('rs1').f.if();
    combine(o, old, operand);
    f.set(value);
    writeCsr(o, value);
    if (pure) f.end();
    o.setRd(() => f.get(old));
  },
});

export const systemBodies: Bodies = {
  straddle: { go: (o) => o.leave(o.to.straddle) },
  ecall: { go: (o) => o.leave(o.to.ecall) },
  fence: { hot: () => {} },
  'fence.i': { rare: (o) => o.call('flush') },
  ebreak: { rare: (o) => o.exit(Exit.breakpoint) },
  illegal: { rare: (o) => o.exit(Exit.illegal) },
  csrrw: csr(swap, false, false),
  csrrs: csr(set, false, true),
  csrrc: csr(clear, false, true),
  csrrwi: csr(swap, true, false),
  csrrsi: csr(set, true, true),
  csrrci: csr(clear, true, true),
};
