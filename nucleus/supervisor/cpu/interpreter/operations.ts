/**
 * The operations of the interpreter and their numbers. Most are instructions of the table; some are special
 * cases of them with a body of their own (a branch against zero, an addition that only copies), chosen by
 * `lower`; and some are fused: the bodies of two or three instructions in a row, which costs one step through
 * the jump table instead of several (fused.ts).
 */
import { floatBodies } from '../float/index.ts';
import { accessBodies } from './access.ts';
import { atomicBodies } from './atomic.ts';
import { controlBodies, FAR } from './control.ts';
import type { Bodies, Body } from './emitter.ts';
import { FUSED } from './fused.ts';
import { integerBodies } from './integer.ts';
import { systemBodies } from './system.ts';

export interface Operation {
  readonly name: string;
  /** The bodies: one, or those of a fused operation. */
  readonly parts: readonly Body[];
}

/** All but those of floats. */
export const otherBodies: Bodies = {
  ...systemBodies,
  ...integerBodies,
  ...controlBodies,
  ...accessBodies,
  ...atomicBodies,
};
const BODIES: Bodies = { ...floatBodies, ...otherBodies };

const plain: readonly Operation[] = Object.entries(BODIES).map(([name, body]) => ({ name, parts: [body] }));
const fused: readonly Operation[] = FUSED.map((names) => ({
  name: names.join(' '),
  parts: names.map((name) => BODIES[name]!),
}));

/** Parts of the longest operation. */
export const PARTS_MAX = Math.max(1, ...FUSED.map((names) => names.length));
export const OPERATIONS: readonly Operation[] = [...plain, ...fused];

const numbers = new Map(OPERATIONS.map(({ name }, number) => [name, number]));

/** The number of an operation; of `illegal` when there is none of that name. */
export function operation(name: string): number {
  return numbers.get(name) ?? numbers.get('illegal')!;
}

/** By number of an operation: that of its first part. */
export const firstPart: readonly number[] = OPERATIONS.map(({ name }) => operation(name.split(' ')[0]!));

/** By number of a far branch: that of the near one; of others: 0. */
export const nearOperation: readonly number[] = OPERATIONS.map(({ name }) =>
  name.endsWith(FAR) ? operation(name.slice(0, -FAR.length)) : 0,
);

/** Fused operations by the numbers of what they begin with and of the part that is added. */
const fusions = new Map<number, number>();
const fusionKey = (first: number, second: number): number => first * 0x1_0000 + second;
for (const { name } of fused) {
  const at = name.lastIndexOf(' ');
  fusions.set(fusionKey(operation(name.slice(0, at)), operation(name.slice(at + 1))), operation(name));
}

/** The operation that does `first` (which may be fused) and then `second`; 0: there is none. */
export const fuse = (first: number, second: number): number => fusions.get(fusionKey(first, second)) ?? 0;
