/**
 * The function `interpret`: the loop that executes decoded instructions.
 *
 *   interpret(entry, page, left, tlb) → why it came back (`Reason`)
 *
 * It begins at `entry`, whose straight line is already charged to `left`. It calls nothing, so that its
 * variables stay in machine registers. When it leaves, PC in frame 0 is the instruction to go on with, the
 * global `left` is exact (what was charged in advance for instructions that were not reached is given back),
 * `entry` and `va` tell where.
 *
 * Measured (Node 20, two shared cores, CPU time, ratio to qemu-riscv64 7.2 on the same binary): CoreMark 450
 * million instructions/s (3.2), sqlite 240 (3.8), SHA-256 880 (5.5), an LZ77 search 480 (2.9), a byte-code
 * loop 450 (3.9), recursion 600 (2.7), sorting 340 (2.1), doubles 360 (1.4), an integer loop 810 (4.1). What
 * mattered: no calls in here, registers at fixed addresses, counting per straight line instead of per
 * instruction (exactness comes from giving back), and fused operations (fused.ts).
 */
import { TLB_EXECUTE } from '../../../memory/tlb.ts';
import { PC } from '../state.ts';
import { FunctionBuilder, type Label, type Piece } from '../wasm/function.ts';
import { I32, I64, Type } from '../wasm/opcodes.ts';
import type { Body, Variables } from './emitter.ts';
import { Field } from './entry.ts';
import { EntryEmitter } from './entry-emitter.ts';
import { OPERATIONS } from './operations.ts';
import { GENERATION, pageOf, TLB_ADDEND, TLB_GENERATION, tlbEntry } from './translate.ts';

export const Reason = {
  /** `left` does not cover the straight line at PC. */
  budget: 0,
  /** The instruction at PC has no entry. */
  fetch: 1,
  straddle: 2,
  rare: 3,
  missRead: 4,
  missWrite: 5,
  ecall: 6,
  /** At PC translated code begins. */
  translated: 7,
  /** Translated code leaves the instruction at PC to the interpreter, with an entry that is no way in. */
  slow: 8,
} as const;

/** Globals through which `interpret` tells what it leaves with. */
export interface Globals {
  readonly entry: number;
  readonly page: number;
  readonly left: number;
  readonly va: number;
  /** The budget that `left` counts down from, since INSTRET was brought up to date. */
  readonly budget: number;
  /** What the interpreter may still execute before `sample` is asked. */
  readonly until: number;
}

/** Parameters and variables of a function that executes instructions. */
export function variables(f: FunctionBuilder): Variables {
  return { entry: 0, page: 1, left: 2, tlb: 3, va: f.local(Type.i64) };
}

/**
 * Finds the entry of the instruction at va: sets `entry` (0: not decoded) and `page`; branches to `missing`
 * when the page is not in the execute table. `index`, an i32 variable, becomes the address of the page's
 * index.
 */
export function lookUp(f: FunctionBuilder, v: Variables, index: number, missing: Label): void {
  tlbEntry(f, v.va, v.tlb);
  f.set(index);
  pageOf(f, v.va);
  f.tee(v.page).get(index).load(I64.load, TLB_EXECUTE).op(I64.ne).brIf(missing);
  f.get(index)
    .load(I32.load, TLB_EXECUTE + TLB_GENERATION)
    .i32(0)
    .load(I32.load, GENERATION)
    .op(I32.ne);
  f.brIf(missing);
  f.get(index)
    .load(I32.load, TLB_EXECUTE + TLB_ADDEND)
    .tee(index);
  // 4 bytes for a halfword.
  f.get(v.va).op(I32.wrapI64).i32(0xffe).op(I32.and).i32(1).op(I32.shl, I32.add).load(I32.load).set(v.entry);
}

/** Pushes how many instructions the straight line at `entry` has. */
export function lineLength(f: FunctionBuilder, v: Variables): void {
  f.get(v.entry).load(I32.load16u, Field.left);
}

export function interpret(globals: Globals): FunctionBuilder {
  const f = new FunctionBuilder([Type.i32, Type.i64, Type.i32, Type.i32], [Type.i32]);
  const v = variables(f);
  const scratch = f.local(Type.i32);
  const reason = f.local(Type.i32);
  // Open from the outermost: each label leads to the code behind its `end`.
  const leave = f.block();
  const WAYS = ['rare', 'missRead', 'missWrite', 'straddle', 'ecall', 'translated'] as const;
  const [rare, missRead, missWrite, straddle, ecall, translated] = WAYS.map(() => f.block()) as [
    Label,
    Label,
    Label,
    Label,
    Label,
    Label,
  ];
  const budget = f.block();
  const fetch = f.block();
  const dispatch = f.loop();
  const enter = f.block();
  const far = f.block();
  const exits = { rare, missRead, missWrite, straddle, ecall, far, enter, translated };
  bodies(new EntryEmitter(f, v, new Map(), exits), dispatch);
  f.end(); // far
  lookUp(f, v, scratch, fetch);
  f.get(v.entry).op(I32.eqz).brIf(fetch);
  f.end(); // enter
  lineLength(f, v);
  f.tee(scratch).get(v.left).op(I32.gtS).brIf(budget);
  f.get(v.left).get(scratch).op(I32.sub).set(v.left).br(dispatch);
  f.end(); // dispatch
  f.end(); // fetch
  f.i32(0).get(v.va).store(I64.store, PC);
  f.get(v.left).setGlobal(globals.left).i32(Reason.fetch).return();
  f.end(); // budget
  savePc(f, v, globals);
  f.i32(Reason.budget).return();
  for (const way of WAYS.toReversed()) {
    f.end();
    // Only where it is needed: a value that every way out saved would be kept through every instruction.
    if (way === 'missRead' || way === 'missWrite') f.get(v.va).setGlobal(globals.va);
    f.i32(Reason[way]).set(reason).br(leave);
  }
  f.end(); // leave
  lineLength(f, v);
  f.get(v.left).op(I32.add).set(v.left);
  savePc(f, v, globals);
  f.get(reason);
  return f;
}

/** Pushes the guest address at which an entry stands. */
export function pcOf(f: FunctionBuilder, entry: () => void, page: () => void, behind = 0): void {
  page();
  entry();
  f.load(I64.load16u, behind + Field.offset).op(I64.add);
}

export function savePc(f: FunctionBuilder, v: Variables, globals: Globals): void {
  f.i32(0);
  pcOf(
    f,
    () => f.get(v.entry),
    () => f.get(v.page),
  );
  f.store(I64.store, PC);
  f.get(v.left).setGlobal(globals.left).get(v.entry).setGlobal(globals.entry);
  f.get(v.page).setGlobal(globals.page);
}

const hotBody = ({ hot, go }: Body): ((o: EntryEmitter) => void) | undefined => hot ?? go;

/** The jump table and the bodies behind it. An operation with no hot body goes to its rare one. */
function bodies(o: EntryEmitter, dispatch: Label): void {
  const { f } = o;
  const labels = OPERATIONS.map(({ parts }) => (hotBody(parts[0]!) ? f.block() : undefined));
  f.get(o.v.entry).load(I32.load16u, Field.op);
  f.brTable(
    labels.map((label) => label ?? o.to.rare),
    o.to.translated,
  );
  // Blocks were opened in the order of the operations: the last one is innermost and ends first.
  const pieces = new Map<string, Piece>();
  const piece = (key: string, emit: () => void): void => {
    const known = pieces.get(key);
    if (known) f.paste(known);
    else pieces.set(key, f.record(emit));
  };
  for (let number = OPERATIONS.length - 1; number >= 0; number--) {
    if (!labels[number]) continue;
    f.end();
    const { name, parts } = OPERATIONS[number]!;
    const names = name.split(' ');
    for (let part = 0; part < parts.length; part++) {
      o.part = part;
      piece(`${part} ${names[part]}`, () => {
        hotBody(parts[part]!)!(o);
        o.release();
      });
    }
    if (!parts.at(-1)!.go) piece(`${parts.length}`, () => o.step().f.br(dispatch));
  }
}
