/**
 * A module of one translated function. V8 compiles it when it is first called, and again, better, when it was
 * executed for a while, in the background.
 */
import type { SiteMemory } from '../../../memory/site-memory.ts';
import type { Interpreter } from '../interpreter/module.ts';
import { FUNCTION_TYPE, SLOTS } from '../interpreter/translated.ts';
import type { FunctionBuilder } from '../wasm/function.ts';
import { IMPORTS, MEMORY_IMPORT, ModuleBuilder, TABLE } from '../wasm/module.ts';
import { Type } from '../wasm/opcodes.ts';
import type { ModuleIndices } from './function.ts';

const NAME = 'translated';

export function instantiateRegion(
  { memory }: SiteMemory,
  { slow, far, table }: Interpreter,
  make: (indices: ModuleIndices) => FunctionBuilder,
): unknown {
  const module = new ModuleBuilder();
  const indices = {
    slow: module.import('slow', [Type.i32, Type.i64, Type.i32], [Type.i32]),
    far: module.import('far', [Type.i64, Type.i32], [Type.i32]),
    translatedType: module.type(FUNCTION_TYPE.params, FUNCTION_TYPE.results),
  };
  module.table(SLOTS, true);
  module.function(make(indices), NAME);
  const imports = { slow, far, [TABLE]: table, [MEMORY_IMPORT]: memory };
  return new WebAssembly.Instance(new WebAssembly.Module(module.build()), { [IMPORTS]: imports }).exports[
    NAME
  ];
}
