/**
 * A terminal: a line discipline with programs on one side and, on the other, whoever shows and types: the
 * master of a pseudo-terminal, or the console. It adds to the discipline what waits, what is bounded, and job
 * control.
 *
 * Invariants: every change of state goes through `stateChanged`, which wakes who can go on. A hang-up ends
 * every opening that there is: through those, reads give the end of file and writes EIO. Later openings work.
 */

import { ByteQueue } from '../../drivers/byte-queue.ts';
import { TtyLimits } from '../../drivers/tty/limits.ts';
import { LineDiscipline } from '../../drivers/tty/line-discipline.ts';
import type { Awaitable } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import { WaitQueue } from '../../nucleus/executive/sync.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { Sig } from '../../subsystems/unix/signals.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';
import { saneTermios, type Termios, type WindowSize } from '../../subsystems/unix/termios.ts';
import { PollQueue } from '../protocols/poll-queue.ts';
import { JobControl } from './job-control.ts';
import type { Signaller } from './signaller.ts';

const NOTHING = new Uint8Array(0);

/** One open description of a terminal, alive until it is closed or the terminal hangs up. */
export class Opening {
  private readonly terminal: Terminal;
  private readonly hangUps: number;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
    this.hangUps = terminal.hangUps;
  }

  get hungUp(): boolean {
    return this.hangUps !== this.terminal.hangUps;
  }
}

export class Terminal {
  /** Path of its device file. */
  readonly name: string;
  readonly line: LineDiscipline;
  readonly jobs: JobControl;
  /** Of the device file: owner and mode change by fchown and fchmod. */
  readonly attributes: Stat;
  /** Woken at every change: poll, on both sides. */
  readonly changed = new PollQueue();
  readonly readers = new WaitQueue();
  private readonly writers = new WaitQueue();
  /** Threads on the other side: waiting for output, or for room for input. */
  private readonly outside = new WaitQueue();
  /** Set where nobody reads the output as an open object: takes it at every change. */
  onOutput: (() => void) | null = null;
  private windowSize: WindowSize;
  private hangUpCount = 0;
  /** Input for which the discipline has no room yet: first the rest of a piece, then the queue. */
  private rest: Uint8Array = NOTHING;
  private readonly backlog = new ByteQueue();
  /** Openings alive, and whether there ever was one. */
  private openCount = 0;
  private wasOpened = false;

  constructor(
    name: string,
    attributes: Stat,
    size: WindowSize,
    signals: Signaller,
    termios: Termios = saneTermios(),
  ) {
    this.name = name;
    this.attributes = attributes;
    this.windowSize = size;
    this.jobs = new JobControl(signals);
    this.line = new LineDiscipline((sig) => this.jobs.signalForeground(sig), termios);
  }

  get hangUps(): number {
    return this.hangUpCount;
  }

  /** Programs had it open and none has any more: the other side sees EIO. */
  get abandoned(): boolean {
    return this.wasOpened && this.openCount === 0;
  }

  opened(): Opening {
    this.openCount += 1;
    this.wasOpened = true;
    return new Opening(this);
  }

  closed(opening: Opening): void {
    if (opening.hungUp) return;
    this.openCount -= 1;
    if (this.openCount === 0) this.stateChanged();
  }

  /** Wakes everybody who can go on. */
  stateChanged(): void {
    this.onOutput?.();
    if (this.line.readable()) this.readers.wakeAll();
    if (this.line.output.room > 0) this.writers.wakeAll();
    this.outside.wakeAll();
    this.changed.wakeAll();
  }

  // --- programs --------------------------------------------------------------------------------------------

  /** Writes all, unless nonblocking or aborted after the first byte. Throws EIO, EAGAIN, K_EABORT. */
  write(opening: Opening, thread: Thread, data: Uint8Array, nonblocking: boolean): Awaitable<number> {
    const written = this.put(opening, data);
    if (written === data.length) return written;
    if (!nonblocking) return this.writeWaiting(opening, thread, data, written);
    if (written === 0) throw new SysError('EAGAIN');
    return written;
  }

  private put(opening: Opening, data: Uint8Array): number {
    if (opening.hungUp) throw new SysError('EIO');
    const count = this.line.write(data);
    if (count > 0) this.stateChanged();
    return count;
  }

  private async writeWaiting(
    opening: Opening,
    thread: Thread,
    data: Uint8Array,
    alreadyWritten: number,
  ): Promise<number> {
    let written = alreadyWritten;
    while (written < data.length) {
      try {
        await this.writers.wait(thread);
        written += this.put(opening, data.subarray(written));
      } catch (error) {
        if (written > 0 && (isKError(error, 'K_EABORT') || error instanceof SysError)) return written;
        throw error;
      }
    }
    return written;
  }

  /** What one read takes now; room for more input follows from it. */
  take(maxBytes: number): Uint8Array {
    const data = this.line.take(maxBytes);
    this.pump();
    this.stateChanged();
    return data;
  }

  // --- the other side --------------------------------------------------------------------------------------

  /** Output for the screen. Throws EIO when every program closed it, EAGAIN, K_EABORT. */
  takeOutput(thread: Thread, maxBytes: number, nonblocking: boolean): Awaitable<Uint8Array> {
    if (maxBytes === 0) return NOTHING;
    const { queue } = this.line.output;
    if (queue.length > 0) return this.outputTaken(queue.take(maxBytes));
    if (this.abandoned) throw new SysError('EIO');
    if (nonblocking) throw new SysError('EAGAIN');
    return this.outside.wait(thread).then(() => this.takeOutput(thread, maxBytes, false));
  }

  private outputTaken(data: Uint8Array): Uint8Array {
    this.stateChanged();
    return data;
  }

  /** Typed input. Waits while more than the backlog is unread. Throws EIO, EAGAIN, K_EABORT. */
  type(thread: Thread, data: Uint8Array, nonblocking: boolean): Awaitable<number> {
    const typed = this.receive(data);
    if (typed === data.length) return typed;
    if (!nonblocking) return this.typeWaiting(thread, data, typed);
    if (typed === 0) throw new SysError('EAGAIN');
    return typed;
  }

  private async typeWaiting(thread: Thread, data: Uint8Array, alreadyTyped: number): Promise<number> {
    let typed = alreadyTyped;
    while (typed < data.length) {
      try {
        await this.outside.wait(thread);
      } catch (error) {
        if (typed > 0 && isKError(error, 'K_EABORT')) return typed;
        throw error;
      }
      typed += this.receive(data.subarray(typed));
    }
    return typed;
  }

  /** Bytes that may be typed without waiting. */
  get typingRoom(): number {
    return TtyLimits.BACKLOG_BYTES - this.backlog.length - this.rest.length;
  }

  private receive(data: Uint8Array): number {
    const count = Math.min(data.length, Math.max(0, this.typingRoom));
    if (count === 0) return 0;
    this.backlog.append(data.subarray(0, count));
    this.pump();
    this.stateChanged();
    return count;
  }

  private pump(): void {
    while (this.rest.length > 0 || this.backlog.length > 0) {
      if (this.rest.length === 0) this.rest = this.backlog.take(TtyLimits.INPUT_BYTES);
      this.rest = this.rest.subarray(this.line.receive(this.rest));
      if (this.rest.length > 0) return;
    }
  }

  // --- control ---------------------------------------------------------------------------------------------

  get size(): WindowSize {
    return this.windowSize;
  }

  /** A change is told to the foreground group: SIGWINCH. */
  set size(size: WindowSize) {
    const { rows, columns } = this.windowSize;
    if (size.rows === rows && size.columns === columns) return;
    this.windowSize = { rows: size.rows, columns: size.columns };
    this.jobs.signalForeground(Sig.WINCH);
  }

  flush(what: { input: boolean; output: boolean; delivered?: boolean }): void {
    if (what.input) {
      this.line.flushInput();
      this.backlog.clear();
      this.rest = NOTHING;
    }
    if (what.output) this.line.flushOutput(what.delivered);
    this.stateChanged();
  }

  /** The other side went away: the session hears of it. */
  hangUp(): void {
    this.jobs.hangUp();
    this.endOpenings();
  }

  /** The session's leader ended: the terminal is no use to what is left of the session. */
  hangUpAtExit(): void {
    this.jobs.disassociate();
    this.endOpenings();
  }

  private endOpenings(): void {
    this.hangUpCount += 1;
    this.openCount = 0;
    this.wasOpened = true;
    this.flush({ input: true, output: false });
    this.readers.wakeAll();
    this.writers.wakeAll();
  }
}
