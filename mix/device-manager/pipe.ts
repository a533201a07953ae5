/**
 * The pipe: a bounded queue of bytes with readers and writers. Pipes and FIFOs are both made of it.
 *
 * Rules (pipe(7), POSIX write): a write of at most PIPE_BUF bytes goes in whole or not at all; a longer one goes in
 * by pieces as room appears. Reading without writers gives the end of file, writing without readers EPIPE.
 *
 * Bytes are copied once, when written: large writes become blocks of their own that a reader is given as they are;
 * small ones are gathered in blocks, so that a million one-byte writes do not make a million arrays. Writers are
 * woken when PIPE_BUF bytes fit again, so a full pipe costs one wake-up per batch, not one per read. A wake-up goes
 * to all who wait: one given to a single thread would be lost if that thread stood still (SIGSTOP).
 */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import { WaitQueue } from '../../nucleus/executive/sync.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { Limits } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { DeviceLimits } from './limits.ts';

const NOTHING = new Uint8Array(0);

export class Pipe {
  readonly capacity: number;
  /** Open ends. */
  readers = 0;
  writers = 0;
  /** Ends ever opened: by their change a FIFO's opener sees a partner that came and went. */
  readersEver = 0;
  writersEver = 0;
  /** For poll: woken at every change. */
  readonly changed = new WaitQueue();
  /** For FIFO opens: woken when an end is opened. */
  readonly partners = new WaitQueue();
  private readonly waitingReaders = new WaitQueue();
  private readonly waitingWriters = new WaitQueue();
  /** Filled parts of blocks, oldest first. */
  private readonly chunks: Uint8Array[] = [];
  private queuedBytes = 0;
  /** The block that the last chunk lies at the start of, when more can be gathered there. */
  private gathering: Uint8Array | null = null;

  constructor(capacity: number = Limits.PIPE_SIZE) {
    this.capacity = capacity;
  }

  get length(): number {
    return this.queuedBytes;
  }

  get room(): number {
    return this.capacity - this.queuedBytes;
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
    if (this.queuedBytes > 0) return this.take(maxBytes);
    if (this.writers === 0) return NOTHING;
    if (nonblocking) throw new SysError('EAGAIN');
    return this.readWaiting(thread, maxBytes);
  }

  private async readWaiting(thread: Thread, maxBytes: number): Promise<Uint8Array> {
    while (this.queuedBytes === 0) {
      if (this.writers === 0) return NOTHING;
      await this.waitingReaders.wait(thread);
    }
    return this.take(maxBytes);
  }

  private take(maxBytes: number): Uint8Array {
    const first = this.chunks[0]!;
    const data =
      first.length >= maxBytes || this.chunks.length === 1 ? this.takeOne(maxBytes) : this.gather(maxBytes);
    this.queuedBytes -= data.length;
    if (this.chunks.length === 0) this.gathering = null;
    if (this.room >= Math.min(Limits.PIPE_BUF, this.capacity)) {
      this.waitingWriters.wakeAll();
      this.changed.wakeAll();
    }
    return data;
  }

  private takeOne(maxBytes: number): Uint8Array {
    const first = this.chunks[0]!;
    if (first.length <= maxBytes) return this.chunks.shift()!;
    this.chunks[0] = first.subarray(maxBytes);
    return first.slice(0, maxBytes);
  }

  private gather(maxBytes: number): Uint8Array {
    const result = new Uint8Array(Math.min(maxBytes, this.queuedBytes));
    let filled = 0;
    let used = 0;
    while (filled < result.length) {
      const chunk = this.chunks[used]!;
      const part = chunk.length <= result.length - filled ? chunk : chunk.subarray(0, result.length - filled);
      result.set(part, filled);
      filled += part.length;
      if (part.length < chunk.length) this.chunks[used] = chunk.subarray(part.length);
      else used += 1;
    }
    this.chunks.splice(0, used);
    return result;
  }

  // --- writing ---------------------------------------------------------------------------------------------

  /**
   * Returns the bytes written: all of them, or fewer when nonblocking and only some fit, or when an abort ended the
   * wait after the first byte. Throws EPIPE, EAGAIN, K_EABORT.
   */
  write(thread: Thread, data: Uint8Array, nonblocking: boolean): Awaitable<number> {
    if (data.length === 0) return 0;
    if (this.readers === 0) throw new SysError('EPIPE');
    const written = this.put(data, 0);
    if (written === data.length) return written;
    if (!nonblocking) return this.writeWaiting(thread, data, written);
    if (written === 0) throw new SysError('EAGAIN');
    return written;
  }

  private async writeWaiting(thread: Thread, data: Uint8Array, alreadyWritten: number): Promise<number> {
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
      written += this.put(data, written);
    }
    return written;
  }

  /** Appends what may go in now: all or nothing for an atomic write. Returns the bytes appended. */
  private put(data: Uint8Array, offset: number): number {
    const left = data.length - offset;
    const atomic = data.length <= Limits.PIPE_BUF;
    const count = Math.min(left, this.room);
    if (count === 0 || (atomic && count < left)) return 0;
    this.append(count === data.length ? data : data.subarray(offset, offset + count));
    this.waitingReaders.wakeAll();
    this.changed.wakeAll();
    return count;
  }

  private append(data: Uint8Array): void {
    this.queuedBytes += data.length;
    if (this.appendToBlock(data)) return;
    if (data.length >= DeviceLimits.PIPE_BLOCK_BYTES / 2) {
      this.gathering = null;
      this.chunks.push(data.slice());
      return;
    }
    this.gathering = new Uint8Array(DeviceLimits.PIPE_BLOCK_BYTES);
    this.gathering.set(data);
    this.chunks.push(this.gathering.subarray(0, data.length));
  }

  /** Gathers into the block of the last chunk when the data fits behind it. */
  private appendToBlock(data: Uint8Array): boolean {
    const block = this.gathering;
    const last = this.chunks[this.chunks.length - 1];
    if (!block || !last) return false;
    const end = last.byteOffset + last.length;
    if (end + data.length > block.length) return false;
    block.set(data, end);
    this.chunks[this.chunks.length - 1] = block.subarray(last.byteOffset, end + data.length);
    return true;
  }
}
