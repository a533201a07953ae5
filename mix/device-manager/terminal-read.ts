/**
 * read(2) of a terminal: a line in canonical mode; in raw mode the four cases of MIN and TIME (POSIX 11.1.7).
 *
 *   MIN  TIME   returns when
 *    >0 >0 MIN bytes came, or TIME passed since the last byte (the first one is waited for without limit) >0
 *    0 MIN bytes came
 *     0   >0    a byte came, or TIME passed since the call
 *     0    0    at once, with what is there
 *
 * A request for fewer than MIN bytes is satisfied by what it asks for. O_NONBLOCK: EAGAIN instead of any
 * wait.
 */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Opening, Terminal } from './terminal.ts';

const TIME_UNIT_MS = 100;
const NOTHING = new Uint8Array(0);

/** Throws EAGAIN, K_EABORT. Empty: end of file, hang-up, or TIME passed. */
export function readTerminal(
  terminal: Terminal,
  opening: Opening,
  thread: Thread,
  maxBytes: number,
  nonblocking: boolean,
): Awaitable<Uint8Array> {
  if (maxBytes === 0 || opening.hungUp) return NOTHING;
  const { termios } = terminal.line;
  if (terminal.line.readable()) {
    const data = terminal.take(maxBytes);
    if (termios.icanon || nonblocking || data.length >= Math.min(maxBytes, Math.max(1, termios.cc.min)))
      return data;
    return new RawRead(terminal, opening, thread, maxBytes, data).wait();
  }
  if (!termios.icanon && termios.cc.min === 0 && termios.cc.time === 0) return NOTHING;
  if (nonblocking) throw new SysError('EAGAIN');
  return new RawRead(terminal, opening, thread, maxBytes, NOTHING).wait();
}

/** A read that waits; what it has taken so far is lost to nobody else. */
class RawRead {
  private readonly terminal: Terminal;
  private readonly opening: Opening;
  private readonly thread: Thread;
  private readonly maxBytes: number;
  private taken: Uint8Array;

  constructor(terminal: Terminal, opening: Opening, thread: Thread, maxBytes: number, taken: Uint8Array) {
    this.terminal = terminal;
    this.opening = opening;
    this.thread = thread;
    this.maxBytes = maxBytes;
    this.taken = taken;
  }

  async wait(): Promise<Uint8Array> {
    for (;;) {
      if (!(await this.awaitInput())) return this.taken;
      if (this.opening.hungUp) return this.taken;
      if (!this.terminal.line.readable()) continue;
      const { termios } = this.terminal.line;
      if (termios.icanon) return this.taken.length > 0 ? this.taken : this.terminal.take(this.maxBytes);
      this.append(this.terminal.take(this.maxBytes - this.taken.length));
      if (this.taken.length >= Math.min(this.maxBytes, Math.max(1, termios.cc.min))) return this.taken;
    }
  }

  /** False when the read is over: TIME passed, or an abort after the first byte. */
  private async awaitInput(): Promise<boolean> {
    try {
      await this.terminal.readers.wait(this.thread, { abortable: true, delayMs: this.limitMs() });
      return true;
    } catch (error) {
      if (isKError(error, 'K_ETIMEOUT')) return false;
      if (isKError(error, 'K_EABORT') && this.taken.length > 0) return false;
      throw error;
    }
  }

  private limitMs(): number | undefined {
    const { icanon, cc } = this.terminal.line.termios;
    if (icanon || cc.time === 0) return undefined;
    return cc.min === 0 || this.taken.length > 0 ? cc.time * TIME_UNIT_MS : undefined;
  }

  private append(data: Uint8Array): void {
    const both = new Uint8Array(this.taken.length + data.length);
    both.set(this.taken);
    both.set(data, this.taken.length);
    this.taken = both;
  }
}
