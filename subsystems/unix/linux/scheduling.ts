/** The scheduler's calls (sched(7)). A site has one processor. */
import { SysError } from '../errno.ts';
import type { Awaitable } from '../sys.ts';
import { done } from './answers.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import type { Scheduling } from './task.ts';

const Policy = { OTHER: 0, FIFO: 1, RR: 2, BATCH: 3, IDLE: 5, RESET_ON_FORK: 0x40000000 } as const;
/** SCHED_DEADLINE: not among those that threads may be given. */
const DEADLINE = 6;
const RT_PRIORITY_MAX = 99;
/** A time slice of the processor. */
const SLICE_NS = 500_000;

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

/** Throws EINVAL for a policy that is none, or a priority that it does not have. */
function schedulingOf(policy: number, priority: number, resetOnFork: boolean): Scheduling {
  const plain = knownPolicy(policy);
  if (isRealTime(plain) ? priority < 1 || priority > RT_PRIORITY_MAX : priority !== 0) {
    throw new SysError('EINVAL');
  }
  return { policy: plain, priority, resetOnFork };
}

function setScheduler(c: Caller): number {
  if (c.ptr(2) === 0 || c.int(1) < 0) throw new SysError('EINVAL');
  checkThread(c, c.int(0));
  const priority = c.memory.i32(c.ptr(2));
  const resetOnFork = (c.int(1) & Policy.RESET_ON_FORK) !== 0;
  c.task.scheduling.set(c.int(0), schedulingOf(c.int(1), priority, resetOnFork));
  return 0;
}

function getScheduler(c: Caller): number {
  checkThread(c, c.int(0));
  const { policy, resetOnFork } = c.task.scheduling.get(c.int(0));
  return policy | (resetOnFork ? Policy.RESET_ON_FORK : 0);
}

function setParam(c: Caller): number {
  if (c.ptr(1) === 0) throw new SysError('EINVAL');
  checkThread(c, c.int(0));
  const { policy, resetOnFork } = c.task.scheduling.get(c.int(0));
  c.task.scheduling.set(c.int(0), schedulingOf(policy, c.memory.i32(c.ptr(1)), resetOnFork));
  return 0;
}

/** Here a number below 0 is of no thread, where others are invalid. */
function findThread(c: Caller, tid: number): void {
  if (tid < 0) throw new SysError('ESRCH');
  c.task.scheduling.get(tid);
}

function getAffinity(c: Caller): number {
  const bytes = c.ptr(1);
  if (bytes < 8 || bytes % 8 !== 0) throw new SysError('EINVAL');
  findThread(c, c.int(0));
  c.memory.prepareWrite(c.ptr(2), 8);
  c.memory.setU64(c.ptr(2), 1);
  return 8;
}

function setAffinity(c: Caller): number {
  const bytes = c.ptr(1);
  const first = bytes === 0 ? 0 : c.memory.u8(c.ptr(2));
  findThread(c, c.int(0));
  c.task.scheduling.demand(c.int(0));
  if ((first & 1) === 0) throw new SysError('EINVAL');
  return 0;
}

/** struct sched_attr {u32 size, policy, u64 flags, i32 nice, u32 priority, u64 × 3, u32 × 2}. */

const SCHED_ATTR_BYTES = 48;
const AttrFlag = { RESET_ON_FORK: 1, KEEP_POLICY: 8, KEEP_PARAMS: 16 } as const;
/** Beside them: RECLAIM and DL_OVERRUN of deadlines, and utilisation clamps, which mean nothing here. */
const ATTR_FLAGS = 0x7f;

function setAttr(c: Caller): Awaitable<number> {
  checkThread(c, c.int(0));
  const at = c.ptr(1);
  if (at === 0 || c.uint(2) !== 0) throw new SysError('EINVAL');
  const { memory } = c;
  if (memory.u32(at) !== 0 && memory.u32(at) < SCHED_ATTR_BYTES) throw new SysError('E2BIG');
  const flags = memory.u32(at + 8);
  if ((flags & ~ATTR_FLAGS) !== 0 || memory.u32(at + 12) !== 0) throw new SysError('EINVAL');
  const old = c.task.scheduling.get(c.int(0));
  const policy = flags & AttrFlag.KEEP_POLICY ? old.policy : memory.u32(at + 4);
  const priority = flags & AttrFlag.KEEP_PARAMS ? old.priority : memory.u32(at + 20);
  const resetOnFork = (flags & AttrFlag.RESET_ON_FORK) !== 0;
  const wanted = schedulingOf(policy, priority, resetOnFork);
  c.task.scheduling.set(c.int(0), wanted);
  if (isRealTime(wanted.policy) || flags & AttrFlag.KEEP_PARAMS) return 0;
  return done(c.sys.setpriority(c.int(0), Math.max(-20, Math.min(19, memory.i32(at + 16)))));
}

async function getAttr(c: Caller): Promise<number> {
  checkThread(c, c.int(0));
  const [at, bytes, flags] = [c.ptr(1), c.uint(2), c.uint(3)];
  if (at === 0 || bytes < SCHED_ATTR_BYTES || bytes > 4096 || flags !== 0) throw new SysError('EINVAL');
  c.memory.prepareWrite(at, SCHED_ATTR_BYTES);
  const { policy, priority, resetOnFork } = c.task.scheduling.get(c.int(0));
  const nice = isRealTime(policy) ? 0 : await c.sys.getpriority(c.int(0));
  const view = new DataView(new ArrayBuffer(SCHED_ATTR_BYTES));
  view.setUint32(0, SCHED_ATTR_BYTES, true);
  view.setUint32(4, policy, true);
  view.setUint32(8, resetOnFork ? AttrFlag.RESET_ON_FORK : 0, true);
  view.setInt32(16, nice, true);
  view.setUint32(20, priority, true);
  await c.memory.store(at, new Uint8Array(view.buffer));
  return 0;
}

/** A policy whose priorities are asked for. */
const rangedPolicy = (c: Caller): number => (c.int(0) === DEADLINE ? DEADLINE : knownPolicy(c.int(0)));

export const schedulingCalls: LinuxCalls = {
  ioprio_get: (c) => c.task.ioPriorities.get(c.int(0), c.int(1)),
  ioprio_set: (c) => {
    c.task.ioPriorities.set(c.int(0), c.int(1), c.int(2));
    return 0;
  },
  sched_setattr: setAttr,
  sched_getattr: getAttr,
  sched_yield: (c) => {
    c.task.yield();
    return 0;
  },
  sched_setscheduler: setScheduler,
  sched_getscheduler: getScheduler,
  sched_setparam: setParam,
  sched_getparam: (c) => {
    if (c.ptr(1) === 0) throw new SysError('EINVAL');
    checkThread(c, c.int(0));
    c.memory.setU32(c.ptr(1), c.task.scheduling.get(c.int(0)).priority);
    return 0;
  },
  sched_get_priority_max: (c) => (isRealTime(rangedPolicy(c)) ? RT_PRIORITY_MAX : 0),
  sched_get_priority_min: (c) => (isRealTime(rangedPolicy(c)) ? 1 : 0),
  sched_rr_get_interval: (c) => {
    checkThread(c, c.int(0));
    c.memory.prepareWrite(c.ptr(1), 16);
    c.memory.setU64(c.ptr(1), 0);
    const { policy } = c.task.scheduling.get(c.int(0));
    c.memory.setU64(c.ptr(1) + 8, policy === Policy.FIFO ? 0 : SLICE_NS);
    return 0;
  },
  sched_getaffinity: getAffinity,
  sched_setaffinity: setAffinity,
};
