import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { type Sys, Terminated } from '../../../subsystems/unix/sys.ts';
import { SYSCALLS, type SysCallName } from '../../../subsystems/unix/syscalls.ts';
import { bootWorld, type TestWorld } from './support.ts';

/** Signals anything: the world of the test, too. */
const LEFT_OUT: readonly SysCallName[] = ['kill'];
/** Turns of the event loop that a call has to answer; then its process ends, and the wait with it. */
const TURNS = 20;
/** A machine with much else to do runs fewer calls, not longer. */
const TIME_MS = 2500;

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

  it('fail with an error number, or wait until their process ends; the system stands', async () => {
    const names = (Object.keys(SYSCALLS) as SysCallName[]).filter((name) => !LEFT_OUT.includes(name));
    const property = fc.asyncProperty(
      fc.constantFrom(...names),
      fc.array(junk, { maxLength: 4 }),
      async (name, args) => {
        const sys = world.managers[0]!.hostProcess('fuzz');
        const outcome = outcomeOf(() => (sys[name] as (...given: unknown[]) => unknown)(...args));
        await Promise.race([outcome, turns()]);
        endQuietly(sys);
        const error = await outcome;
        if (error === undefined || error instanceof SysError || error instanceof Terminated) return;
        throw new Error(`${name}: ${String(error)}`, { cause: error });
      },
    );
    await fc.assert(property, { numRuns: 3000, interruptAfterTimeLimit: TIME_MS });
    expect(await world.sys.getcwd()).toBe('/');
  });
});

/** What a call throws, sooner or later; undefined when it succeeds. */
async function outcomeOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

async function turns(): Promise<void> {
  for (let i = 0; i < TURNS; i++) await new Promise((resolve) => setImmediate(resolve));
}

function endQuietly(sys: Sys): void {
  try {
    sys.exit(0);
  } catch (error) {
    if (!(error instanceof Terminated)) throw error;
  }
}
