/**
 * The copy of a fork's state: what makes parent and child share nothing.
 *
 * Plain data only (what a message can carry), copied by hand: for the small states that shells hand over it
 * is several times quicker than structuredClone. Deep-frozen plain data (syntax trees) is shared: nobody can
 * tell.
 */
const DEPTH_MAX = 2000;

/** Objects known to be frozen all the way down. */
const frozenDeep = new WeakSet<object>();

/** Throws TypeError for functions, symbols, class instances, cycles and data nested deeper than DEPTH_MAX. */
export function copyState(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol')
      throw new TypeError('state of fork is not plain data');
    return value;
  }
  if (depth > DEPTH_MAX) throw new TypeError('state of fork is nested too deeply or has a cycle');
  if (frozenDeep.has(value)) return value;
  if (Object.isFrozen(value) && isFrozenDeep(value, depth)) return value;
  return copyObject(value, depth + 1);
}

function copyObject(value: object, depth: number): unknown {
  if (Array.isArray(value)) return value.map((item) => copyState(item, depth));
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === Object.prototype || prototype === null) {
    const copy: Record<string, unknown> = {};
    for (const name of Object.keys(value))
      copy[name] = copyState((value as Record<string, unknown>)[name], depth);
    return copy;
  }
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (value instanceof Map) {
    const copy = new Map<unknown, unknown>();
    for (const [key, item] of value) copy.set(copyState(key, depth), copyState(item, depth));
    return copy;
  }
  if (value instanceof Set) {
    const copy = new Set<unknown>();
    for (const item of value) copy.add(copyState(item, depth));
    return copy;
  }
  if (value instanceof Date) return new Date(value);
  throw new TypeError(`state of fork has a ${value.constructor.name}, which is not plain data`);
}

function isFrozenDeep(value: object, depth: number): boolean {
  if (depth > DEPTH_MAX) return false;
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const item of Object.values(value)) {
    if (typeof item === 'function') return false;
    if (typeof item !== 'object' || item === null || frozenDeep.has(item)) continue;
    if (!Object.isFrozen(item) || !isFrozenDeep(item, depth + 1)) return false;
  }
  frozenDeep.add(value);
  return true;
}
