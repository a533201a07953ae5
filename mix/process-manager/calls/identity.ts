/** Number, niceness, limits and use of a process. */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import { Limits as Bounds, type Resource } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Pid, PriorityOf, Usage } from '../../../subsystems/unix/sys.ts';
import { senderOf } from '../groups.ts';
import { priorityOf, setPriority, type Target } from '../priority.ts';
import type { Limit, UThread } from '../process.ts';

export const identityCalls = {
  getpid: (t: UThread): Pid => t.process.pid,
  getppid: (t: UThread): Pid => t.process.ppid,
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
  times: (t: UThread): Usage => {
    t.image.guest?.noteResident();
    return { ...t.process.usage };
  },
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
