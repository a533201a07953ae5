/** Rights, owners, times and lengths of files. */
import { isPromise } from '../../../nucleus/awaitable.ts';
import { isSymlink } from '../constants.ts';
import { SysError } from '../errno.ts';
import type { Awaitable, SetTime } from '../sys.ts';
import { allow, atOf, done } from './answers.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import { AT } from './flags.ts';

const pathOf = (c: Caller, index: number): string => c.memory.string(c.ptr(index));

// --- access

function access(c: Caller, flags: number): Awaitable<number> {
  allow(flags, AT.EACCESS | AT.SYMLINK_NOFOLLOW | AT.EMPTY_PATH);
  const mode = c.uint(2);
  const path = pathOf(c, 1);
  const at = atOf(c, 0, (flags & AT.EMPTY_PATH) !== 0);
  const options = { ...at, effective: (flags & AT.EACCESS) !== 0 };
  const ask = (): Awaitable<number> => done(c.sys.access(path, mode, options));
  if ((flags & AT.SYMLINK_NOFOLLOW) === 0) return ask();
  if ((mode & ~7) !== 0) throw new SysError('EINVAL');
  // A symbolic link itself allows everything.
  const stat = c.sys.lstat(path, at);
  const judge = (found: { mode: number }): Awaitable<number> => (isSymlink(found.mode) ? 0 : ask());
  return isPromise(stat) ? stat.then(judge) : judge(stat);
}

// --- mode and owner

function chmodat(c: Caller, flags: number): Awaitable<number> {
  allow(flags, AT.SYMLINK_NOFOLLOW | AT.EMPTY_PATH);
  const path = pathOf(c, 1);
  const mode = c.uint(2) & 0o7777;
  const at = atOf(c, 0, (flags & AT.EMPTY_PATH) !== 0);
  if ((flags & AT.SYMLINK_NOFOLLOW) === 0) return done(c.sys.chmod(path, mode, at));
  const change = (found: { mode: number }): Awaitable<number> => {
    if (isSymlink(found.mode)) throw new SysError('EOPNOTSUPP');
    return done(c.sys.chmod(path, mode, at));
  };
  const stat = c.sys.lstat(path, at);
  return isPromise(stat) ? stat.then(change) : change(stat);
}

/** A user or group id: 32 bits, of which all ones (-1) leave it. */
const idOf = (c: Caller, index: number): number => (c.int(index) === -1 ? -1 : c.uint(index));

function chownat(c: Caller): Awaitable<number> {
  const flags = c.uint(4);
  allow(flags, AT.SYMLINK_NOFOLLOW | AT.EMPTY_PATH);
  const options = {
    ...atOf(c, 0, (flags & AT.EMPTY_PATH) !== 0),
    noFollow: (flags & AT.SYMLINK_NOFOLLOW) !== 0,
  };
  return done(c.sys.chown(pathOf(c, 1), idOf(c, 2), idOf(c, 3), options));
}

// --- times

const UTIME_NOW = 0x3fffffff;
const UTIME_OMIT = 0x3ffffffe;
const NS_PER_SECOND = 1_000_000_000;

/** A struct timespec of utimensat. */
function fileTime(c: Caller, va: number): SetTime {
  const nanos = c.memory.i64(va + 8);
  if (nanos === UTIME_NOW) return 'now';
  if (nanos === UTIME_OMIT) return 'omit';
  if (nanos < 0 || nanos >= NS_PER_SECOND) throw new SysError('EINVAL');
  return { seconds: c.memory.i64(va), nanoseconds: nanos };
}

function utimensat(c: Caller): Awaitable<number> {
  const flags = c.uint(3);
  const path = c.ptr(1);
  const times = c.ptr(2);
  const atime = times === 0 ? 'now' : fileTime(c, times);
  const mtime = times === 0 ? 'now' : fileTime(c, times + 16);
  if (atime === 'omit' && mtime === 'omit') return 0;
  if (path === 0 && c.int(0) !== AT.FDCWD) {
    allow(flags, 0);
    return done(c.sys.futimens(c.int(0), atime, mtime));
  }
  allow(flags, AT.SYMLINK_NOFOLLOW | AT.EMPTY_PATH);
  const options = {
    ...atOf(c, 0, (flags & AT.EMPTY_PATH) !== 0),
    noFollow: (flags & AT.SYMLINK_NOFOLLOW) !== 0,
  };
  return done(c.sys.utimens(c.memory.string(path), atime, mtime, options));
}

export const attributeCalls: LinuxCalls = {
  faccessat: (c) => access(c, 0),
  faccessat2: (c) => access(c, c.uint(3)),
  fchmod: (c) => done(c.sys.fchmod(c.int(0), c.uint(1) & 0o7777)),
  fchmodat: (c) => chmodat(c, 0),
  fchmodat2: (c) => chmodat(c, c.uint(3)),
  fchown: (c) => done(c.sys.fchown(c.int(0), idOf(c, 1), idOf(c, 2))),
  fchownat: chownat,
  utimensat,
  truncate: (c) => done(c.sys.truncate(pathOf(c, 0), c.long(1))),
  ftruncate: (c) => done(c.sys.ftruncate(c.int(0), c.long(1))),
};
