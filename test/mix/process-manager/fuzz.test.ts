import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { type Sys, Terminated } from '../../../subsystems/unix/sys.ts';
import { SYSCALLS, type SysCallName } from '../../../subsystems/unix/syscalls.ts';
import { bootWorld, type TestWorld } from './support.ts';

/** Calls that wait, end the process, or need a program image. */
const LEFT_OUT: readonly SysCallName[] = [
  'exit',
  'sleep',
  'sigsuspend',
  'poll',
  'exec',
  'kill',
  'alarm',
  'read',
  'open',
];

const junk = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    '',
    '/',
    '/tmp',
    '.',
    '..',
    '/tmp/x',
    '/dev/null',
    'a\0b',
    'x'.repeat(5000),
    NaN,
  ),
  fc.constantFrom(-1, 0, 1, 2, 3, 4, 1.5, 2 ** 31, 2 ** 53, Infinity, -Infinity, true, 'now', 'block', 'cpu'),
  fc.constantFrom({}, [], [1], { fd: 0, events: 1 }, new Uint8Array(3), () => 0, Symbol.iterator, {
    type: 9,
  }),
);

describe('system calls with wrong arguments', () => {
  let world: TestWorld;
  beforeAll(async () => {
    world = await bootWorld([]);
  });
  afterAll(() => world.close());

  it('fail with an error number, and leave the system standing', async () => {
    const names = (Object.keys(SYSCALLS) as SysCallName[]).filter((name) => !LEFT_OUT.includes(name));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.array(junk, { maxLength: 4 }), async (name, args) => {
        const sys = world.managers[0]!.hostProcess('fuzz');
        try {
          await (sys[name] as (...given: unknown[]) => unknown)(...args);
        } catch (error) {
          if (!(error instanceof SysError)) throw new Error(`${name}: ${String(error)}`, { cause: error });
        } finally {
          endQuietly(sys);
        }
      }),
      { numRuns: 3000 },
    );
    expect(await world.sys.getcwd()).toBe('/');
  });
});

function endQuietly(sys: Sys): void {
  try {
    sys.exit(0);
  } catch (error) {
    if (!(error instanceof Terminated)) throw error;
  }
}
