/**
 * The functions around the hot loop:
 *
 *   run(state, tlb, budget) → Exit     what Engine.run calls: loads the registers, enters `interpret` again
 *                                      and again and does what that left undone, until there is an exit
 *   rare(entry, page, left, tlb)       executes one instruction that may call; 1, or -Exit; those of floats
 *                                      by rareFloat
 *
 * Where the entry is a way into translated code that is entered instead of `interpret`. How long the
 * interpreter may go on is bounded by the global `until`, which counts down what it executes, in however many
 * pieces: then the import `sample` is told where it stands, may have the code translated, and gives the next
 * bound. So finding hot code costs the loop nothing.
 */
import { Access, PAGE_BYTES } from '../../../memory/site-memory.ts';
import { Exit, FAULT_ADDRESS, INSTRET, PC, RUNNING, STATE_USED, X } from '../state.ts';
import { FunctionBuilder, type Label } from '../wasm/function.ts';
import { Control, F64, I32, I64, Type, V128 } from '../wasm/opcodes.ts';
import { BOUNCE } from './access.ts';
import { pushNoCaller } from './calls.ts';
import type { Bodies } from './emitter.ts';
import { ENTRY_BYTES, Field } from './entry.ts';
import { EntryEmitter } from './entry-emitter.ts';
import { type Globals, lineLength, lookUp, pcOf, Reason, variables } from './hot.ts';
import { remember } from './jump-cache.ts';
import { firstPart, OPERATIONS } from './operations.ts';
import { findStraddle } from './straddles.ts';
import { swapEntries, tableOf } from './translate.ts';
import {
  enterTranslated,
  originalOperation,
  pushOperation,
  pushWayIn,
  TRANSLATED,
  WayIn,
} from './translated.ts';

/** Indices of the functions that these ones call. */
export interface Functions {
  readonly interpret: number;
  readonly rare: number;
  readonly translate: number;
  readonly cross: number;
  readonly loadState: number;
  readonly saveState: number;
  /** Imports: see module.ts. */
  readonly touch: number;
  readonly ecall: number;
  readonly fetch: number;
  readonly decode: number;
  readonly single: number;
  readonly sample: number;
  /** The type of translated functions. */
  readonly translatedType: number;
}

/**
 * Where translated code ends because nothing is translated there, coming here costs as much as so many
 * interpreted instructions: so such places are found.
 */
const FETCH_COST = 64;

/** What the last `run` executed: an i32 in frame 0, behind BOUNCE. */
export const EXECUTED = BOUNCE + 16;

/** Copies the register block of a thread to frame 0, or back. */
export function moveState(toState: boolean): FunctionBuilder {
  const f = new FunctionBuilder([Type.i32], []);
  for (let at = 0; at < STATE_USED; at += 16) {
    if (toState) f.get(0).i32(RUNNING).vector(V128.load, at).vector(V128.store, at);
    else f.i32(RUNNING).get(0).vector(V128.load, at).vector(V128.store, at);
  }
  if (!toState) f.i32(RUNNING).i64(0).store(I64.store, X);
  return f;
}

/**
 * Executes one instruction of those in `bodies`; others are left to the function `others`, or illegal. In two
 * functions because V8 compiles well what is called often: most programs need no rare body of floats, which
 * are three quarters of all.
 */
export function rare(helpers: ReadonlyMap<string, number>, bodies: Bodies, others?: number): FunctionBuilder {
  const f = new FunctionBuilder([Type.i32, Type.i64, Type.i32, Type.i32], [Type.i32]);
  const o = new EntryEmitter(f, variables(f), helpers, undefined);
  const none = f.block();
  const labels = OPERATIONS.map(({ name }) => (bodies[name]?.rare ? f.block() : undefined));
  // A fused operation leaves at its first part, or at a later entry.
  const operation = f.local(Type.i32);
  pushOperation(f, o.v);
  f.set(operation);
  originalOperation(f, operation);
  f.get(operation).brTable(
    firstPart.map((first) => labels[first] ?? none),
    none,
  );
  for (let number = OPERATIONS.length - 1; number >= 0; number--) {
    if (!labels[number]) continue;
    f.end();
    OPERATIONS[number]!.parts[0]!.rare!(o);
    o.release();
    o.done();
  }
  f.end();
  if (others === undefined) {
    o.exit(Exit.illegal);
    f.op(Control.unreachable);
  } else f.get(0).get(1).get(2).get(3).call(others);
  return f;
}

export function run(globals: Globals, functions: Functions): FunctionBuilder {
  return new RunBuilder(globals, functions).build();
}

/** run(state, tlb, budget): the variables in the places that `lookUp` expects them in. */
class RunBuilder {
  private readonly f = new FunctionBuilder([Type.i32, Type.i32, Type.i32], [Type.i32]);
  private readonly g: Globals;
  private readonly functions: Functions;
  private readonly state = 0;
  private readonly tlb = 1;
  private readonly budget = 2;
  private readonly entry = this.f.local(Type.i32);
  private readonly page = this.f.local(Type.i64);
  private readonly va = this.f.local(Type.i64);
  private readonly line = this.f.local(Type.i32);
  /** Address of the index of the page at va; the address behind va's first halfword. */
  private readonly index = this.f.local(Type.i32);
  private readonly next = this.f.local(Type.i64);
  private readonly result = this.f.local(Type.i32);
  private readonly operation = this.f.local(Type.i32);
  private readonly scratch = this.f.local(Type.i32);
  /** Address of the row that a way into translated code has. */
  private readonly way = this.f.local(Type.i32);
  /** What of the budget is kept from `interpret`. */
  private readonly held = this.f.local(Type.i32);
  /** The next instruction lies in two pages: it must be decoded by itself. */
  private readonly alone = this.f.local(Type.i32);
  /**
   * The next instruction is a store whose page was just made writable. When that emptied a decoded page it
   * stands in itself, decoding it would take the right to write away again: it is decoded by itself.
   */
  private readonly stores = this.f.local(Type.i32);
  private readonly v = {
    entry: this.entry,
    page: this.page,
    left: this.line,
    tlb: this.tlb,
    va: this.va,
  };

  constructor(globals: Globals, functions: Functions) {
    this.g = globals;
    this.functions = functions;
  }

  build(): FunctionBuilder {
    const { f, g } = this;
    f.get(this.budget).tee(this.line).setGlobal(g.left);
    f.get(this.budget).setGlobal(g.budget);
    f.get(this.state).call(this.functions.loadState);
    const again = f.loop();
    this.enter(again);
    f.get(this.operation).i32(TRANSLATED).op(I32.geU).if();
    this.translated();
    f.else();
    this.interpret();
    f.end();
    const back = f.loop();
    this.dispatch(again, back);
    f.end();
    f.end();
    f.op(Control.unreachable);
    return f;
  }

  private translated(): void {
    const { f, g } = this;
    pushWayIn(f, this.operation);
    f.set(this.way);
    remember(f, { ...this.v, row: this.scratch }, () => f.get(this.way).load(I32.load, WayIn.slot));
    const args = (): void => {
      f.get(this.page).getGlobal(g.left).get(this.tlb);
      pushNoCaller(f);
    };
    const enter = (): unknown => f.callIndirect(this.functions.translatedType);
    enterTranslated(f, this.way, args, enter);
    f.set(this.result);
  }

  /** Interprets from `entry`, whose line the budget covers; at least that line, else as far as `until`. */
  private interpret(): void {
    const { f, g } = this;
    const bound = this.scratch;
    const greater = (a: () => unknown, b: () => unknown, comparison: number): void => {
      a();
      b();
      a();
      b();
      f.op(comparison, Control.select);
    };
    greater(
      () => f.getGlobal(g.until),
      () => f.get(this.line),
      I32.gtS,
    );
    f.set(bound);
    greater(
      () => f.get(bound),
      () => f.getGlobal(g.left),
      I32.ltS,
    );
    f.set(bound);
    f.getGlobal(g.left).get(bound).op(I32.sub).set(this.held);
    f.get(this.entry).get(this.page).get(bound).get(this.line).op(I32.sub).get(this.tlb);
    f.call(this.functions.interpret).set(this.result);
    f.getGlobal(g.until).get(bound).op(I32.sub).getGlobal(g.left).op(I32.add).setGlobal(g.until);
    f.getGlobal(g.left).get(this.held).op(I32.add).setGlobal(g.left);
  }

  /** Sets entry, page and line for the pc in frame 0; a straight line that the budget does not cover is
   * executed one instruction at a time. */
  private enter(again: Label): void {
    const { f, g } = this;
    f.i32(0).load(I64.load, PC).set(this.va);
    f.i32(0).get(this.va).store(I64.store, FAULT_ADDRESS);
    const found = f.block();
    const missing = f.block();
    lookUp(f, this.v, this.index, missing);
    f.br(found);
    f.end();
    f.get(this.va).op(F64.convertI64U).call(this.functions.fetch).brIf(again);
    this.exit(Exit.fault);
    f.end();
    f.get(this.entry).op(I32.eqz).if();
    f.get(this.stores).if();
    f.i32(1).set(this.alone).else();
    f.get(this.index).get(this.va).op(F64.convertI64U).call(this.functions.decode).br(again);
    f.end();
    f.end();
    this.sample(again);
    lineLength(f, this.v);
    f.set(this.line);
    f.get(this.line).getGlobal(g.left).op(I32.gtS).get(this.alone).op(I32.or).if();
    f.getGlobal(g.left).op(I32.eqz).if();
    this.exit(Exit.budget);
    f.end();
    this.single();
    f.end();
  }

  /** Sets `operation`; when the interpreter had its share, asks whether this should be translated. */
  private sample(again: Label): void {
    const { f, g } = this;
    pushOperation(f, this.v);
    f.tee(this.operation).i32(TRANSLATED).op(I32.ltU).getGlobal(g.until).i32(0).op(I32.leS, I32.and).if();
    f.get(this.index).get(this.va).op(F64.convertI64U).call(this.functions.sample).setGlobal(g.until);
    f.br(again).end();
  }

  /**
   * entry, page and line of the instruction at va, decoded by itself; when it lies in two pages, perhaps from
   * an earlier time (straddles.ts).
   */
  private single(): void {
    const { f } = this;
    const found = f.block();
    const missing = f.block();
    findStraddle(f, this.v, { index: this.index, next: this.next, scratch: this.line, missing });
    f.br(found);
    f.end();
    f.get(this.va)
      .op(F64.convertI64U)
      .get(this.stores)
      .call(this.functions.single)
      .tee(this.entry)
      .op(I32.eqz)
      .if();
    this.exit(Exit.fault);
    f.end();
    f.end();
    f.i32(1).set(this.line).i32(0).set(this.alone).i32(0).set(this.operation);
  }

  /** What follows from the Reason in `result`. */
  private dispatch(again: Label, back: Label): void {
    const { f } = this;
    const order = Object.entries(Reason).sort(([, a], [, b]) => b - a);
    const none = f.block();
    const labels = new Map(order.map(([name]) => [name, f.block()]));
    const byNumber = order.toReversed().map(([name]) => labels.get(name)!);
    f.get(this.result).brTable(byNumber, none);
    const does: Record<string, () => unknown> = {
      budget: () => {},
      fetch: () => this.fetch(),
      straddle: () => f.i32(1).set(this.alone),
      rare: () => this.rare(),
      missRead: () => this.miss(Access.read, again),
      missWrite: () => this.miss(Access.write, again),
      ecall: () => this.ecall(),
      translated: () => {},
      slow: () => this.slow(again, back),
    };
    for (const [name] of order.toReversed()) {
      f.end();
      if (name !== 'straddle') f.i32(0).set(this.stores);
      does[name]!();
      f.br(again);
    }
    f.end();
  }

  /** Not below 0: it must not wrap around while nothing is interpreted. */
  private fetch(): void {
    const { f, g } = this;
    f.getGlobal(g.until).i32(0).op(I32.gtS).if();
    f.getGlobal(g.until).i32(FETCH_COST).op(I32.sub).setGlobal(g.until).end();
  }

  /** Goes on in the interpreter; a block that the budget does not cover, one instruction at a time. */
  private slow(again: Label, back: Label): void {
    const { f, g } = this;
    f.getGlobal(g.entry).set(this.entry).getGlobal(g.page).set(this.page);
    lineLength(f, this.v);
    f.tee(this.line).getGlobal(g.left).op(I32.gtS).if();
    f.i32(1).set(this.alone).br(again).end();
    this.interpret();
    f.br(back);
  }

  private rare(): void {
    const { f, g } = this;
    f.getGlobal(g.entry).getGlobal(g.page).getGlobal(g.left).get(this.tlb).call(this.functions.rare);
    this.finish();
  }

  /** The 1 or -Exit that `rare` or `cross` gave is on the stack. */
  private finish(): void {
    const { f, g } = this;
    f.tee(this.result).i32(0).op(I32.ltS).if();
    f.i32(0).get(this.result).op(I32.sub).set(this.result);
    this.leave();
    f.get(this.result).return();
    f.end();
    f.getGlobal(g.left).i32(1).op(I32.sub).setGlobal(g.left);
    f.i32(0);
    const pop = (push: number) => (): unknown => f.getGlobal(push);
    pcOf(f, pop(g.entry), pop(g.page), ENTRY_BYTES);
    f.store(I64.store, PC);
  }

  private miss(access: number, again: Label): void {
    const { f, g } = this;
    f.getGlobal(g.va)
      .tee(this.va)
      .op(I32.wrapI64)
      .i32(PAGE_BYTES - 1)
      .op(I32.and);
    f.getGlobal(g.entry).load(I32.load16u, access === Access.read ? Field.rs2 : Field.rd);
    f.op(I32.add).i32(PAGE_BYTES).op(I32.gtU).if();
    f.getGlobal(g.entry).getGlobal(g.page).getGlobal(g.left).get(this.tlb).i32(access);
    f.call(this.functions.cross);
    this.finish();
    f.br(again).end();
    swapEntries(f, this.v, { table: tableOf(access), entry: this.scratch, again });
    f.i32(0).get(this.va).store(I64.store, FAULT_ADDRESS);
    if (access === Access.write) f.i32(1).set(this.stores);
    f.get(this.va).op(F64.convertI64U).i32(access).call(this.functions.touch).brIf(again);
    this.exit(Exit.fault);
  }

  private ecall(): void {
    const { f, g } = this;
    f.getGlobal(g.left).i32(1).op(I32.sub).setGlobal(g.left);
    f.i32(0).i32(0).load(I64.load, PC).i64(4).op(I64.add).store(I64.store, PC);
    this.leave();
    f.getGlobal(g.left).tee(this.line).setGlobal(g.budget);
    f.call(this.functions.ecall);
    // A run nested in the hook has left its own numbers.
    f.get(this.line).setGlobal(g.left).get(this.line).setGlobal(g.budget);
    f.if();
    this.executed();
    f.i32(Exit.left).return().end();
    f.get(this.state).call(this.functions.loadState);
  }

  /** Ends the run. */
  private exit(code: number): void {
    this.leave();
    this.f.i32(code).return();
  }

  /** Brings INSTRET and the thread's state up to date. */
  private leave(): void {
    const { f, g } = this;
    f.i32(0).i32(0).load(I64.load, INSTRET);
    f.getGlobal(g.budget).getGlobal(g.left).op(I32.sub, I64.extendI32U, I64.add).store(I64.store, INSTRET);
    this.executed();
    f.get(this.state).call(this.functions.saveState);
  }

  private executed(): void {
    const { f, g } = this;
    f.i32(0).get(this.budget).getGlobal(g.left).op(I32.sub).store(I32.store, EXECUTED);
  }
}

/** The instructions that the thread has executed so far, for rdinstret: i64. */
export function instret(globals: Globals): FunctionBuilder {
  const f = new FunctionBuilder([], [Type.i64]);
  f.i32(0).load(I64.load, INSTRET).getGlobal(globals.budget).getGlobal(globals.left);
  f.op(I32.sub, I64.extendI32U, I64.add);
  return f;
}
