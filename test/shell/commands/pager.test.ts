/** Commands that talk to a terminal, on a pseudo-terminal of the system: more, top, stty, tty. */
import { expect, it } from 'vitest';
import type { SystemPty } from '../../../shell/api/index.ts';
import { testSystem } from '../../support/system.ts';

const DEADLINE_MS = 10_000;

/** Collects what a terminal shows and waits for text on it. */
class Screen {
  private readonly pty: SystemPty;
  private readonly typing: WritableStreamDefaultWriter<Uint8Array | string>;
  private text = '';

  constructor(pty: SystemPty) {
    this.pty = pty;
    this.typing = pty.input.getWriter();
    void this.collect();
  }

  private async collect(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.pty.output) this.text += decoder.decode(chunk, { stream: true });
  }

  async type(keys: string): Promise<void> {
    await this.typing.write(keys);
  }

  /** Waits for `pattern` behind what was seen before, and answers with the text up to its end. */
  async shows(pattern: RegExp): Promise<string> {
    const end = Date.now() + DEADLINE_MS;
    for (;;) {
      const match = pattern.exec(this.text);
      if (match) {
        const seen = this.text.slice(0, match.index + match[0].length);
        this.text = this.text.slice(seen.length);
        return seen;
      }
      if (Date.now() > end) throw new Error(`no ${pattern} in ${JSON.stringify(this.text)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** A script on a terminal of 8 rows and 40 columns. */
async function onTerminal(script: string): Promise<{ screen: Screen; pty: SystemPty }> {
  const { system } = await testSystem();
  const pty = await system.openPty({ argv: ['/bin/sh', '-c', script], rows: 8, columns: 40 });
  return { screen: new Screen(pty), pty };
}

it('more stops after each screenful, goes on by line or screen, and quits', async () => {
  const { screen } = await onTerminal('seq 100 | more; echo end');
  expect((await screen.shows(/--More--/)).split('\r\n')).toHaveLength(8);
  await screen.type('\n');
  expect(await screen.shows(/--More--/)).toContain('8\r\n');
  await screen.type(' ');
  expect(await screen.shows(/--More--/)).toContain('15\r\n');
  await screen.type('q');
  expect(await screen.shows(/end/)).not.toContain('16\r\n');
});

it('more tells how far a file is and leaves the terminal as it found it', async () => {
  const { screen, pty } = await onTerminal(
    'seq 20 > f; before=$(stty -g); more f; test "$before" = "$(stty -g)"',
  );
  await screen.shows(/--More--\(\d+%\)/);
  await screen.type('   ');
  expect(await pty.wait()).toMatchObject({ exitCode: 0 });
});

it('stty shows and sets the terminal it stands on', async () => {
  const { screen } = await onTerminal(
    'stty size; stty -echo; stty -a; stty sane rows 50 cols 100; stty size; tty',
  );
  await screen.shows(/8 40/);
  expect(await screen.shows(/-echo /)).toMatch(/speed 38400 baud; rows 8; columns 40;/);
  await screen.shows(/50 100/);
  await screen.shows(/\/dev\/pts\/\d+/);
});

it('top refreshes the screen and ends on q', async () => {
  const { screen, pty } = await onTerminal('top -d 0.2');
  await screen.shows(/Tasks:/);
  await screen.shows(/Tasks:/);
  await screen.type('q');
  expect(await pty.wait()).toMatchObject({ exitCode: 0 });
});
