/** Descriptors that stand for events: epoll, eventfd, timerfd. */
import { isPromise } from '../../../nucleus/awaitable.ts';
import { O } from '../constants.ts';
import { SysError } from '../errno.ts';
import type { Awaitable, EpollEvent, TimerValue } from '../sys.ts';
import { allow, done } from './answers.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import { Clock } from './flags.ts';
import { withMask } from './masks.ts';
import { readTimespec, timespecsStruct } from './structs.ts';

const FLAGS = O.CLOEXEC | O.NONBLOCK;

// --- epoll

/** struct epoll_event {u32 events; u64 data} with its padding. */
const EVENT_BYTES = 16;
/** Most events of one call: INT_MAX / sizeof, as the kernel has it. */
const EVENTS_MAX = Math.floor(0x7fffffff / EVENT_BYTES);

const OPERATIONS = ['', 'add', 'delete', 'modify'] as const;

function ctl(c: Caller): Awaitable<number> {
  const operation = OPERATIONS[c.int(1)];
  const va = c.ptr(3);
  const event: EpollEvent | undefined =
    operation === 'delete' || operation === undefined
      ? undefined
      : { events: c.memory.u32(va), data: c.memory.read(va + 8, 8) };
  if (!operation) {
    c.sys.getCloexec(c.int(0));
    throw new SysError('EINVAL');
  }
  return done(c.sys.epollCtl(c.int(0), operation, c.int(2), event));
}

/** Events go to the caller when they are there: they cannot be asked for again. */
function wait(c: Caller, timeoutMs: number): Awaitable<number> {
  const va = c.ptr(1);
  const max = c.int(2);
  if (max <= 0 || max > EVENTS_MAX) throw new SysError('EINVAL');
  c.memory.prepareWrite(va, EVENT_BYTES);
  return withMask(c, c.ptr(4), c.ptr(5), () => {
    const ready = c.sys.epollWait(c.int(0), max, timeoutMs);
    return isPromise(ready) ? ready.then((events) => store(c, va, events)) : store(c, va, ready);
  });
}

function store(c: Caller, va: number, ready: readonly EpollEvent[]): Awaitable<number> {
  if (ready.length === 0) return 0;
  const bytes = new Uint8Array(ready.length * EVENT_BYTES);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < ready.length; i++) {
    const { events, data } = ready[i]!;
    view.setUint32(i * EVENT_BYTES, events, true);
    bytes.set(data.subarray(0, 8), i * EVENT_BYTES + 8);
  }
  const stored = c.memory.store(va, bytes);
  return isPromise(stored) ? stored.then(() => ready.length) : ready.length;
}

// --- timerfd

/** TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET: clocks here are not set. */
const TFD = { ABSTIME: 1, CANCEL_ON_SET: 2 } as const;

function timerfdCreate(c: Caller): Awaitable<number> {
  const clock = c.int(0);
  const realtime = clock === Clock.REALTIME || clock === Clock.REALTIME_ALARM;
  const monotonic = clock === Clock.MONOTONIC || clock === Clock.BOOTTIME || clock === Clock.BOOTTIME_ALARM;
  if (!realtime && !monotonic) throw new SysError('EINVAL');
  allow(c.uint(1), FLAGS);
  return c.sys.timerfdCreate(realtime, c.uint(1));
}

/** struct itimerspec {timespec interval, value}. */
function settime(c: Caller): Awaitable<number> {
  const flags = c.uint(1);
  const va = c.ptr(2);
  const old = c.ptr(3);
  allow(flags, TFD.ABSTIME | TFD.CANCEL_ON_SET);
  const timer = { intervalMs: readTimespec(c.memory, va), valueMs: readTimespec(c.memory, va + 16) };
  if (old !== 0) c.memory.prepareWrite(old, 32);
  const before = c.sys.timerfdSettime(c.int(0), timer, (flags & TFD.ABSTIME) !== 0);
  const tell = ({ valueMs, intervalMs }: TimerValue): Awaitable<number> =>
    old === 0 ? 0 : done(c.memory.store(old, timespecsStruct(intervalMs, valueMs)));
  return isPromise(before) ? before.then(tell) : tell(before);
}

function gettime(c: Caller): Awaitable<number> {
  const tell = ({ valueMs, intervalMs }: TimerValue): number => {
    c.memory.write(c.ptr(1), timespecsStruct(intervalMs, valueMs));
    return 0;
  };
  const now = c.sys.timerfdGettime(c.int(0));
  return isPromise(now) ? now.then(tell) : tell(now);
}

const EFD_SEMAPHORE = 1;

export const eventCalls: LinuxCalls = {
  epoll_create1: (c) => {
    allow(c.uint(0), O.CLOEXEC);
    return c.sys.epollCreate(c.uint(0));
  },
  epoll_ctl: ctl,
  epoll_pwait: (c) => wait(c, c.int(3)),
  epoll_pwait2: (c) => wait(c, c.ptr(3) === 0 ? -1 : readTimespec(c.memory, c.ptr(3))),
  eventfd2: (c) => {
    const flags = c.uint(1);
    allow(flags, FLAGS | EFD_SEMAPHORE);
    return c.sys.eventfd(c.uint(0), { semaphore: (flags & EFD_SEMAPHORE) !== 0, flags: flags & FLAGS });
  },
  timerfd_create: timerfdCreate,
  timerfd_settime: settime,
  timerfd_gettime: gettime,
};
