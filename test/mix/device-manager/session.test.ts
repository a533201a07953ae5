/**
 * A shell on a pseudo-terminal: the line discipline, job control and hang-up with real processes behind them.
 */
import { expect, it } from 'vitest';
import { PtyWatcher } from '../../support/screen.ts';
import { testSystem } from '../../support/system.ts';

const SIZE = { rows: 24, columns: 80 };

async function shellOnTerminal(): Promise<PtyWatcher> {
  const { system } = await testSystem();
  const person = new PtyWatcher(await system.openPty(SIZE), SIZE);
  await person.prompt();
  return person;
}

it('edits, interrupts, stops and continues jobs', async () => {
  const person = await shellOnTerminal();
  person.type('cat\r');
  await person.cursorAfter('');
  person.type('wrong\x15lime\x7f\x7fne');
  await person.cursorAfter('line');
  person.type('\r');
  await person.sees(/^line\nline$/m);
  person.type('\x03');
  await person.sees(/^\^C\n#$/m);
  await person.runs('echo begun; sleep 100', /^begun$/m);
  person.type('\x1a');
  await person.sees(/^\^Z\n\[1\]\+ +Stopped +sleep 100\n#$/m);
  await person.runs('fg', /^# fg\nsleep 100$/m);
  person.type('\x03');
  await person.sees(/^sleep 100\n\^C\n#$/m);
  await person.runs('cat & wait; jobs', /Stopped \(tty input\) +cat\n#$/);
});

it('interrupts a flood', async () => {
  const person = await shellOnTerminal();
  await person.runs('yes', /(^y\n){20}/m);
  person.type('\x03');
  await person.sees(/^\^C\n#$/m);
  await person.runs('echo status $?', /^status 130$/m);
});

it('ends at end of file', async () => {
  const person = await shellOnTerminal();
  person.type('\x04');
  expect(await person.pty.wait()).toMatchObject({ exitCode: 0 });
  await expect.poll(() => person.ended, { timeout: 10_000 }).toBe(true);
});

it('hangs up for background jobs when the shell exits', async () => {
  const person = await shellOnTerminal();
  await person.runs('sleep 1000 &', /^\[1\] \d+\n#$/m);
  await person.runs('tty < /dev/tty; exit 3', /^\/dev\/pts\/0$/m);
  expect(await person.pty.wait()).toMatchObject({ exitCode: 3 });
  await expect.poll(() => person.ended, { timeout: 10_000 }).toBe(true);
});
