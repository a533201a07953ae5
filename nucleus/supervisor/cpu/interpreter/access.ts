/**
 * Bodies of loads and stores. The hot ones look into the TLB; what is not there, or crosses a page, leaves
 * to the loop in run.ts, which brings the page in and tries again, or, for a page-crossing access, executes
 * the rare body: that one works on BOUNCE, a copy of the bytes that the loop gathers before a load and
 * distributes after a store.
 */
import { Access } from '../../../memory/site-memory.ts';
import { I64, Type } from '../wasm/opcodes.ts';
import type { Bodies, Body, Emitter } from './emitter.ts';

/** 16 bytes in frame 0, behind the register block. */
export const BOUNCE = 0x400;

const load = (bytes: number, opcode: number, boxed = false): Body => {
  const box = (o: Emitter): void => {
    if (boxed) o.f.i64(-0x1_0000_0000).op(I64.or);
  };
  return {
    hot: (o) => {
      const at = o.temporary(Type.i32);
      const offset = o.physical(Access.read, bytes);
      o.f.set(at);
      o.setRd(() => {
        o.f.get(at).load(opcode, offset);
        box(o);
      });
    },
    rare: (o) => {
      o.setRd(() => {
        o.f.i32(BOUNCE).load(opcode);
        box(o);
      });
    },
  };
};

const store = (bytes: number, opcode: number): Body => ({
  hot: (o) => {
    const offset = o.physical(Access.write, bytes);
    o.reg('rs2').f.store(opcode, offset);
  },
  rare: (o) => {
    o.f.i32(BOUNCE);
    o.reg('rs2').f.store(opcode);
  },
});

export const accessBodies: Bodies = {
  lb: load(1, I64.load8s),
  lh: load(2, I64.load16s),
  lw: load(4, I64.load32s),
  ld: load(8, I64.load),
  lbu: load(1, I64.load8u),
  lhu: load(2, I64.load16u),
  lwu: load(4, I64.load32u),
  sb: store(1, I64.store8),
  sh: store(2, I64.store16),
  sw: store(4, I64.store32),
  sd: store(8, I64.store),
  flw: load(4, I64.load32u, true),
  fld: load(8, I64.load),
  fsw: store(4, I64.store32),
  fsd: store(8, I64.store),
};

const WIDTHS: Readonly<Record<string, number>> = {
  b: 1,
  h: 2,
  w: 4,
  d: 8,
};

/** Bytes that a load or store of this mnemonic moves. */
export function accessBytes(mnemonic: string): number {
  return WIDTHS[mnemonic.replace(/^f?[ls]/, '').replace(/u$/, '')]!;
}
