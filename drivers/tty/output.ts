/**
 * The output side of a terminal: output processing (OPOST) with its column count, the queue that the other side
 * takes from, and what a stopped output (VSTOP) holds back.
 *
 * While the output is stopped programs' writes are not taken at all; echoes are held and released by start, so the
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
  private readonly held = new ByteQueue();
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

  start(): void {
    this.isStopped = false;
    this.queue.append(this.held.take(this.held.length));
  }

  /** Discards what was not taken. */
  clear(): void {
    this.queue.clear();
    this.held.clear();
  }

  /** Takes as much of a program's data as there is room for; returns the count. */
  write(data: Uint8Array, termios: Termios): number {
    const count = Math.min(data.length, this.room);
    if (count === 0) return 0;
    const piece = count === data.length ? data : data.subarray(0, count);
    this.queue.append(termios.opost ? this.processed(piece, termios) : piece);
    return count;
  }

  /** Appends an echo, processed like output. */
  echo(data: Uint8Array, termios: Termios): void {
    this.release(termios.opost ? this.processed(data, termios) : data);
  }

  /** Appends an echo as it is; it moves the cursor by `columns`. */
  echoPlain(data: Uint8Array, columns: number): void {
    this.column = Math.max(0, this.column + columns);
    this.release(data);
  }

  private release(data: Uint8Array): void {
    if (this.isStopped) {
      if (this.held.length + data.length <= TtyLimits.ECHO_BYTES) this.held.append(data);
    } else if (this.queue.length + data.length <= 2 * TtyLimits.OUTPUT_BYTES + TtyLimits.ECHO_BYTES) {
      this.queue.append(data);
    }
  }

  private processed(data: Uint8Array, termios: Termios): Uint8Array {
    const result = new Uint8Array(2 * data.length);
    let length = 0;
    for (let i = 0; i < data.length; i++) {
      const byte = data[i]!;
      if (byte >= Byte.space && byte !== Byte.delete) {
        if (!(termios.iutf8 && isContinuation(byte))) this.column += 1;
        result[length++] = byte;
      } else {
        length = this.processControl(byte, termios, result, length);
      }
    }
    return result.subarray(0, length);
  }

  /** One control character: puts what goes out into `result` and returns its new length. */
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
