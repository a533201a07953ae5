/**
 * The interpreter's WebAssembly module: the same bytes for every site, because all that differs lies in
 * memory, so it is emitted and compiled once per process.
 */

import type { SiteMemory } from '../../../memory/site-memory.ts';
import { floatBodies, floatImports, makeFloatImports } from '../float/index.ts';
import type { FunctionBuilder } from '../wasm/function.ts';
import { IMPORTS, MEMORY_IMPORT, ModuleBuilder } from '../wasm/module.ts';
import { Type } from '../wasm/opcodes.ts';
import { cross, translate } from './crossing.ts';
import type { HelperImport } from './emitter.ts';
import { far, slow, through } from './exits.ts';
import { type Globals, interpret } from './hot.ts';
import { confirm } from './jump-cache.ts';
import { otherBodies } from './operations.ts';
import { prebuiltInterpreter } from './prebuilt.ts';
import { type Functions, instret, moveState, rare, run } from './run.ts';
import { FUNCTION_TYPE, SLOTS } from './translated.ts';

/** What the module asks JavaScript for. Addresses of the guest come as numbers: no bigint. */
export interface Imports {
  /** 1: the TLB has an entry for va now. 0: cause and access of the fault are in frame 0. */
  touch(va: number, access: number): number;
  /** See EngineHooks.ecall. */
  ecall(): number;
  /** 1: the execute table has an entry for the page of pc now. 0: as touch; the address too. */
  fetch(pc: number): number;
  /** Decodes the straight line that begins at pc, in the page with this index. */
  decode(index: number, pc: number): void;
  /** Decodes the instruction at pc by itself, with far branches; the address of its entry, or 0 as fetch.
   * `once`: what it is decoded from is writable and stays so. */
  single(pc: number, once: number): number;
  /** The interpreter executed much and stands at pc, in the page with this index: how much it may execute
   * until the next time. */
  sample(index: number, pc: number): number;
  /** Nanoseconds. */
  time(): number;
  /** fence.i. */
  flush(): void;
}

const { i32, i64, f64 } = Type;
const IMPORT_TYPES: readonly HelperImport[] = [
  { name: 'touch', params: [f64, i32], results: [i32] },
  { name: 'ecall', params: [], results: [i32] },
  { name: 'fetch', params: [f64], results: [i32] },
  { name: 'decode', params: [i32, f64], results: [] },
  { name: 'single', params: [f64, i32], results: [i32] },
  { name: 'sample', params: [i32, f64], results: [i32] },
  { name: 'time', params: [], results: [f64] },
  { name: 'flush', params: [], results: [] },
  ...floatImports,
];
const FUNCTIONS = [
  'run',
  'interpret',
  'rare',
  'rareFloat',
  'cross',
  'translate',
  'instret',
  'loadState',
  'saveState',
  'slow',
  'far',
  'through',
  'confirm',
] as const;
const EXPORTED = new Set<string>(['run', 'slow', 'far', 'through', 'confirm']);

/** What the module offers. */
export interface Interpreter {
  run(state: number, tlb: number, budget: number): number;
  /** For translated code, which imports them: see exits.ts and jump-cache.ts. */
  readonly slow: unknown;
  readonly far: unknown;
  readonly through: unknown;
  readonly confirm: unknown;
  readonly table: WebAssembly.Table;
}

/** The module's bytes. */
export function emitInterpreter(): Uint8Array {
  const module = new ModuleBuilder();
  const indices = new Map<string, number>();
  for (const { name, params, results } of IMPORT_TYPES)
    indices.set(name, module.import(name, params, results));
  for (const [i, name] of FUNCTIONS.entries()) indices.set(name, IMPORT_TYPES.length + i);
  const globals: Globals = {
    entry: module.global(i32),
    page: module.global(i64),
    left: module.global(i32),
    va: module.global(i64),
    budget: module.global(i32),
    until: module.global(i32),
  };
  module.table(SLOTS, false);
  const translatedType = module.type(FUNCTION_TYPE.params, FUNCTION_TYPE.results);
  const functions = { ...Object.fromEntries(indices), translatedType } as unknown as Functions;
  const make: Record<(typeof FUNCTIONS)[number], () => FunctionBuilder> = {
    run: () => run(globals, functions),
    interpret: () => interpret(globals),
    rare: () => rare(indices, otherBodies, indices.get('rareFloat')),
    rareFloat: () => rare(indices, floatBodies),
    cross: () => cross(globals, functions),
    translate: () => translate(functions.touch),
    instret: () => instret(globals),
    loadState: () => moveState(false),
    saveState: () => moveState(true),
    slow: () => slow(globals),
    far: () => far(globals),
    through: () => through(indices.get('far')!, translatedType),
    confirm,
  };
  for (const name of FUNCTIONS) module.function(make[name](), EXPORTED.has(name) ? name : undefined);
  return module.build();
}

let compiled: WebAssembly.Module | undefined;

export function instantiate(memory: SiteMemory, imports: Imports): Interpreter {
  compiled ??= new WebAssembly.Module(prebuiltInterpreter() ?? emitInterpreter());
  const instance = new WebAssembly.Instance(compiled, {
    [IMPORTS]: { ...imports, ...makeFloatImports(memory), [MEMORY_IMPORT]: memory.memory },
  });
  return instance.exports as unknown as Interpreter;
}
