/** fcntl(2) of signal-driven I/O and leases: who is told, by which signal, and when (../async-io.ts). */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import { Lock } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { SIGNAL_MAX } from '../../../subsystems/unix/signals.ts';
import type { Fd, IoOwner } from '../../../subsystems/unix/sys.ts';
import { andThen } from '../and-then.ts';
import { AsyncIo, canBeAsync } from '../async-io.ts';
import { senderOf, sessionOfGroup } from '../groups.ts';
import { locate } from '../locate.ts';
import type { OpenObject } from '../objects.ts';
import { creationSiteOf } from '../pids.ts';
import type { UThread } from '../process.ts';

const TYPES: readonly string[] = ['thread', 'process', 'group'] satisfies IoOwner['type'][];

/** Throws EBADF: a place is nothing to do I/O with. */
function objectOf(t: UThread, fd: Fd): OpenObject {
  const object = t.process.fds.object(fd);
  if (object.kind === 'path') throw new SysError('EBADF');
  return object;
}

function asyncOf(object: OpenObject): AsyncIo {
  object.async ??= new AsyncIo();
  return object.async;
}

/** Throws ESRCH when there is no such process, thread or group anywhere. */
function checkOwner(t: UThread, { type, pid }: IoOwner): Awaitable<void> {
  const { pm } = t.process;
  if (type === 'group') {
    return andThen(sessionOfGroup(pm, pid), (sid) => {
      if (sid === undefined) throw new SysError('ESRCH');
    });
  }
  if (pm.guests?.threadIds.has(pid)) return;
  return andThen(locate(t, pid), () => undefined);
}

/** O_ASYNC of F_SETFL. A terminal without an owner tells the group of who asks. */
export function setAsync(t: UThread, fd: Fd, object: OpenObject, on: boolean): void {
  if (!canBeAsync(object) || on === (object.async?.isOn === true)) return;
  const { process } = t;
  const io = asyncOf(object);
  if (!on) {
    io.stop();
    return;
  }
  if (object.kind === 'tty' && !io.owner) {
    io.owner = { type: 'group', pid: process.pgid };
    io.sender = senderOf(process);
  }
  io.start(process.pm, object, fd);
}

function askLease(t: UThread, object: OpenObject, type?: number): Awaitable<number> {
  const { key, dest } = object;
  if (key === undefined) throw new SysError('EINVAL');
  const request = type === undefined ? { key } : { key, type };
  return andThen(t.process.pm.servers.lease(t.thread, dest, request), (reply) => reply.type);
}

export const asyncCalls = {
  getLease: (t: UThread, fd: Fd): Awaitable<number> => {
    const object = objectOf(t, fd);
    return object.kind === 'file' ? askLease(t, object) : Lock.UNLCK;
  },
  setLease: (t: UThread, fd: Fd, type: number): Awaitable<void> => {
    const object = objectOf(t, fd);
    if (!Number.isInteger(type) || type < 0) throw new SysError('EINVAL');
    return andThen(askLease(t, object, type), () => {
      if (type === Lock.UNLCK) return;
      const { process } = t;
      asyncOf(object).takeLease(fd, { type: 'process', pid: process.pid }, senderOf(process));
    });
  },
  getOwn: (t: UThread, fd: Fd): IoOwner => {
    const owner = objectOf(t, fd).async?.owner;
    if (!owner) return { type: 'thread', pid: 0 };
    const { pm } = t.process;
    const { type, pid } = owner;
    const here = creationSiteOf(pid) === pm.site && !pm.moved.has(pid);
    const known =
      type === 'group' ? pm.groups.has(pid) : pm.processes.has(pid) || pm.guests?.threadIds.has(pid);
    return here && !known ? { type, pid: 0 } : owner;
  },
  setOwn: (t: UThread, fd: Fd, owner: IoOwner): Awaitable<void> => {
    const object = objectOf(t, fd);
    const { type, pid } = owner ?? {};
    if (!TYPES.includes(type) || !Number.isInteger(pid) || pid < 0) throw new SysError('EINVAL');
    const set = (): void => {
      const io = asyncOf(object);
      io.owner = pid === 0 ? null : { type, pid };
      io.sender = senderOf(t.process);
    };
    return pid === 0 ? set() : andThen(checkOwner(t, owner), set);
  },
  getSig: (t: UThread, fd: Fd): number => objectOf(t, fd).async?.sig ?? 0,
  setSig: (t: UThread, fd: Fd, sig: number): void => {
    const object = objectOf(t, fd);
    if (!Number.isInteger(sig) || sig < 0 || sig > SIGNAL_MAX) throw new SysError('EINVAL');
    asyncOf(object).sig = sig;
  },
};
