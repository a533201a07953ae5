/**
 * Moving data: read, write and their kin.
 *
 * A write takes all of its bytes out of the caller's memory before it begins, because pages may have to
 * be waited for and what was written cannot be undone.
 */
import { isPromise } from '../../../nucleus/awaitable.ts';
import { isSysError, SysError } from '../errno.ts';
import type { Awaitable } from '../sys.ts';
import { checkBuffer, deliver } from './answers.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import { USER_END } from './flags.ts';
import { readVector, type Segment } from './structs.ts';

/** Most bytes that one call moves, as on Linux: a longer one is short. */
const MOVED_MAX = 0x7ffff000;

/** The description's own offset, in place of a number ≥ 0. */
const CURRENT = -1;

/** Flags of preadv2 and pwritev2. Priorities mean nothing here. */
const RWF = { HIPRI: 1, DSYNC: 2, SYNC: 4, NOWAIT: 8, APPEND: 16 } as const;

function checkLength(c: Caller, fd: number, va: number, length: number): void {
  if (va + length <= USER_END) return;
  c.sys.getCloexec(fd);
  throw new SysError('EFAULT');
}

/** The bytes of a write. A bad descriptor goes before a bad address. */
function taken(c: Caller, fd: number, va: number, length: number): Uint8Array {
  checkLength(c, fd, va, length);
  try {
    return c.memory.read(va, Math.min(length, MOVED_MAX));
  } catch (error) {
    if (isSysError(error, 'EFAULT')) c.sys.getCloexec(fd);
    throw error;
  }
}

/** The bytes of several segments, up to the first that is not readable unless that is the first. */
function gathered(c: Caller, fd: number, segments: readonly Segment[]): Uint8Array {
  if (segments.length === 1) return taken(c, fd, segments[0]!.va, segments[0]!.length);
  let total = 0;
  for (const { length } of segments) total += length;
  const whole = new Uint8Array(Math.min(total, MOVED_MAX));
  let at = 0;
  for (const { va, length } of segments) {
    const size = Math.min(length, whole.length - at);
    try {
      whole.set(c.memory.read(va, size), at);
    } catch (error) {
      if (!isSysError(error, 'EFAULT')) throw error;
      c.sys.getCloexec(fd);
      if (at === 0) throw error;
      return whole.subarray(0, at);
    }
    at += size;
  }
  return whole;
}

function scatter(c: Caller, segments: readonly Segment[], data: Awaitable<Uint8Array>): Awaitable<number> {
  if (segments.length === 1) return deliver(c, segments[0]!.va, data);
  return isPromise(data) ? data.then((bytes) => spread(c, segments, bytes)) : spread(c, segments, data);
}

function spread(
  c: Caller,
  segments: readonly Segment[],
  bytes: Uint8Array,
  first = 0,
  from = 0,
): Awaitable<number> {
  let at = from;
  for (let i = first; i < segments.length && at < bytes.length; i++) {
    const { va, length } = segments[i]!;
    const end = Math.min(bytes.length, at + length);
    const wait = c.memory.store(va, bytes.subarray(at, end));
    if (isPromise(wait)) return wait.then(() => spread(c, segments, bytes, i + 1, end));
    at = end;
  }
  return bytes.length;
}

/** The segments of argument 1 and how much they take, at most MOVED_MAX. */
function vectorOf(c: Caller, fd: number): { segments: Segment[]; total: number } {
  let segments: Segment[];
  try {
    segments = readVector(c.memory, c.ptr(1), c.int(2));
  } catch (error) {
    if (error instanceof SysError) c.sys.getCloexec(fd);
    throw error;
  }
  let total = 0;
  for (const { length } of segments) total += length;
  return { segments, total: Math.min(total, MOVED_MAX) };
}

export function readSegments(c: Caller, offset = CURRENT): Awaitable<number> {
  const fd = c.int(0);
  const { segments, total } = vectorOf(c, fd);
  if (total > 0) checkBuffer(c, fd, segments[0]!.va, 1);
  const data = offset === CURRENT ? c.sys.read(fd, total) : c.sys.pread(fd, total, offset);
  return total === 0 ? lengthOf(data) : scatter(c, segments, data);
}

/** What the segments of argument 1 have. */
export const segmentBytes = (c: Caller): Uint8Array => gathered(c, c.int(0), vectorOf(c, c.int(0)).segments);

function writeSegments(c: Caller, offset = CURRENT): Awaitable<number> {
  const fd = c.int(0);
  const data = segmentBytes(c);
  return offset === CURRENT ? c.sys.write(fd, data, true) : c.sys.pwrite(fd, data, offset);
}

const lengthOf = (data: Awaitable<Uint8Array>): Awaitable<number> =>
  isPromise(data) ? data.then((bytes) => bytes.length) : data.length;

/** The offset in argument 3. Throws EINVAL. */
function offsetOf(c: Caller): number {
  const offset = c.long(3);
  if (offset >= 0) return offset;
  c.sys.getCloexec(c.int(0));
  throw new SysError('EINVAL');
}

/** preadv2 and pwritev2: offset -1 is the description's own. Throws EOPNOTSUPP for flags beyond ours. */
function flaggedOffset(c: Caller): number {
  if ((c.int(5) & ~(RWF.HIPRI | RWF.DSYNC | RWF.SYNC)) !== 0) throw new SysError('EOPNOTSUPP');
  return c.long(3) === -1 ? CURRENT : offsetOf(c);
}

export const transferCalls: LinuxCalls = {
  read: (c) => {
    const fd = c.int(0);
    const va = c.ptr(1);
    const length = c.ptr(2);
    checkLength(c, fd, va, length);
    checkBuffer(c, fd, va, length);
    return deliver(c, va, c.sys.read(fd, Math.min(length, MOVED_MAX)));
  },
  write: (c) => {
    const fd = c.int(0);
    return c.sys.write(fd, taken(c, fd, c.ptr(1), c.ptr(2)), true);
  },
  readv: (c) => readSegments(c, CURRENT),
  writev: (c) => writeSegments(c, CURRENT),
  pread64: (c) => {
    const fd = c.int(0);
    const va = c.ptr(1);
    const length = c.ptr(2);
    const offset = offsetOf(c);
    checkLength(c, fd, va, length);
    checkBuffer(c, fd, va, length);
    return deliver(c, va, c.sys.pread(fd, Math.min(length, MOVED_MAX), offset));
  },
  pwrite64: (c) => {
    const fd = c.int(0);
    const offset = offsetOf(c);
    return c.sys.pwrite(fd, taken(c, fd, c.ptr(1), c.ptr(2)), offset);
  },
  preadv: (c) => readSegments(c, offsetOf(c)),
  pwritev: (c) => writeSegments(c, offsetOf(c)),
  preadv2: (c) => readSegments(c, flaggedOffset(c)),
  pwritev2: (c) => {
    const written = writeSegments(c, flaggedOffset(c));
    if ((c.int(5) & (RWF.DSYNC | RWF.SYNC)) === 0) return written;
    return safely(c, c.int(0), written);
  },
};

async function safely(c: Caller, fd: number, written: Awaitable<number>): Promise<number> {
  const count = await written;
  await c.sys.fsync(fd);
  return count;
}
