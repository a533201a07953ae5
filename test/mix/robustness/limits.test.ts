/** Programs that ask for too much: they meet a limit and its error, and the system outlives them. */
import { expect, it } from 'vitest';
import { LimitError } from '../../../shell/api/index.ts';
import { testSystem } from '../../support/system.ts';
import { expectHealthy } from './support.ts';

it('fork bombs meet EAGAIN', { timeout: 40_000 }, async () => {
  const { system } = await testSystem({ limits: { processesMax: 100 } });
  const started = performance.now();
  const bomb = await system.exec('f() { f | f & wait; }; f', { user: 'user', timeoutMs: 3000 });
  expect(performance.now() - started).toBeLessThan(15_000);
  expect(bomb.stderr + bomb.exitCode).toMatch(/fork|124/);
  await system.exec('kill -9 -1', { user: 'user' });
  await expectHealthy(system);
});

it('descriptors run out with EMFILE', async () => {
  const { exec, system } = await testSystem({ limits: { openFilesMax: 20 } });
  const { stderr, stdout } = await exec(
    'for i in 3 4 5 6 7 8 9; do eval "exec $i</dev/null"; done; ulimit -n; cat $(yes /dev/null | head -500); echo $?; (exec 30</dev/null); echo after',
  );
  expect(stdout).toMatch(/^20\n0\nafter\n$/);
  expect(stderr).toMatch(/Bad file descriptor/);
  await expectHealthy(system);
});

it('floods of output stop at the limit', async () => {
  const { system } = await testSystem({ limits: { outputBytesMax: 1_000_000 } });
  await expect(system.exec('yes')).rejects.toThrow(LimitError);
  await expect(system.exec('yes >&2 & yes')).rejects.toThrow(LimitError);
  await expectHealthy(system);
});

it('pipes that nobody reads hold their writers, not the memory', async () => {
  const { system } = await testSystem();
  const before = process.memoryUsage().rss;
  const { exitCode } = await system.exec('for i in 1 2 3 4 5 6 7 8; do yes | sleep 100 & done; wait', {
    timeoutMs: 700,
  });
  expect(exitCode).toBe(124);
  expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
  await expectHealthy(system);
});

it('files stop at their size limit, disks when full', async () => {
  const { exec, system } = await testSystem({ limits: { fileBytesMax: 100_000, diskBytesMax: 3_000_000 } });
  const { stdout } = await exec('cat /dev/zero > /tmp/big; echo $?; wc -c < /tmp/big');
  expect(stdout).toBe('153\n100000\n');
  const { stderr } = await exec(
    'i=0; while head -c 90000 /dev/zero > /tmp/f$i; do i=$((i+1)); done; rm -f /tmp/f*',
  );
  expect(stderr).toMatch(/No space left on device/);
  await expectHealthy(system);
});

it('endless recursion and endless nesting end with an error', { timeout: 60_000 }, async () => {
  const { system } = await testSystem();
  for (const script of [
    'f() { f; }; f',
    'f() { x=$(f); }; f',
    `${'('.repeat(5000)}true${')'.repeat(5000)}`,
    `echo ${'$('.repeat(3000)}true${')'.repeat(3000)}`,
    `echo $((${'('.repeat(5000)}1${')'.repeat(5000)}))`,
    `${'if true; then '.repeat(3000)}:${'; fi'.repeat(3000)}`,
    'eval_it() { eval eval_it; }; eval_it',
    "echo '. /tmp/self' > /tmp/self; . /tmp/self",
    'trap "kill -USR1 $$" USR1; kill -USR1 $$',
  ]) {
    const { exitCode, stderr } = await system.exec(script, { timeoutMs: 1500, user: 'user' });
    expect(exitCode, script.slice(0, 60)).toBeLessThan(256);
    expect(stderr, script.slice(0, 60)).not.toMatch(/RangeError|TypeError|\bat .*:\d+:\d+/);
    await system.exec('kill -9 -1', { user: 'user' });
    await expectHealthy(system);
  }
});

it('arguments beyond ARG_MAX are E2BIG, below they pass', async () => {
  const { exec, system } = await testSystem();
  const { stdout, stderr } = await exec(
    'x=$(head -c 100000 /dev/zero | tr "\\0" a); /bin/echo $x $x | wc -c; x=$x$x$x$x$x; x=$x$x$x$x$x; /bin/echo $x; echo $?',
  );
  expect(stdout).toBe('200002\n126\n');
  expect(stderr).toMatch(/Argument list too long/);
  await expectHealthy(system);
});
