/**
 * Builds a WebAssembly module: one imported memory, imported functions, functions, globals, exports; laid out
 * in the sections of the binary format. Imports come first, because they take the first function indices.
 */
import { append, type Bytes, name, signed, signed64, unsigned } from './encoding.ts';
import type { FunctionBuilder } from './function.ts';
import { Control, I32, I64, Type } from './opcodes.ts';

const Section = { type: 1, import: 2, function: 3, global: 6, export: 7, code: 10 } as const;
const FUNCTION_TYPE = 0x60;
const Kind = { function: 0, memory: 2 } as const;
const LIMITS_WITH_MAXIMUM = 1;
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** Pages of the largest memory: the import accepts any. */
const MEMORY_PAGES_MAX = 65536;

/** The name of the import module. */
export const IMPORTS = 'env';
export const MEMORY_IMPORT = 'memory';

interface Import {
  readonly name: string;
  readonly type: number;
}

export class ModuleBuilder {
  private readonly types: Bytes[] = [];
  private readonly typeIndex = new Map<string, number>();
  private readonly imports: Import[] = [];
  private readonly functions: FunctionBuilder[] = [];
  private readonly globals: Type[] = [];
  private readonly exports: { name: string; index: number }[] = [];

  /** Declares an imported function; its index. All imports must come before the first `function`. */
  import(functionName: string, params: readonly Type[], results: readonly Type[]): number {
    if (this.functions.length > 0) throw new Error('imports come before functions');
    this.imports.push({ name: functionName, type: this.type(params, results) });
    return this.imports.length - 1;
  }

  /** Adds a function, whose body may be built later; its index. */
  function(builder: FunctionBuilder, exportName?: string): number {
    this.functions.push(builder);
    const index = this.imports.length + this.functions.length - 1;
    if (exportName !== undefined) this.exports.push({ name: exportName, index });
    return index;
  }

  /** A mutable global with the value 0; its index. */
  global(type: typeof Type.i32 | typeof Type.i64): number {
    this.globals.push(type);
    return this.globals.length - 1;
  }

  build(): Uint8Array {
    const out: Bytes = [...HEADER];
    // Bodies first: they may still add types.
    const bodies = this.functions.map((builder) => builder.body());
    const types = this.functions.map(({ params, results }) => this.type(params, results));
    section(out, Section.type, this.types);
    section(out, Section.import, [memoryImport(), ...this.imports.map(functionImport)]);
    section(out, Section.function, types.map(item));
    section(out, Section.global, this.globals.map(globalEntry));
    section(out, Section.export, this.exports.map(exportEntry));
    section(out, Section.code, bodies.map(sized));
    return Uint8Array.from(out);
  }

  private type(params: readonly Type[], results: readonly Type[]): number {
    const entry: Bytes = [FUNCTION_TYPE, params.length, ...params, results.length, ...results];
    const key = entry.join();
    const known = this.typeIndex.get(key);
    if (known !== undefined) return known;
    this.types.push(entry);
    this.typeIndex.set(key, this.types.length - 1);
    return this.types.length - 1;
  }
}

function section(out: Bytes, id: number, items: readonly Bytes[]): void {
  if (items.length === 0) return;
  const content: Bytes = [];
  unsigned(content, items.length);
  for (const entry of items) append(content, entry);
  out.push(id);
  unsigned(out, content.length);
  append(out, content);
}

function item(value: number): Bytes {
  const out: Bytes = [];
  unsigned(out, value);
  return out;
}

function sized(body: Bytes): Bytes {
  const out = item(body.length);
  append(out, body);
  return out;
}

function memoryImport(): Bytes {
  const out: Bytes = [];
  name(out, IMPORTS);
  name(out, MEMORY_IMPORT);
  out.push(Kind.memory, LIMITS_WITH_MAXIMUM, 1);
  unsigned(out, MEMORY_PAGES_MAX);
  return out;
}

function functionImport(entry: Import): Bytes {
  const out: Bytes = [];
  name(out, IMPORTS);
  name(out, entry.name);
  out.push(Kind.function);
  unsigned(out, entry.type);
  return out;
}

function globalEntry(type: Type): Bytes {
  const out: Bytes = [type, 1];
  if (type === Type.i64) {
    out.push(I64.const);
    signed64(out, 0);
  } else {
    out.push(I32.const);
    signed(out, 0);
  }
  out.push(Control.end);
  return out;
}

function exportEntry(entry: { name: string; index: number }): Bytes {
  const out: Bytes = [];
  name(out, entry.name);
  out.push(Kind.function);
  unsigned(out, entry.index);
  return out;
}
