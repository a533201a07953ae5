/** kill, process groups, sessions, wait. */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import { isKError } from '../../../nucleus/errors.ts';
import { Wait } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { SIGNAL_MAX } from '../../../subsystems/unix/signals.ts';
import type { Fd, Pid, WaitResult } from '../../../subsystems/unix/sys.ts';
import { andThen } from '../and-then.ts';
import { reap, tellChildrenOfGroup, tellParent } from '../family.ts';
import {
  checkTally,
  infoFrom,
  maySignal,
  senderOf,
  sessionOfGroup,
  signalAll,
  signalGroup,
} from '../groups.ts';
import { gone, infoOf, locate } from '../locate.ts';
import { type Child, NO_USAGE, type Process, type UThread } from '../process.ts';
import { post } from '../signals.ts';

/** A process' directory in /proc stands for it, as a pidfd does. */
const PROC_DIRECTORY = /^\/proc\/(self|[1-9]\d*)$/;

export const jobCalls = {
  kill: (t: UThread, pid: Pid, sig: number): Awaitable<void> => {
    const { process } = t;
    const { pm } = process;
    if (!Number.isInteger(sig) || sig < 0 || sig > SIGNAL_MAX) throw new SysError('EINVAL');
    if (!Number.isInteger(pid)) throw new SysError('ESRCH');
    const sender = senderOf(process);
    if (pid === -1) return andThen(signalAll(pm, sig, sender), checkTally);
    if (pid <= 0) return andThen(signalGroup(pm, pid === 0 ? process.pgid : -pid, sig, sender), checkTally);
    // The number of any thread of a guest stands for its process.
    const target = pm.processes.get(pid) ?? pm.guests?.threadIds.get(pid);
    if (!target) return killRemote(t, pid, sig);
    if (!maySignal(sender, target, sig)) throw new SysError('EPERM');
    post(target, sig, infoFrom(sender, sig));
  },
  getpgid: (t: UThread, pid: Pid = 0): Awaitable<Pid> => {
    const target = pid === 0 ? t.process : t.process.pm.processes.get(pid);
    return target ? target.pgid : andThen(infoOf(t, pid), ({ pgid }) => pgid);
  },
  getsid: (t: UThread, pid: Pid = 0): Awaitable<Pid> => {
    const target = pid === 0 ? t.process : t.process.pm.processes.get(pid);
    return target ? target.sid : andThen(infoOf(t, pid), ({ sid }) => sid);
  },
  setpgid: (t: UThread, pid: Pid, pgid: Pid): Awaitable<void> => {
    const { process } = t;
    if (!Number.isInteger(pgid) || pgid < 0) throw new SysError('EINVAL');
    const target = pid === 0 ? process.pid : pid;
    const group = pgid === 0 ? target : pgid;
    const child = target === process.pid ? undefined : process.children.get(target);
    if (target !== process.pid && (!child || child.ended)) throw new SysError('ESRCH');
    return andThen(groupIsIn(process, group, target), (pgidExists) => {
      const local = process.pm.find(target);
      if (local) setGroup(local, group, process.sid, pgidExists, target !== process.pid);
      else return setRemoteGroup(t, child!, group, pgidExists);
      if (child) child.pgid = group;
    });
  },
  setsid: (t: UThread): Pid => {
    const { process } = t;
    const { pm, pid } = process;
    if (process.pgid === pid || pm.groups.has(pid)) throw new SysError('EPERM');
    pm.joinGroup(process, pid);
    process.sid = pid;
    process.terminal = null;
    tellParent(process, { kind: 'group', status: 0, usage: undefined });
    tellChildrenOfGroup(process);
    return pid;
  },
  waitpid,
  pidfdOpen: (t: UThread, pid: Pid, flags: number): Fd => {
    const { process } = t;
    const { pm } = process;
    if (!Number.isInteger(pid) || pid <= 0) throw new SysError('EINVAL');
    const target = pm.processes.get(pid);
    if (!target) throw new SysError(pm.guests?.threadIds.has(pid) ? 'EINVAL' : 'ESRCH');
    return process.fds.add(pm.pidfds.open(target, flags), true, process.limits.nofile.soft);
  },
  pidOf: (t: UThread, fd: Fd): Pid => {
    const object = t.process.fds.object(fd);
    const named = object.kind === 'directory' ? PROC_DIRECTORY.exec(object.label) : null;
    if (named) return named[1] === 'self' ? t.process.pid : Number(named[1]);
    const target = t.process.pm.pidfds.processOf(object);
    if (!target) throw new SysError('EBADF');
    return target.pid;
  },
};

async function killRemote(t: UThread, pid: Pid, sig: number): Promise<void> {
  const { pm } = t.process;
  const sender = senderOf(t.process);
  const signal = async (): Promise<void> => {
    const dest = await locate(t, pid);
    await pm.withThread((thread) => pm.peers.signal(thread, dest, { pid, sig, sender }));
  };
  try {
    await signal();
  } catch (error) {
    if (!isKError(error) || isKError(error, 'K_EABORT')) throw error;
    // It has ended since it was found, and its port with it: its manager answers for the zombie.
    await gone(signal);
  }
}

/** Whether `group` is one of this session's, or would be a new one (led by `target`). */
function groupIsIn(process: Process, group: Pid, target: Pid): Awaitable<boolean> {
  if (group === target) return true;
  const [member] = process.pm.groups.get(group) ?? [];
  if (member) return member.sid === process.sid;
  return sessionOfGroup(process.pm, group).then((sid) => sid === process.sid);
}

/** setpgid(2)'s rules, where the process lives. Throws EPERM, EACCES. */
export function setGroup(
  target: Process,
  pgid: Pid,
  callerSid: Pid,
  pgidExists: boolean,
  byParent: boolean,
): void {
  if (target.sid === target.pid || target.sid !== callerSid) throw new SysError('EPERM');
  if (byParent && target.execed) throw new SysError('EACCES');
  if (!pgidExists) throw new SysError('EPERM');
  if (target.pgid === pgid) return;
  target.pm.joinGroup(target, pgid);
  tellChildrenOfGroup(target);
  if (!byParent) tellParent(target, { kind: 'group', status: 0, usage: undefined });
}

async function setRemoteGroup(t: UThread, child: Child, pgid: Pid, pgidExists: boolean): Promise<void> {
  const { pm, pid: parent, sid } = t.process;
  if (!child.port) throw new SysError('ESRCH');
  const dest = { target: child.port };
  await gone(async () => {
    const request = { pid: child.pid, pgid, parent, sid, pgidExists };
    await pm.withThread((thread) => pm.peers.setGroup(thread, dest, request));
  });
  child.pgid = pgid;
}

// --- wait
// ------------------------------------------------------------------------------------------------------

const WAIT_FLAGS = Wait.NOHANG | Wait.UNTRACED | Wait.CONTINUED | Wait.NOWAIT | Wait.NOEXITED;

/** wait4(2), waitid(2): looks at the children that fit, waits until one has news. Throws ECHILD, EINVAL. */
function waitpid(t: UThread, pid: Pid, options = 0): Awaitable<WaitResult | undefined> {
  const { process } = t;
  if (!Number.isInteger(pid) || (options & ~WAIT_FLAGS) !== 0) throw new SysError('EINVAL');
  const found = newsOf(process, pid, options);
  if (found || options & Wait.NOHANG) return found;
  return waitForNews(t, pid, options);
}

async function waitForNews(t: UThread, pid: Pid, options: number): Promise<WaitResult> {
  const { process } = t;
  for (;;) {
    let abort: unknown;
    try {
      await process.childQueue.wait(t.thread);
    } catch (error) {
      abort = error;
    }
    // The signal may be the child's own news: then the news counts.
    const found = newsOf(process, pid, options);
    if (found) return found;
    if (abort !== undefined) throw abort;
  }
}

function fits(child: Child, pid: Pid, process: Process): boolean {
  if (pid === -1) return true;
  if (pid > 0) return child.pid === pid;
  return child.pgid === (pid === 0 ? process.pgid : -pid);
}

function newsOf(process: Process, pid: Pid, options: number): WaitResult | undefined {
  let any = false;
  for (const child of process.children.values()) {
    if (!fits(child, pid, process)) continue;
    any = true;
    const result = takeNews(process, child, options);
    if (result) return result;
  }
  if (!any) throw new SysError('ECHILD');
  return undefined;
}

function takeNews(process: Process, child: Child, options: number): WaitResult | undefined {
  const { pid, ended, news, stopped } = child;
  const stays = (options & Wait.NOWAIT) !== 0;
  if (ended) {
    if (options & Wait.NOEXITED) return undefined;
    if (!stays) reap(process, child);
    return { pid, status: ended.status, usage: ended.usage };
  }
  if (news === 0 || (options & (stopped ? Wait.UNTRACED : Wait.CONTINUED)) === 0) return undefined;
  if (!stays) child.news = 0;
  return { pid, status: news, usage: NO_USAGE };
}
