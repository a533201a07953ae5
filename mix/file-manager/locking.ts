/** The lock operations on open files: who may lock what. */
import { isPromise } from '../../nucleus/awaitable.ts';
import { Lock, O } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { LockRange } from '../protocols/object.ts';
import type { Handle } from './handles.ts';
import { owns } from './rights.ts';
import { credentialsOf, type FileServer, type Operations } from './state.ts';

export function lockOperations(server: FileServer): Operations {
  const { handles, locks, flocks, leases } = server;
  return {
    getLock: ({ key, lock, ofd }) => {
      if (lock.type !== Lock.RDLCK && lock.type !== Lock.WRLCK) throw new SysError('EINVAL');
      return { lock: locks.query(handles.opened(key).ino, lock, ofd ? key : lock.pid) };
    },
    setLock: ({ key, lock, wait, ofd }, context) => {
      const handle = handles.opened(key);
      demandLockable(handle, lock);
      const owner = ofd ? key : lock.pid;
      const done = locks.set(handle.ino, lock, owner, context.srcSite, wait ? context.thread : null);
      return isPromise(done) ? done.then(() => ({})) : {};
    },
    flock: ({ key, kind, wait }, { thread }) => {
      const done = flocks.set(handles.opened(key), kind, wait ? thread : null);
      return isPromise(done) ? done.then(() => ({})) : {};
    },
    lease: ({ key, type }, context) => {
      const handle = handles.opened(key);
      if (type === undefined) return { type: leases.typeOf(handle) };
      if (type > Lock.UNLCK || handle.kind !== 'file') throw new SysError('EINVAL');
      if (!owns(server.volume.attributes(handle.ino), credentialsOf(context))) throw new SysError('EACCES');
      leases.set(handle, type, context.srcSite);
      return { type };
    },
    unlockAll: ({ key, pid }) => {
      locks.unlockAll(handles.get(key).ino, pid);
      return {};
    },
  };
}

/** A read lock needs a file open for reading, a write lock one open for writing: EBADF. */
function demandLockable(handle: Handle, { type }: LockRange): void {
  const access = handle.flags & O.ACCMODE;
  if (type !== Lock.RDLCK && type !== Lock.WRLCK && type !== Lock.UNLCK) throw new SysError('EINVAL');
  if (type === Lock.RDLCK && access === O.WRONLY) throw new SysError('EBADF');
  if (type === Lock.WRLCK && access === O.RDONLY) throw new SysError('EBADF');
}
