/**
 * timerfd_create(2): a timer whose expiries are read as a number. Expiries are computed from the clock when
 * somebody asks, so a fast timer that nobody reads costs nothing; one host timer at a time wakes who waits.
 */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import type { SettableClock } from '../../nucleus/clock.ts';
import { WaitQueue } from '../../nucleus/executive/sync.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { O, Poll } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';
import { PollQueue } from '../protocols/poll-queue.ts';
import { type Caller, OpenObject } from './open-object.ts';

/** Bytes of the number of expiries: little-endian. */
const COUNT_BYTES = 8;

/** ms to the next expiry, 0 when the timer is disarmed; ms from one expiry to the next, 0 for only one. */
export interface TimerSetting {
  valueMs: number;
  intervalMs: number;
}

export class TimerFile extends OpenObject {
  readonly kind = 'event';
  readonly changed = new PollQueue();
  private readonly waiting = new WaitQueue();
  private readonly attributes: Stat;
  private readonly clock: SettableClock;
  private readonly realtime: boolean;
  /** Monotonic ms of the first expiry that was not read; undefined: disarmed, or the only one was read. */
  private nextMs: number | undefined;
  private intervalMs = 0;
  /** How it was last set. */
  private absolute = false;
  private cancelWake: (() => void) | undefined;
  /** Of a timer that waits for a time of day. */
  private unwatch: (() => void) | undefined;

  constructor(clock: SettableClock, realtime: boolean, flags: number, attributes: Stat) {
    super(O.RDWR | flags);
    this.clock = clock;
    this.realtime = realtime;
    this.attributes = attributes;
  }

  /** timerfd_settime(2): the setting before. */
  set({ valueMs, intervalMs }: TimerSetting, absolute: boolean): TimerSetting {
    if (!(valueMs >= 0) || !(intervalMs >= 0)) throw new SysError('EINVAL');
    const before = this.setting();
    const nowMs = this.clock.monotonic();
    const originMs = !absolute ? nowMs : this.realtime ? nowMs - this.clock.now() : 0;
    this.nextMs = valueMs === 0 ? undefined : originMs + valueMs;
    this.intervalMs = intervalMs;
    this.absolute = absolute;
    this.unwatch?.();
    this.unwatch =
      absolute && this.realtime && valueMs > 0 ? this.clock.watch((byMs) => this.clockSet(byMs)) : undefined;
    this.arm();
    return before;
  }

  private clockSet(byMs: number): void {
    if (this.nextMs === undefined) return;
    this.nextMs -= byMs;
    this.arm();
  }

  /** timerfd_gettime(2). */
  setting(): TimerSetting {
    const { nextMs, intervalMs } = this;
    if (nextMs === undefined) return { valueMs: 0, intervalMs };
    const nowMs = this.clock.monotonic();
    if (nowMs < nextMs) return { valueMs: nextMs - nowMs, intervalMs };
    const valueMs = intervalMs === 0 ? 0 : intervalMs - ((nowMs - nextMs) % intervalMs);
    return { valueMs, intervalMs };
  }

  private get expiries(): number {
    const { nextMs, intervalMs } = this;
    if (nextMs === undefined) return 0;
    const lateMs = this.clock.monotonic() - nextMs;
    if (lateMs < 0) return 0;
    return intervalMs === 0 ? 1 : Math.floor(lateMs / intervalMs) + 1;
  }

  /** Wakes at the next expiry. The host's timers may fire early: then it is armed again. */
  private arm(): void {
    this.cancelWake?.();
    this.cancelWake = undefined;
    if (this.nextMs === undefined) return;
    const delayMs = Math.max(0, this.nextMs - this.clock.monotonic());
    if (delayMs === Number.POSITIVE_INFINITY) return;
    this.cancelWake = this.clock.setTimer(delayMs, () => {
      this.cancelWake = undefined;
      if (this.expiries === 0) {
        this.arm();
        return;
      }
      this.waiting.wakeAll();
      this.changed.wakeInput();
    });
  }

  override read({ thread }: Caller, maxBytes: number): Awaitable<Uint8Array> {
    if (maxBytes < COUNT_BYTES) throw new SysError('EINVAL');
    if (this.expiries > 0) return this.take();
    if (this.nonblocking) throw new SysError('EAGAIN');
    return this.readWaiting(thread);
  }

  private async readWaiting(thread: Thread): Promise<Uint8Array> {
    while (this.expiries === 0) await this.waiting.wait(thread);
    return this.take();
  }

  private take(): Uint8Array {
    const count = this.expiries;
    this.nextMs = this.intervalMs === 0 ? undefined : this.nextMs! + count * this.intervalMs;
    this.arm();
    const bytes = new Uint8Array(COUNT_BYTES);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(count), true);
    return bytes;
  }

  /** As on Linux: no position, and no error. */
  override seek(): number {
    return 0;
  }

  override readiness(): number {
    return this.expiries > 0 ? Poll.IN : 0;
  }

  override ioctl(_caller: Caller, request: string): string {
    if (request !== 'FDINFO') throw new SysError('ENOTTY');
    const { valueMs, intervalMs } = this.setting();
    const time = (ms: number): string => `(${Math.floor(ms / 1000)}, ${Math.round((ms % 1000) * 1e6)})`;
    return (
      `clockid: ${this.realtime ? 0 : 1}\nticks: ${this.expiries}\nsettime flags: 0${this.absolute ? 1 : 0}\n` +
      `it_value: ${time(valueMs)}\nit_interval: ${time(intervalMs)}\n`
    );
  }

  override stat(): Stat {
    return this.attributes;
  }

  closed(): void {
    this.unwatch?.();
    this.nextMs = undefined;
    this.arm();
    this.changed.wakeAll();
  }
}
