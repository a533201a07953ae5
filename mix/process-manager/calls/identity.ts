/** Who a process is: ids, credentials, priority, limits. */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import { PI_GROUPS_MAX } from '../../../nucleus/ids/capability.ts';
import { Limits as Bounds, type Resource } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Pid, PriorityOf, Usage } from '../../../subsystems/unix/sys.ts';
import { stampCredentials } from '../build.ts';
import { senderOf } from '../groups.ts';
import { priorityOf, setPriority, type Target } from '../priority.ts';
import type { Limit, UThread } from '../process.ts';

/** Supplementary groups of one process: EINVAL. */
export const NGROUPS_MAX = PI_GROUPS_MAX;

/** The fields of real, effective, saved. */
const NAMES = { uid: ['uid', 'euid', 'suid'], gid: ['gid', 'egid', 'sgid'] } as const;

function checkId(id: number): void {
  if (!Number.isInteger(id) || id < 0 || id > 0xfffffffe) throw new SysError('EINVAL');
}

/** setuid(2) and its kin for both kinds of id: which of real, effective, saved may become what. */
function setIds(
  t: UThread,
  real: 'uid' | 'gid',
  effective: 'euid' | 'egid',
  saved: 'suid' | 'sgid',
  id: number,
): void {
  const { process } = t;
  checkId(id);
  const { creds } = process;
  if (creds.euid === 0) {
    process.creds = { ...creds, [real]: id, [effective]: id, [saved]: id };
  } else {
    if (id !== creds[real] && id !== creds[saved]) throw new SysError('EPERM');
    process.creds = { ...creds, [effective]: id };
  }
  stampCredentials(process);
}

function setEffective(
  t: UThread,
  real: 'uid' | 'gid',
  effective: 'euid' | 'egid',
  saved: 'suid' | 'sgid',
  id: number,
): void {
  const { process } = t;
  checkId(id);
  const { creds } = process;
  if (creds.euid !== 0 && id !== creds[real] && id !== creds[saved]) throw new SysError('EPERM');
  process.creds = { ...creds, [effective]: id };
  stampCredentials(process);
}

/** setresuid(2), setreuid(2) and the same for groups: see Sys.setids. */
function setids(
  t: UThread,
  which: 'uid' | 'gid',
  ids: { real: number | undefined; effective: number | undefined; saved: number | 'keep' | undefined },
): void {
  const { process } = t;
  const { creds } = process;
  if (typeof ids !== 'object' || ids === null || !Object.hasOwn(NAMES, which)) throw new SysError('EFAULT');
  const names = NAMES[which];
  const [real, effective, saved] = names.map((name) => creds[name]) as [number, number, number];
  const three = ids.saved !== undefined;
  const wanted = [ids.real, ids.effective, ids.saved === 'keep' ? undefined : ids.saved];
  for (const [index, id] of wanted.entries()) {
    if (id === undefined) continue;
    checkId(id);
    // setreuid lets the real id become the real or effective one only.
    const allowed = three || index === 1 ? [real, effective, saved] : [real, effective];
    if (creds.euid !== 0 && !allowed.includes(id)) throw new SysError('EPERM');
  }
  const newReal = ids.real ?? real;
  const newEffective = ids.effective ?? effective;
  const follows = ids.real !== undefined || (ids.effective !== undefined && ids.effective !== real);
  const newSaved = three ? (wanted[2] ?? saved) : follows ? newEffective : saved;
  const [a, b, c] = names;
  process.creds = { ...creds, [a]: newReal, [b]: newEffective, [c]: newSaved };
  stampCredentials(process);
}

export const identityCalls = {
  getpid: (t: UThread): Pid => t.process.pid,
  getppid: (t: UThread): Pid => t.process.ppid,
  getuid: (t: UThread): number => t.process.creds.uid,
  geteuid: (t: UThread): number => t.process.creds.euid,
  getgid: (t: UThread): number => t.process.creds.gid,
  getegid: (t: UThread): number => t.process.creds.egid,
  getgroups: (t: UThread): number[] => [...t.process.groups],
  setgroups: (t: UThread, groups: readonly number[]): void => {
    const { process } = t;
    if (process.creds.euid !== 0) throw new SysError('EPERM');
    if (!Array.isArray(groups)) throw new SysError('EFAULT');
    if (groups.length > NGROUPS_MAX) throw new SysError('EINVAL');
    for (const gid of groups) checkId(gid);
    process.groups = [...groups];
    stampCredentials(process);
  },
  getids: (t: UThread, which: 'uid' | 'gid'): [number, number, number] => {
    const { creds } = t.process;
    return which === 'uid' ? [creds.uid, creds.euid, creds.suid] : [creds.gid, creds.egid, creds.sgid];
  },
  setids,
  setuid: (t: UThread, uid: number): void => setIds(t, 'uid', 'euid', 'suid', uid),
  setgid: (t: UThread, gid: number): void => setIds(t, 'gid', 'egid', 'sgid', gid),
  seteuid: (t: UThread, uid: number): void => setEffective(t, 'uid', 'euid', 'suid', uid),
  setegid: (t: UThread, gid: number): void => setEffective(t, 'gid', 'egid', 'sgid', gid),
  getpriority: (t: UThread, who = 0, which: PriorityOf = 'process'): Awaitable<number> =>
    priorityOf(t.process.pm, priorityTarget(t, which, who)),
  setpriority: (t: UThread, who: number, value: number, which: PriorityOf = 'process'): Awaitable<void> => {
    const { process } = t;
    if (!Number.isInteger(value)) throw new SysError('EINVAL');
    return setPriority(process.pm, priorityTarget(t, which, who), value, senderOf(process));
  },
  getrlimit: (t: UThread, resource: Resource): Limit => ({ ...limitOf(t, resource) }),
  setrlimit: (t: UThread, resource: Resource, limit: Limit): void => {
    const { process } = t;
    const old = limitOf(t, resource);
    if (typeof limit !== 'object') throw new SysError('EFAULT');
    const { soft, hard } = limit;
    if (!(soft >= 0) || !(hard >= 0) || soft > hard) throw new SysError('EINVAL');
    if (hard > old.hard && process.creds.euid !== 0) throw new SysError('EPERM');
    if (resource === 'nofile' && hard > Bounds.NOFILE_MAX) throw new SysError('EPERM');
    process.limits = { ...process.limits, [resource]: { soft, hard } };
  },
  times: (t: UThread): Usage => ({ ...t.process.usage }),
};

/** 0: the caller's own. */
function priorityTarget({ process }: UThread, which: PriorityOf, who: number): Target {
  const own = { process: process.pid, group: process.pgid, user: process.creds.uid };
  if (!Object.hasOwn(own, which)) throw new SysError('EINVAL');
  return { which, who: who === 0 ? own[which] : who };
}

function limitOf(t: UThread, resource: Resource): Limit {
  const limits = t.process.limits;
  if (!Object.hasOwn(limits, resource)) throw new SysError('EINVAL');
  return limits[resource];
}
