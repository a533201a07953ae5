/** Interval timers and POSIX timers: struct itimerval, itimerspec, sigevent of riscv64. */
import { SysError } from '../errno.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import { readTimespec, readTimeval, writeTimespec, writeTimeval } from './structs.ts';
import type { TimerClock, TimerEvent, TimerSetting } from './task.ts';
import { cpuClock } from './time.ts';

const WHICH = ['real', 'virtual', 'prof'] as const;
const TIMER_ABSTIME = 1;
const Notify = { SIGNAL: 0, NONE: 1, THREAD: 2, THREAD_ID: 4 } as const;

/** clockid_t → which of our clocks it reads; the others are of CPU time. */
const CLOCKS: Readonly<Record<number, TimerClock>> = {
  0: 'real',
  1: 'monotonic',
  4: 'monotonic',
  5: 'real',
  6: 'monotonic',
  7: 'monotonic',
  8: 'real',
  9: 'monotonic',
  11: 'real',
};

function whichOf(c: Caller): (typeof WHICH)[number] {
  const which = WHICH[c.uint(0)];
  if (!which) throw new SysError('EINVAL');
  return which;
}

/** {interval, value} of timevals. */
function writeItimerval(c: Caller, at: number, { valueMs, intervalMs }: TimerSetting): void {
  writeTimeval(c.memory, at, intervalMs);
  writeTimeval(c.memory, at + 16, valueMs);
}

function writeItimerspec(c: Caller, at: number, { valueMs, intervalMs }: TimerSetting): void {
  writeTimespec(c.memory, at, intervalMs);
  writeTimespec(c.memory, at + 16, valueMs);
}

function setitimer(c: Caller): number {
  const which = whichOf(c);
  const [newAt, oldAt] = [c.ptr(1), c.ptr(2)];
  const { memory } = c;
  const setting =
    newAt === 0
      ? { valueMs: 0, intervalMs: 0 }
      : { intervalMs: readTimeval(memory, newAt), valueMs: readTimeval(memory, newAt + 16) };
  if (oldAt !== 0) memory.prepareWrite(oldAt, 32);
  const old = c.task.timers.setInterval(which, setting);
  if (oldAt !== 0) writeItimerval(c, oldAt, old);
  return 0;
}

function eventOf(c: Caller, at: number): TimerEvent | undefined {
  if (at === 0) return undefined;
  const { memory } = c;
  const sig = memory.i32(at + 8);
  const notify = memory.i32(at + 12);
  const value = memory.read(at, 8);
  const tid = memory.i32(at + 16);
  if (notify === Notify.NONE) return { notify: 'none', sig: 0, value, tid: 0 };
  if (sig < 1 || sig > 64) throw new SysError('EINVAL');
  if (notify === Notify.SIGNAL || notify === Notify.THREAD) return { notify: 'signal', sig, value, tid: 0 };
  if (notify !== Notify.THREAD_ID || c.task.findThread(tid) === undefined) throw new SysError('EINVAL');
  return { notify: 'thread', sig, value, tid };
}

function timerCreate(c: Caller): number {
  const clock = CLOCKS[c.int(0)] ?? cpuClock(c, c.int(0));
  const event = eventOf(c, c.ptr(1));
  c.memory.prepareWrite(c.ptr(2), 4);
  c.memory.setU32(c.ptr(2), c.task.timers.create(clock, event));
  return 0;
}

function timerSettime(c: Caller): number {
  const [newAt, oldAt] = [c.ptr(2), c.ptr(3)];
  const { memory } = c;
  if (newAt === 0) throw new SysError('EINVAL');
  const setting = { intervalMs: readTimespec(memory, newAt), valueMs: readTimespec(memory, newAt + 16) };
  if (oldAt !== 0) memory.prepareWrite(oldAt, 32);
  const old = c.task.timers.set(c.int(0), setting, (c.uint(1) & TIMER_ABSTIME) !== 0);
  if (oldAt !== 0) writeItimerspec(c, oldAt, old);
  return 0;
}

export const timerCalls: LinuxCalls = {
  getitimer: (c) => {
    const which = whichOf(c);
    c.memory.prepareWrite(c.ptr(1), 32);
    writeItimerval(c, c.ptr(1), c.task.timers.interval(which));
    return 0;
  },
  setitimer,
  timer_create: timerCreate,
  timer_settime: timerSettime,
  timer_gettime: (c) => {
    const setting = c.task.timers.get(c.int(0));
    c.memory.prepareWrite(c.ptr(1), 32);
    writeItimerspec(c, c.ptr(1), setting);
    return 0;
  },
  timer_getoverrun: (c) => c.task.timers.overrun(c.int(0)),
  timer_delete: (c) => {
    c.task.timers.delete(c.int(0));
    return 0;
  },
};
