/** Calls on descriptors other than moving data: duplication, flags, attributes, locks, pipes, poll. */
import { type Awaitable, isPromise } from '../../../nucleus/awaitable.ts';
import { Lock, O, Seek } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import type { Fd, RecordLock, SetTime, Stat, StatFs } from '../../../subsystems/unix/sys.ts';
import type { LockRange } from '../../protocols/object.ts';
import { andThen } from '../and-then.ts';
import { deviceManagerHere } from '../device-managers.ts';
import { asVoid } from '../manager.ts';
import { type OpenObject, PIPE_LABEL } from '../objects.ts';
import { poll } from '../poll.ts';
import type { Process, UThread } from '../process.ts';
import { post } from '../signals.ts';
import { giveWay } from '../trap.ts';
import { setAsync } from './async-io.ts';

/** What F_SETFL may change at the server. */
const SETTABLE = O.APPEND | O.DIRECT | O.NONBLOCK;

/** Whose a record lock is: the open file description's, or the process'. */
type Ofd = { ofd?: boolean };

function handle(t: UThread, fd: Fd): { object: OpenObject; key: NonNullable<OpenObject['key']> } {
  const object = t.process.fds.object(fd);
  if (object.key === undefined) throw new SysError('EBADF');
  return { object, key: object.key };
}

/**
 * Any close of a file drops the process' record locks on it, whichever descriptor they were set through
 * (fcntl(2)); any close of a message queue takes back the notice that it asked for (mq_notify(2)).
 */
export function dropReference(process: Process, t: UThread, object: OpenObject): Awaitable<void> {
  const { pm, pid } = process;
  const { kind, key, dest } = object;
  let told: Awaitable<unknown>;
  if (kind === 'file' && process.locks && key !== undefined) {
    told = pm.servers.unlockAll(t.thread, dest, { key, pid });
  } else if (kind === 'mq' && process.queueNotices && key !== undefined) {
    told = pm.queues.notify(t.thread, dest, { key, on: false, pid, signal: 0 });
  } else return pm.objects.drop(object);
  return andThen(told, () => pm.objects.drop(object));
}

export const descriptorCalls = {
  close: (t: UThread, fd: Fd): Awaitable<void> => dropReference(t.process, t, t.process.fds.take(fd)),
  dup: (t: UThread, fd: Fd): Fd => duplicate(t, fd, 0, false),
  dupfd: (t: UThread, fd: Fd, least: Fd, cloexec = false): Fd => {
    if (!Number.isInteger(least) || least < 0 || least >= t.process.limits.nofile.soft)
      throw new SysError('EINVAL');
    return duplicate(t, fd, least, cloexec);
  },
  dup2: (t: UThread, from: Fd, to: Fd, cloexec = false): Awaitable<Fd> => {
    const { process } = t;
    const object = process.fds.object(from);
    if (!Number.isInteger(to) || to < 0 || to >= process.limits.nofile.soft) throw new SysError('EBADF');
    if (from === to) return to;
    object.refs += 1;
    const old = process.fds.put(to, object, cloexec);
    if (!old) return to;
    return andThen(dropReference(process, t, old), () => to);
  },
  closeRange: (t: UThread, first: Fd, last: Fd, cloexec = false, unshare = false): Awaitable<void> => {
    if (unshare) t.process.fds = t.process.fds.alone();
    const { fds } = t.process;
    const waits: Promise<void>[] = [];
    for (const [fd] of fds.entries()) {
      if (fd < first || fd > last) continue;
      if (cloexec) {
        fds.setCloexec(fd, true);
        continue;
      }
      const dropped = dropReference(t.process, t, fds.take(fd));
      if (isPromise(dropped)) waits.push(dropped);
    }
    if (waits.length > 0) return Promise.all(waits).then(() => {});
  },
  getCloexec: (t: UThread, fd: Fd): boolean => t.process.fds.slot(fd).cloexec,
  setCloexec: (t: UThread, fd: Fd, on: boolean): void => t.process.fds.setCloexec(fd, on === true),
  getFlags: (t: UThread, fd: Fd): Awaitable<number> => {
    const { object, key } = handle(t, fd);
    const async = object.async?.isOn ? O.ASYNC : 0;
    return andThen(
      t.process.pm.servers.getFlags(t.thread, object.dest, { key }),
      ({ flags }) => flags | async,
    );
  },
  setFlags: (t: UThread, fd: Fd, flags: number): Awaitable<void> => {
    const { object, key } = handle(t, fd);
    const set = t.process.pm.servers.setFlags(t.thread, object.dest, { key, flags: flags & SETTABLE });
    return andThen(set, () => setAsync(t, fd, object, (flags & O.ASYNC) !== 0));
  },
  fstat: (t: UThread, fd: Fd): Awaitable<Stat> => {
    const { object, key } = handle(t, fd);
    return andThen(t.process.pm.servers.fstat(t.thread, object.dest, { key }), ({ stat }) => stat);
  },
  fstatfs: (t: UThread, fd: Fd): Awaitable<StatFs> => {
    const { object, key } = handle(t, fd);
    return andThen(t.process.pm.servers.fstatfs(t.thread, object.dest, { key }), ({ statfs }) => statfs);
  },
  fchmod: (t: UThread, fd: Fd, mode: number): Awaitable<void> => {
    const { object, key } = handle(t, fd);
    return asVoid(t.process.pm.servers.fchmod(t.thread, object.dest, { key, mode: mode & 0o7777 }));
  },
  fchown: (t: UThread, fd: Fd, uid: number, gid: number): Awaitable<void> => {
    const { object, key } = handle(t, fd);
    return asVoid(t.process.pm.servers.fchown(t.thread, object.dest, { key, uid, gid }));
  },
  futimens: (t: UThread, fd: Fd, atime: SetTime, mtime: SetTime): Awaitable<void> => {
    const { object, key } = handle(t, fd);
    return asVoid(t.process.pm.servers.futimens(t.thread, object.dest, { key, atime, mtime }));
  },
  ftruncate: (t: UThread, fd: Fd, length: number): Awaitable<void> => {
    const { object, key } = handle(t, fd);
    if (length < 0) throw new SysError('EINVAL');
    const limit = t.process.limits.fsize.soft;
    if (length > limit) {
      post(t.process, Sig.XFSZ);
      throw new SysError('EFBIG');
    }
    return asVoid(t.process.pm.servers.ftruncate(t.thread, object.dest, { key, length, limit }));
  },
  fsync: (t: UThread, fd: Fd): Awaitable<void> => {
    const { object, key } = handle(t, fd);
    return asVoid(t.process.pm.servers.fsync(t.thread, object.dest, { key }));
  },
  getLock: (t: UThread, fd: Fd, wanted: RecordLock, options?: Ofd): Awaitable<RecordLock> => {
    const { object, key } = handle(t, fd);
    const { servers } = t.process.pm;
    return andThen(absoluteRange(t, object, wanted), (lock) =>
      andThen(
        servers.getLock(t.thread, object.dest, { key, lock, ofd: options?.ofd === true }),
        ({ lock: found }) =>
          found.type === Lock.UNLCK ? { ...wanted, type: Lock.UNLCK } : { ...found, whence: Seek.SET },
      ),
    );
  },
  setLock: (t: UThread, fd: Fd, wanted: RecordLock, wait: boolean, options?: Ofd): Awaitable<void> => {
    const { object, key } = handle(t, fd);
    const { process } = t;
    return andThen(absoluteRange(t, object, wanted), (lock) => {
      if (lock.type !== Lock.UNLCK && !options?.ofd) process.locks = true;
      if (wait === true) giveWay(t);
      const request = { key, lock, wait: wait === true, ofd: options?.ofd === true };
      return asVoid(process.pm.servers.setLock(t.thread, object.dest, request));
    });
  },
  pipe: (t: UThread, flags = 0): Awaitable<[Fd, Fd]> => {
    const { pm } = t.process;
    const port = deviceManagerHere(pm);
    return andThen(pm.servers.pipe(t.thread, { target: port }, { flags }), ({ reader, writer }) => {
      const { fds, limits } = t.process;
      const cloexec = (flags & O.CLOEXEC) !== 0;
      const readEnd = pm.objects.enter(port, reader, 'pipe', PIPE_LABEL);
      const writeEnd = pm.objects.enter(port, writer, 'pipe', PIPE_LABEL);
      const first = addOr(readEnd, () => pm.objects.drop(writeEnd));
      const second = addOr(writeEnd, () => pm.objects.drop(fds.take(first)));
      return [first, second];

      function addOr(object: OpenObject, undo: () => unknown): Fd {
        try {
          return fds.add(object, cloexec, limits.nofile.soft);
        } catch (error) {
          undo();
          throw error;
        }
      }
    });
  },
  poll,
};

function duplicate(t: UThread, fd: Fd, least: Fd, cloexec: boolean): Fd {
  const { fds, limits } = t.process;
  const object = fds.object(fd);
  object.refs += 1;
  return fds.add(object, cloexec, limits.nofile.soft, least);
}

/** A lock's range counted from the start of the file. Throws EINVAL. */
function absoluteRange(t: UThread, object: OpenObject, lock: RecordLock): Awaitable<LockRange> {
  const { pm, pid } = t.process;
  const { type, start: offset, length: size } = lock ?? {};
  if (![type, offset, size].every(Number.isSafeInteger) || !(type >= 0 && type <= Lock.UNLCK)) {
    throw new SysError('EINVAL');
  }
  if (object.kind !== 'file') throw new SysError('EINVAL');
  const from = (base: number): LockRange => {
    let start = base + lock.start;
    let { length } = lock;
    if (length < 0) {
      start += length;
      length = -length;
    }
    if (start < 0) throw new SysError('EINVAL');
    return { type: lock.type, start, length, pid };
  };
  if (lock.whence === Seek.SET) return from(0);
  const key = object.key!;
  if (lock.whence === Seek.END) {
    return andThen(pm.servers.fstat(t.thread, object.dest, { key }), ({ stat }) => from(stat.size));
  }
  if (lock.whence !== Seek.CUR) throw new SysError('EINVAL');
  return andThen(pm.servers.seek(t.thread, object.dest, { key, offset: 0, whence: Seek.CUR }), ({ offset }) =>
    from(offset),
  );
}
