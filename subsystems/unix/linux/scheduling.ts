/**
 * The scheduler's calls. A site has one processor, and all threads are of the time-sharing class; real-time
 * classes need a privilege that nobody has.
 */
import { SysError } from '../errno.ts';
import type { Awaitable } from '../sys.ts';
import type { Caller, LinuxCalls } from './caller.ts';

const Policy = { OTHER: 0, FIFO: 1, RR: 2, BATCH: 3, IDLE: 5, RESET_ON_FORK: 0x40000000 } as const;
/** SCHED_DEADLINE: not among those that threads may be given. */
const DEADLINE = 6;
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
  if (c.ptr(2) === 0 || c.int(1) < 0) throw new SysError('EINVAL');
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

/** struct sched_attr {u32 size, policy, u64 flags, i32 nice, u32 priority, u64 × 3, u32 × 2}. */

const SCHED_ATTR_BYTES = 48;

function setAttr(c: Caller): Awaitable<number> {
  checkThread(c, c.int(0));
  const at = c.ptr(1);
  if (at === 0 || c.uint(2) !== 0) throw new SysError('EINVAL');
  const { memory } = c;
  if (memory.u32(at) !== 0 && memory.u32(at) < SCHED_ATTR_BYTES) throw new SysError('E2BIG');
  const policy = knownPolicy(memory.u32(at + 4));
  const priority = memory.u32(at + 20);
  if (isRealTime(policy) ? priority < 1 || priority > RT_PRIORITY_MAX : priority !== 0) {
    throw new SysError('EINVAL');
  }
  if (isRealTime(policy)) throw new SysError('EPERM');
  const nice = Math.max(-20, Math.min(19, memory.i32(at + 16)));
  const set = c.sys.setpriority(c.int(0), nice);
  return set instanceof Promise ? set.then(() => 0) : 0;
}

async function getAttr(c: Caller): Promise<number> {
  checkThread(c, c.int(0));
  const [at, bytes, flags] = [c.ptr(1), c.uint(2), c.uint(3)];
  if (at === 0 || bytes < SCHED_ATTR_BYTES || bytes > 4096 || flags !== 0) throw new SysError('EINVAL');
  c.memory.prepareWrite(at, SCHED_ATTR_BYTES);
  const nice = await c.sys.getpriority(c.int(0));
  const view = new DataView(new ArrayBuffer(SCHED_ATTR_BYTES));
  view.setUint32(0, SCHED_ATTR_BYTES, true);
  view.setInt32(16, nice, true);
  await c.memory.store(at, new Uint8Array(view.buffer));
  return 0;
}

/** A policy whose priorities are asked for. */
const rangedPolicy = (c: Caller): number => (c.int(0) === DEADLINE ? DEADLINE : knownPolicy(c.int(0)));

export const schedulingCalls: LinuxCalls = {
  sched_setattr: setAttr,
  sched_getattr: getAttr,
  sched_yield: (c) => {
    c.task.yield();
    return 0;
  },
  sched_setscheduler: setScheduler,
  sched_getscheduler: (c) => {
    checkThread(c, c.int(0));
    return Policy.OTHER;
  },
  sched_setparam: (c) => {
    if (c.ptr(1) === 0) throw new SysError('EINVAL');
    checkThread(c, c.int(0));
    if (c.memory.i32(c.ptr(1)) !== 0) throw new SysError('EINVAL');
    return 0;
  },
  sched_getparam: (c) => {
    if (c.ptr(1) === 0) throw new SysError('EINVAL');
    checkThread(c, c.int(0));
    c.memory.setU32(c.ptr(1), 0);
    return 0;
  },
  sched_get_priority_max: (c) => (isRealTime(rangedPolicy(c)) ? RT_PRIORITY_MAX : 0),
  sched_get_priority_min: (c) => (isRealTime(rangedPolicy(c)) ? 1 : 0),
  sched_rr_get_interval: (c) => {
    checkThread(c, c.int(0));
    c.memory.prepareWrite(c.ptr(1), 16);
    c.memory.setU64(c.ptr(1), 0);
    c.memory.setU64(c.ptr(1) + 8, 500_000);
    return 0;
  },
  sched_getaffinity: getAffinity,
  sched_setaffinity: setAffinity,
};
