/** Descriptors: duplication, flags, position, record locks, pipes, what fsync and its kin do. */
import { isPromise } from '../../../nucleus/awaitable.ts';
import { isDirectory, isRegular, Lock, O } from '../constants.ts';
import { isSysError, SysError } from '../errno.ts';
import type { Awaitable, RecordLock, Stat } from '../sys.ts';
import { allow, done } from './answers.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import { F, FD_CLOEXEC } from './flags.ts';
import { signalIo } from './signal-io.ts';

// --- fcntl

function fcntl(c: Caller): Awaitable<number> {
  const fd = c.int(0);
  switch (c.int(1)) {
    case F.DUPFD:
      return c.sys.dupfd(fd, c.int(2));
    case F.DUPFD_CLOEXEC:
      return c.sys.dupfd(fd, c.int(2), true);
    case F.GETFD:
      return c.sys.getCloexec(fd) ? FD_CLOEXEC : 0;
    case F.SETFD:
      c.sys.setCloexec(fd, (c.int(2) & FD_CLOEXEC) !== 0);
      return 0;
    case F.GETFL:
      return c.sys.getFlags(fd);
    case F.SETFL:
      return done(c.sys.setFlags(fd, c.uint(2)));
    case F.GETLK:
      return getLock(c, fd);
    case F.SETLK:
      return done(c.sys.setLock(fd, readLock(c), false));
    case F.SETLKW:
      return done(c.sys.setLock(fd, readLock(c), true));
    case F.OFD_GETLK:
      return getLock(c, fd, OFD);
    case F.OFD_SETLK:
      return done(c.sys.setLock(fd, readOfdLock(c), false, OFD));
    case F.OFD_SETLKW:
      return done(c.sys.setLock(fd, readOfdLock(c), true, OFD));
    case F.GETOWN:
    case F.SETOWN:
    case F.GETOWN_EX:
    case F.SETOWN_EX:
    case F.GETSIG:
    case F.SETSIG:
      return signalIo(c, fd, c.int(1));
    case F.ADD_SEALS:
      return done(c.sys.addSeals(fd, c.uint(2)));
    case F.GET_SEALS:
      return c.sys.getSeals(fd);
    case F.GETLEASE:
      return c.sys.getLease(fd);
    case F.SETLEASE:
      return done(c.sys.setLease(fd, c.int(2)));
    case F.GETPIPE_SZ:
      return pipeSize(() => c.sys.ioctl(fd, 'F_GETPIPE_SZ'));
    case F.SETPIPE_SZ:
      return pipeSize(() => c.sys.ioctl(fd, 'F_SETPIPE_SZ', c.uint(2)));
    default:
      c.sys.getCloexec(fd);
      throw new SysError('EINVAL');
  }
}

/** A pipe's size. What is no pipe: EBADF. */
async function pipeSize(size: () => Awaitable<unknown>): Promise<number> {
  try {
    return Number(await size());
  } catch (error) {
    throw isSysError(error, 'ENOTTY') ? new SysError('EBADF') : error;
  }
}

/** struct flock {i16 type, whence; i64 start, len; i32 pid} of argument 2. */
function readLock(c: Caller): RecordLock {
  const va = c.ptr(2);
  const { memory } = c;
  return {
    type: memory.u16(va),
    whence: memory.u16(va + 2),
    start: memory.i64(va + 8),
    length: memory.i64(va + 16),
  };
}

/** Locks of the open file description: their owner is no process, so the pid given is 0. */
const OFD = { ofd: true };

function readOfdLock(c: Caller): RecordLock {
  if (c.memory.i32(c.ptr(2) + 24) !== 0) throw new SysError('EINVAL');
  return readLock(c);
}

function getLock(c: Caller, fd: number, options?: { ofd: boolean }): Awaitable<number> {
  const write = (lock: RecordLock): number => {
    const va = c.ptr(2);
    c.memory.setU16(va, lock.type);
    if (lock.type === Lock.UNLCK) return 0;
    c.memory.setU16(va + 2, lock.whence);
    c.memory.setU64(va + 8, lock.start);
    c.memory.setU64(va + 16, lock.length);
    c.memory.setU32(va + 24, lock.pid ?? 0);
    return 0;
  };
  const found = c.sys.getLock(fd, options ? readOfdLock(c) : readLock(c), options);
  return isPromise(found) ? found.then(write) : write(found);
}

// --- duplication

function dup3(c: Caller): Awaitable<number> {
  const from = c.int(0);
  const to = c.int(1);
  const flags = c.uint(2);
  allow(flags, O.CLOEXEC);
  if (from === to) throw new SysError('EINVAL');
  return c.sys.dup2(from, to, (flags & O.CLOEXEC) !== 0);
}

const CLOSE_RANGE = { UNSHARE: 2, CLOEXEC: 4 } as const;

function closeRange(c: Caller): Awaitable<number> {
  const flags = c.uint(2);
  allow(flags, CLOSE_RANGE.UNSHARE | CLOSE_RANGE.CLOEXEC);
  if (c.uint(0) > c.uint(1)) throw new SysError('EINVAL');
  const [cloexec, unshare] = [(flags & CLOSE_RANGE.CLOEXEC) !== 0, (flags & CLOSE_RANGE.UNSHARE) !== 0];
  return done(c.sys.closeRange(c.uint(0), c.uint(1), cloexec, unshare));
}

/** The descriptors go to int[2]. */
function pipe2(c: Caller): Awaitable<number> {
  const flags = c.uint(1);
  allow(flags, O.CLOEXEC | O.NONBLOCK | O.DIRECT);
  const va = c.ptr(0);
  c.memory.prepareWrite(va, 8);
  const write = ([reader, writer]: [number, number]): Awaitable<number> => {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, reader, true);
    view.setInt32(4, writer, true);
    return done(c.memory.store(va, bytes));
  };
  const ends = c.sys.pipe(flags);
  return isPromise(ends) ? ends.then(write) : write(ends);
}

// --- advice

const FADV_LAST = 5;

/** Advice about files: checked, and without effect. Pipes: ESPIPE. */
function fadvise(c: Caller): Awaitable<number> {
  const advice = c.int(3);
  const check = (): number => {
    if (c.long(2) < 0 || advice < 0 || advice > FADV_LAST) throw new SysError('EINVAL');
    return 0;
  };
  return seekableThen(c, check);
}

/** Nothing is read ahead; what has no pages to read is refused. */
function readahead(c: Caller): Awaitable<number> {
  const check = ({ mode }: Stat): number => {
    if (!isRegular(mode)) throw new SysError('EINVAL');
    return 0;
  };
  const readable = (flags: number): Awaitable<number> => {
    if (flags & O.PATH || (flags & O.ACCMODE) === O.WRONLY) throw new SysError('EBADF');
    const stat = c.sys.fstat(c.int(0));
    return isPromise(stat) ? stat.then(check) : check(stat);
  };
  const flags = c.sys.getFlags(c.int(0));
  return isPromise(flags) ? flags.then(readable) : readable(flags);
}

function seekableThen(c: Caller, next: () => Awaitable<number>): Awaitable<number> {
  const here = c.sys.lseek(c.int(0), 0, 1);
  return isPromise(here) ? here.then(next) : next();
}

/** Devices have no ranges to be written. */
function onDisk(c: Caller): Awaitable<number> {
  const check = ({ mode }: Stat): number => {
    if (!isRegular(mode) && !isDirectory(mode)) throw new SysError('ESPIPE');
    return 0;
  };
  const stat = c.sys.fstat(c.int(0));
  return isPromise(stat) ? stat.then(check) : check(stat);
}

export const descriptorCalls: LinuxCalls = {
  close: (c) => done(c.sys.close(c.int(0))),
  close_range: closeRange,
  dup: (c) => c.sys.dup(c.int(0)),
  dup3,
  fcntl,
  lseek: (c) => c.sys.lseek(c.int(0), c.long(1), c.int(2)),
  pipe2,
  fsync: (c) => done(c.sys.fsync(c.int(0))),
  fdatasync: (c) => done(c.sys.fsync(c.int(0))),
  sync: (c) => done(c.sys.sync()),
  sync_file_range: (c) => {
    if (c.long(1) < 0 || c.long(2) < 0 || (c.uint(3) & ~7) !== 0) throw new SysError('EINVAL');
    return seekableThen(c, () => onDisk(c));
  },
  fadvise64: fadvise,
  readahead,
};
