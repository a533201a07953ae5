/** The terminal in a real pty of the host, seen through an emulator of its own: as a person would use it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn as spawnPty } from '@lydell/node-pty';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CHORUS, eventually, temporaryDirectory } from '../../support/chorus.ts';
import { Watcher } from '../../support/screen.ts';

const SIZE = { rows: 24, columns: 100 };

/** A person at a terminal of the host. */
class Person extends Watcher {
  readonly exited: Promise<number>;
  readonly directory: string;
  private readonly pty: ReturnType<typeof spawnPty>;

  /** Runs `argv`, by default the command line itself with `args`. */
  constructor(args: readonly string[], options: { home?: string; argv?: readonly string[] } = {}) {
    super(SIZE);
    this.directory = options.home ?? temporaryDirectory();
    const [file, ...rest] = options.argv ?? [process.execPath, CHORUS, ...args];
    this.pty = spawnPty(file!, rest, {
      rows: SIZE.rows,
      cols: SIZE.columns,
      cwd: this.directory,
      env: { ...process.env, TERM: 'xterm-256color', XDG_STATE_HOME: this.directory, HOME: this.directory },
    });
    this.pty.onData((data) => void this.show(Buffer.from(data)));
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
    expect(person.raw).toContain('\x1b[?1049l');
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
    const first = new Person(['--sites', '1'], { home });
    await first.prompt();
    await first.runs('echo remembered-line', /^remembered-line$/m);
    first.type('exit\r');
    await first.exited;
    const second = new Person(['--sites', '1'], { home });
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

  it('goes on counting while output floods, and ^C ends the flood', async () => {
    const person = new Person(['--sites', '1']);
    await person.prompt();
    await person.runs('yes', /(^y\n){20}/m);
    const rate = (): string => /(\S+) messages\/s/.exec(person.screen.text())?.[1] ?? '';
    const before = rate();
    await eventually('another count', () => rate() !== '' && rate() !== before && rate());
    person.type('\x03');
    await person.sees(/\^C\n#$/m);
    await person.runs('yes | head -100000 | tail -1; echo over', /^y\nover\n#$/m);
  });

  it('lets programs have the screen, the mouse and the title', async () => {
    const person = new Person(['--sites', '1']);
    await person.prompt();
    await person.runs('top', /COMMAND[\s\S]* top$/m);
    person.resize(90, 20);
    await person.sees(/^top - [\s\S]* chorus .*messages\/s *$/m);
    person.type('q');
    await person.prompt();
    person.type("printf '\\033]2;a title\\007\\033[?1000h'; cat -v\r");
    await eventually('title and mouse', () => /\x1b\]2;a title\x1b\\.*\x1b\[\?1000h/s.test(person.raw));
    await eventually('its input', () => {
      person.type('\x1b[M !!\r');
      return person.screen.text().includes('^[[M !!');
    });
  });

  it('counts sites where their names have no room', async () => {
    const person = new Person([]);
    await person.prompt();
    await person.sees('● workstation');
    person.resize(60, 20);
    await person.sees(/chorus +3 of 3 sites up .*processes/);
  });

  it('answers a key at once', async () => {
    const person = new Person(['--sites', '1']);
    await person.prompt();
    const latencyMs: number[] = [];
    for (let i = 1; i <= 15; i += 1) {
      const startMs = performance.now();
      person.type('x');
      const shown = `# ${'x'.repeat(i)}`;
      while (person.cursorLine.before !== shown && performance.now() - startMs < 5000)
        await new Promise((resolve) => setTimeout(resolve, 1));
      latencyMs.push(performance.now() - startMs);
    }
    // A frame and the work of all that is between; a fraction of what a person notices, on an idle machine.
    expect(latencyMs.sort((a, b) => a - b)[7]).toBeLessThan(150);
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
      expect(person.raw).toContain('\x1b[?1049l');
      await eventually('the sites have ended', () => children.every((pid) => !alive(pid)));
    },
  );
});

/** Throws in the middle of everything when SIGUSR2 comes. */
const BOOBY_TRAP =
  'data:text/javascript,process.on("SIGUSR2",()=>{setImmediate(()=>{throw new Error("boom")})})';

describe('the host terminal afterwards', () => {
  const ways: [string, string[], (person: Person, pid: number) => void, number][] = [
    ['exit', [], (person) => person.type('exit 7\r'), 7],
    ['exit of --plain', ['--plain'], (person) => person.type('exit 7\r'), 7],
    ['SIGTERM', [], (_, pid) => process.kill(pid, 'SIGTERM'), 143],
    ['SIGTERM of --plain', ['--plain'], (_, pid) => process.kill(pid, 'SIGTERM'), 143],
    ['an uncaught exception', [], (_, pid) => process.kill(pid, 'SIGUSR2'), 125],
    ['an uncaught exception of --plain', ['--plain'], (_, pid) => process.kill(pid, 'SIGUSR2'), 125],
  ];
  it.each(ways)('is as it was after %s', async (_name, flags, end, status) => {
    const chorus = `"${process.execPath}" --import='${BOOBY_TRAP}' "${CHORUS}" --sites 1 ${flags.join(' ')}`;
    const script = `stty -a > before; ${chorus}; echo "status $?"; stty -a > after; cat`;
    const person = new Person([], { argv: ['/bin/sh', '-c', script] });
    await person.prompt();
    // What programs inside leave behind must not stay.
    await person.runs("printf '\\033[?25l\\033[?1000h\\033[31m'; echo begun", /^begun$/m);
    const [pid] = childrenOf(person.pid);
    end(person, pid!);
    await person.sees(new RegExp(`status ${status}$`, 'm'));
    const stty = (name: string): string => readFileSync(join(person.directory, name), 'utf8');
    await eventually(
      'both states',
      () => existsSync(join(person.directory, 'after')) && stty('after') !== '',
    );
    expect(stty('after')).toBe(stty('before'));
    expect(person.screen.cursorVisible).toBe(true);
    expect(person.screen.modesOn()).toBe('');
    const left = person.raw.lastIndexOf('\x1b[?1049l');
    expect(left > person.raw.lastIndexOf('\x1b[?1049h')).toBe(flags.length === 0);
  });
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
