/**
 * The terminal with its frame: the pane (an emulated terminal, drawn by difference) above the status line.
 * Keys go to the pty as they were typed; Shift+PageUp and Shift+PageDown look back at what scrolled off.
 *
 * The pane is painted at once after a pause, else every FRAME_MS at most, and only when the host terminal has
 * taken the previous frame, so
 * a flood of output costs frames, not memory; reading from the pty waits for the emulator, so it costs the
 * flooding program.
 */
import type { WindowSize } from '../../subsystems/unix/termios.ts';
import type { Carrier } from '../api/carrier.ts';
import type { BootPlan } from '../api/options.ts';
import { Emulator } from './emulator.ts';
import { HostTerminal } from './host-terminal.ts';
import { Monitor } from './monitor.ts';
import { Painter } from './painter.ts';
import { Session } from './session.ts';
import type { StatusLine } from './status.tsx';

const FRAME_MS = 16;
/** The status line appears when the first output, a prompt most likely, is on the screen. */
const STATUS_DELAY_MS = 2 * FRAME_MS;
/** What belongs to one key's echo or one program's redraw comes within this time: it is painted together. */
const SETTLE_MS = 2;
/** The emulator speaks this dialect. */
const TERM = 'xterm-256color';
const STATUS_ROWS = 1;
const ROWS_MIN = 2;

const PAGE_UP = '\x1b[5;2~';
const PAGE_DOWN = '\x1b[6;2~';

/** Pane rows of a host terminal. */
const paneOf = ({ rows, columns }: WindowSize): WindowSize => ({
  rows: Math.max(ROWS_MIN, rows - STATUS_ROWS),
  columns,
});

class FramedTerminal {
  private readonly terminal: HostTerminal;
  private readonly emulator: Emulator;
  private readonly painter = new Painter();
  private readonly session: Session;
  private readonly monitor: Monitor;
  private status: StatusLine | undefined;
  private statusText = '';
  private statusDirty = false;
  private back = 0;
  private timer: NodeJS.Timeout | undefined;
  private painting = false;
  private paintedAtMs = 0;
  private dirty = false;
  private closed = false;
  private passThrough = '';

  constructor(terminal: HostTerminal, session: Session, carrier: Carrier) {
    this.terminal = terminal;
    this.session = session;
    this.emulator = new Emulator(paneOf(terminal.size), {
      onPassThrough: (sequence) => {
        this.passThrough += sequence;
        this.schedule();
      },
      onReply: (reply) => session.type(Buffer.from(reply)),
    });
    this.monitor = new Monitor(carrier, () => this.showStatus());
  }

  async run(): Promise<number> {
    this.terminal.open((bytes) => this.onInput(bytes));
    this.schedule();
    let status: NodeJS.Timeout | undefined;
    try {
      return await this.session.run(async (chunk) => {
        await this.emulator.write(chunk);
        this.schedule();
        status ??= setTimeout(() => void this.openStatus(), STATUS_DELAY_MS);
      });
    } finally {
      this.closed = true;
      clearTimeout(status);
      clearTimeout(this.timer);
      this.monitor.close();
      this.status?.close();
      this.terminal.close();
      this.emulator.dispose();
    }
  }

  /** The frame's library is loaded when the prompt is there: the prompt does not wait for it. */
  private async openStatus(): Promise<void> {
    const { StatusLine } = await import('./status.tsx');
    if (this.closed) return;
    this.status = new StatusLine(this.statusProps(), (frame) => {
      this.statusText = frame;
      this.statusDirty = true;
      this.schedule();
    });
  }

  private statusProps() {
    return { columns: this.terminal.size.columns, ...this.monitor.figures, back: this.back };
  }

  private showStatus(): void {
    this.status?.show(this.statusProps());
  }

  private onInput(bytes: Buffer): void {
    const text = bytes.toString('latin1');
    if (text === PAGE_UP || text === PAGE_DOWN) {
      this.scroll(text === PAGE_UP ? 1 : -1);
      return;
    }
    if (this.back > 0) this.scrollTo(0);
    this.session.type(bytes);
  }

  private scroll(pages: number): void {
    this.scrollTo(this.back + pages * (paneOf(this.terminal.size).rows - 1));
  }

  private scrollTo(back: number): void {
    this.back = Math.max(0, Math.min(back, this.emulator.history));
    this.showStatus();
    this.schedule();
  }

  /** Size changed, or the terminal came back after a stop. */
  redraw(): void {
    const size = paneOf(this.terminal.size);
    this.emulator.resize(size);
    void this.session.resize(size);
    this.painter.forget();
    this.statusDirty = true;
    this.passThrough = `\x1b[m\x1b[2J${this.emulator.modesOn()}`;
    this.showStatus();
    this.schedule();
  }

  hangUp(signal: NodeJS.Signals): void {
    void this.session.hangUp(signal);
  }

  private schedule(): void {
    this.dirty = true;
    if (this.closed || this.painting || this.timer !== undefined) return;
    const waitMs = Math.max(SETTLE_MS, FRAME_MS - (performance.now() - this.paintedAtMs));
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.paint();
    }, waitMs);
  }

  private async paint(): Promise<void> {
    this.painting = true;
    this.dirty = false;
    this.paintedAtMs = performance.now();
    const frame = this.frame();
    if (frame !== '') await this.terminal.write(frame);
    this.painting = false;
    if (this.dirty) this.schedule();
  }

  private frame(): string {
    const { rows } = this.terminal.size;
    const passed = this.passThrough;
    this.passThrough = '';
    const pane = this.painter.paint(this.emulator.rows(this.back));
    const status = this.statusDirty ? `\x1b[${rows};1H\x1b[m\x1b[K${this.statusText}\x1b[m` : '';
    this.statusDirty = false;
    const { row, column } = this.emulator.cursor;
    const visible = this.emulator.cursorVisible && this.back === 0;
    const cursor = `\x1b[${row + 1};${column + 1}H${visible ? '\x1b[?25h' : ''}`;
    return `${passed}\x1b[?25l${pane}${status}${cursor}`;
  }
}

/** Runs an interactive shell in the framed terminal; resolves to its exit status. */
export async function framedTerminal(carrier: Carrier, plan: BootPlan, site?: number): Promise<number> {
  let framed: FramedTerminal | undefined;
  const terminal = new HostTerminal({
    fullScreen: true,
    onEnding: (signal) => framed?.hangUp(signal),
    onRedraw: () => framed?.redraw(),
  });
  const session = await Session.start(carrier, plan, paneOf(terminal.size), {
    term: TERM,
    ...(site === undefined ? {} : { site }),
  });
  framed = new FramedTerminal(terminal, session, carrier);
  return framed.run();
}
