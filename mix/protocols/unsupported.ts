/**
 * The errno of each object operation on a server that has no such thing: one row per operation. A server
 * spreads `unsupported` under its own implementation, so that every operation of the protocol is answered.
 *
 * The numbers are what Linux gives for the same call on an object of another kind (a pipe cannot seek:
 * ESPIPE; a file is no terminal: ENOTTY) or in a tree that cannot change (/proc, /dev/pts: EPERM or
 * EROFS-like).
 */
import type { Implementation } from '../../nucleus/ipc/protocol.ts';
import { type ErrnoName, SysError } from '../../subsystems/unix/errno.ts';
import type { ObjectSpecs } from './object.ts';

const ERRORS: Record<keyof ObjectSpecs, ErrnoName> = {
  open: 'ENOENT',
  reopen: 'ENXIO',
  stat: 'ENOENT',
  access: 'ENOENT',
  mkdir: 'EPERM',
  mknod: 'EPERM',
  symlink: 'EPERM',
  readlink: 'EINVAL',
  unlink: 'EPERM',
  rmdir: 'EPERM',
  chmod: 'EPERM',
  chown: 'EPERM',
  utimens: 'EPERM',
  truncate: 'EINVAL',
  statfs: 'ENOSYS',
  mount: 'ENOSYS',
  umount: 'EINVAL',
  remount: 'EINVAL',
  rename: 'EPERM',
  link: 'EPERM',
  mounted: 'ENOSYS',
  unmounted: 'EINVAL',
  mounts: 'ENOSYS',
  read: 'EBADF',
  write: 'EBADF',
  seek: 'ESPIPE',
  fstat: 'EBADF',
  fstatfs: 'ENOSYS',
  fchmod: 'EPERM',
  fchown: 'EPERM',
  futimens: 'EPERM',
  ftruncate: 'EINVAL',
  fsync: 'EINVAL',
  sync: 'ENOSYS',
  readdir: 'ENOTDIR',
  getFlags: 'EBADF',
  setFlags: 'EBADF',
  poll: 'EBADF',
  getLock: 'EINVAL',
  setLock: 'EINVAL',
  unlockAll: 'EBADF',
  flock: 'EINVAL',
  lease: 'EINVAL',
  allocate: 'ENODEV',
  getXattr: 'EOPNOTSUPP',
  setXattr: 'EOPNOTSUPP',
  listXattrs: 'EOPNOTSUPP',
  removeXattr: 'EOPNOTSUPP',
  segment: 'ENODEV',
  watch: 'EOPNOTSUPP',
  unwatch: 'EINVAL',
  watched: 'EINVAL',
  memfd: 'ENOSYS',
  seals: 'EINVAL',
  path: 'ENOTDIR',
  hold: 'EBADF',
  release: 'EBADF',
  openSpecial: 'ENXIO',
  pipe: 'ENOSYS',
  eventfd: 'ENOSYS',
  inotify: 'ENOSYS',
  timerfd: 'ENOSYS',
  setTimer: 'EINVAL',
  getTimer: 'EINVAL',
  ioctl: 'ENOTTY',
  ttyRead: 'ENOTTY',
  ttyWrite: 'ENOTTY',
  openpty: 'ENOSYS',
};

function refuse(error: ErrnoName): () => never {
  return () => {
    throw new SysError(error);
  };
}

/** Every operation, each failing with the errno of its row. */
export const unsupported = Object.fromEntries(
  Object.entries(ERRORS).map(([name, error]) => [name, refuse(error)]),
) as unknown as Implementation<ObjectSpecs>;
