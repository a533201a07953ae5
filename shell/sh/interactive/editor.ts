/**
 * The line editor on its terminal: prompts, modes, signals, history. The terminal is in editing mode only
 * while a line is typed, and a byte is read only when it is wanted, so what is typed ahead belongs to the
 * command that runs.
 */
import { SA } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import type { Termios } from '../../../subsystems/unix/termios.ts';
import { rawTermios } from '../../../subsystems/unix/termios.ts';
import type { LineSource } from '../input/stream.ts';
import { expectSignals } from '../jobs/interrupts.ts';
import type { Editor, Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import { run, wait } from '../task.ts';
import { complete } from './complete.ts';
import { History } from './history.ts';
import type { LineEvent } from './input-line.ts';
import { InputLine } from './input-line.ts';
import { abandonCommand, wasInterrupted } from './interrupt.ts';
import { expandPrompt } from './prompt.ts';
import { Screen } from './screen.ts';

const INPUT = 0;
/** Statuses above this are those of commands that a signal ended. */
const SIGNALED = 128;
/** Ends of file in a row that `set -o ignoreeof` does not take for the end. */
const IGNORED_ENDS = 10;

/** A control character that no key has (_POSIX_VDISABLE). */
const DISABLED = 0;
/** What an end-of-file character becomes that was typed while a command had the terminal (tty_ldisc: NUL). */
const LINE_MARK = 0;
const END_OF_FILE = 4;

type Outcome = LineEvent | { readonly kind: 'interrupt' };

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class LineEditor implements LineSource, Editor {
  line = 1;
  private readonly sh: Shell;
  private readonly past: History;
  private readonly screen: Screen;
  private input: InputLine | undefined;
  private editing = false;
  private ends = 0;
  /** Terminal modes as the shell's commands get them. */
  private modes: Termios | undefined;

  constructor(sh: Shell) {
    this.sh = sh;
    this.past = new History(sh);
    this.screen = new Screen(sh.sys);
  }

  get history(): readonly string[] {
    return this.past.lines;
  }

  *start(): Task<void> {
    yield* this.past.load();
    this.modes = yield* wait(this.sh.sys.tcgetattr(INPUT));
    const resized = (): void => void this.measure();
    this.sh.sys.sigaction(Sig.WINCH, { disposition: resized, flags: SA.RESTART, mask: [] });
    this.input = new InputLine({
      screen: this.screen,
      history: this.past.lines,
      complete: (text) => run(complete(this.sh, text)),
    });
  }

  /** Releases what keeps the host's event loop: the editor is not used afterwards. */
  stop(): void {
    this.input?.close();
    this.sh.sys.sigaction(Sig.WINCH, { disposition: 'default', flags: 0, mask: [] });
  }

  private async measure(): Promise<void> {
    try {
      const { columns } = await this.sh.sys.tcgetwinsize(INPUT);
      this.screen.resize(columns, this.editing);
    } catch (error) {
      if (!isSysError(error)) throw error;
    }
  }

  *next(continued: boolean): Task<string | undefined> {
    for (;;) {
      const prompt = yield* expandPrompt(this.sh, continued ? 'PS2' : 'PS1', continued ? '> ' : '$ ');
      const event = yield* this.editLine(prompt, continued);
      if (event.kind === 'interrupt') return yield* abandonCommand(this.sh);
      if (event.kind === 'line') {
        const text = yield* this.take(event.text);
        return wasInterrupted(this.sh) ? yield* abandonCommand(this.sh) : text;
      }
      yield* this.sh.write(2, '\n');
      this.ends += 1;
      if (continued || !this.sh.options.has('ignoreeof') || this.ends >= IGNORED_ENDS) return undefined;
      yield* this.sh.write(2, 'Use "exit" to leave shell.\n');
    }
  }

  private *editLine(prompt: string, continued: boolean): Task<Outcome> {
    yield* wait(this.measure());
    yield* this.toEditing();
    this.editing = true;
    try {
      return yield* expectSignals(this.sh, wait(this.edit(prompt, !continued)));
    } finally {
      this.editing = false;
      yield* this.toCommands();
    }
  }

  private *take(text: string): Task<string> {
    this.ends = 0;
    yield* this.past.add(text);
    this.line += text.split('\n').length;
    return `${text}\n`;
  }

  private async edit(prompt: string, fresh: boolean): Promise<Outcome> {
    const input = this.input!;
    input.begin(prompt, fresh);
    let outcome: Outcome | undefined;
    while (!outcome) {
      const bytes = await this.read();
      if (bytes === 'interrupt') {
        input.abandon();
        outcome = { kind: 'interrupt' };
      } else if (bytes.length === 0) outcome = { kind: 'end' };
      else {
        input.feed(bytes[0] === LINE_MARK ? Uint8Array.of(END_OF_FILE) : bytes);
        await nextTurn();
        await input.busy;
        outcome = input.event;
      }
    }
    input.end();
    await this.screen.drained();
    return outcome;
  }

  /** What is typed, a byte at a time; none at the end of the input; 'interrupt' when SIGINT came instead. */
  private async read(): Promise<Uint8Array | 'interrupt'> {
    const wanted = this.input!.wantedBytes;
    for (;;) {
      if (wasInterrupted(this.sh)) return 'interrupt';
      try {
        return await this.sh.sys.read(INPUT, wanted);
      } catch (error) {
        if (!isSysError(error)) throw error;
        if (error.code !== 'EINTR') return new Uint8Array(0);
      }
    }
  }

  /**
   * No canonical mode and no echo, but signals: ^C has to reach the command that the line before it starts,
   * however quickly it is typed. Modes that a killed command left behind are not taken over.
   */
  private *toEditing(): Task<void> {
    const { sys } = this.sh;
    const now = yield* wait(sys.tcgetattr(INPUT));
    if ((now.icanon && now.echo) || this.sh.status <= SIGNALED) this.modes = now;
    const modes = this.modes ?? now;
    const editing = { ...rawTermios(modes), icrnl: true, isig: true, opost: true, onlcr: true };
    editing.cc = { ...editing.cc, susp: DISABLED, quit: DISABLED };
    yield* wait(sys.tcsetattr(INPUT, 'drain', editing));
  }

  private *toCommands(): Task<void> {
    if (this.modes) yield* wait(this.sh.sys.tcsetattr(INPUT, 'drain', this.modes));
  }
}
