/**
 * A shell on a pseudo-terminal: the line discipline, job control and hang-up with real processes behind them.
 */
import { expect, it } from 'vitest';
import { testSystem } from '../../support/system.ts';

const DEADLINE_MS = 10_000;

async function shellOnTerminal() {
  const { system } = await testSystem();
  const pty = await system.openPty({});
  const reader = (pty.output as ReadableStream<Uint8Array>).getReader();
  const writer = (pty.input as WritableStream<Uint8Array>).getWriter();
  let screen = '';
  let ended = false;
  const show = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      screen += Buffer.from(value).toString('latin1');
    }
    ended = true;
  };
  void show().catch(() => {
    ended = true;
  });
  /** Waits until the screen shows `pattern`; what was shown up to there is used up. */
  const expectScreen = async (pattern: RegExp): Promise<void> => {
    const deadline = performance.now() + DEADLINE_MS;
    for (;;) {
      const match = pattern.exec(screen);
      if (match) {
        screen = screen.slice(match.index + match[0].length);
        return;
      }
      if (performance.now() > deadline) expect(screen).toMatch(pattern);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const type = (text: string): Promise<void> => writer.write(Buffer.from(text, 'latin1'));
  await expectScreen(/# $/);
  return { pty, type, expectScreen, ended: () => ended };
}

it('edits, interrupts, stops and continues jobs', async () => {
  const { type, expectScreen } = await shellOnTerminal();
  await type('cat\r');
  await expectScreen(/cat\r\n/);
  await type('wrong\x15lime\x7f\x7fne\r');
  await expectScreen(/\r\nline\r\n/);
  await type('\x03');
  await expectScreen(/\^C\r\n# $/);
  await type('sleep 100\r');
  await expectScreen(/sleep 100\r\n/);
  await type('\x1a');
  await expectScreen(/\^Z[\s\S]*Stopped[\s\S]*# $/);
  await type('fg\r');
  await expectScreen(/sleep 100\r\n/);
  await type('\x03');
  await expectScreen(/# $/);
  await type('cat & wait; jobs\r');
  await expectScreen(/Stopped \(tty input\)[\s\S]*# $/);
});

it('interrupts a flood', async () => {
  const { type, expectScreen } = await shellOnTerminal();
  await type('yes\r');
  await expectScreen(/(y\r\n){1000}/);
  await type('\x03');
  await expectScreen(/\^C\r\n# $/);
  await type('echo status $?\r');
  await expectScreen(/status 130\r\n/);
});

it('ends at end of file', async () => {
  const { pty, type, ended } = await shellOnTerminal();
  await type('\x04');
  expect(await pty.wait()).toMatchObject({ exitCode: 0 });
  await expect.poll(ended, { timeout: DEADLINE_MS }).toBe(true);
});

it('hangs up for background jobs when the shell exits', async () => {
  const { pty, type, expectScreen, ended } = await shellOnTerminal();
  await type('sleep 1000 &\r');
  await expectScreen(/# $/);
  await type('tty < /dev/tty; exit 3\r');
  await expectScreen(/\/dev\/pts\/0\r\n/);
  expect(await pty.wait()).toMatchObject({ exitCode: 3 });
  await expect.poll(ended, { timeout: DEADLINE_MS }).toBe(true);
});
