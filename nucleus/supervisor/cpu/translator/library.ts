/**
 * The translated functions of a site, in the table that the interpreter and they themselves call through.
 *
 * New functions get a module of their own, at once. But a module has pages of its own for its code, and a copy
 * of the table, and with many of them the host's processor waits for its memory: a jump from function to
 * function took 10 ns with 10 modules, 34 with 50, 81 with 200 and 576 with 800, and 7 to 11 with all functions
 * in few modules. So modules are merged, when no function was added for a while, because merged functions are
 * compiled anew; the new module is compiled in the background, and its functions then replace the old ones.
 */
import type { SiteMemory } from '../../../memory/site-memory.ts';
import type { Interpreter } from '../interpreter/module.ts';
import { FUNCTION_TYPE, SLOTS } from '../interpreter/translated.ts';
import type { FunctionBuilder } from '../wasm/function.ts';
import { IMPORTS, MEMORY_IMPORT, ModuleBuilder, TABLE } from '../wasm/module.ts';
import { Type } from '../wasm/opcodes.ts';
import type { ModuleIndices } from './function.ts';

/** Instructions executed without a new function before modules are merged. */
const QUIET_INSTRUCTIONS = 20_000_000;
/** So many modules are merged even when there is no such time. */
const MODULES_MAX = 64;
/** The largest module takes part when the others have together this share of its functions. */
const SHARE = 1 / 4;

/** A function in the table. */
export interface Translation {
  readonly slot: number;
  /** Of its code: it can be put into any module. */
  readonly bytes: Uint8Array;
  /** Does it still have its slot? */
  present: boolean;
}

export class Library {
  private readonly memory: SiteMemory;
  private readonly interpreter: Interpreter;
  private readonly freeSlots: number[] = [];
  /** The functions of each module. */
  private modules: (readonly Translation[])[] = [];
  /** Instructions executed since a function was added. */
  private quiet = 0;
  private merging = false;

  constructor(memory: SiteMemory, interpreter: Interpreter) {
    this.memory = memory;
    this.interpreter = interpreter;
    for (let slot = SLOTS - 1; slot >= 0; slot--) this.freeSlots.push(slot);
  }

  get isFull(): boolean {
    return this.freeSlots.length === 0;
  }

  /** A new function, which is not in the table yet; the library is not full. */
  create(make: (indices: ModuleIndices) => FunctionBuilder): Translation {
    return { slot: this.freeSlots.pop()!, bytes: make(newModule().indices).body(), present: true };
  }

  /** Makes a module of new functions. */
  add(functions: readonly Translation[]): void {
    this.enter(new WebAssembly.Module(link(newModule().module, functions)), functions);
    this.modules.push(functions);
    this.quiet = 0;
  }

  /** Nothing leads to the function any more. */
  remove(translation: Translation): void {
    translation.present = false;
    this.interpreter.table.set(translation.slot, null);
    this.freeSlots.push(translation.slot);
  }

  private enter(module: WebAssembly.Module, functions: readonly Translation[]): void {
    const { slow, far, table } = this.interpreter;
    const imports = { slow, far, [TABLE]: table, [MEMORY_IMPORT]: this.memory.memory };
    const { exports } = new WebAssembly.Instance(module, { [IMPORTS]: imports });
    for (const [i, { slot, present }] of functions.entries())
      if (present) table.set(slot, exports[nameOf(i)]);
  }

  /** So many instructions were executed. */
  executed(instructions: number): void {
    this.quiet += instructions;
    if (this.modules.length < 2 || this.merging) return;
    if (this.quiet >= QUIET_INSTRUCTIONS || this.modules.length >= MODULES_MAX) void this.merge();
  }

  private async merge(): Promise<void> {
    this.merging = true;
    const modules = this.modules
      .map((functions) => functions.filter(({ present }) => present))
      .sort((a, b) => b.length - a.length);
    const [largest = [], ...others] = modules;
    const few = others.flat().length < largest.length * SHARE;
    const old = few ? others : modules;
    this.modules = few ? [largest] : [];
    const functions = old.flat();
    if (functions.length > 0 && old.length > 1) await this.compile(functions);
    else this.modules.push(functions);
    this.quiet = 0;
    this.merging = false;
  }

  private async compile(functions: readonly Translation[]): Promise<void> {
    this.enter(await WebAssembly.compile(link(newModule().module, functions)), functions);
    this.modules.push(functions);
  }
}

const nameOf = (n: number): string => `f${n}`;

function newModule(): { module: ModuleBuilder; indices: ModuleIndices } {
  const module = new ModuleBuilder();
  const indices = {
    slow: module.import('slow', [Type.i32, Type.i64, Type.i32], [Type.i32]),
    far: module.import('far', [Type.i64, Type.i32], [Type.i32]),
    translatedType: module.type(FUNCTION_TYPE.params, FUNCTION_TYPE.results),
  };
  module.table(SLOTS, true);
  return { module, indices };
}

function link(module: ModuleBuilder, functions: readonly Translation[]): Uint8Array {
  for (const [i, { bytes }] of functions.entries())
    module.function({ ...FUNCTION_TYPE, body: () => bytes }, nameOf(i));
  return module.build();
}
