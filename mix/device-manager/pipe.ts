/**
 * The pipe: a bounded queue of bytes with readers and writers. Pipes and FIFOs are both made of it.
 *
 * Rules (pipe(7), POSIX write): a write of at most PIPE_BUF bytes goes in whole or not at all; a longer one
 * goes in by pieces as room appears. Reading without writers gives the end of file, writing without readers
 * EPIPE.
 *
 * What is written in packet mode (O_DIRECT) is read packet by packet, of PIPE_BUF bytes at most; what a read
 * has no room for is lost. `runs` says what the queue is made of once there was a packet: packets, and
 * streams of bytes between them.
 *
 * Writers are woken when PIPE_BUF bytes fit again, so a full pipe costs one wake-up per batch, not one per
 * read. A wake-up goes to all who wait: one given to a single thread would be lost if that thread stood still
 * (SIGSTOP).
 */

import { ByteQueue } from '../../drivers/byte-queue.ts';
import type { Awaitable } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import { WaitQueue } from '../../nucleus/executive/sync.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { Limits } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { PollQueue } from '../protocols/poll-queue.ts';

const NOTHING = new Uint8Array(0);

interface Run {
  bytes: number;
  readonly packet: boolean;
}

/** How a write goes in: `owned`: its bytes may be kept; `packets`: as packets. */
export interface WriteMode {
  readonly owned: boolean;
  readonly packets: boolean;
}

const PLAIN: WriteMode = { owned: false, packets: false };
const OWNED: WriteMode = { owned: true, packets: false };
const PACKETS: WriteMode = { owned: false, packets: true };

export function writeMode(owned: boolean, packets: boolean): WriteMode {
  if (packets) return PACKETS;
  return owned ? OWNED : PLAIN;
}

export class Pipe {
  /** Bytes that it holds before a writer waits. */
  capacity: number;
  /** Open ends. */
  readers = 0;
  writers = 0;
  /** Ends ever opened: by their change a FIFO's opener sees a partner that came and went. */
  readersEver = 0;
  writersEver = 0;
  /** For poll: woken at every change. */
  readonly changed = new PollQueue();
  /** For FIFO opens: woken when an end is opened. */
  readonly partners = new WaitQueue();
  private readonly waitingReaders = new WaitQueue();
  private readonly waitingWriters = new WaitQueue();
  private readonly queue = new ByteQueue();
  /** Empty: all is one stream. */
  private readonly runs: Run[] = [];

  constructor(capacity: number = Limits.PIPE_SIZE) {
    this.capacity = capacity;
  }

  get length(): number {
    return this.queue.length;
  }

  get room(): number {
    return this.capacity - this.queue.length;
  }

  private get isWritable(): boolean {
    return this.room >= Math.min(Limits.PIPE_BUF, this.capacity);
  }

  /** F_SETPIPE_SZ: whole pages, a power of two of them. Returns the size. Throws EBUSY. */
  resize(bytes: number): number {
    const pages = 2 ** Math.ceil(Math.log2(Math.max(1, Math.ceil(bytes / Limits.PIPE_BUF))));
    const size = pages * Limits.PIPE_BUF;
    if (size < this.queue.length) throw new SysError('EBUSY');
    this.capacity = size;
    this.waitingWriters.wakeAll();
    this.changed.wakeOutput();
    return size;
  }

  addReader(): void {
    this.readers += 1;
    this.readersEver += 1;
    this.partners.wakeAll();
    this.changed.wakeAll();
  }

  addWriter(): void {
    this.writers += 1;
    this.writersEver += 1;
    this.partners.wakeAll();
    this.changed.wakeAll();
  }

  removeReader(): void {
    this.readers -= 1;
    if (this.readers === 0) this.wakeEverybody();
  }

  removeWriter(): void {
    this.writers -= 1;
    if (this.writers === 0) this.wakeEverybody();
  }

  private wakeEverybody(): void {
    this.waitingReaders.wakeAll();
    this.waitingWriters.wakeAll();
    this.changed.wakeAll();
  }

  // --- reading ---------------------------------------------------------------------------------------------

  /** Throws EAGAIN, K_EABORT. Empty: end of file. */
  read(thread: Thread, maxBytes: number, nonblocking: boolean): Awaitable<Uint8Array> {
    if (maxBytes === 0) return NOTHING;
    if (this.queue.length > 0) return this.take(maxBytes);
    if (this.writers === 0) return NOTHING;
    if (nonblocking) throw new SysError('EAGAIN');
    return this.readWaiting(thread, maxBytes);
  }

  private async readWaiting(thread: Thread, maxBytes: number): Promise<Uint8Array> {
    while (this.queue.length === 0) {
      if (this.writers === 0) return NOTHING;
      await this.waitingReaders.wait(thread);
    }
    return this.take(maxBytes);
  }

  /** A copy of up to `maxBytes` bytes, which stay. */
  peek(maxBytes: number): Uint8Array {
    return this.queue.peek(maxBytes);
  }

  private take(maxBytes: number): Uint8Array {
    const wasWritable = this.isWritable;
    const data = this.takeRun(maxBytes);
    if (!this.isWritable) return data;
    this.waitingWriters.wakeAll();
    if (!wasWritable) this.changed.wakeOutput();
    return data;
  }

  private takeRun(maxBytes: number): Uint8Array {
    const first = this.runs[0];
    if (!first) return this.queue.take(maxBytes);
    const data = this.queue.take(Math.min(maxBytes, first.bytes));
    first.bytes -= data.length;
    if (first.packet && first.bytes > 0) this.queue.take(first.bytes);
    if (first.packet || first.bytes === 0) this.runs.shift();
    return data;
  }

  /** Takes down what `put` appends. */
  private noteRun(bytes: number, packet: boolean): void {
    const { runs } = this;
    if (!packet && runs.length === 0) return;
    if (runs.length === 0 && this.queue.length > 0) runs.push({ bytes: this.queue.length, packet: false });
    const last = runs[runs.length - 1];
    if (last && !last.packet && !packet) last.bytes += bytes;
    else runs.push({ bytes, packet });
  }

  // --- writing ---------------------------------------------------------------------------------------------

  /**
   * Returns the bytes written: all of them, or fewer when nonblocking and only some fit, or when an abort
   * ended the wait after the first byte. Throws EPIPE, EAGAIN, K_EABORT.
   */
  write(thread: Thread, data: Uint8Array, nonblocking: boolean, mode = PLAIN): Awaitable<number> {
    if (data.length === 0) return 0;
    if (this.readers === 0) throw new SysError('EPIPE');
    const written = this.put(data, 0, mode);
    if (written === data.length) return written;
    if (!nonblocking) return this.writeWaiting(thread, data, written, mode);
    if (written === 0) throw new SysError('EAGAIN');
    return written;
  }

  private async writeWaiting(
    thread: Thread,
    data: Uint8Array,
    alreadyWritten: number,
    mode: WriteMode,
  ): Promise<number> {
    let written = alreadyWritten;
    while (written < data.length) {
      try {
        await this.waitingWriters.wait(thread);
      } catch (error) {
        if (written > 0 && isKError(error, 'K_EABORT')) return written;
        throw error;
      }
      if (this.readers === 0) {
        if (written > 0) return written;
        throw new SysError('EPIPE');
      }
      written += this.put(data, written, mode);
    }
    return written;
  }

  /** Appends what may go in now: all or nothing for an atomic write. Returns the bytes appended. */
  private put(data: Uint8Array, offset: number, mode: WriteMode): number {
    return mode.packets ? this.putPackets(data, offset) : this.putBytes(data, offset, mode.owned);
  }

  /** As many whole packets as there is room for. */
  private putPackets(data: Uint8Array, offset: number): number {
    let at = offset;
    while (at < data.length) {
      const bytes = Math.min(Limits.PIPE_BUF, data.length - at);
      if (bytes > this.room) break;
      this.noteRun(bytes, true);
      this.queue.append(data.subarray(at, at + bytes), false);
      at += bytes;
    }
    if (at > offset) {
      this.waitingReaders.wakeAll();
      this.changed.wakeInput();
    }
    return at - offset;
  }

  private putBytes(data: Uint8Array, offset: number, owned: boolean): number {
    const left = data.length - offset;
    const atomic = data.length <= Limits.PIPE_BUF;
    const count = Math.min(left, this.room);
    if (count === 0 || (atomic && count < left)) return 0;
    this.noteRun(count, false);
    this.queue.append(count === data.length ? data : data.subarray(offset, offset + count), owned);
    this.waitingReaders.wakeAll();
    this.changed.wakeInput();
    return count;
  }
}
