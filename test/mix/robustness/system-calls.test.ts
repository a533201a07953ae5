/**
 * A native program that makes every system call with senseless arguments: it gets error numbers, and neither
 * its site nor the processes beside it notice.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { defineProgram } from '../../../shell/api/index.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { type Sys, Terminated } from '../../../subsystems/unix/sys.ts';
import { SYSCALLS, type SysCallName } from '../../../subsystems/unix/syscalls.ts';
import { testSystem } from '../../support/system.ts';
import { expectHealthy } from './support.ts';

const SEED = 20_240_607;
const RUNS = 60;
const CALLS = 40;

/** Calls that wait for as long as they are told to: bounded here by an alarm and by closing in on them. */
const WAITING: readonly SysCallName[] = ['sigsuspend', 'waitpid', 'poll', 'sleep', 'setLock'];
/** They end the process or replace it: each has its own test below. */
const ENDING: readonly SysCallName[] = ['exit', 'exec'];

const names = (Object.keys(SYSCALLS) as SysCallName[]).filter(
  (name) => !WAITING.includes(name) && !ENDING.includes(name),
);

const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.constantFrom(
    '',
    '.',
    '..',
    '/',
    '/tmp',
    '/tmp/x',
    '/proc/self/fd/0',
    '/dev/null',
    '/proc/1/stat',
    'a\0b',
  ),
  fc.constantFrom('x'.repeat(300), '/x'.repeat(3000), '\ud800', '../'.repeat(100), '/dev/ptmx', '//tmp//'),
  fc.constantFrom('now', 'omit', 'block', 'set', 'cpu', 'nofile', '__proto__', 'constructor', 'toString'),
);
const number = fc.oneof(
  fc.integer({ min: -3, max: 12 }),
  fc.constantFrom(
    NaN,
    Infinity,
    -Infinity,
    -0,
    0.5,
    -1,
    2 ** 31,
    -(2 ** 31),
    2 ** 32,
    2 ** 53,
    -(2 ** 53),
    1e308,
  ),
  fc.constantFrom(0o100000, 0o10000, 0o20000, 0o777, 0o102, 0o2000000, 65536, 131_073),
);
const junk: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 5, arbitrary: number },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 8 }) },
  { weight: 1, arbitrary: fc.anything({ maxDepth: 2 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      undefined,
      null,
      true,
      {},
      [],
      [9],
      [NaN],
      [null],
      () => 0,
      Symbol.iterator,
      10n,
      { at: 77 },
      { at: 'x' },
      { disposition: 5 },
      { disposition: 'ignore', flags: 'x', mask: 3 },
      { soft: -1, hard: NaN },
      { type: 9, whence: 7, start: -5, length: NaN },
      { rows: -1, columns: 1e9 },
      [{ fd: 1e9, events: -1 }],
    ),
  },
);
const call = fc.record({
  name: fc.constantFrom(...names),
  args: fc.array(junk, { maxLength: 5 }),
});

/** One call; whatever is thrown must be an error number. Returns what else it was. */
async function attempt(sys: Sys, name: SysCallName, args: unknown[]): Promise<string | undefined> {
  try {
    await (sys[name] as (...given: unknown[]) => unknown)(...args);
  } catch (error) {
    if (error instanceof Terminated) throw error;
    if (!(error instanceof SysError))
      return `${name}(${args.map(String).join(', ')}): ${(error as Error).stack}`;
  }
  return undefined;
}

it('every call with every kind of argument fails with an error number', { timeout: 60_000 }, async () => {
  let plan: { name: SysCallName; args: unknown[] }[] = [];
  const odd: string[] = [];
  let made = 0;
  const fuzz = defineProgram('fuzz', async (sys) => {
    for (const { name, args } of plan) {
      // A random signal to everybody is no error; it is only not what this test is about.
      if (name === 'kill' && (Number(args[0]) <= 1 || Number.isNaN(Number(args[0])))) args[0] = sys.getpid();
      if ((name === 'read' || name === 'pread') && args[0] === 0) args[0] = 99;
      const other = await attempt(sys, name, args);
      if (other !== undefined) odd.push(other);
      made += 1;
    }
    return 0;
  });
  const control = defineProgram('control', async (sys) => {
    for (let beats = 0; ; beats++) {
      await sys.sleep(5);
      if (beats % 10 === 0) await sys.write(1, new TextEncoder().encode('.'));
    }
  });
  const { system } = await testSystem({ programs: [fuzz, control], files: { '/tmp/x': 'content' } });
  const beside = await system.spawn(['control'], { user: 'user' });
  const batches = fc.sample(fc.array(call, { minLength: CALLS, maxLength: CALLS }), {
    seed: SEED,
    numRuns: RUNS,
  });
  for (const [n, batch] of batches.entries()) {
    plan = batch;
    // As root every second time, in a root of its own making: chroot, mounts and removals are meant to work.
    const child = await system.spawn(['fuzz'], { user: n % 2 ? 'root' : 'user', cwd: '/tmp' });
    await system.exec('sleep 0');
    const late = AbortSignal.timeout(5000);
    await child.wait({ signal: late }).catch(() => child.kill('KILL'));
    await child.wait();
  }
  expect(odd).toEqual([]);
  expect(made).toBeGreaterThan((RUNS * CALLS) / 4);
  expect(await beside.kill(0)).toBe(true);
  await beside.kill('KILL');
  expect((await beside.wait()).signal).toBe('SIGKILL');
});

it('calls that wait and calls that end, with senseless arguments', async () => {
  const odd: string[] = [];
  const waiter = defineProgram('waiter', async (sys) => {
    const wrong: unknown[] = ['x', NaN, null, {}, -1e300, [3], '2', undefined];
    for (const name of WAITING) {
      for (const value of wrong) {
        // An alarm ends what really waits.
        sys.sigaction(14, { disposition: () => {}, flags: 0, mask: [] });
        sys.alarm(0.01);
        const other = await attempt(sys, name, [value, value, value]);
        if (other !== undefined) odd.push(other);
      }
    }
    for (const args of [
      [5],
      [''],
      ['/bin/true', 'x'],
      ['/bin/true', [1, {}]],
      ['/tmp', []],
      ['/bin/true', null],
    ]) {
      const other = await attempt(sys, 'exec', args);
      if (other !== undefined) odd.push(other);
    }
    return attempt(sys, 'exit', [NaN]).then(() => 7);
  });
  const { system } = await testSystem({ programs: [waiter] });
  const { exitCode } = await system.exec('waiter', { timeoutMs: 15_000 });
  expect(odd).toEqual([]);
  expect(exitCode).toBeLessThan(124);
  await expectHealthy(system);
});
