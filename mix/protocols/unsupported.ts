/**
 * The answer of an object server to an operation that it does not have: one row per operation of the object
 * protocol, with the error that a UNIX gives for it. Every server spreads `unsupported` and overrides what it does.
 */
import type { Implementation } from '../../nucleus/ipc/protocol.ts';
import { type ErrnoName, SysError } from '../../subsystems/unix/errno.ts';
import type { ObjectSpecs } from './object.ts';

const ERRORS: { readonly [Name in keyof ObjectSpecs]: ErrnoName } = {
  open: 'ENOENT',
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
  mount: 'EINVAL',
  umount: 'EINVAL',
  rename: 'EPERM',
  link: 'EPERM',
  mounted: 'EINVAL',
  unmounted: 'EINVAL',
  mounts: 'ENOSYS',
  read: 'EINVAL',
  write: 'EINVAL',
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
  unlockAll: 'EINVAL',
  path: 'ENOTDIR',
  hold: 'EBADF',
  release: 'EBADF',
  openSpecial: 'ENXIO',
  pipe: 'ENOSYS',
  ioctl: 'ENOTTY',
  ttyRead: 'ENOTTY',
  ttyWrite: 'ENOTTY',
  openpty: 'ENOSYS',
};

/** Every operation, answered by its error. */
export const unsupported = Object.fromEntries(
  Object.entries(ERRORS).map(([name, error]) => [
    name,
    () => {
      throw new SysError(error);
    },
  ]),
) as unknown as Implementation<ObjectSpecs>;
