/** Who a process is: user and group ids in all their variants, capabilities as root has them, prctl. */
import { SysError } from '../errno.ts';
import type { PriorityOf } from '../sys-data.ts';
import type { Caller, LinuxCalls } from './caller.ts';

/** -1: leave as it is. */
const LEAVE = 0xffffffff;
const GROUPS_MAX = 65536;

function setReal(c: Caller, which: 'uid' | 'gid'): number {
  c.sys.setids(which, { real: keep(c.uint(0)), effective: keep(c.uint(1)), saved: undefined });
  return 0;
}

function setAll(c: Caller, which: 'uid' | 'gid'): number {
  const [real, effective, saved] = [keep(c.uint(0)), keep(c.uint(1)), keep(c.uint(2))];
  c.sys.setids(which, { real, effective, saved: saved ?? 'keep' });
  return 0;
}

const keep = (id: number): number | undefined => (id === LEAVE ? undefined : id);

function getAll(c: Caller, which: 'uid' | 'gid'): number {
  const ids = c.sys.getids(which);
  const places = [c.ptr(0), c.ptr(1), c.ptr(2)];
  for (const at of places) c.memory.prepareWrite(at, 4);
  places.forEach((at, i) => {
    c.memory.setU32(at, ids[i]!);
  });
  return 0;
}

function getgroups(c: Caller): number {
  const groups = c.sys.getgroups();
  const room = c.int(0);
  if (room === 0) return groups.length;
  if (room < groups.length) throw new SysError('EINVAL');
  c.memory.prepareWrite(c.ptr(1), groups.length * 4);
  groups.forEach((gid, i) => {
    c.memory.setU32(c.ptr(1) + i * 4, gid);
  });
  return groups.length;
}

function setgroups(c: Caller): number {
  const count = c.int(0);
  if (count < 0 || count > GROUPS_MAX) throw new SysError('EINVAL');
  const groups = Array.from({ length: count }, (_, i) => c.memory.u32(c.ptr(1) + i * 4));
  c.sys.setgroups(groups);
  return 0;
}

// --- capabilities: root has them all, nobody else any

const CAPABILITY_VERSION_3 = 0x20080522;
const ALL_LOW = 0xffffffff;
const ALL_HIGH = 0x1ff;

function capget(c: Caller): number {
  const [header, data] = [c.ptr(0), c.ptr(1)];
  const { memory } = c;
  if (memory.u32(header) !== CAPABILITY_VERSION_3) {
    memory.setU32(header, CAPABILITY_VERSION_3);
    if (data === 0) return 0;
    throw new SysError('EINVAL');
  }
  if (data === 0) return 0;
  memory.prepareWrite(data, 24);
  const root = c.sys.geteuid() === 0;
  for (const [at, word] of [
    [data, ALL_LOW],
    [data + 12, ALL_HIGH],
  ] as const) {
    memory.setU32(at, root ? word : 0);
    memory.setU32(at + 4, root ? word : 0);
    memory.setU32(at + 8, 0);
  }
  return 0;
}

// --- prctl

const Pr = {
  SET_PDEATHSIG: 1,
  GET_PDEATHSIG: 2,
  GET_DUMPABLE: 3,
  SET_DUMPABLE: 4,
  GET_KEEPCAPS: 7,
  SET_KEEPCAPS: 8,
  SET_NAME: 15,
  GET_NAME: 16,
  CAPBSET_READ: 23,
  CAPBSET_DROP: 24,
  GET_TIMERSLACK: 30,
  SET_TIMERSLACK: 29,
  SET_CHILD_SUBREAPER: 36,
  GET_CHILD_SUBREAPER: 37,
  SET_NO_NEW_PRIVS: 38,
  GET_NO_NEW_PRIVS: 39,
  SET_THP_DISABLE: 41,
  GET_THP_DISABLE: 42,
  SET_VMA: 0x53564d41,
} as const;
const NAME_BYTES = 16;
const CAPABILITIES = 41;

function prctl(c: Caller): number {
  const { memory, task } = c;
  switch (c.int(0)) {
    case Pr.SET_NAME:
      task.name = memory.string(c.ptr(1), NAME_BYTES - 1, true);
      return 0;
    case Pr.GET_NAME: {
      const bytes = new Uint8Array(NAME_BYTES);
      bytes.set(new TextEncoder().encode(task.name).subarray(0, NAME_BYTES - 1));
      memory.write(c.ptr(1), bytes);
      return 0;
    }
    case Pr.SET_PDEATHSIG:
      if (c.uint(1) > 64) throw new SysError('EINVAL');
      task.parentDeathSignal = c.int(1);
      return 0;
    case Pr.GET_PDEATHSIG:
      memory.setU32(c.ptr(1), task.parentDeathSignal);
      return 0;
    case Pr.GET_DUMPABLE:
      return 1;
    case Pr.SET_DUMPABLE:
    case Pr.SET_KEEPCAPS:
      if (c.ptr(1) > 1) throw new SysError('EINVAL');
      return 0;
    case Pr.CAPBSET_READ:
      if (c.ptr(1) >= CAPABILITIES) throw new SysError('EINVAL');
      return 1;
    case Pr.GET_TIMERSLACK:
      return task.timerSlackNs;
    case Pr.SET_TIMERSLACK:
      task.timerSlackNs = c.ptr(1) || task.defaultSlackNs;
      return 0;
    case Pr.SET_VMA:
    case Pr.SET_THP_DISABLE:
      return 0;
    case Pr.SET_NO_NEW_PRIVS:
      if (c.ptr(1) !== 1) throw new SysError('EINVAL');
      return 0;
    case Pr.GET_KEEPCAPS:
    case Pr.GET_NO_NEW_PRIVS:
    case Pr.GET_THP_DISABLE:
      return 0;
    default:
      throw new SysError('EINVAL');
  }
}

/** By the number of PRIO_PROCESS, PRIO_PGRP, PRIO_USER. */
const PRIORITIES_OF = ['process', 'group', 'user'] as const;

function priorityOf(c: Caller): PriorityOf {
  const which = PRIORITIES_OF[c.int(0)];
  if (!which) throw new SysError('EINVAL');
  return which;
}

export const identityCalls: LinuxCalls = {
  getuid: (c) => c.sys.getuid(),
  geteuid: (c) => c.sys.geteuid(),
  getgid: (c) => c.sys.getgid(),
  getegid: (c) => c.sys.getegid(),
  setuid: (c) => {
    c.sys.setuid(c.uint(0));
    return 0;
  },
  setgid: (c) => {
    c.sys.setgid(c.uint(0));
    return 0;
  },
  setreuid: (c) => setReal(c, 'uid'),
  setregid: (c) => setReal(c, 'gid'),
  setresuid: (c) => setAll(c, 'uid'),
  setresgid: (c) => setAll(c, 'gid'),
  getresuid: (c) => getAll(c, 'uid'),
  getresgid: (c) => getAll(c, 'gid'),
  setfsuid: (c) => c.sys.setfsid('uid', c.uint(0)),
  setfsgid: (c) => c.sys.setfsid('gid', c.uint(0)),
  getgroups,
  setgroups,
  capget,
  capset: (c) => {
    if (c.memory.u32(c.ptr(0)) !== CAPABILITY_VERSION_3) throw new SysError('EINVAL');
    if (c.sys.geteuid() !== 0) throw new SysError('EPERM');
    return 0;
  },
  prctl,
  getpriority: (c) => {
    const nice = c.sys.getpriority(c.uint(1), priorityOf(c));
    // As the kernel answers: 1 … 40, so that no result looks like an error.
    return nice instanceof Promise ? nice.then((value) => 20 - value) : 20 - nice;
  },
  setpriority: (c) => {
    const set = c.sys.setpriority(c.uint(1), c.int(2), priorityOf(c));
    return set instanceof Promise ? set.then(() => 0) : 0;
  },
  personality: (c) => {
    if (c.uint(0) !== LEAVE && (c.uint(0) & 0xff) !== 0) throw new SysError('EINVAL');
    return 0;
  },
};
