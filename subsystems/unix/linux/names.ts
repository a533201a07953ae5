/** Making, removing and naming files: the calls that change directories or follow links. */
import { isPromise } from '../../../nucleus/awaitable.ts';
import { S } from '../constants.ts';
import { SysError } from '../errno.ts';
import { nameBytes } from '../file-names.ts';
import type { At, Awaitable, FromTo } from '../sys.ts';
import { allow, atOf, done } from './answers.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import { AT } from './flags.ts';

/** Two descriptors that paths may start at: arguments `from` and `to`. */
function fromTo(c: Caller, from: number, to: number): FromTo {
  const options: FromTo = {};
  const fromAt = c.int(from);
  const toAt = c.int(to);
  if (fromAt !== AT.FDCWD) options.fromAt = fromAt;
  if (toAt !== AT.FDCWD) options.toAt = toAt;
  return options;
}

const pathOf = (c: Caller, index: number): string => c.memory.string(c.ptr(index));

function linkat(c: Caller): Awaitable<number> {
  const flags = c.uint(4);
  allow(flags, AT.SYMLINK_FOLLOW | AT.EMPTY_PATH);
  const options = {
    ...fromTo(c, 0, 2),
    follow: (flags & AT.SYMLINK_FOLLOW) !== 0,
    empty: (flags & AT.EMPTY_PATH) !== 0,
  };
  return done(c.sys.link(pathOf(c, 1), pathOf(c, 3), options));
}

/** The text is cut to the buffer, without a NUL. */
function readlinkat(c: Caller): Awaitable<number> {
  const size = c.int(3);
  if (size <= 0) throw new SysError('EINVAL');
  const path = pathOf(c, 1);
  // An empty path names a symbolic link that was opened itself; anything else is not there.
  if (path === '' && c.int(0) === AT_FDCWD) throw new SysError('ENOENT');
  const options: At | undefined = atOf(c, 0, path === '');
  const write = (target: string): number => {
    const bytes = nameBytes(target).subarray(0, size);
    c.memory.write(c.ptr(2), bytes);
    return bytes.length;
  };
  const target = c.sys.readlink(path, options);
  return isPromise(target) ? target.then(write) : write(target);
}

const AT_FDCWD = -100;

const RENAME_FLAGS = 7;

function rename(c: Caller, flags: number): Awaitable<number> {
  allow(flags, RENAME_FLAGS);
  return done(c.sys.rename(pathOf(c, 1), pathOf(c, 3), { ...fromTo(c, 0, 2), flags }));
}

/** Regular files, FIFOs, devices and sockets; a missing type is a regular file. */
function mknodat(c: Caller): Awaitable<number> {
  const mode = c.uint(2) & 0xffff;
  const type = mode & S.IFMT;
  if (type === S.IFDIR) throw new SysError('EPERM');
  return done(c.sys.mknod(pathOf(c, 1), type === 0 ? mode | S.IFREG : mode, c.uint(3), atOf(c, 0)));
}

export const nameCalls: LinuxCalls = {
  mkdirat: (c) => done(c.sys.mkdir(pathOf(c, 1), c.uint(2) & 0o7777, atOf(c, 0))),
  mknodat,
  unlinkat: (c) => {
    const flags = c.uint(2);
    allow(flags, AT.REMOVEDIR);
    const path = pathOf(c, 1);
    return done(flags === 0 ? c.sys.unlink(path, atOf(c, 0)) : c.sys.rmdir(path, atOf(c, 0)));
  },
  symlinkat: (c) => done(c.sys.symlink(pathOf(c, 0), pathOf(c, 2), atOf(c, 1))),
  linkat,
  readlinkat,
  renameat2: (c) => rename(c, c.uint(4)),
};
