/**
 * Random requests of a protocol: well-formed, as what another site sends must be, and senseless otherwise.
 * Whatever is asked, a manager answers with a result, an error number or a nucleus error, in bounded time.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Actor } from '../../nucleus/actors/actor.ts';
import { isKError } from '../../nucleus/errors.ts';
import type { Destination } from '../../nucleus/ipc/message.ts';
import type { SpecTable, TypedProtocol } from '../../nucleus/ipc/protocol.ts';
import type { Schema } from '../../nucleus/ipc/schema.ts';
import { client } from '../../nucleus/ipc/stubs.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { SysError } from '../../subsystems/unix/errno.ts';

/** What fits many kinds of field; a test adds what its protocol knows. */
const COMMON: readonly unknown[] = [
  undefined,
  0,
  1,
  2,
  7,
  0o4000,
  65_536,
  2 ** 31,
  2 ** 52,
  -1,
  -5,
  true,
  false,
  '',
  'x',
  '0'.repeat(16),
  'f'.repeat(16),
  new Uint8Array(0),
  new Uint8Array(100),
  new Uint8Array(9000),
  [],
  [0, 1, 2],
  {},
];

function fits(schema: Schema<unknown>, value: unknown): boolean {
  try {
    schema.unpack(schema.pack(value));
    return true;
  } catch {
    return false;
  }
}

export interface WildOptions {
  readonly nucleus: Nucleus;
  /** Who asks. */
  readonly actor: Actor;
  readonly dest: Destination;
  readonly pool: readonly unknown[];
  readonly runs: number;
  /** Operations that are left alone. */
  readonly except?: readonly string[];
}

/** A request that still waits after so long is given up. */
const PATIENCE_MS = 5;

/** Sends them; returns how many of each operation were answered. */
export async function sendWildRequests<T extends SpecTable>(
  protocol: TypedProtocol<T>,
  { nucleus, actor, dest, pool, runs, except = [] }: WildOptions,
): Promise<Map<string, number>> {
  const stub = client(nucleus, protocol) as unknown as Record<string, (...args: unknown[]) => unknown>;
  const values = [...COMMON, ...pool];
  const operations = Object.entries(protocol.specs)
    .filter(([name]) => !except.includes(name))
    .map(([name, spec]) => {
      const fields = Object.entries(spec.request).map(
        ([field, schema]) => [field, values.filter((value) => fits(schema, value))] as const,
      );
      for (const [field, choices] of fields) expect(choices.length, `${name}.${field}`).toBeGreaterThan(0);
      return { name, fields };
    });
  const counts = new Map<string, number>();
  const request = fc.record({
    operation: fc.nat(operations.length - 1),
    picks: fc.array(fc.nat(1000), { minLength: 16, maxLength: 16 }),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ operation, picks }) => {
      const { name, fields } = operations[operation]!;
      const chosen = fields.map(([field, choices], i) => [field, choices[picks[i]! % choices.length]]);
      counts.set(name, (counts.get(name) ?? 0) + 1);
      const thread = nucleus.threadCreate(actor);
      const timer = setTimeout(() => thread.abort(), PATIENCE_MS);
      try {
        await stub[name]!(thread, dest, Object.fromEntries(chosen));
      } catch (error) {
        expect(error instanceof SysError || isKError(error), String(error)).toBe(true);
      } finally {
        clearTimeout(timer);
        nucleus.threadDelete(thread);
      }
    }),
    { numRuns: runs },
  );
  return counts;
}
