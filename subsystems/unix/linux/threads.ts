/** Threads: futexes, thread ids, robust lists, and the scheduler's calls. */
import { SysError } from '../errno.ts';
import type { Awaitable } from '../sys.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import { readTimespec } from './structs.ts';

const Op = {
  WAIT: 0,
  WAKE: 1,
  REQUEUE: 3,
  CMP_REQUEUE: 4,
  WAKE_OP: 5,
  LOCK_PI: 6,
  UNLOCK_PI: 7,
  TRYLOCK_PI: 8,
  WAIT_BITSET: 9,
  WAKE_BITSET: 10,
  WAIT_REQUEUE_PI: 11,
  CMP_REQUEUE_PI: 12,
  LOCK_PI2: 13,
} as const;
const PRIVATE = 128;
const CLOCK_REALTIME = 256;
const MATCH_ANY = 0xffffffff;

/** Monotonic ms at which a wait ends. `absolute`: on the real-time clock, or the monotonic one. */
function deadline(c: Caller, at: number, absolute: boolean, realtime: boolean): number {
  if (at === 0) return Number.POSITIVE_INFINITY;
  const ms = readTimespec(c.memory, at);
  if (!absolute) return c.sys.monotonic() + ms;
  return realtime ? c.sys.monotonic() + (ms - c.sys.now()) : ms;
}

function futex(c: Caller): Awaitable<number> {
  const va = c.ptr(0);
  const operation = c.uint(1);
  const value = c.uint(2);
  const command = operation & ~(PRIVATE | CLOCK_REALTIME);
  const shared = (operation & PRIVATE) === 0;
  const realtime = (operation & CLOCK_REALTIME) !== 0;
  if (va % 4 !== 0) throw new SysError('EINVAL');
  const { futexes } = c.task;
  switch (command) {
    case Op.WAIT: {
      const deadlineMs = deadline(c, c.ptr(3), false, false);
      return futexes.wait({ va, shared, expected: value, bitset: MATCH_ANY, deadlineMs });
    }
    case Op.WAIT_BITSET: {
      const bitset = c.uint(5);
      if (bitset === 0) throw new SysError('EINVAL');
      return futexes.wait({
        va,
        shared,
        expected: value,
        bitset,
        deadlineMs: deadline(c, c.ptr(3), true, realtime),
      });
    }
    case Op.WAKE:
      return futexes.wake(va, shared, value, MATCH_ANY);
    case Op.WAKE_BITSET:
      if (c.uint(5) === 0) throw new SysError('EINVAL');
      return futexes.wake(va, shared, value, c.uint(5));
    case Op.REQUEUE:
      return futexes.requeue(va, c.ptr(4), shared, value, c.uint(3), undefined);
    case Op.CMP_REQUEUE:
      return futexes.requeue(va, c.ptr(4), shared, value, c.uint(3), c.uint(5));
    case Op.WAKE_OP:
      return wakeOp(c, va, shared, value);
    case Op.LOCK_PI:
      return futexes.lockPi(va, shared, deadline(c, c.ptr(3), true, true), false);
    case Op.LOCK_PI2:
      return futexes.lockPi(va, shared, deadline(c, c.ptr(3), true, realtime), false);
    case Op.TRYLOCK_PI:
      return futexes.lockPi(va, shared, 0, true);
    case Op.UNLOCK_PI:
      return futexes.unlockPi(va, shared);
    default:
      throw new SysError('ENOSYS');
  }
}

/** FUTEX_WAKE_OP: changes a second word, wakes on the first, and on the second if its old value says so. */
function wakeOp(c: Caller, va: number, shared: boolean, count: number): number {
  const second = c.ptr(4);
  const code = c.uint(5);
  const { memory } = c;
  if (second % 4 !== 0) throw new SysError('EINVAL');
  const shift = (code & 0x80000000) !== 0;
  const raw = (code << 8) >> 20;
  const operand = shift ? 1 << (raw & 31) : raw;
  const compare = (code << 20) >> 20;
  memory.prepareWrite(second, 4);
  const old = memory.i32(second);
  const changed = [operand, old + operand, old | operand, old & ~operand, old ^ operand][(code >>> 28) & 7];
  if (changed === undefined) throw new SysError('ENOSYS');
  const tests = [
    old === compare,
    old !== compare,
    old < compare,
    old <= compare,
    old > compare,
    old >= compare,
  ];
  const passes = tests[(code >>> 24) & 15];
  if (passes === undefined) throw new SysError('ENOSYS');
  memory.setU32(second, changed);
  const woken = c.task.futexes.wake(va, shared, count, MATCH_ANY);
  return passes ? woken + c.task.futexes.wake(second, shared, c.uint(3), MATCH_ANY) : woken;
}

/** struct futex_waitv {u64 val, u64 uaddr, u32 flags, u32 reserved}. */
const WAITV_BYTES = 24;
const WAITV_MAX = 128;
const FUTEX_32 = 2;

function futexWaitv(c: Caller): Awaitable<number> {
  const [at, count, flags, timeAt, clock] = [c.ptr(0), c.uint(1), c.uint(2), c.ptr(3), c.int(4)];
  if (flags !== 0 || count === 0 || count > WAITV_MAX) throw new SysError('EINVAL');
  if (timeAt !== 0 && clock !== 0 && clock !== 1) throw new SysError('EINVAL');
  const deadlineMs = deadline(c, timeAt, true, clock === 0);
  const waits = Array.from({ length: count }, (_, i) => {
    const entry = at + i * WAITV_BYTES;
    const kind = c.memory.u32(entry + 16);
    const va = c.memory.u64(entry + 8);
    if ((kind & ~PRIVATE) !== FUTEX_32 || va % 4 !== 0 || c.memory.u32(entry + 20) !== 0) {
      throw new SysError('EINVAL');
    }
    return { va, shared: (kind & PRIVATE) === 0, expected: c.memory.u32(entry), bitset: MATCH_ANY };
  });
  return c.task.futexes.waitAny(waits, deadlineMs);
}

// --- scheduling: one processor a site, time-sharing; real-time classes need privileges that few have

const ROBUST_HEAD_BYTES = 24;
const Policy = { OTHER: 0, FIFO: 1, RR: 2, BATCH: 3, IDLE: 5, RESET_ON_FORK: 0x40000000 } as const;
const RT_PRIORITY_MAX = 99;

function knownPolicy(policy: number): number {
  const plain = policy & ~Policy.RESET_ON_FORK;
  if (!(Object.values(Policy) as number[]).includes(plain)) throw new SysError('EINVAL');
  return plain;
}

const isRealTime = (policy: number): boolean => policy === Policy.FIFO || policy === Policy.RR;

/** A thread that the scheduler's calls may name. Throws ESRCH. */
function checkThread(c: Caller, tid: number): void {
  if (tid < 0) throw new SysError('EINVAL');
  if (tid !== 0 && c.task.findThread(tid) === undefined) throw new SysError('ESRCH');
}

/** All threads are of the time-sharing class: a real-time one is refused as to the unprivileged. */
function setScheduler(c: Caller): number {
  checkThread(c, c.int(0));
  const policy = knownPolicy(c.int(1));
  const priority = c.memory.i32(c.ptr(2));
  if (isRealTime(policy) ? priority < 1 || priority > RT_PRIORITY_MAX : priority !== 0) {
    throw new SysError('EINVAL');
  }
  if (isRealTime(policy)) throw new SysError('EPERM');
  return 0;
}

function getAffinity(c: Caller): number {
  checkThread(c, c.int(0));
  const bytes = c.ptr(1);
  if (bytes < 8 || bytes % 8 !== 0) throw new SysError('EINVAL');
  c.memory.prepareWrite(c.ptr(2), 8);
  c.memory.setU64(c.ptr(2), 1);
  return 8;
}

function setAffinity(c: Caller): number {
  checkThread(c, c.int(0));
  const bytes = c.ptr(1);
  if (bytes === 0 || (c.memory.u8(c.ptr(2)) & 1) === 0) throw new SysError('EINVAL');
  return 0;
}

// --- what the hardware can do

/** riscv_hwprobe(2) keys that are known, and their values on this processor. */
const HWPROBE: Readonly<Record<number, number>> = {
  0: 0, // mvendorid
  1: 0, // marchid
  2: 0, // mimpid
  3: 1, // base behaviour: IMA
  4: 3, // IMA_EXT_0: FD and C
  5: 3, // CPUPERF_0: misaligned scalar accesses are fast
  6: 0, // cboz block size
  7: 2 ** 38, // highest user address
};
const HWPROBE_KEYS_MAX = 64;

function hwprobe(c: Caller): number {
  const [at, count, cpuBytes, flags] = [c.ptr(0), c.ptr(1), c.ptr(2), c.uint(4)];
  if (flags !== 0 || (cpuBytes !== 0) !== (c.ptr(3) !== 0)) throw new SysError('EINVAL');
  const { memory } = c;
  const pairs = Math.min(count, HWPROBE_KEYS_MAX);
  memory.prepareWrite(at, pairs * 16);
  for (let pair = at; pair < at + pairs * 16; pair += 16) {
    const value = HWPROBE[memory.i64(pair)];
    if (value === undefined) memory.setU64(pair, -1);
    memory.setU64(pair + 8, value ?? 0);
  }
  return 0;
}

export const threadCalls: LinuxCalls = {
  futex,
  futex_waitv: futexWaitv,
  set_tid_address: (c) => {
    c.task.clearTid = c.ptr(0);
    return c.task.tid;
  },
  set_robust_list: (c) => {
    if (c.ptr(1) !== ROBUST_HEAD_BYTES) throw new SysError('EINVAL');
    c.task.robustList = c.ptr(0);
    return 0;
  },
  get_robust_list: (c) => {
    if (c.int(0) !== 0 && c.int(0) !== c.task.tid) throw new SysError('EPERM');
    c.memory.prepareWrite(c.ptr(1), 8);
    c.memory.prepareWrite(c.ptr(2), 8);
    c.memory.setU64(c.ptr(1), c.task.robustList);
    c.memory.setU64(c.ptr(2), ROBUST_HEAD_BYTES);
    return 0;
  },
  sched_yield: () => 0,
  sched_setscheduler: setScheduler,
  sched_getscheduler: (c) => {
    checkThread(c, c.int(0));
    return Policy.OTHER;
  },
  sched_setparam: (c) => {
    checkThread(c, c.int(0));
    if (c.memory.i32(c.ptr(1)) !== 0) throw new SysError('EINVAL');
    return 0;
  },
  sched_getparam: (c) => {
    checkThread(c, c.int(0));
    c.memory.setU32(c.ptr(1), 0);
    return 0;
  },
  sched_get_priority_max: (c) => (isRealTime(knownPolicy(c.int(0))) ? RT_PRIORITY_MAX : 0),
  sched_get_priority_min: (c) => (isRealTime(knownPolicy(c.int(0))) ? 1 : 0),
  sched_rr_get_interval: (c) => {
    checkThread(c, c.int(0));
    c.memory.prepareWrite(c.ptr(1), 16);
    c.memory.setU64(c.ptr(1), 0);
    c.memory.setU64(c.ptr(1) + 8, 500_000);
    return 0;
  },
  sched_getaffinity: getAffinity,
  sched_setaffinity: setAffinity,
  getcpu: (c) => {
    for (const va of [c.ptr(0), c.ptr(1)]) if (va !== 0) c.memory.setU32(va, 0);
    return 0;
  },
  riscv_hwprobe: hwprobe,
};
