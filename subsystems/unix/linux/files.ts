/** Opening files, and what stat tells of them. */
import { isPromise } from '../../../nucleus/awaitable.ts';
import { O, RESOLVE } from '../constants.ts';
import { SysError } from '../errno.ts';
import type { At, Awaitable, Stat, StatFs } from '../sys.ts';
import { allow, atOf } from './answers.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import { AT, OpenFlag } from './flags.ts';
import { statfsStruct, statStruct, statxStruct } from './structs.ts';

// --- open

/** Flags without a meaning here: open(2) takes them, and servers do not see them. */
const IGNORED = OpenFlag.ASYNC | OpenFlag.DIRECT | OpenFlag.LARGEFILE;
/** open(2) ignores what it does not know; openat2(2) refuses it. */
const KNOWN =
  O.ACCMODE |
  O.CREAT |
  O.EXCL |
  O.NOCTTY |
  O.TRUNC |
  O.APPEND |
  O.NONBLOCK |
  O.SYNC |
  O.NOFOLLOW |
  O.NOATIME |
  O.CLOEXEC |
  O.PATH |
  O.TMPFILE |
  IGNORED;
/** What else O_PATH may come with; the rest has no effect then. */
const WITH_PATH = O.PATH | O.DIRECTORY | O.NOFOLLOW | O.CLOEXEC;
const TMPFILE_BIT = O.TMPFILE & ~O.DIRECTORY;

function open(c: Caller, path: string, flags: number, mode: number, options?: At): Awaitable<number> {
  let wanted = flags & KNOWN & ~IGNORED;
  if (wanted & O.PATH) wanted &= WITH_PATH;
  return c.sys.open(path, wanted, mode & 0o7777, options);
}

/** struct open_how {u64 flags, mode, resolve}, in its first version. */
const OPEN_HOW_BYTES = 24;
/** More than a page of it is refused. */
const OPEN_HOW_MAX = 4096;

const RESOLVE_KNOWN = Object.values(RESOLVE).reduce((all, flag) => all | flag, 0);
/** Both would say where the path may go. */
const CONFINED = RESOLVE.BENEATH | RESOLVE.IN_ROOT;
/** What needs more than names that are in memory. */
const CHANGES = O.CREAT | O.TRUNC | TMPFILE_BIT;

function openat2(c: Caller): Awaitable<number> {
  const how = c.ptr(2);
  const size = c.ptr(3);
  if (size < OPEN_HOW_BYTES) throw new SysError('EINVAL');
  if (size > OPEN_HOW_MAX) throw new SysError('E2BIG');
  const later = c.memory.read(how + OPEN_HOW_BYTES, size - OPEN_HOW_BYTES);
  if (later.some((byte) => byte !== 0)) throw new SysError('E2BIG');
  const flags = c.memory.u64(how);
  const mode = c.memory.u64(how + 8);
  const resolve = c.memory.u64(how + 16);
  if (flags > 0x7fffffff || resolve > 0x7fffffff) throw new SysError('EINVAL');
  allow(flags, KNOWN);
  allow(resolve, RESOLVE_KNOWN);
  if ((resolve & CONFINED) === CONFINED) throw new SysError('EINVAL');
  const creates = (flags & (O.CREAT | TMPFILE_BIT)) !== 0;
  if (mode > 0o7777 || (mode !== 0 && !creates)) throw new SysError('EINVAL');
  if (flags & O.PATH) allow(flags, WITH_PATH);
  if (resolve & RESOLVE.CACHED && flags & CHANGES) throw new SysError('EAGAIN');
  return open(c, c.memory.string(c.ptr(1)), flags, mode, { ...atOf(c, 0), resolve });
}

// --- stat

const STATX_FLAGS = AT.SYMLINK_NOFOLLOW | AT.NO_AUTOMOUNT | AT.EMPTY_PATH | AT.STATX_SYNC;
/** STATX__RESERVED */
const STATX_RESERVED = 0x80000000;

/** stat, lstat or fstat, as dirfd (argument 0), path (argument 1) and flags say. */
function statNamed(c: Caller, flags: number): Awaitable<Stat> {
  const empty = (flags & AT.EMPTY_PATH) !== 0;
  if (empty && c.int(0) !== AT.FDCWD && c.memory.u8(c.ptr(1)) === 0) return c.sys.fstat(c.int(0));
  const path = c.memory.string(c.ptr(1));
  const at = atOf(c, 0, empty);
  return flags & AT.SYMLINK_NOFOLLOW ? c.sys.lstat(path, at) : c.sys.stat(path, at);
}

function writeStat(c: Caller, va: number, stat: Stat): number {
  c.memory.write(va, statStruct(stat));
  return 0;
}

function statAnswer(c: Caller, va: number, stat: Awaitable<Stat>): Awaitable<number> {
  return isPromise(stat) ? stat.then((value) => writeStat(c, va, value)) : writeStat(c, va, stat);
}

function writeStatx(c: Caller, stat: Stat): number {
  c.memory.write(c.ptr(4), statxStruct(stat));
  return 0;
}

function writeStatfs(c: Caller, statfs: StatFs): number {
  c.memory.write(c.ptr(1), statfsStruct(statfs));
  return 0;
}

export const fileCalls: LinuxCalls = {
  openat: (c) => open(c, c.memory.string(c.ptr(1)), c.uint(2), c.uint(3), atOf(c, 0)),
  openat2,
  fstat: (c) => statAnswer(c, c.ptr(1), c.sys.fstat(c.int(0))),
  newfstatat: (c) => {
    const flags = c.uint(3);
    allow(flags, STATX_FLAGS);
    return statAnswer(c, c.ptr(2), statNamed(c, flags));
  },
  statx: (c) => {
    const flags = c.uint(2);
    allow(flags, STATX_FLAGS);
    if (c.uint(3) >= STATX_RESERVED || (flags & AT.STATX_SYNC) === AT.STATX_SYNC) {
      throw new SysError('EINVAL');
    }
    const stat = statNamed(c, flags);
    return isPromise(stat) ? stat.then((value) => writeStatx(c, value)) : writeStatx(c, stat);
  },
  statfs: (c) => {
    const statfs = c.sys.statfs(c.memory.string(c.ptr(0)));
    return isPromise(statfs) ? statfs.then((value) => writeStatfs(c, value)) : writeStatfs(c, statfs);
  },
  fstatfs: (c) => {
    const statfs = c.sys.fstatfs(c.int(0));
    return isPromise(statfs) ? statfs.then((value) => writeStatfs(c, value)) : writeStatfs(c, statfs);
  },
};
