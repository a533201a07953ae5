/**
 * Builds a WebAssembly module: one imported memory, imported functions, functions, globals, exports; laid out
 * in the sections of the binary format. Imports come first, because they take the first function indices.
 */
import { ByteWriter } from './encoding.ts';
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
  private readonly types: number[][] = [];
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
    const bodies = this.functions.map((builder) => builder.body());
    const out = new ByteWriter(bodies.reduce((sum, { length }) => sum + length, 4096));
    out.append(HEADER);
    const types = this.functions.map(({ params, results }) => this.type(params, results));
    section(out, Section.type, this.types, (entry) => out.append(entry));
    section(out, Section.import, [undefined, ...this.imports], (entry) => putImport(out, entry));
    section(out, Section.function, types, (type) => out.unsigned(type));
    section(out, Section.global, this.globals, (type) => putGlobal(out, type));
    section(out, Section.export, this.exports, (entry) => {
      out.name(entry.name);
      out.byte(Kind.function);
      out.unsigned(entry.index);
    });
    section(out, Section.code, bodies, (body) => {
      out.unsigned(body.length);
      out.append(body);
    });
    return out.bytes;
  }

  private type(params: readonly Type[], results: readonly Type[]): number {
    const entry = [FUNCTION_TYPE, params.length, ...params, results.length, ...results];
    const key = entry.join();
    const known = this.typeIndex.get(key);
    if (known !== undefined) return known;
    this.types.push(entry);
    this.typeIndex.set(key, this.types.length - 1);
    return this.types.length - 1;
  }
}

/** A section's size precedes it: five bytes are kept free for it. */
const SIZE_BYTES = 5;

function section<T>(out: ByteWriter, id: number, items: readonly T[], put: (entry: T) => void): void {
  if (items.length === 0) return;
  out.byte(id);
  const sizeAt = out.length;
  for (let i = 0; i < SIZE_BYTES; i++) out.byte(0);
  out.unsigned(items.length);
  for (const entry of items) put(entry);
  const size = out.length - sizeAt - SIZE_BYTES;
  for (let i = 0; i < SIZE_BYTES; i++)
    out.patch(sizeAt + i, ((size >>> (7 * i)) & 0x7f) | (i < SIZE_BYTES - 1 ? 0x80 : 0));
}

/** Undefined: the memory. */
function putImport(out: ByteWriter, entry: Import | undefined): void {
  out.name(IMPORTS);
  out.name(entry?.name ?? MEMORY_IMPORT);
  if (entry) {
    out.byte(Kind.function);
    out.unsigned(entry.type);
    return;
  }
  out.append([Kind.memory, LIMITS_WITH_MAXIMUM, 1]);
  out.unsigned(MEMORY_PAGES_MAX);
}

function putGlobal(out: ByteWriter, type: Type): void {
  out.append([type, 1, type === Type.i64 ? I64.const : I32.const, 0, Control.end]);
}
