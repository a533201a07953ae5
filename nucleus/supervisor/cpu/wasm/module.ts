/**
 * Builds a WebAssembly module: one imported memory, imported functions, a table of functions (its own, which
 * it exports, or an imported one), functions, globals, exports; laid out in the sections of the binary
 * format. Imports come first, because they take the first function indices.
 */
import { ByteWriter } from './encoding.ts';
import type { FunctionBuilder } from './function.ts';
import { Control, I32, I64, Type } from './opcodes.ts';

const Section = { type: 1, import: 2, function: 3, table: 4, global: 6, export: 7, code: 10 } as const;
const FUNCTION_TYPE = 0x60;
const Kind = { function: 0, table: 1, memory: 2 } as const;
const FUNCTION_REFERENCE = 0x70;
const LIMITS_WITH_MAXIMUM = 1;
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** Pages of the largest memory: the import accepts any. */
const MEMORY_PAGES_MAX = 65536;

/** The name of the import module. */
export const IMPORTS = 'env';
export const MEMORY_IMPORT = 'memory';
/** The name of a table, imported or exported. */
export const TABLE = 'table';

/** What a module needs of a function. */
export type ModuleFunction = Pick<FunctionBuilder, 'params' | 'results' | 'body'>;

interface Import {
  readonly name: string;
  readonly type: number;
}

export class ModuleBuilder {
  private readonly types: number[][] = [];
  private readonly typeIndex = new Map<string, number>();
  private readonly imports: Import[] = [];
  private readonly functions: ModuleFunction[] = [];
  private readonly globals: Type[] = [];
  private readonly exports: { name: string; index: number }[] = [];
  private entries = 0;
  private tableImported = false;

  /** Declares an imported function; its index. All imports must come before the first `function`. */
  import(functionName: string, params: readonly Type[], results: readonly Type[]): number {
    if (this.functions.length > 0) throw new Error('imports come before functions');
    this.imports.push({ name: functionName, type: this.type(params, results) });
    return this.imports.length - 1;
  }

  /** The module has a table of so many functions. */
  table(entries: number, imported: boolean): void {
    this.entries = entries;
    this.tableImported = imported;
  }

  /** Adds a function, whose body may be built later; its index. */
  function(builder: ModuleFunction, exportName?: string): number {
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
    const imports = [() => putMemory(out), ...this.imports.map((entry) => () => putImport(out, entry))];
    if (this.tableImported) imports.push(() => putTableImport(out, this.entries));
    section(out, Section.import, imports, (put) => put());
    section(out, Section.function, types, (type) => out.unsigned(type));
    if (this.ownTable) section(out, Section.table, [this.entries], (entries) => putTable(out, entries));
    section(out, Section.global, this.globals, (type) => putGlobal(out, type));
    const exported = this.exports.map((entry) => ({ ...entry, kind: Kind.function as number }));
    if (this.ownTable) exported.push({ name: TABLE, index: 0, kind: Kind.table });
    section(out, Section.export, exported, ({ name, index, kind }) => {
      out.name(name);
      out.byte(kind);
      out.unsigned(index);
    });
    section(out, Section.code, bodies, (body) => {
      out.unsigned(body.length);
      out.append(body);
    });
    return out.bytes;
  }

  private get ownTable(): boolean {
    return this.entries > 0 && !this.tableImported;
  }

  /** The index of a function type. */
  type(params: readonly Type[], results: readonly Type[]): number {
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

function putImport(out: ByteWriter, { name, type }: Import): void {
  out.name(IMPORTS);
  out.name(name);
  out.byte(Kind.function);
  out.unsigned(type);
}

function putMemory(out: ByteWriter): void {
  out.name(IMPORTS);
  out.name(MEMORY_IMPORT);
  out.append([Kind.memory, LIMITS_WITH_MAXIMUM, 1]);
  out.unsigned(MEMORY_PAGES_MAX);
}

function putTableImport(out: ByteWriter, entries: number): void {
  out.name(IMPORTS);
  out.name(TABLE);
  out.byte(Kind.table);
  putTable(out, entries);
}

/** The type of a table that never grows. */
function putTable(out: ByteWriter, entries: number): void {
  out.append([FUNCTION_REFERENCE, LIMITS_WITH_MAXIMUM]);
  out.unsigned(entries);
  out.unsigned(entries);
}

function putGlobal(out: ByteWriter, type: Type): void {
  out.append([type, 1, type === Type.i64 ? I64.const : I32.const, 0, Control.end]);
}
