/**
 * A person in front of a terminal: types, and looks at the screen until it shows what is waited for. The
 * screen is an emulator's, so escape sequences do what they do and are no text.
 */
import type { System } from '../../shell/api/index.ts';
import { Emulator } from '../../shell/ui/emulator.ts';
import { eventually } from './chorus.ts';

export interface ScreenSize {
  rows: number;
  columns: number;
}

/** Longest wait for anything: far more than it takes, for machines that have much else to do. */
const DEADLINE_MS = 15_000;

export abstract class Watcher {
  readonly screen: Emulator;
  /** Everything that came, escape sequences included. */
  raw = '';

  constructor(size: ScreenSize) {
    this.screen = new Emulator(size, {
      onPassThrough: () => {},
      onReply: (text) => this.type(text),
    });
  }

  abstract type(text: string): void;

  protected show(data: Uint8Array): Promise<void> {
    this.raw += Buffer.from(data).toString('latin1');
    return this.screen.write(data);
  }

  /** Waits until the screen shows `what`; the result is the whole screen. */
  async sees(what: string | RegExp, within = DEADLINE_MS): Promise<string> {
    try {
      return await eventually(
        `the screen shows ${what}`,
        () => {
          const shown = this.screen.text();
          return (typeof what === 'string' ? shown.includes(what) : what.test(shown)) && shown;
        },
        within,
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}\n--- screen:\n${this.screen.text()}`);
    }
  }

  /** Types a command and waits for what it shows. */
  runs(command: string, shows: string | RegExp): Promise<string> {
    this.type(`${command}\r`);
    return this.sees(shows);
  }

  /** The line of the cursor, up to the cursor and whole. */
  get cursorLine(): { before: string; text: string } {
    const { row, column } = this.screen.cursor;
    const { text } = this.screen.rows()[row]!;
    return { before: text.slice(0, column).join(''), text: text.join('').trimEnd() };
  }

  /** Waits until the cursor stands behind `before` at the end of its line. */
  async cursorAfter(before: string): Promise<void> {
    await this.cursorAt(before, before.trimEnd());
  }

  /** Waits until the cursor stands behind `before` on a line that is `text`. */
  async cursorAt(before: string, text: string): Promise<void> {
    try {
      await eventually(
        `the cursor stands after ${JSON.stringify(before)} in ${JSON.stringify(text)}`,
        () => this.cursorLine.before === before && this.cursorLine.text === text,
        DEADLINE_MS,
      );
    } catch (error) {
      const line = JSON.stringify(this.cursorLine);
      throw new Error(`${(error as Error).message}\n--- line: ${line}\n${this.screen.text()}`);
    }
  }

  /** Waits for an empty prompt. */
  prompt(prompt = '# '): Promise<void> {
    return this.cursorAfter(prompt);
  }

  /** An empty screen with a prompt: what is seen afterwards is new. */
  async clear(): Promise<void> {
    await this.prompt();
    this.type('\x0c');
    await eventually('a clear screen', () => this.screen.text() === '#', DEADLINE_MS);
  }
}

type Pty = Awaited<ReturnType<System['openPty']>>;

/** A person at a pseudo-terminal of a system. */
export class PtyWatcher extends Watcher {
  ended = false;
  readonly pty: Pty;
  private readonly writer: WritableStreamDefaultWriter<Uint8Array | string>;

  constructor(pty: Pty, size: ScreenSize) {
    super(size);
    this.pty = pty;
    this.writer = pty.input.getWriter();
    void this.watch();
  }

  private async watch(): Promise<void> {
    try {
      for await (const chunk of this.pty.output) await this.show(chunk);
    } catch {
      // The terminal is gone.
    }
    this.ended = true;
  }

  type(text: string): void {
    this.writer.write(text).catch(() => {});
  }

  /** The person closes the window. */
  async hangUp(): Promise<void> {
    await this.writer.close();
  }

  async resize(size: ScreenSize): Promise<void> {
    this.screen.resize(size);
    await this.pty.resize(size);
  }
}
