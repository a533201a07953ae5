/**
 * The output side of a terminal: output processing (OPOST) with its column count, the queue that the other
 * side takes from, and what a stopped output (VSTOP) holds back.
 *
 * Echoes are held until the input that made them has been received: a signal in it discards them, VSTOP keeps
 * them. While the output is stopped programs' writes are not taken at all and echoes wait for start, so the
 * order in which things appear is the order in which they were processed.
 */
import type { Termios } from '../../subsystems/unix/termios.ts';
import { ByteQueue } from '../byte-queue.ts';
import { Byte, isContinuation, isControl } from './characters.ts';
import { TtyLimits } from './limits.ts';

export class TerminalOutput {
  /** Ready for the other side. */
  readonly queue = new ByteQueue();
  /** Where the cursor is, as far as plain characters tell. */
  column = 0;
  /** Where the line that is being typed began. */
  lineColumn = 0;
  private readonly held = new Uint8Array(TtyLimits.ECHO_BYTES);
  private heldLength = 0;
  /** Of the held echoes, those that were there at the last start. */
  private startedLength = 0;
  /** The columns without the held echoes. */
  private shown = { column: 0, lineColumn: 0 };
  private isStopped = false;

  get stopped(): boolean {
    return this.isStopped;
  }

  /** Bytes that a program may write now. */
  get room(): number {
    return this.isStopped ? 0 : Math.max(0, TtyLimits.OUTPUT_BYTES - this.queue.length);
  }

  stop(): void {
    this.isStopped = true;
  }

  /**
   * VSTART; `release`: echoes so far may go whatever follows (the start that a signal implies leaves them
   * held).
   */
  start(release = true): void {
    this.isStopped = false;
    if (!release) return;
    this.startedLength = this.heldLength;
    this.shown = { column: this.column, lineColumn: this.lineColumn };
  }

  /**
   * Lets out the echoes of what was received; while the output is stopped, those from before the last start.
   */
  releaseEchoes(): void {
    const length = this.isStopped ? this.startedLength : this.heldLength;
    if (length === 0) return;
    if (this.queue.length <= 2 * TtyLimits.OUTPUT_BYTES) this.queue.append(this.held.subarray(0, length));
    this.held.copyWithin(0, length, this.heldLength);
    this.heldLength -= length;
    this.startedLength = 0;
  }

  /**
   * Discards echoes not yet let out, and output except what counts as already on its way to the other side;
   * `all`: that as well.
   */
  clear(all = false): void {
    if (this.heldLength > 0) ({ column: this.column, lineColumn: this.lineColumn } = this.shown);
    this.heldLength = this.startedLength = 0;
    if (this.queue.length <= TtyLimits.DELIVERED_BYTES && !all) return;
    const delivered = this.queue.take(all ? 0 : TtyLimits.DELIVERED_BYTES);
    this.queue.clear();
    this.queue.append(delivered);
  }

  /** Takes as much of a program's data as there is room for; returns the count. */
  write(data: Uint8Array, termios: Termios): number {
    const count = Math.min(data.length, this.room);
    if (count === 0) return 0;
    const piece = count === data.length ? data : data.subarray(0, count);
    this.queue.append(termios.opost ? this.processed(piece, termios) : piece);
    return count;
  }

  /** Adds an echo, processed like output. */
  echo(data: Uint8Array, termios: Termios): void {
    for (const byte of data) this.echoByte(byte, termios);
  }

  echoByte(byte: number, termios: Termios): void {
    if (!this.makeRoom(2)) return;
    if (termios.opost) this.heldLength = this.process(byte, termios, this.held, this.heldLength);
    else this.held[this.heldLength++] = byte;
  }

  /** Adds an echo as it is; it moves the cursor by `columns`. */
  echoPlain(data: Uint8Array, columns: number): void {
    if (!this.makeRoom(data.length)) return;
    this.column = Math.max(0, this.column + columns);
    this.held.set(data, this.heldLength);
    this.heldLength += data.length;
  }

  /** False: the echo is dropped, for the output is stopped and holds all it can. */
  private makeRoom(bytes: number): boolean {
    if (this.heldLength + bytes > this.held.length) this.releaseEchoes();
    if (this.heldLength === 0) this.shown = { column: this.column, lineColumn: this.lineColumn };
    return this.heldLength + bytes <= this.held.length;
  }

  private processed(data: Uint8Array, termios: Termios): Uint8Array {
    const result = new Uint8Array(2 * data.length);
    let length = 0;
    for (let i = 0; i < data.length; i++) length = this.process(data[i]!, termios, result, length);
    return result.subarray(0, length);
  }

  /** Output processing of one byte: puts one byte, two or none into `result` and returns its new length. */
  private process(byte: number, termios: Termios, result: Uint8Array, length: number): number {
    if (isControl(byte)) return this.processControl(byte, termios, result, length);
    if (!(termios.iutf8 && isContinuation(byte))) this.column += 1;
    result[length] = byte;
    return length + 1;
  }

  private processControl(byte: number, termios: Termios, result: Uint8Array, length: number): number {
    let out = byte;
    if (byte === Byte.newline) {
      if (termios.onlret || termios.onlcr) this.column = 0;
      this.lineColumn = this.column;
      if (termios.onlcr) result[length++] = Byte.return;
    } else if (byte === Byte.return) {
      if (termios.onocr && this.column === 0) return length;
      if (termios.ocrnl) out = Byte.newline;
      if (!termios.ocrnl || termios.onlret) this.lineColumn = this.column = 0;
    } else if (byte === Byte.tab) {
      this.column += 8 - (this.column & 7);
    } else if (byte === Byte.backspace && this.column > 0) {
      this.column -= 1;
    }
    result[length++] = out;
    return length;
  }
}

/** A control character as ECHOCTL shows it: '^' and the letter. */
export function caretForm(byte: number): Uint8Array {
  return isControl(byte) ? Uint8Array.of(Byte.caret, byte ^ 0x40) : Uint8Array.of(byte);
}
