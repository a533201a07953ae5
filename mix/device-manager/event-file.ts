/**
 * eventfd(2): a counter of 64 bits. A write adds to it, a read takes it all, or one of it (semaphore). Who
 * cannot, waits.
 */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import { WaitQueue } from '../../nucleus/executive/sync.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { O, Poll } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';
import { PollQueue } from '../protocols/poll-queue.ts';
import { type Caller, OpenObject } from './open-object.ts';

/** Bytes of a counter as it is read and written: little-endian. */
const COUNTER_BYTES = 8;
/** The counter stays below 2^64 - 1. */
const COUNTER_MAX = 0xffff_ffff_ffff_fffen;

export class EventFile extends OpenObject {
  readonly kind = 'event';
  readonly changed = new PollQueue();
  private readonly waiting = new WaitQueue();
  private readonly attributes: Stat;
  private readonly semaphore: boolean;
  private count: bigint;

  constructor(initial: number, semaphore: boolean, flags: number, attributes: Stat) {
    super(O.RDWR | flags);
    this.count = BigInt(initial);
    this.semaphore = semaphore;
    this.attributes = attributes;
  }

  override read({ thread }: Caller, maxBytes: number): Awaitable<Uint8Array> {
    if (maxBytes < COUNTER_BYTES) throw new SysError('EINVAL');
    if (this.count > 0n) return this.take();
    if (this.nonblocking) throw new SysError('EAGAIN');
    return this.readWaiting(thread);
  }

  private async readWaiting(thread: Thread): Promise<Uint8Array> {
    while (this.count === 0n) await this.waiting.wait(thread);
    return this.take();
  }

  private take(): Uint8Array {
    const taken = this.semaphore ? 1n : this.count;
    this.count -= taken;
    this.waiting.wakeAll();
    this.changed.wakeOutput();
    const bytes = new Uint8Array(COUNTER_BYTES);
    new DataView(bytes.buffer).setBigUint64(0, taken, true);
    return bytes;
  }

  override write({ thread }: Caller, data: Uint8Array): Awaitable<number> {
    if (data.length < COUNTER_BYTES) throw new SysError('EINVAL');
    const value = new DataView(data.buffer, data.byteOffset, COUNTER_BYTES).getBigUint64(0, true);
    if (value > COUNTER_MAX) throw new SysError('EINVAL');
    if (this.count + value <= COUNTER_MAX) return this.add(value);
    if (this.nonblocking) throw new SysError('EAGAIN');
    return this.writeWaiting(thread, value);
  }

  private async writeWaiting(thread: Thread, value: bigint): Promise<number> {
    while (this.count + value > COUNTER_MAX) await this.waiting.wait(thread);
    return this.add(value);
  }

  private add(value: bigint): number {
    this.count += value;
    this.waiting.wakeAll();
    this.changed.wakeInput();
    return COUNTER_BYTES;
  }

  /** As on Linux: no position, and no error. */
  override seek(): number {
    return 0;
  }

  override readiness(): number {
    return (this.count > 0n ? Poll.IN : 0) | (this.count < COUNTER_MAX ? Poll.OUT : 0);
  }

  override ioctl(_caller: Caller, request: string): string {
    if (request !== 'FDINFO') throw new SysError('ENOTTY');
    const { ino } = this.attributes;
    const count = this.count.toString(16).padStart(16);
    return `eventfd-count: ${count}\neventfd-id: ${ino}\neventfd-semaphore: ${this.semaphore ? 1 : 0}\n`;
  }

  override stat(): Stat {
    return this.attributes;
  }

  closed(): void {
    this.changed.wakeAll();
  }
}
