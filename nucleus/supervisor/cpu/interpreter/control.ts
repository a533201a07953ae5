/**
 * Bodies of branches and jumps. A target that is decoded in the same page ("near") is a distance between
 * entries; any other ("far") is looked up in the execute TLB and the page's index. Both ways end in `enter`,
 * where the instructions of the next straight line are charged to the budget.
 */
import { I32, I64 } from '../wasm/opcodes.ts';
import type { Bodies, Body, Emitter } from './emitter.ts';
import { ENTRY_BYTES } from './entry.ts';
import type { EntryEmitter } from './entry-emitter.ts';

/** entry += the distance in imm. */
function goNear(o: EntryEmitter): void {
  const { f, v } = o;
  f.get(v.entry);
  o.imm32().f.op(I32.add);
  if (o.part > 0) f.i32(o.part * ENTRY_BYTES).op(I32.add);
  f.set(v.entry).br(o.to.enter);
}

function goFar(o: EntryEmitter): void {
  o.pc().imm().f.op(I64.add).set(o.v.va).br(o.to.far);
}

type Go = (o: EntryEmitter) => void;

const branch = (go: Go, condition: (o: Emitter) => void): Body => ({
  go: (o) => {
    condition(o);
    o.f.if();
    go(o);
    o.f.end();
    o.step().f.br(o.to.enter);
  },
});

const jump = (go: Go): Body => ({ go });
const jumpAndLink = (go: Go): Body => ({
  go: (o) => {
    o.setRd(() => o.inPage('rs1'));
    go(o);
  },
});

/** The target is computed before rd is written: they may be the same register. */
const jumpRegister = (withLink: boolean): Body => ({
  go: (o) => {
    o.reg('rs1').imm().f.op(I64.add).i64(-2).op(I64.and).set(o.v.va);
    if (withLink) o.setRd(() => o.inPage('rs2'));
    o.f.br(o.to.far);
  },
});

/** What conditional branches push: taken or not. */
export const CONDITIONS: Readonly<Record<string, (o: Emitter) => void>> = {
  beq: (o) => o.reg('rs1').reg('rs2').f.op(I64.eq),
  bne: (o) => o.reg('rs1').reg('rs2').f.op(I64.ne),
  blt: (o) => o.reg('rs1').reg('rs2').f.op(I64.ltS),
  bge: (o) => o.reg('rs1').reg('rs2').f.op(I64.geS),
  bltu: (o) => o.reg('rs1').reg('rs2').f.op(I64.ltU),
  bgeu: (o) => o.reg('rs1').reg('rs2').f.op(I64.geU),
  beqz: (o) => o.reg('rs1').f.op(I64.eqz),
  bnez: (o) => o.reg('rs1').f.i64(0).op(I64.ne),
  bltz: (o) => o.reg('rs1').f.i64(0).op(I64.ltS),
  bgez: (o) => o.reg('rs1').f.i64(0).op(I64.geS),
  bgtz: (o) => o.reg('rs1').f.i64(0).op(I64.gtS),
  blez: (o) => o.reg('rs1').f.i64(0).op(I64.leS),
};

/** Near operations have the name of the instruction, far ones `.far` behind it. */
export const FAR = '.far';

const JUMPS: ReadonlySet<string> = new Set(['j', 'jal', 'jr', 'jalr']);

/** The operation without the distinction of near and far. */
export const withoutFar = (name: string): string => (name.endsWith(FAR) ? name.slice(0, -FAR.length) : name);

/** Is it the operation of a branch or jump instruction? */
export const isControl = (name: string): boolean =>
  JUMPS.has(withoutFar(name)) || withoutFar(name) in CONDITIONS;

export const controlBodies: Bodies = {
  ...Object.fromEntries(Object.entries(CONDITIONS).map(([name, test]) => [name, branch(goNear, test)])),
  ...Object.fromEntries(Object.entries(CONDITIONS).map(([name, test]) => [name + FAR, branch(goFar, test)])),
  j: jump(goNear),
  [`j${FAR}`]: jump(goFar),
  jal: jumpAndLink(goNear),
  [`jal${FAR}`]: jumpAndLink(goFar),
  jr: jumpRegister(false),
  jalr: jumpRegister(true),
  /** No instruction: execution goes on at this offset, which has other entries or lies in the next page. */
  end: { go: (o) => o.pc().f.set(o.v.va).br(o.to.far) },
  goto: { go: goNear },
};
