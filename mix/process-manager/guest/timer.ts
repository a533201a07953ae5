/**
 * One timer: armed, it expires at `atMs` of its clock. Those of real time are timers of the nucleus' clock;
 * those of CPU time are asked (`check`) when a slice was charged to the process whose time they read.
 *
 * A periodic timer goes on by itself, or rests after an expiry until `resume`: a POSIX timer's signal is
 * pending once, and what expires before it is taken is counted (timer_getoverrun(2)).
 */
import type { TimerSetting } from '../../../subsystems/unix/linux/task.ts';
import { INTERVAL_MS_MIN } from '../calls/signals.ts';

/** What is left of a timer that is due and has not expired yet: not 0, which would be disarmed. */
const DUE_MS = 1e-6;

export interface TimeSource {
  now(): number;
  /** Runs `fn` after delayMs of this clock; undefined: someone calls `check`. */
  readonly plan: ((delayMs: number, fn: () => void) => () => void) | undefined;
}

export class Timer {
  intervalMs = 0;
  armed = false;
  private atMs = 0;
  /** It expired, and its next period begins with `resume`. */
  private resting = false;
  private cancel: (() => void) | null = null;
  private source: TimeSource;
  /** False: the timer goes on by itself. */
  private readonly expire: () => boolean;

  constructor(source: TimeSource, expire: () => boolean) {
    this.source = source;
    this.expire = expire;
  }

  get(): TimerSetting {
    const { intervalMs } = this;
    if (!this.armed) return { valueMs: 0, intervalMs };
    let leftMs = this.atMs - this.source.now();
    if (leftMs <= 0 && this.resting) leftMs = intervalMs - (-leftMs % intervalMs);
    return { valueMs: Math.max(DUE_MS, leftMs), intervalMs };
  }

  /** `source`: where the time is read from now on. */
  set({ valueMs, intervalMs }: TimerSetting, absolute = false, source = this.source): TimerSetting {
    const old = this.get();
    this.disarm();
    this.source = source;
    this.intervalMs = intervalMs;
    if (valueMs === 0) return old;
    this.armed = true;
    this.atMs = absolute ? valueMs : this.source.now() + valueMs;
    this.plan();
    return old;
  }

  disarm(): void {
    this.armed = false;
    this.resting = false;
    this.cancel?.();
    this.cancel = null;
  }

  private plan(): void {
    this.cancel?.();
    const delayMs = Math.max(0, this.atMs - this.source.now());
    this.cancel = this.source.plan?.(delayMs, () => this.check()) ?? null;
  }

  /** Expires if its time has come. */
  check(): void {
    if (!this.armed || this.resting) return;
    if (this.source.now() < this.atMs) {
      this.plan();
      return;
    }
    this.resting = true;
    if (this.intervalMs === 0) this.disarm();
    if (!this.expire()) this.resume();
  }

  /** Its time has come, though nobody has looked at it yet. */
  get isDue(): boolean {
    return this.armed && !this.resting && this.source.now() >= this.atMs;
  }

  /** Goes on after an expiry. How many periods have passed since. */
  resume(): number {
    if (!this.armed || !this.resting) return 0;
    this.resting = false;
    const periodMs = this.intervalMs;
    const passed = Math.max(0, Math.floor((this.source.now() - this.atMs) / periodMs));
    // One that nobody waits for comes no more often than it can be served.
    this.atMs += Math.max(periodMs * (passed + 1), periodMs < INTERVAL_MS_MIN ? INTERVAL_MS_MIN : 0);
    this.plan();
    return passed;
  }
}
