/**
 * Timers of a guest's process: the three interval timers of setitimer(2) and POSIX timers (timer_create(2)).
 */
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { TimerClock, TimerEvent, TimerSetting, Timers } from '../../../subsystems/unix/linux/task.ts';
import { Si, type SigInfo } from '../../../subsystems/unix/siginfo.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import { setAlarm } from '../calls/signals.ts';
import { mayQueue, post } from '../signals.ts';
import { cpuSource } from './cpu-clock.ts';
import type { Guest } from './guest.ts';
import { postToThread } from './thread-signals.ts';
import { Timer, type TimeSource } from './timer.ts';

/** POSIX timers of one process: EAGAIN. */
export const TIMERS_MAX = 1024;
/** DELAYTIMER_MAX. */
const OVERRUN_MAX = 0x7fffffff;

interface PosixTimer {
  readonly timer: Timer;
  readonly clock: TimerClock;
  /** Undefined: of real time. */
  readonly target: Guest | undefined;
  /** Of the last signal that was taken. */
  overrun: number;
  /** Changes with every setting: a signal of an older one tells nothing. */
  setting: number;
}

export class GuestTimers implements Timers {
  private readonly guest: Guest;
  private readonly virtual: Timer;
  private readonly prof: Timer;
  private readonly timers = new Map<number, PosixTimer>();
  /** The timers, of this process or of others, that read its CPU time. */
  private readonly charged = new Set<Timer>();
  private nextId = 0;
  private readonly monotonic: TimeSource;
  private readonly realTime: TimeSource;
  private unwatch: (() => void) | null = null;

  constructor(guest: Guest) {
    this.guest = guest;
    const { process } = guest;
    const { clock } = process.pm.nucleus;
    const plan = (delayMs: number, fn: () => void): (() => void) =>
      clock.setTimer(delayMs, () => {
        fn();
        this.checkDue();
      });
    this.monotonic = { now: () => clock.monotonic(), plan };
    this.realTime = { now: () => clock.now(), plan };
    const cpu = (sig: number): Timer => {
      const now = (): number => process.usage.userMs + process.usage.systemMs;
      const timer = new Timer({ now, plan: undefined }, () => {
        post(process, sig, { sig, code: Si.KERNEL });
        return false;
      });
      this.charged.add(timer);
      return timer;
    };
    this.virtual = cpu(Sig.VTALRM);
    this.prof = cpu(Sig.PROF);
  }

  /** Timers there are: each has a place in the signal queue of its own. */
  get count(): number {
    return this.timers.size;
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

  /** What a timer of `clock` reads, and whose slices move it. Throws EINVAL. */
  private sourceOf(clock: TimerClock): { source: TimeSource; target: Guest | undefined } {
    const { threads } = this.guest;
    if (typeof clock === 'object') {
      const [caller] = threads.values();
      const cpu = cpuSource(caller!, clock);
      const target = cpu.process.image.guest;
      if (!target) throw new SysError('EINVAL');
      return { source: { now: () => cpu.now(), plan: undefined }, target };
    }
    return { source: clock === 'real' ? this.realTime : this.monotonic, target: undefined };
  }

  create(clock: TimerClock, event: TimerEvent | undefined): number {
    if (this.timers.size >= TIMERS_MAX || !mayQueue(this.guest.process)) throw new SysError('EAGAIN');
    const { source, target } = this.sourceOf(clock);
    const id = this.nextId;
    this.nextId += 1;
    const timer = new Timer(source, () => this.expired(id, event));
    this.timers.set(id, { timer, clock, target, overrun: 0, setting: 0 });
    target?.timers.charged.add(timer);
    return id;
  }

  /** Sends the timer's signal. False: nobody will take it. */
  private expired(id: number, event: TimerEvent | undefined): boolean {
    const { process, threads } = this.guest;
    const posix = this.timers.get(id);
    if (event?.notify === 'none' || !posix || process.state !== 'running') return false;
    const sig = event?.sig ?? Sig.ALRM;
    const value = event?.value ?? new Uint8Array(new Uint32Array([id, 0]).buffer);
    const { setting } = posix;
    const told = (overrun: number): SigInfo => ({ sig, code: Si.TIMER, timer: { id, overrun }, value });
    const taken = (): SigInfo => told(setting === posix.setting ? resume(posix) : 0);
    const info = { ...told(0), taken };
    const thread = event?.notify === 'thread' ? threads.get(event.tid) : undefined;
    return thread ? postToThread(thread, sig, info) : post(process, sig, info);
  }

  private timer(id: number): PosixTimer {
    const timer = this.timers.get(id);
    if (!timer) throw new SysError('EINVAL');
    return timer;
  }

  get(id: number): TimerSetting {
    return this.timer(id).timer.get();
  }

  set(id: number, setting: TimerSetting, absolute: boolean): TimerSetting {
    const posix = this.timer(id);
    posix.overrun = 0;
    posix.setting += 1;
    if (posix.clock !== 'real') return posix.timer.set(setting, absolute);
    // What is left does not change with the time of day; when a time of day comes does.
    if (absolute) this.unwatch ??= this.guest.process.pm.nucleus.clock.watch(() => this.checkAll());
    return posix.timer.set(setting, absolute, absolute ? this.realTime : this.monotonic);
  }

  private checkAll(): void {
    for (const { timer } of this.timers.values()) timer.check();
  }

  overrun(id: number): number {
    return this.timer(id).overrun;
  }

  delete(id: number): void {
    const { timer, target } = this.timer(id);
    timer.disarm();
    target?.timers.charged.delete(timer);
    this.timers.delete(id);
  }

  /** Timers that expire at one time tell of it together. */
  private checkDue(): void {
    for (const { timer } of this.timers.values()) if (timer.isDue) timer.check();
  }

  /** A slice of the processor went to the process. */
  chargeCpu(): void {
    for (const timer of this.charged) if (timer.armed) timer.check();
  }

  /** The image is gone, and its timers with it. */
  end(): void {
    for (const timer of [this.virtual, this.prof]) timer.disarm();
    for (const id of [...this.timers.keys()]) this.delete(id);
    this.unwatch?.();
  }
}

/** The signal was taken: the next period begins. How many have passed meanwhile. */
function resume(posix: PosixTimer): number {
  posix.overrun = Math.min(OVERRUN_MAX, posix.timer.resume());
  return posix.overrun;
}
