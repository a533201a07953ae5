/** Who a process is: user and group ids in all their variants, priorities. */
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
    const { task } = c;
    const before = task.traits.personality;
    if (c.uint(0) !== LEAVE) task.traits = { ...task.traits, personality: c.uint(0) };
    return before;
  },
};
