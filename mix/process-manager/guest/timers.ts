/**
 * Timers of a guest's process: the three interval timers of setitimer(2) and POSIX timers (timer_create(2)).
 * Those of real time are timers of the nucleus' clock; those of CPU time are charged slice by slice.
 */
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { TimerClock, TimerEvent, TimerSetting, Timers } from '../../../subsystems/unix/linux/task.ts';
import { Si } from '../../../subsystems/unix/siginfo.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import { INTERVAL_MS_MIN, setAlarm } from '../calls/signals.ts';
import type { Process } from '../process.ts';
import { post } from '../signals.ts';
import type { Guest } from './guest.ts';
import { postToThread } from './thread-signals.ts';

/** POSIX timers of one process: EAGAIN. */
export const TIMERS_MAX = 1024;

/** One timer: armed, it expires at `atMs` of its clock. */
class Timer {
  intervalMs = 0;
  atMs = 0;
  armed = false;
  overruns = 0;
  private cancel: (() => void) | null = null;
  private readonly process: Process;
  private readonly expire: (overruns: number) => void;
  readonly clock: TimerClock;

  constructor(process: Process, clock: TimerClock, expire: (overruns: number) => void) {
    this.process = process;
    this.clock = clock;
    this.expire = expire;
  }

  now(): number {
    const { nucleus } = this.process.pm;
    if (this.clock === 'cpu') return this.process.usage.userMs + this.process.usage.systemMs;
    return this.clock === 'real' ? nucleus.clock.now() : nucleus.clock.monotonic();
  }

  get(): TimerSetting {
    if (!this.armed) return { valueMs: 0, intervalMs: this.intervalMs };
    return { valueMs: Math.max(0.001, this.atMs - this.now()), intervalMs: this.intervalMs };
  }

  set({ valueMs, intervalMs }: TimerSetting, absolute = false): TimerSetting {
    const old = this.get();
    this.disarm();
    this.intervalMs = intervalMs;
    if (valueMs === 0) return old;
    this.armed = true;
    this.overruns = 0;
    this.atMs = absolute ? valueMs : this.now() + valueMs;
    this.plan();
    return old;
  }

  disarm(): void {
    this.armed = false;
    this.cancel?.();
    this.cancel = null;
  }

  private plan(): void {
    if (this.clock === 'cpu') return;
    const delayMs = Math.max(0, this.atMs - this.now());
    this.cancel = this.process.pm.nucleus.clock.setTimer(delayMs, () => this.check());
  }

  /** Expires if its time has come. */
  check(): void {
    if (!this.armed || this.process.state !== 'running') return;
    const lateMs = this.now() - this.atMs;
    if (lateMs < 0) {
      this.plan();
      return;
    }
    const interval = Math.max(this.intervalMs, INTERVAL_MS_MIN);
    const overruns = this.intervalMs > 0 ? Math.floor(lateMs / interval) : 0;
    if (this.intervalMs > 0) {
      this.atMs += interval * (overruns + 1);
      this.plan();
    } else this.armed = false;
    this.expire(overruns);
  }
}

export class GuestTimers implements Timers {
  private readonly guest: Guest;
  private readonly virtual: Timer;
  private readonly prof: Timer;
  private readonly timers = new Map<number, Timer>();
  private nextId = 0;

  constructor(guest: Guest) {
    this.guest = guest;
    const { process } = guest;
    const kernel = (sig: number) => () => post(process, sig, { sig, code: Si.KERNEL });
    this.virtual = new Timer(process, 'cpu', kernel(Sig.VTALRM));
    this.prof = new Timer(process, 'cpu', kernel(Sig.PROF));
  }

  interval(which: 'real' | 'virtual' | 'prof'): TimerSetting {
    return which === 'real' ? this.realTimer() : this[which].get();
  }

  /** ITIMER_REAL is the process' alarm: it survives exec(2). */
  private realTimer(): TimerSetting {
    const { alarm, pm } = this.guest.process;
    if (!alarm) return { valueMs: 0, intervalMs: 0 };
    const leftMs = alarm.atMs - pm.nucleus.clock.monotonic();
    return { valueMs: Math.max(0.001, leftMs), intervalMs: alarm.intervalMs };
  }

  setInterval(which: 'real' | 'virtual' | 'prof', setting: TimerSetting): TimerSetting {
    if (which !== 'real') return this[which].set(setting);
    const { process } = this.guest;
    const old = this.realTimer();
    process.alarm?.cancel();
    process.alarm = null;
    if (setting.valueMs > 0) setAlarm(process, setting.valueMs, setting.intervalMs);
    return old;
  }

  create(clock: TimerClock, event: TimerEvent | undefined): number {
    if (this.timers.size >= TIMERS_MAX) throw new SysError('EAGAIN');
    const id = this.nextId;
    this.nextId += 1;
    const timer = new Timer(this.guest.process, clock, (overruns) => {
      timer.overruns = overruns;
      this.expired(id, overruns, event);
    });
    this.timers.set(id, timer);
    return id;
  }

  private expired(id: number, overrun: number, event: TimerEvent | undefined): void {
    const { process, threads } = this.guest;
    if (event?.notify === 'none') return;
    const sig = event?.sig ?? Sig.ALRM;
    const value = event?.value ?? new Uint8Array(new Uint32Array([id, 0]).buffer);
    const info = { sig, code: Si.TIMER, timer: { id, overrun }, value };
    const thread = event?.notify === 'thread' ? threads.get(event.tid) : undefined;
    try {
      if (thread) postToThread(thread, sig, info);
      else post(process, sig, info);
    } catch {
      // The queue of a real-time signal is full: one more expiry that nobody took.
    }
  }

  private timer(id: number): Timer {
    const timer = this.timers.get(id);
    if (!timer) throw new SysError('EINVAL');
    return timer;
  }

  get(id: number): TimerSetting {
    return this.timer(id).get();
  }

  set(id: number, setting: TimerSetting, absolute: boolean): TimerSetting {
    return this.timer(id).set(setting, absolute);
  }

  overrun(id: number): number {
    return this.timer(id).overruns;
  }

  delete(id: number): void {
    this.timer(id).disarm();
    this.timers.delete(id);
  }

  /** A slice of the processor went to the process. */
  chargeCpu(): void {
    this.virtual.check();
    this.prof.check();
    for (const timer of this.timers.values()) if (timer.clock === 'cpu') timer.check();
  }

  /** The image is gone, and its timers with it. */
  end(): void {
    for (const timer of [this.virtual, this.prof, ...this.timers.values()]) timer.disarm();
  }
}
