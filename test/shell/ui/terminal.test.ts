/** The terminal in a real pty of the host, seen through an emulator of its own: as a person would use it. */
import { readFileSync } from 'node:fs';
import { spawn as spawnPty } from '@lydell/node-pty';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Emulator } from '../../../shell/ui/emulator.ts';
import { CHORUS, eventually, temporaryDirectory } from '../../support/chorus.ts';

const SIZE = { rows: 24, columns: 100 };

/** A person at a terminal. */
class Person {
  readonly screen: Emulator;
  readonly exited: Promise<number>;
  /** Everything the program wrote to the host terminal. */
  raw = '';
  private readonly pty: ReturnType<typeof spawnPty>;

  constructor(args: readonly string[], home = temporaryDirectory()) {
    this.screen = new Emulator(SIZE, { onPassThrough: () => {}, onReply: () => {} });
    this.pty = spawnPty(process.execPath, [CHORUS, ...args], {
      rows: SIZE.rows,
      cols: SIZE.columns,
      env: { ...process.env, TERM: 'xterm-256color', XDG_STATE_HOME: home, HOME: home },
    });
    this.pty.onData((data) => {
      this.raw += data;
      void this.screen.write(Buffer.from(data));
    });
    this.exited = new Promise((resolve) => {
      this.pty.onExit(({ exitCode, signal }) => resolve(signal ? 128 + signal : exitCode));
    });
    onTestFinished(() => {
      try {
        this.pty.kill('SIGKILL');
      } catch {
        // It has ended.
      }
    });
  }

  get pid(): number {
    return this.pty.pid;
  }

  type(text: string): void {
    this.pty.write(text);
  }

  resize(columns: number, rows: number): void {
    this.screen.resize({ columns, rows });
    this.pty.resize(columns, rows);
  }

  async sees(text: string | RegExp): Promise<string> {
    try {
      return await eventually(`the screen shows ${text}`, () => {
        const shown = this.screen.text();
        return (typeof text === 'string' ? shown.includes(text) : text.test(shown)) && shown;
      });
    } catch (error) {
      throw new Error(`${(error as Error).message}\n--- screen:\n${this.screen.text()}`);
    }
  }

  /** Types a command and waits for what it prints at the beginning of a line. */
  async runs(command: string, prints: RegExp): Promise<string> {
    this.type(`${command}\r`);
    return this.sees(prints);
  }

  async prompt(): Promise<void> {
    await this.sees(/^# $|^#$/m);
  }
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

describe('the framed terminal', () => {
  it('boots three sites, shows a prompt and a status line, runs, and gives the terminal back', async () => {
    const startMs = performance.now();
    const person = new Person([]);
    await person.prompt();
    expect(performance.now() - startMs).toBeLessThan(8000);
    await person.sees(/chorus +● workstation +● site2 +● site3/);
    for (const site of ['workstation', 'site2', 'site3'])
      expect(person.raw).toMatch(new RegExp(`${site} is up`));
    await person.runs('csite 2; hostname; csite 1', /^site2$/m);
    await person.sees(/\d+ processes +\S+ messages\/s/);
    person.type('exit 7\r');
    expect(await person.exited).toBe(7);
    expect(person.raw).toMatch(/\x1b\[\?1049l/);
    expect(person.screen.cursorVisible).toBe(true);
  });

  it('has the keys of a UNIX terminal', async () => {
    const person = new Person(['--sites', '1']);
    await person.prompt();
    await person.runs('echo first; sleep 50 | cat', /^first$/m);
    person.type('\x03');
    await person.sees('^C');
    await person.runs('echo status $?', /^status 130$/m);
    await person.runs('echo second; sleep 60', /^second$/m);
    person.type('\x1a');
    await person.sees(/Stopped/);
    await person.runs('bg; jobs', /Running/);
    await person.runs('kill %1; wait; echo gone', /^gone$/m);
    await person.runs('echo begun; cat > f', /^begun$/m);
    await person.runs('typed', /^typed$/m);
    person.type('\x04');
    await person.runs('cat f; echo end', /^typed\nend$/m);
    person.type('\x04');
    expect(await person.exited).toBe(0);
  });

  it('follows the size of the window', async () => {
    const person = new Person(['--sites', '1']);
    await person.prompt();
    await person.runs('stty size', /^23 100$/m);
    person.resize(70, 16);
    await eventually('the new size', async () => {
      person.type('stty size\r');
      await new Promise((resolve) => setTimeout(resolve, 50));
      return /^15 70$/m.test(person.screen.text());
    });
  });

  it('shows colours, wide characters and floods, and drops nothing typed meanwhile', async () => {
    const person = new Person(['--sites', '1']);
    await person.prompt();
    await person.runs("printf '\\033[31mrot\\033[m 漢字 é\\n'", /^rot 漢字 é$/m);
    const row = person.screen.rows().find(({ text }) => text.slice(0, 3).join('') === 'rot');
    expect(row?.style.slice(0, 4)).toEqual(['31', '31', '31', '']);
    person.type('seq 30000; echo flood over\r');
    person.type('echo typed ahead\r');
    await person.sees(/^typed ahead$/m);
    expect(person.raw.length).toBeLessThan(150_000);
  });

  it('looks back with Shift+PageUp', async () => {
    const person = new Person(['--sites', '1']);
    await person.prompt();
    await person.runs('seq 100; echo done', /^done$/m);
    person.type('\x1b[5;2~');
    await person.sees(/lines back/);
    await person.sees(/^60$/m);
    person.type('echo live\r');
    await person.sees(/^live$/m);
  });

  it('remembers lines across sessions', async () => {
    const home = temporaryDirectory();
    const first = new Person(['--sites', '1'], home);
    await first.prompt();
    await first.runs('echo remembered-line', /^remembered-line$/m);
    first.type('exit\r');
    await first.exited;
    const second = new Person(['--sites', '1'], home);
    await second.prompt();
    second.type('\x1b[A\x1b[A\r');
    await second.sees(/^remembered-line$/m);
  });

  it('lives on when a site is killed, and shows it', async () => {
    const person = new Person([]);
    await person.prompt();
    await person.sees('● site3');
    const [second] = childrenOf(person.pid);
    process.kill(second!, 'SIGKILL');
    await person.sees(/○ site[23] down/);
    await person.runs('echo alive', /^alive$/m);
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)(
    'gives the terminal back on %s and leaves no site',
    async (signal) => {
      const person = new Person([]);
      await person.prompt();
      const children = childrenOf(person.pid);
      expect(children).toHaveLength(2);
      process.kill(person.pid, signal);
      expect(await person.exited).toBe(signal === 'SIGTERM' ? 143 : 129);
      expect(person.raw).toMatch(/\x1b\[\?1049l/);
      await eventually('the sites have ended', () => children.every((pid) => !alive(pid)));
    },
  );
});

describe('--plain', () => {
  it('hands the host terminal to the pty', async () => {
    const person = new Person(['--plain', '--sites', '1']);
    await person.prompt();
    expect(person.raw).not.toMatch(/\x1b\[\?1049h/);
    await person.runs('tty; stty size', /^\/dev\/pts\/0\n24 100$/m);
    person.type('exit 3\r');
    expect(await person.exited).toBe(3);
  });
});

function alive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
