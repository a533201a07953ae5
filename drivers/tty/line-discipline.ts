/**
 * The POSIX line discipline, as Linux' n_tty does it (termios(3), POSIX base definitions chapter 11). Pure:
 * bytes come in from the keyboard side (`receive`) and from programs (`write`); bytes go out to the screen
 * side (`output.queue`) and to programs (`take`); signals go to the host that was handed in. It never waits;
 * who waits for what is the Device Manager's business.
 *
 * Order of a received byte: literal (VLNEXT), ISTRIP, flow control, signals, IXANY, CR/NL translation,
 * editing and line ends (canonical mode), echo, queue.
 */
import { Sig } from '../../subsystems/unix/signals.ts';
import { saneTermios, type Termios } from '../../subsystems/unix/termios.ts';
import { Byte } from './characters.ts';
import { InputQueue } from './input-queue.ts';
import { LineEditor } from './line-editor.ts';
import { TerminalOutput } from './output.ts';

/** Receives the signals that the keyboard makes: SIGINT, SIGQUIT, SIGTSTP for the foreground group. */
export type SignalSink = (sig: number) => void;

export class LineDiscipline {
  readonly input = new InputQueue();
  readonly output = new TerminalOutput();
  private readonly editor = new LineEditor(this.input, this.output);
  private readonly signal: SignalSink;
  private settings: Termios;
  /** VLNEXT was typed: the next byte has no meaning. */
  private literalNext = false;

  constructor(signal: SignalSink, termios: Termios = saneTermios()) {
    this.signal = signal;
    this.settings = termios;
  }

  get termios(): Termios {
    return this.settings;
  }

  /**
   * tcsetattr: a change of ICANON keeps the bytes, in their new meaning; switching IXON off starts the
   * output.
   */
  set termios(next: Termios) {
    const before = this.settings;
    this.settings = next;
    if (before.icanon !== next.icanon) {
      this.literalNext = false;
      if (next.icanon) this.input.becomeLines();
      else this.input.becomeBytes();
    }
    if (before.ixon && !next.ixon) this.output.start();
    this.output.releaseEchoes();
  }

  // --- towards programs ------------------------------------------------------------------------------------

  /** Whether a read has something; `least` bytes count in raw mode only. */
  readable(least = 1): boolean {
    return this.settings.icanon ? this.input.hasLine : this.input.length >= least;
  }

  /** What one read takes: a line or a part of it in canonical mode, bytes otherwise. */
  take(maxBytes: number): Uint8Array {
    return this.settings.icanon ? this.input.takeLine(maxBytes) : this.input.takeBytes(maxBytes);
  }

  get readableBytes(): number {
    return this.input.countReadable(this.settings.icanon);
  }

  /** A program's output; returns the bytes taken: fewer than all when the output is full or stopped. */
  write(data: Uint8Array): number {
    return this.output.write(data, this.settings);
  }

  // --- from the keyboard -----------------------------------------------------------------------------------

  /** Input; returns the bytes taken: fewer than all when programs must read first. */
  receive(data: Uint8Array): number {
    let count = 0;
    // A full queue without a finished line would never be read: its excess is dropped byte by byte instead.
    while (count < data.length && (this.input.room > 0 || this.overflowing)) this.receiveByte(data[count++]!);
    this.output.releaseEchoes();
    return count;
  }

  private get overflowing(): boolean {
    return this.settings.icanon && !this.input.hasLine;
  }

  private receiveByte(raw: number): void {
    const { settings } = this;
    const byte = settings.istrip ? raw & 0x7f : raw;
    if (this.literalNext) {
      this.literalNext = false;
      this.accept(byte);
      return;
    }
    if (settings.ixon && this.flowControl(byte)) return;
    if (settings.isig && this.keyboardSignal(byte)) return;
    if (settings.ixon && settings.ixany && this.output.stopped) this.output.start();
    const translated = this.translate(byte);
    if (translated === undefined) return;
    if (settings.icanon && this.canonical(translated)) return;
    this.accept(translated, translated !== byte);
  }

  private flowControl(byte: number): boolean {
    if (byte === 0) return false;
    const { cc } = this.settings;
    if (byte === cc.start) this.output.start();
    else if (byte === cc.stop) this.output.stop();
    else return false;
    return true;
  }

  private keyboardSignal(byte: number): boolean {
    if (byte === 0) return false;
    const { settings } = this;
    const { intr, quit, susp } = settings.cc;
    const sig = byte === intr ? Sig.INT : byte === quit ? Sig.QUIT : byte === susp ? Sig.TSTP : 0;
    if (sig === 0) return false;
    if (!settings.noflsh) {
      this.output.clear();
      this.input.clear();
    }
    if (settings.ixon) this.output.start(false);
    if (settings.echo) this.editor.echo(byte, settings);
    this.signal(sig);
    return true;
  }

  private translate(byte: number): number | undefined {
    const { settings } = this;
    if (byte === Byte.return) {
      if (settings.igncr) return undefined;
      return settings.icrnl ? Byte.newline : byte;
    }
    return byte === Byte.newline && settings.inlcr ? Byte.return : byte;
  }

  /** Editing characters and line ends. False: an ordinary byte. */
  private canonical(byte: number): boolean {
    if (byte === Byte.newline) {
      if (this.settings.echo || this.settings.echonl) this.editor.echoNewline(this.settings);
      this.input.endLine(byte);
      return true;
    }
    if (byte === 0) return false;
    return this.edit(byte) || this.endByCharacter(byte);
  }

  private edit(byte: number): boolean {
    const { settings, editor } = this;
    const { cc, iexten } = settings;
    if (byte === cc.erase) editor.erase(byte, settings);
    else if (byte === cc.kill) editor.kill(byte, settings);
    else if (byte === cc.werase && iexten) editor.eraseWord(settings);
    else if (byte === cc.lnext && iexten) {
      this.literalNext = true;
      editor.echoLiteralNext(settings);
    } else if (byte === cc.rprnt && iexten && settings.echo) editor.reprint(byte, settings);
    else return false;
    return true;
  }

  private endByCharacter(byte: number): boolean {
    const { settings } = this;
    const { cc } = settings;
    if (byte === cc.eof) {
      this.input.endInput();
      return true;
    }
    if (byte !== cc.eol && !(byte === cc.eol2 && settings.iexten)) return false;
    if (settings.echo) this.editor.echoTyped(byte, settings);
    this.input.endLine(byte);
    return true;
  }

  /**
   * An ordinary byte: echo and queue, or the bell when the line cannot grow. A newline made from CR shows as
   * one.
   */
  private accept(byte: number, translated = false): void {
    const { settings } = this;
    if (settings.ixon && settings.ixany && this.output.stopped) this.output.start();
    if (this.input.room <= 0) {
      if (settings.imaxbel) this.output.echoByte(Byte.bell, settings);
      return;
    }
    if (settings.echo) {
      if (byte === Byte.newline && translated) this.editor.echoNewline(settings);
      else this.editor.echoTyped(byte, settings);
    }
    this.input.push(byte);
  }

  // --- flushing --------------------------------------------------------------------------------------------

  flushInput(): void {
    this.input.clear();
  }

  /** `delivered`: also what counts as on its way to the other side. */
  flushOutput(delivered = false): void {
    this.output.clear(delivered);
  }
}
