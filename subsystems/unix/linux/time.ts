/** Clocks and sleeping. */
import { isPromise } from '../../../nucleus/awaitable.ts';
import { isKError } from '../../../nucleus/errors.ts';
import { isSysError, SysError } from '../errno.ts';
import type { Awaitable } from '../sys.ts';
import { adjtimex } from './adjtimex.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import { Clock, isRealtime, TIMER_ABSTIME } from './flags.ts';
import { readTimespec, readTimeval, writeTimespec, writeTimeval } from './structs.ts';
import type { CpuClock } from './task.ts';

/** Resolution of the precise clocks and of the coarse ones (a tick), ms. */
const FINE_MS = 1e-6;
const COARSE_MS = 4;

/** CPU clocks of a process or thread: ~id << 3 | what (posix-cpu-timers). */
const CPU_CLOCK_THREAD = 4;

/** The time of a clock, ms. Throws EINVAL. */
export function clockTime(c: Caller, clock: number): number {
  switch (clock) {
    case Clock.REALTIME:
    case Clock.REALTIME_COARSE:
    case Clock.REALTIME_ALARM:
    case Clock.TAI:
      return c.sys.now();
    case Clock.MONOTONIC:
    case Clock.MONOTONIC_RAW:
    case Clock.MONOTONIC_COARSE:
    case Clock.BOOTTIME:
    case Clock.BOOTTIME_ALARM:
      return c.sys.monotonic();
    default:
      return c.task.cpuTime(cpuClock(c, clock));
  }
}

/** The CPU clock that a number stands for. Throws EINVAL. */
export function cpuClock(c: Caller, clock: number): CpuClock {
  if (clock === Clock.PROCESS_CPUTIME_ID) return { id: c.task.pid, thread: false };
  if (clock === Clock.THREAD_CPUTIME_ID) return { id: c.task.tid, thread: true };
  if (clock >= 0 || (clock & 3) === 3) throw new SysError('EINVAL');
  const thread = (clock & CPU_CLOCK_THREAD) !== 0;
  const id = ~(clock >> 3);
  if (id !== 0) return { id, thread };
  return { id: thread ? c.task.tid : c.task.pid, thread };
}

function getres(c: Caller): number {
  const clock = c.int(0);
  clockTime(c, clock);
  if (c.ptr(1) === 0) return 0;
  const coarse = clock === Clock.REALTIME_COARSE || clock === Clock.MONOTONIC_COARSE;
  writeTimespec(c.memory, c.ptr(1), coarse ? COARSE_MS : FINE_MS);
  return 0;
}

/** EINVAL for clocks that nobody can set. */
function settime(c: Caller): number {
  const clock = c.int(0);
  if (clock !== Clock.REALTIME && clock >= 0) throw new SysError('EINVAL');
  const ms = readTimespec(c.memory, c.ptr(1));
  if (clock < 0) {
    c.task.cpuTime(cpuClock(c, clock));
    throw new SysError('EPERM');
  }
  c.task.setTime(ms);
  return 0;
}

/** Sleeps; a caught signal leaves what is left in `remaining` when it is not 0. */
function sleep(c: Caller, ms: number, remaining: number): Awaitable<number> {
  const endMs = c.sys.monotonic() + ms;
  const failed = (error: unknown): Awaitable<number> => {
    const ended = isKError(error, 'K_EABORT') || isSysError(error, 'EINTR');
    if (remaining === 0 || !ended) throw error;
    writeTimespec(c.memory, remaining, Math.max(0, endMs - c.sys.monotonic()));
    throw error;
  };
  try {
    const slept = c.sys.sleep(ms);
    return isPromise(slept) ? slept.then(() => 0, failed) : 0;
  } catch (error) {
    return failed(error);
  }
}

function clockNanosleep(c: Caller): Awaitable<number> {
  const clock = c.int(0);
  const flags = c.uint(1);
  const ms = readTimespec(c.memory, c.ptr(2));
  if (clock === Clock.THREAD_CPUTIME_ID || clock === Clock.PROCESS_CPUTIME_ID || clock < 0)
    throw new SysError('EOPNOTSUPP');
  const nowMs = clockTime(c, clock);
  if ((flags & TIMER_ABSTIME) === 0) return sleep(c, ms, c.ptr(3));
  if (ms <= nowMs) return 0;
  return isRealtime(clock) ? c.task.sleepUntil(ms).then(() => 0) : sleep(c, ms - nowMs, 0);
}

export const timeCalls: LinuxCalls = {
  clock_gettime: (c) => {
    writeTimespec(c.memory, c.ptr(1), clockTime(c, c.int(0)));
    return 0;
  },
  clock_getres: getres,
  clock_settime: settime,
  clock_nanosleep: clockNanosleep,
  clock_adjtime: (c) => {
    if (!isRealtime(c.int(0))) throw new SysError('EINVAL');
    return adjtimex(c, c.ptr(1));
  },
  adjtimex: (c) => adjtimex(c, c.ptr(0)),
  gettimeofday: (c) => {
    if (c.ptr(0) !== 0) writeTimeval(c.memory, c.ptr(0), c.sys.now());
    // struct timezone {i32 minuteswest, dsttime}: UTC.
    if (c.ptr(1) !== 0) c.memory.setU64(c.ptr(1), 0);
    return 0;
  },
  settimeofday: (c) => {
    // A time zone is the kernel's own affair, and nobody's here.
    if (c.ptr(0) !== 0) c.task.setTime(readTimeval(c.memory, c.ptr(0)));
    else if (c.sys.geteuid() !== 0) throw new SysError('EPERM');
    return 0;
  },
  nanosleep: (c) => sleep(c, readTimespec(c.memory, c.ptr(0)), c.ptr(1)),
};
