/**
 * Timers (timerSet, timerThreadPoolWait(2K)): a clock that counts expirations, once or periodically, and
 * threads that wait for them, first come, first served. Expirations that nobody waited for are kept and
 * counted as overruns, so a late thread knows what it missed.
 */
import type { Clock } from '../clock.ts';
import { KError } from '../errors.ts';
import { WaitQueue } from './sync.ts';
import type { BlockOptions, Thread } from './thread.ts';

/** Expirations that a timer keeps for threads that are late; more are dropped. */
const OVERRUNS_MAX = 0x7fffffff;

export class Timer {
  private readonly clock: Clock;
  private readonly queue = new WaitQueue<number>();
  private cancelTimer: (() => void) | null = null;
  private pending = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /**
   * Starts over: first after delayMs, then every periodMs if that is given. Throws K_EINVAL for negative
   * times.
   */
  set(delayMs: number, periodMs = 0): void {
    if (!(delayMs >= 0) || !(periodMs >= 0)) throw new KError('K_EINVAL');
    this.cancel();
    this.arm(delayMs, periodMs);
  }

  /** Stops it. Threads that wait go on waiting, until it is set again or their own delay ends. */
  cancel(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
    this.pending = 0;
  }

  get armed(): boolean {
    return this.cancelTimer !== null;
  }

  /**
   * Waits for the next expiration; returns how many there were since the last wait. Throws K_EABORT,
   * K_ETIMEOUT.
   */
  wait(thread: Thread, options: BlockOptions = { abortable: true }): number | Promise<number> {
    if (this.pending === 0) return this.queue.wait(thread, options);
    const expirations = this.pending;
    this.pending = 0;
    return expirations;
  }

  private arm(delayMs: number, periodMs: number): void {
    this.cancelTimer = this.clock.setTimer(delayMs, () => {
      this.cancelTimer = null;
      if (periodMs > 0) this.arm(periodMs, periodMs);
      if (!this.queue.wakeOne(1)) this.pending = Math.min(this.pending + 1, OVERRUNS_MAX);
    });
  }
}
