/**
 * The input queue of a terminal: a ring of bytes, of which some end a line. Canonical reads take finished
 * lines; the bytes behind the last line end are the line that is being edited. Raw reads take bytes.
 *
 * Positions are counters that only grow; a byte lies at position mod size. tail ≤ lineStart ≤ head ≤ tail +
 * size.
 */
import { TtyLimits } from './limits.ts';

const SIZE = TtyLimits.INPUT_BYTES;

/** What an end-of-file character leaves in the queue: it ends a line and is never given to a reader. */
const END_MARK = 0;

export class InputQueue {
  private readonly bytes = new Uint8Array(SIZE);
  private readonly lineEnds = new Uint8Array(SIZE);
  /** Next to read. */
  private tail = 0;
  /** Where the line that is being edited starts. */
  private lineStart = 0;
  private head = 0;

  /** Bytes of all kinds. */
  get length(): number {
    return this.head - this.tail;
  }

  get hasLine(): boolean {
    return this.lineStart !== this.tail;
  }

  /** Bytes of the line that is being edited. */
  get editedLength(): number {
    return this.head - this.lineStart;
  }

  /** Room for ordinary bytes: one place is kept for a line end. */
  get room(): number {
    return SIZE - 1 - this.length;
  }

  push(byte: number): void {
    this.bytes[this.head % SIZE] = byte;
    this.lineEnds[this.head % SIZE] = 0;
    this.head += 1;
  }

  /** Ends the edited line with `byte`. */
  endLine(byte: number): void {
    this.push(byte);
    this.lineEnds[(this.head - 1) % SIZE] = 1;
    this.lineStart = this.head;
  }

  /** Ends the edited line as VEOF does: with nothing. */
  endInput(): void {
    this.endLine(END_MARK);
  }

  /** Byte `index` of the edited line, counted from its start. */
  edited(index: number): number {
    return this.bytes[(this.lineStart + index) % SIZE]!;
  }

  /** Shortens the edited line. */
  truncateEdited(length: number): void {
    this.head = this.lineStart + length;
  }

  clear(): void {
    this.tail = this.lineStart = this.head;
  }

  /** Canonical mode begins: what is there becomes one finished line. */
  becomeLines(): void {
    this.lineEnds.fill(0);
    if (this.length === 0) return;
    this.lineEnds[(this.head - 1) % SIZE] = 1;
    this.lineStart = this.head;
  }

  /** Raw mode begins: lines are bytes like all others. */
  becomeBytes(): void {
    this.lineEnds.fill(0);
    this.lineStart = this.tail;
  }

  /** Raw read. */
  takeBytes(maxBytes: number): Uint8Array {
    const count = Math.min(maxBytes, this.length);
    const result = this.copyOut(count);
    this.tail += count;
    this.lineStart = Math.max(this.lineStart, this.tail);
    return result;
  }

  /**
   * Canonical read: the next line with its end, or as much of it as fits. An end-of-file mark right behind
   * what fits is taken too, so that it does not look like a second, empty line.
   */
  takeLine(maxBytes: number): Uint8Array {
    const available = Math.min(maxBytes + 1, this.lineStart - this.tail);
    let end = 0;
    while (end < available && this.lineEnds[(this.tail + end) % SIZE] === 0) end += 1;
    const found = end < available;
    if (found && this.bytes[(this.tail + end) % SIZE] === END_MARK) {
      const line = this.copyOut(end);
      this.tail += end + 1;
      return line;
    }
    const count = Math.min(maxBytes, found ? end + 1 : end);
    const line = this.copyOut(count);
    this.tail += count;
    return line;
  }

  private copyOut(count: number): Uint8Array {
    const result = new Uint8Array(count);
    const start = this.tail % SIZE;
    const first = Math.min(count, SIZE - start);
    result.set(this.bytes.subarray(start, start + first));
    result.set(this.bytes.subarray(0, count - first), first);
    return result;
  }

  /** What FIONREAD reports: bytes that a read could give (end-of-file marks not counted). */
  countReadable(canonical: boolean): number {
    if (!canonical) return this.length;
    let count = this.lineStart - this.tail;
    for (let at = this.tail; at < this.lineStart; at++) {
      if (this.lineEnds[at % SIZE] === 1 && this.bytes[at % SIZE] === END_MARK) count -= 1;
    }
    return count;
  }
}
