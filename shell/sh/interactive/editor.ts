/**
 * The line editor: node's readline over streams made of system calls. The terminal is in raw mode only while
 * a line is being edited, and nothing is read in between, so what is typed ahead belongs to the command that
 * runs.
 */

import type { Interface } from 'node:readline';
import { createInterface } from 'node:readline';
import { PassThrough, Writable } from 'node:stream';
import { SA } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import type { Termios } from '../../../subsystems/unix/termios.ts';
import { rawTermios } from '../../../subsystems/unix/termios.ts';
import { Interrupted } from '../errors.ts';
import type { LineSource } from '../input/stream.ts';
import { ShellLimits } from '../limits.ts';
import type { Editor, Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import { run, wait } from '../task.ts';
import { complete } from './complete.ts';
import { History } from './history.ts';
import { expandPrompt } from './prompt.ts';

const INPUT = 0;
const CHUNK_BYTES = 4096;
/** How long a lone Escape may be the start of a key's sequence. */
const ESCAPE_MS = 50;
const DEFAULT_COLUMNS = 80;

interface Event {
  readonly kind: 'line' | 'interrupt' | 'end';
  /** The line without its newline. */
  readonly text: string;
}

/** The terminal as the stream that readline draws on. */
class Screen extends Writable {
  columns = DEFAULT_COLUMNS;
  readonly isTTY = true;

  constructor(sh: Shell) {
    super({
      write(chunk: Uint8Array, _encoding, done) {
        Promise.resolve(sh.sys.write(2, chunk)).then(
          () => done(),
          () => done(),
        );
      },
    });
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class LineEditor implements LineSource, Editor {
  line = 1;
  private readonly sh: Shell;
  private readonly past: History;
  private readonly input = new PassThrough();
  private readonly screen: Screen;
  private readonly events: Event[] = [];
  private interface: Interface | undefined;
  /** Terminal modes as the shell's commands get them. */
  private modes: Termios | undefined;

  constructor(sh: Shell) {
    this.sh = sh;
    this.past = new History(sh);
    this.screen = new Screen(sh);
  }

  get history(): readonly string[] {
    return this.past.lines;
  }

  *start(): Task<void> {
    yield* this.past.load();
    this.modes = yield* wait(this.sh.sys.tcgetattr(INPUT));
    const resized = (): void => void this.measure();
    this.sh.sys.sigaction(Sig.WINCH, { disposition: resized, flags: SA.RESTART, mask: [] });
    yield* wait(this.measure());
    const editor = createInterface({
      input: this.input,
      output: this.screen,
      terminal: true,
      history: this.past.lines.toReversed(),
      historySize: ShellLimits.HISTORY,
      escapeCodeTimeout: ESCAPE_MS,
      completer: (text: string, done: (error: null, result: [string[], string]) => void) => {
        Promise.resolve(run(complete(this.sh, text))).then(
          (result) => done(null, result),
          () => done(null, [[], text]),
        );
      },
    });
    editor.on('line', (text) => this.events.push({ kind: 'line', text }));
    editor.on('SIGINT', () => this.events.push({ kind: 'interrupt', text: '' }));
    editor.on('SIGTSTP', () => {});
    editor.on('close', () => this.events.push({ kind: 'end', text: '' }));
    this.interface = editor;
  }

  /** Releases what keeps the host's event loop: the editor is not used afterwards. */
  stop(): void {
    this.interface?.close();
    this.input.destroy();
    this.sh.sys.sigaction(Sig.WINCH, { disposition: 'default', flags: 0, mask: [] });
  }

  private async measure(): Promise<void> {
    try {
      const { columns } = await this.sh.sys.tcgetwinsize(INPUT);
      this.screen.columns = columns > 0 ? columns : DEFAULT_COLUMNS;
      this.screen.emit('resize');
    } catch (error) {
      if (!isSysError(error)) throw error;
    }
  }

  *next(continued: boolean): Task<string | undefined> {
    const prompt = yield* expandPrompt(this.sh, continued ? 'PS2' : 'PS1', continued ? '> ' : '$ ');
    yield* this.toEditing();
    let event: Event;
    try {
      event = yield* wait(this.edit(prompt));
    } finally {
      yield* this.toCommands();
    }
    if (event.kind === 'interrupt') return yield* this.abandonLine();
    if (event.kind === 'end') {
      yield* this.sh.write(2, '\n');
      return undefined;
    }
    yield* this.past.add(event.text);
    this.line += 1;
    return `${event.text}\n`;
  }

  private *abandonLine(): Task<never> {
    yield* this.sh.write(2, '^C\n');
    if (this.interface) Object.assign(this.interface, { line: '', cursor: 0 });
    throw new Interrupted();
  }

  private async edit(prompt: string): Promise<Event> {
    const editor = this.interface!;
    if (this.events.length === 0) {
      const lines = prompt.split('\n');
      if (lines.length > 1) this.screen.write(`${lines.slice(0, -1).join('\n')}\n`);
      editor.setPrompt(lines.at(-1) ?? '');
      editor.prompt(true);
    }
    while (this.events.length === 0) {
      const bytes = await this.read();
      if (bytes.length === 0) return { kind: 'end', text: '' };
      // Key by key: readline takes a tab in the middle of a piece of text for pasted, and would not complete.
      for (const byte of bytes) this.input.write(Uint8Array.of(byte));
      await nextTurn();
    }
    await this.drawn();
    return this.events.shift()!;
  }

  /** Everything that readline drew is on the terminal. */
  private drawn(): Promise<void> {
    return new Promise((resolve) => this.screen.write('', () => resolve()));
  }

  private async read(): Promise<Uint8Array> {
    for (;;) {
      try {
        return await this.sh.sys.read(INPUT, CHUNK_BYTES);
      } catch (error) {
        if (!isSysError(error, 'EINTR')) {
          if (isSysError(error)) return new Uint8Array(0);
          throw error;
        }
      }
    }
  }

  /** Raw mode; modes that a killed command left behind are not taken over. */
  private *toEditing(): Task<void> {
    const { sys } = this.sh;
    const now = yield* wait(sys.tcgetattr(INPUT));
    if ((now.icanon && now.echo) || this.sh.status <= 128) this.modes = now;
    const modes = this.modes ?? now;
    yield* wait(sys.tcsetattr(INPUT, 'drain', { ...rawTermios(modes), opost: true, onlcr: true }));
  }

  private *toCommands(): Task<void> {
    if (this.modes) yield* wait(this.sh.sys.tcsetattr(INPUT, 'drain', this.modes));
  }
}
