/**
 * The emulated terminal of the pane: bytes of the pty go in, rows of cells come out. @xterm/headless keeps
 * the screen; what it does not keep but the host terminal must know (modes that change what keys and mouse
 * send, the cursor's visibility and shape, title, bell) is picked out of the stream and handed on.
 */
import { Unicode11Addon } from '@xterm/addon-unicode11';
import xterm, { type IBufferCell, type Terminal } from '@xterm/headless';
import type { WindowSize } from '../../subsystems/unix/termios.ts';
import type { Row } from './painter.ts';
import { ParameterLimit } from './parameter-limit.ts';
import { styleOf } from './style.ts';

/** Lines above the screen that can be scrolled back to. */
const SCROLLBACK_LINES = 5000;

/** DEC private modes that the host terminal has to be in as well, because it makes the input. */
const HOST_MODES = new Set([1, 9, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 2004]);
const CURSOR_MODE = 25;

/** What is inside of a Terminal, as far as it is needed. */
interface Eraser {
  _core: { _inputHandler: { eraseInDisplay(parameters: { params: number[] }): boolean } };
}

export interface EmulatorEvents {
  /** Something to write to the host terminal as it is: modes, title, bell. */
  onPassThrough(sequence: string): void;
  /** What the emulated terminal answers (cursor position reports and the like), to be sent to the pty. */
  onReply(bytes: string): void;
}

export class Emulator {
  cursorVisible = true;
  private readonly terminal: Terminal;
  private readonly events: EmulatorEvents;
  private readonly modes = new Set<number>();
  private readonly limit = new ParameterLimit();
  private cell: IBufferCell | undefined;

  constructor(size: WindowSize, events: EmulatorEvents) {
    this.events = events;
    this.terminal = new xterm.Terminal({
      rows: size.rows,
      cols: size.columns,
      scrollback: SCROLLBACK_LINES,
      allowProposedApi: true,
    });
    this.terminal.loadAddon(new Unicode11Addon());
    this.terminal.unicode.activeVersion = '11';
    this.watch();
  }

  private watch(): void {
    const { terminal, events } = this;
    terminal.onData((data) => events.onReply(data));
    terminal.onBell(() => events.onPassThrough('\x07'));
    terminal.onTitleChange((title) =>
      events.onPassThrough(`\x1b]2;${title.replace(/[\x00-\x1f\x7f]/g, '')}\x1b\\`),
    );
    for (const final of ['h', 'l']) {
      terminal.parser.registerCsiHandler({ prefix: '?', final }, (parameters) => {
        for (const mode of parameters) this.setMode(Number(mode), final === 'h');
        return false;
      });
    }
    for (const prefix of [{}, { prefix: '?' }]) {
      terminal.parser.registerCsiHandler(
        { ...prefix, final: 'J' },
        ([what]) => what === 1 && this.eraseAll(),
      );
    }
    terminal.parser.registerCsiHandler({ intermediates: ' ', final: 'q' }, (parameters) => {
      events.onPassThrough(`\x1b[${parameters.join(';')} q`);
      return false;
    });
    for (const final of ['=', '>']) {
      terminal.parser.registerEscHandler({ final }, () => {
        events.onPassThrough(`\x1b${final}`);
        return false;
      });
    }
  }

  /**
   * ED 1 in the last cell, which is the whole screen: done here, because xterm 6.0.0 throws there, out of
   * reach, when there is no history. False: it is elsewhere.
   */
  private eraseAll(): boolean {
    const { cols, buffer } = this.terminal;
    const { cursorX, cursorY, length } = buffer.active;
    if (cursorX + 1 < cols || cursorY + 1 < length) return false;
    const { _core } = this.terminal as unknown as Eraser;
    return _core._inputHandler.eraseInDisplay({ params: [2] });
  }

  private setMode(mode: number, on: boolean): void {
    if (mode === CURSOR_MODE) this.cursorVisible = on;
    if (!HOST_MODES.has(mode)) return;
    if (on) this.modes.add(mode);
    else this.modes.delete(mode);
    this.events.onPassThrough(`\x1b[?${mode}${on ? 'h' : 'l'}`);
  }

  /** The sequence that puts a fresh host terminal into the modes of this one. */
  modesOn(): string {
    return [...this.modes].map((mode) => `\x1b[?${mode}h`).join('');
  }

  /** Takes output of the pty; resolves when it is on the screen. */
  write(data: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.terminal.write(this.limit.filter(data), resolve));
  }

  resize({ rows, columns }: WindowSize): void {
    this.terminal.resize(columns, rows);
  }

  /** Lines that are above the screen. */
  get history(): number {
    return this.terminal.buffer.active.baseY;
  }

  get cursor(): { row: number; column: number } {
    const { cursorX, cursorY } = this.terminal.buffer.active;
    return { row: cursorY, column: Math.min(cursorX, this.terminal.cols - 1) };
  }

  /** The rows to show, `back` lines up from the screen. */
  rows(back = 0): Row[] {
    const { rows } = this.terminal;
    const top = Math.max(0, this.terminal.buffer.active.baseY - back);
    return Array.from({ length: rows }, (_, i) => this.row(top + i));
  }

  private row(at: number): Row {
    const { cols, buffer } = this.terminal;
    const line = buffer.active.getLine(at);
    const text: string[] = new Array(cols);
    const style: string[] = new Array(cols);
    for (let x = 0; x < cols; x++) {
      const cell = line?.getCell(x, this.cell);
      this.cell ??= cell;
      text[x] = cell ? (cell.getWidth() === 0 ? '' : cell.getChars() || ' ') : ' ';
      style[x] = cell ? styleOf(cell) : '';
    }
    return { text, style };
  }

  /** The screen as plain text, for tests and logs. */
  text(): string {
    return this.rows()
      .map((row) => row.text.join('').trimEnd())
      .join('\n')
      .trimEnd();
  }

  dispose(): void {
    this.terminal.dispose();
  }
}
