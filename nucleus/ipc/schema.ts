/**
 * Field types of typed protocols. One schema gives the TypeScript type, the positional encoding used between
 * sites, the check at the border (a foreign site may send anything), and the text in traces.
 *
 * Records are encoded as tuples in declaration order: no field names on the wire, no dependence on a shared
 * dictionary. Values are what msgpackr can carry; `raw` fields are byte strings that travel beside the
 * encoder.
 */
import { isKey, type Key } from '../ids/capability.ts';
import { isUi, type UI } from '../ids/ui.ts';

export interface Schema<T> {
  /** For traces and error texts. */
  readonly label: string;
  /** Value to wire form. Must not fail for values of type T. */
  pack(value: T): unknown;
  /** Wire form to value; throws SchemaError for anything else. */
  unpack(wire: unknown): T;
  /** Set when the wire form is the value itself: encoders skip `pack`. */
  readonly plain?: true;
}

export type TypeOf<S> = S extends Schema<infer T> ? T : never;

export class SchemaError extends Error {
  constructor(label: string) {
    super(`expected ${label}`);
  }
}

function scalar<T>(label: string, is: (value: unknown) => boolean): Schema<T> {
  return {
    label,
    plain: true,
    pack: (value) => value,
    unpack: (wire) => {
      if (!is(wire)) throw new SchemaError(label);
      return wire as T;
    },
  };
}

const isInteger = (value: unknown): boolean => Number.isSafeInteger(value);

/** Integer within ±2^53. */
export const int: Schema<number> = scalar('int', isInteger);
/** Integer ≥ 0. */
export const uint: Schema<number> = scalar('uint', (value) => isInteger(value) && (value as number) >= 0);
/** Any finite number or infinity (times, limits); never NaN. */
export const num: Schema<number> = scalar(
  'num',
  (value) => typeof value === 'number' && !Number.isNaN(value),
);
export const bool: Schema<boolean> = scalar('bool', (value) => typeof value === 'boolean');
export const ui: Schema<UI> = scalar('ui', isUi);
export const key: Schema<Key> = scalar('key', isKey);
/** Byte string; up to the body limit. */
export const bytes: Schema<Uint8Array> = scalar('bytes', (value) => value instanceof Uint8Array);
/** Anything encodable: state handed from program to program, never interpreted by a server. */
export const opaque: Schema<unknown> = scalar('opaque', () => true);

/** String of at most `max` UTF-16 units. */
export function str(max = 65536): Schema<string> {
  return scalar(`str(${max})`, (value) => typeof value === 'string' && value.length <= max);
}

/** One of the given strings. */
export function oneOf<const V extends readonly string[]>(...values: V): Schema<V[number]> {
  const set = new Set<unknown>(values);
  return scalar(values.join('|'), (value) => set.has(value));
}

export function opt<T>(inner: Schema<T>): Schema<T | undefined> {
  return {
    label: `${inner.label}?`,
    pack: (value) => (value === undefined ? null : inner.pack(value)),
    unpack: (wire) => (wire === null || wire === undefined ? undefined : inner.unpack(wire)),
  };
}

/** Array of at most `max` items. */
export function list<T>(inner: Schema<T>, max = 65536): Schema<T[]> {
  const label = `${inner.label}[]`;
  return {
    label,
    pack: (value) => (inner.plain ? value : value.map((item) => inner.pack(item))),
    unpack: (wire) => {
      if (!Array.isArray(wire) || wire.length > max) throw new SchemaError(label);
      const items = new Array<T>(wire.length);
      for (let i = 0; i < wire.length; i++) items[i] = inner.unpack(wire[i]);
      return items;
    },
  };
}

type OptionalKeys<F> = { [K in keyof F]: undefined extends TypeOf<F[K]> ? K : never }[keyof F];
/** The object type of a record schema; fields declared with `opt` may be left out. */
export type RecordOf<F> = { [K in Exclude<keyof F, OptionalKeys<F>>]: TypeOf<F[K]> } & {
  [K in OptionalKeys<F>]?: TypeOf<F[K]>;
};

/** Object with just these fields. */
export function rec<F extends Record<string, Schema<unknown>>>(fields: F): Schema<RecordOf<F>> {
  const names = Object.keys(fields);
  const schemas = Object.values(fields);
  const label = `{${names.join(',')}}`;
  const count = names.length;
  return {
    label,
    // Every message between sites passes here: plain loops, no closures.
    pack: (value) => {
      const source = value as Record<string, unknown>;
      const wire = new Array<unknown>(count);
      for (let i = 0; i < count; i++) {
        const field = source[names[i]!];
        const schema = schemas[i]!;
        wire[i] = schema.plain ? field : schema.pack(field);
      }
      return wire;
    },
    unpack: (wire) => {
      if (!Array.isArray(wire) || wire.length !== count) throw new SchemaError(label);
      const result: Record<string, unknown> = {};
      for (let i = 0; i < count; i++) {
        const value = schemas[i]!.unpack(wire[i]);
        if (value !== undefined) result[names[i]!] = value;
      }
      return result as RecordOf<F>;
    },
  };
}

/** Short text of a value for a trace line: byte strings by length, long strings cut. */
export function describe(value: unknown, depth = 0): string {
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  if (typeof value === 'string') return JSON.stringify(value.length > 48 ? `${value.slice(0, 48)}…` : value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (depth > 2) return '…';
  if (Array.isArray(value)) {
    const items = value.slice(0, 8).map((item) => describe(item, depth + 1));
    return `[${items.join(', ')}${value.length > 8 ? ', …' : ''}]`;
  }
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${entries.map(([name, field]) => `${name}: ${describe(field, depth + 1)}`).join(', ')}}`;
}
