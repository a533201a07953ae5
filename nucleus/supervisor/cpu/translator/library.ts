/**
 * The translated functions of a site, in the table that the interpreter and they themselves call through.
 *
 * A module has pages of its own for its code, and a copy of the table, and with many of them the host's
 * processor waits for its memory: a jump from function to function took 10 ns with 10 modules, 34 with 50, 81
 * with 200 and 576 with 800, and 7 to 11 with all functions in few modules. See consolidation.ts.
 */
import type { SiteMemory } from '../../../memory/site-memory.ts';
import { CONFIRM_TYPE, NEVER } from '../interpreter/jump-cache.ts';
import type { Interpreter } from '../interpreter/module.ts';
import { GENERATION } from '../interpreter/translate.ts';
import { FUNCTION_TYPE, SLOTS } from '../interpreter/translated.ts';
import type { FunctionBuilder } from '../wasm/function.ts';
import { IMPORTS, MEMORY_IMPORT, ModuleBuilder, TABLE } from '../wasm/module.ts';
import { Type } from '../wasm/opcodes.ts';
import type { ModuleIndices } from './departures.ts';

/** A function with its place in the table. */
export interface Translation {
  readonly slot: number;
  readonly body: FunctionBuilder;
  /** Does it still have its slot? */
  present: boolean;
  /** Of the links to it (links.ts), which lie among the decoded instructions of this generation. */
  readonly cells: readonly number[];
  readonly generation: number;
}

export class Library {
  private readonly memory: SiteMemory;
  private readonly interpreter: Interpreter;
  private readonly freeSlots: number[] = [];
  /** The same in every module: a function can be put into any. */
  readonly indices = newModule().indices;

  constructor(memory: SiteMemory, interpreter: Interpreter) {
    this.memory = memory;
    this.interpreter = interpreter;
    for (let slot = SLOTS - 1; slot >= 0; slot--) this.freeSlots.push(slot);
  }

  /** A place in the table for a function to come, undefined: there is none. */
  takeSlot(): number | undefined {
    return this.freeSlots.pop();
  }

  freeSlot(slot: number): void {
    this.freeSlots.push(slot);
  }

  /** A new function, which is not in the table yet. */
  create(slot: number, body: FunctionBuilder, cells: readonly number[]): Translation {
    return { slot, body, present: true, cells, generation: this.generation };
  }

  /** Of the decoded instructions: see code-cache.ts. */
  private get generation(): number {
    return this.memory.i32[GENERATION >>> 2]!;
  }

  /** Makes a module of new functions. */
  add(functions: readonly Translation[]): void {
    this.enter(new WebAssembly.Module(link(functions)), functions);
  }

  /** The same in the background; false when the host has no memory for it. */
  async addLater(functions: readonly Translation[]): Promise<boolean> {
    try {
      this.enter(await WebAssembly.compile(link(functions)), functions);
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  }

  /** Nothing leads to the function any more. */
  remove(translation: Translation): void {
    translation.present = false;
    this.interpreter.table.set(translation.slot, null);
    this.freeSlots.push(translation.slot);
    if (translation.generation !== this.generation) return;
    for (const cell of translation.cells) this.memory.i32.fill(NEVER, cell >>> 2, (cell >>> 2) + 2);
  }

  private enter(module: WebAssembly.Module, functions: readonly Translation[]): void {
    const { slow, far, through, confirm, table } = this.interpreter;
    const imports = { slow, far, through, confirm, [TABLE]: table, [MEMORY_IMPORT]: this.memory.memory };
    const { exports } = new WebAssembly.Instance(module, { [IMPORTS]: imports });
    for (const [i, { slot, present }] of functions.entries())
      if (present) table.set(slot, exports[nameOf(i)]);
  }
}

const nameOf = (n: number): string => `f${n}`;

function newModule(): { module: ModuleBuilder; indices: ModuleIndices } {
  const module = new ModuleBuilder();
  const slow = module.import('slow', [Type.i32, Type.i64, Type.i32], [Type.i32]);
  const far = module.import('far', [Type.i64, Type.i32], [Type.i32]);
  const through = module.import('through', FUNCTION_TYPE.params, FUNCTION_TYPE.results);
  const confirm = module.import('confirm', CONFIRM_TYPE.params, CONFIRM_TYPE.results);
  const translatedType = module.type(FUNCTION_TYPE.params, FUNCTION_TYPE.results);
  // Functions of a module have the indices behind its imports.
  const indices = { slow, far, through, confirm, translatedType, first: confirm + 1 };
  module.table(SLOTS, true);
  return { module, indices };
}

function link(functions: readonly Translation[]): Uint8Array {
  const { module } = newModule();
  for (const [i, { body }] of functions.entries()) module.function(body, nameOf(i));
  return module.build();
}
