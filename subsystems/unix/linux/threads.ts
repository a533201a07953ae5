/** Threads: futexes, thread ids, robust lists, restartable sequences, what the processor can do. */
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
async function wakeOp(c: Caller, va: number, shared: boolean, count: number): Promise<number> {
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
  const most = c.uint(3);
  const woken = await c.task.futexes.wake(va, shared, count, MATCH_ANY);
  return passes ? woken + (await c.task.futexes.wake(second, shared, most, MATCH_ANY)) : woken;
}

/** struct futex_waitv {u64 val, u64 uaddr, u32 flags, u32 reserved}. */
const WAITV_BYTES = 24;
const WAITV_MAX = 128;
const FUTEX_32 = 2;

function futexWaitv(c: Caller): Awaitable<number> {
  const [at, count, flags, timeAt, clock] = [c.ptr(0), c.uint(1), c.uint(2), c.ptr(3), c.int(4)];
  if (flags !== 0 || count === 0 || count > WAITV_MAX || at === 0) throw new SysError('EINVAL');
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

/** struct robust_list_head. */
const ROBUST_HEAD_BYTES = 24;

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

/** rseq(2): the area's least size, its alignment, and the flag that gives it up. */
const RSEQ_BYTES = 32;
const RSEQ_BYTES_MAX = 4096;
const RSEQ_UNREGISTER = 1;

function rseq(c: Caller): number {
  const [va, bytes, flags, signature] = [c.ptr(0), c.uint(1), c.uint(2), c.uint(3)];
  if ((flags & ~RSEQ_UNREGISTER) !== 0 || va % RSEQ_BYTES !== 0) throw new SysError('EINVAL');
  if (bytes < RSEQ_BYTES || bytes > RSEQ_BYTES_MAX) throw new SysError('EINVAL');
  c.task.setRseq(va, bytes, signature, flags === 0);
  return 0;
}

// --- futex2: the same words by calls of their own

/** Size flags: only 32-bit words exist; private or not. */
function checkFutexFlags(flags: number): boolean {
  if ((flags & ~PRIVATE) !== FUTEX_32) throw new SysError('EINVAL');
  return (flags & PRIVATE) === 0;
}

function futex2Word(va: number): number {
  if (va % 4 !== 0) throw new SysError('EINVAL');
  return va;
}

function futex2Wait(c: Caller): Awaitable<number> {
  const shared = checkFutexFlags(c.uint(3));
  const [va, expected, bitset, clock] = [futex2Word(c.ptr(0)), c.ptr(1), c.ptr(2), c.int(5)];
  if (bitset === 0 || bitset > MATCH_ANY || expected > MATCH_ANY) throw new SysError('EINVAL');
  if (c.ptr(4) !== 0 && clock !== 0 && clock !== 1) throw new SysError('EINVAL');
  const deadlineMs = deadline(c, c.ptr(4), true, clock === 0);
  return c.task.futexes.wait({ va, shared, expected, bitset, deadlineMs });
}

function futex2Wake(c: Caller): Awaitable<number> {
  const shared = checkFutexFlags(c.uint(3));
  const bitset = c.ptr(1);
  if (bitset === 0 || bitset > MATCH_ANY) throw new SysError('EINVAL');
  return c.task.futexes.wake(futex2Word(c.ptr(0)), shared, c.uint(2), bitset);
}

/** Two struct futex_waitv: from, to. */
function futex2Requeue(c: Caller): Awaitable<number> {
  const [at, flags, wake, requeue] = [c.ptr(0), c.uint(1), c.int(2), c.int(3)];
  if (flags !== 0 || wake < 0 || requeue < 0) throw new SysError('EINVAL');
  const { memory } = c;
  const from = futex2Word(memory.u64(at + 8));
  const to = futex2Word(memory.u64(at + WAITV_BYTES + 8));
  const shared = checkFutexFlags(memory.u32(at + 16));
  if (checkFutexFlags(memory.u32(at + WAITV_BYTES + 16)) !== shared) throw new SysError('EINVAL');
  return c.task.futexes.requeue(from, to, shared, wake, requeue, memory.u32(at));
}

export const threadCalls: LinuxCalls = {
  futex,
  futex_wait: futex2Wait,
  futex_wake: futex2Wake,
  futex_requeue: futex2Requeue,
  rseq,
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
    if (c.int(0) !== 0 && c.task.findThread(c.int(0)) === undefined) throw new SysError('ESRCH');
    if (c.int(0) !== 0 && c.int(0) !== c.task.tid) throw new SysError('EPERM');
    c.memory.prepareWrite(c.ptr(1), 8);
    c.memory.prepareWrite(c.ptr(2), 8);
    c.memory.setU64(c.ptr(1), c.task.robustList);
    c.memory.setU64(c.ptr(2), ROBUST_HEAD_BYTES);
    return 0;
  },
  getcpu: (c) => {
    for (const va of [c.ptr(0), c.ptr(1)]) if (va !== 0) c.memory.setU32(va, 0);
    return 0;
  },
  riscv_hwprobe: hwprobe,
};
