/**
 * The function `interpret`: the loop that executes decoded instructions.
 *
 *   interpret(entry, delta, left, tlb) → why it came back (`Reason`)
 *
 * It begins at `entry`, whose straight line is already charged to `left`. It calls nothing, so that its
 * variables stay in machine registers. When it leaves, PC in frame 0 is the instruction to go on with, the
 * global `left` is exact (what was charged in advance for instructions that were not reached is given back),
 * `entry` and `va` tell where.
 */
import { TLB_EXECUTE } from '../../../memory/tlb.ts';
import { PC } from '../state.ts';
import { FunctionBuilder, type Label } from '../wasm/function.ts';
import { I32, I64, Type } from '../wasm/opcodes.ts';
import { Emitter, type Variables } from './emitter.ts';
import { CODE_SHIFT, Field } from './entry.ts';
import { OPERATIONS } from './operations.ts';
import { GENERATION, pageOf, TLB_ADDEND, TLB_GENERATION, tlbEntry } from './translate.ts';

export const Reason = {
  /** `left` does not cover the straight line at PC. */
  budget: 0,
  /** PC is in no decoded page. */
  fetch: 1,
  /** The entry must be decoded. */
  decode: 2,
  straddle: 3,
  rare: 4,
  missRead: 5,
  missWrite: 6,
  ecall: 7,
} as const;

/** Globals through which `interpret` tells what it leaves with. */
export interface Globals {
  readonly entry: number;
  readonly delta: number;
  readonly left: number;
  readonly va: number;
  /** The budget that `left` counts down from, since INSTRET was brought up to date. */
  readonly budget: number;
}

/** Parameters and variables of a function that executes instructions. */
export function variables(f: FunctionBuilder): Variables {
  return { entry: 0, delta: 1, left: 2, tlb: 3, va: f.local(Type.i64) };
}

/**
 * Finds the decoded instructions of va: sets entry and delta, or branches to `missing`.
 * `page` is an i32 variable for the way.
 */
export function lookUp(f: FunctionBuilder, v: Variables, page: number, missing: Label): void {
  tlbEntry(f, v.va, v.tlb);
  f.tee(page).load(I64.load, TLB_EXECUTE);
  pageOf(f, v.va);
  f.op(I64.ne).brIf(missing);
  f.get(page)
    .load(I32.load, TLB_EXECUTE + TLB_GENERATION)
    .i32(0)
    .load(I32.load, GENERATION)
    .op(I32.ne);
  f.brIf(missing);
  f.get(page)
    .load(I32.load, TLB_EXECUTE + TLB_ADDEND)
    .set(page);
  pageOf(f, v.va);
  f.get(page).i32(CODE_SHIFT).op(I32.shrU, I64.extendI32U, I64.sub).set(v.delta);
  f.get(v.va).op(I32.wrapI64).i32(0xffe).op(I32.and).i32(CODE_SHIFT).op(I32.shl);
  f.get(page).op(I32.add).set(v.entry);
}

/** Pushes how many instructions the straight line at `entry` has. */
export function lineLength(f: FunctionBuilder, v: Variables): void {
  f.get(v.entry).load(I32.load16u, Field.left);
}

export function interpret(globals: Globals): FunctionBuilder {
  const f = new FunctionBuilder([Type.i32, Type.i64, Type.i32, Type.i32], [Type.i32]);
  const v = variables(f);
  const page = f.local(Type.i32);
  const reason = f.local(Type.i32);
  // Open from the outermost: each label leads to the code behind its `end`.
  const leave = f.block();
  const ways = new Map<keyof typeof Reason, Label>();
  const WAYS = ['rare', 'missRead', 'missWrite', 'decode', 'straddle', 'ecall'] as const;
  for (const way of WAYS) ways.set(way, f.block());
  const budget = f.block();
  const fetch = f.block();
  const dispatch = f.loop();
  const enter = f.block();
  const far = f.block();
  const to = {
    rare: ways.get('rare')!,
    missRead: ways.get('missRead')!,
    missWrite: ways.get('missWrite')!,
    decode: ways.get('decode')!,
    straddle: ways.get('straddle')!,
    ecall: ways.get('ecall')!,
    far,
    enter,
  };
  bodies(new Emitter(f, v, new Map(), to), dispatch);
  f.end(); // far
  lookUp(f, v, page, fetch);
  f.end(); // enter
  lineLength(f, v);
  f.tee(page).get(v.left).op(I32.gtS).brIf(budget);
  f.get(v.left).get(page).op(I32.sub).set(v.left).br(dispatch);
  f.end(); // dispatch
  f.end(); // fetch
  f.i32(0).get(v.va).store(I64.store, PC);
  f.get(v.left).setGlobal(globals.left).i32(Reason.fetch).return();
  f.end(); // budget
  f.i32(Reason.budget).set(reason);
  savePc(f, v, globals);
  f.get(reason).return();
  for (const way of WAYS.toReversed()) {
    f.end();
    f.i32(Reason[way]).set(reason).br(leave);
  }
  f.end(); // leave
  lineLength(f, v);
  f.get(v.left).op(I32.add).set(v.left);
  savePc(f, v, globals);
  f.get(reason);
  return f;
}

function savePc(f: FunctionBuilder, v: Variables, globals: Globals): void {
  f.i32(0);
  f.get(v.entry).i32(CODE_SHIFT).op(I32.shrU, I64.extendI32U).get(v.delta).op(I64.add).store(I64.store, PC);
  f.get(v.left).setGlobal(globals.left).get(v.entry).setGlobal(globals.entry);
  f.get(v.delta).setGlobal(globals.delta).get(v.va).setGlobal(globals.va);
}

/** The jump table and the bodies behind it. */
function bodies(o: Emitter, dispatch: Label): void {
  const { f } = o;
  const hot = OPERATIONS.map(({ body }) => body.hot !== undefined);
  const labels = hot.map((is) => (is ? f.block() : undefined));
  // Blocks were opened in the order of the operations: the last one is innermost and ends first.
  f.get(o.v.entry).load(I32.load16u, Field.op);
  f.brTable(
    labels.map((label) => label ?? o.to.rare),
    o.to.rare,
  );
  for (let number = OPERATIONS.length - 1; number >= 0; number--) {
    const { body, length } = OPERATIONS[number]!;
    if (!body.hot) continue;
    f.end();
    o.length = length;
    body.hot(o);
    o.release();
    if (!body.ends) o.step().f.br(dispatch);
  }
}
