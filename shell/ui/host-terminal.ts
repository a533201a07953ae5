/**
 * The terminal that the person sits at: raw input, writes, size, and its state given back however this
 * process ends (return, exception, signal; only SIGKILL leaves it as it is).
 *
 * Restoring is synchronous and idempotent, and hooked on the process' exit, so no path out can forget it.
 */
import { writeSync } from 'node:fs';
import type { WindowSize } from '../../subsystems/unix/termios.ts';

const FALLBACK: WindowSize = { rows: 24, columns: 80 };
const STDOUT = 1;

/** What a program inside may have left switched on: mouse, focus, paste, application keys, styles, cursor. */
const RESET_MODES =
  '\x1b[?9;1000;1002;1003;1004;1005;1006;1015;2004l\x1b[?1l\x1b>\x1b7\x1b[r\x1b8\x1b[m\x1b[?25h\x1b[0 q\x1b(B\x0f';
const ENTER_SCREEN = '\x1b[22;2t\x1b[?1049h\x1b[2J\x1b[H';
const LEAVE_SCREEN = '\x1b[?1049l\x1b[23;2t';

/** Signals that end this process unless it decides otherwise. */
const ENDINGS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'];

export interface HostTerminalOptions {
  /** Use the alternate screen. */
  fullScreen: boolean;
  /** One of the ending signals came; the process ends by itself if this does not. */
  onEnding(signal: NodeJS.Signals): void;
  /** The terminal is ours again after a stop, or its size changed: draw everything. */
  onRedraw(): void;
}

export class HostTerminal {
  private readonly options: HostTerminalOptions;
  private active = false;
  private readonly undo: (() => void)[] = [];

  constructor(options: HostTerminalOptions) {
    this.options = options;
  }

  get size(): WindowSize {
    const { rows, columns } = process.stdout;
    return { rows: rows || FALLBACK.rows, columns: columns || FALLBACK.columns };
  }

  /** Takes the terminal over. `onInput` gets every byte as it was typed. */
  open(onInput: (bytes: Buffer) => void): void {
    const { stdin, stdout } = process;
    const on = (emitter: NodeJS.EventEmitter, event: string, fn: (...args: never[]) => void): void => {
      const listener = fn as (...args: unknown[]) => void;
      emitter.on(event, listener);
      this.undo.push(() => emitter.off(event, listener));
    };
    on(process, 'exit', () => this.restore());
    for (const signal of ENDINGS) on(process, signal, () => this.options.onEnding(signal));
    on(process, 'SIGTSTP', () => this.stop());
    on(process, 'SIGCONT', () => this.resume());
    on(process, 'uncaughtException', (error: unknown) => this.crash(error));
    on(process, 'unhandledRejection', (error: unknown) => this.crash(error));
    on(stdout, 'resize', () => this.options.onRedraw());
    on(stdout, 'error', () => this.options.onEnding('SIGHUP'));
    on(stdin, 'data', onInput);
    on(stdin, 'end', () => this.options.onEnding('SIGHUP'));
    on(stdin, 'error', () => this.options.onEnding('SIGHUP'));
    this.takeOver();
    stdin.resume();
  }

  private takeOver(): void {
    if (this.active) return;
    this.active = true;
    process.stdin.setRawMode(true);
    if (this.options.fullScreen) this.writeNow(ENTER_SCREEN);
  }

  /** Queues output. Resolves when the terminal has taken it. */
  write(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      process.stdout.write(data, () => resolve());
    });
  }

  private writeNow(text: string): void {
    try {
      writeSync(STDOUT, text);
    } catch {
      // The terminal is gone: there is nothing to restore.
    }
  }

  /** Gives the terminal back. */
  restore(): void {
    if (!this.active) return;
    this.active = false;
    this.writeNow(RESET_MODES + (this.options.fullScreen ? LEAVE_SCREEN : ''));
    try {
      process.stdin.setRawMode(false);
    } catch {
      // As above.
    }
  }

  /** Gives the terminal back for good and stops listening. */
  close(): void {
    this.restore();
    for (const undo of this.undo.splice(0)) undo();
    process.stdin.pause();
  }

  /** SIGTSTP from outside: stop with the terminal in order. */
  private stop(): void {
    this.restore();
    process.kill(process.pid, 'SIGSTOP');
  }

  private resume(): void {
    this.takeOver();
    this.options.onRedraw();
  }

  private crash(error: unknown): void {
    this.close();
    process.stderr.write(
      `chorus: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(125);
  }
}
