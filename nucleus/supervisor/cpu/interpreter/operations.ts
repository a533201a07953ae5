/**
 * The operations of the interpreter and their numbers. An operation is a body for one length of instruction:
 * most are instructions of the table, some are special cases that have an own body (a branch against zero,
 * an addition that only copies), chosen by `lower`. Compressed instructions are the same operations with the
 * other length, so only what can be compressed exists twice.
 */
import { COMPRESSED } from '../compressed.ts';
import { INSTRUCTIONS } from '../instructions.ts';
import { accessBodies } from './access.ts';
import { atomicBodies } from './atomic.ts';
import { controlBodies, FAR } from './control.ts';
import type { Bodies, Body } from './emitter.ts';
import { integerBodies } from './integer.ts';
import { systemBodies } from './system.ts';

export interface Operation {
  readonly name: string;
  readonly length: 2 | 4;
  readonly body: Body;
}

const BODIES: Bodies = {
  ...systemBodies,
  ...integerBodies,
  ...controlBodies,
  ...accessBodies,
  ...atomicBodies,
};

/** Special cases that compressed instructions come as. */
const SHORT_SPECIAL = ['nop', 'li', 'mv', 'sext.w', 'j', 'jr', 'beqz', 'bnez'];
const shortNames = new Set([
  ...COMPRESSED.flatMap(({ base }) => (base === undefined ? [] : [INSTRUCTIONS[base]!.mnemonic])),
  ...SHORT_SPECIAL,
  ...['j', 'beqz', 'bnez'].map((name) => name + FAR),
]);
/** Always one of the special cases when compressed. */
for (const name of ['beq', 'bne', 'jal', 'lui']) shortNames.delete(name);

/** Operation 0 must be `undecoded`: fresh entries are zero. */
export const OPERATIONS: readonly Operation[] = Object.entries(BODIES).flatMap(([name, body]) => {
  const long: Operation = { name, length: 4, body };
  return shortNames.has(name) ? [long, { name, length: 2, body } as const] : [long];
});

const numbers = new Map(OPERATIONS.map(({ name, length }, number) => [`${name}/${length}`, number]));

/** The number of an operation; of `illegal` when there is none of that name. */
export function operation(name: string, length: 2 | 4 = 4): number {
  return numbers.get(`${name}/${length}`) ?? numbers.get('illegal/4')!;
}
