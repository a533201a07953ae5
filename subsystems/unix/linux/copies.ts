/** Copies that do not pass through the caller's memory: sendfile, copy_file_range, splice, tee, vmsplice. */
import { isPromise } from '../../../nucleus/awaitable.ts';
import { O, Poll } from '../constants.ts';
import { isSysError, SysError } from '../errno.ts';
import type { Awaitable, CopyKind, CopyOptions } from '../sys.ts';
import { allow } from './answers.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import { readSegments, segmentBytes } from './transfer.ts';

/** Most bytes of one call, as for read and write. */
const COPY_MAX = 0x7ffff000;

/** SPLICE_F_MOVE, NONBLOCK, MORE, GIFT: only NONBLOCK makes a difference. */
const SPLICE_F = { NONBLOCK: 2, ALL: 15 } as const;

/** An offset that an argument points to; undefined without one. */
function offsetAt(c: Caller, va: number): number | undefined {
  if (va === 0) return undefined;
  c.memory.prepareWrite(va, 8);
  return c.memory.i64(va);
}

function copy(
  c: Caller,
  kind: CopyKind,
  [from, fromVa]: readonly [number, number],
  [to, toVa]: readonly [number, number],
  length: number,
  nonblocking = false,
): Awaitable<number> {
  const options: CopyOptions = { nonblocking };
  const fromOffset = offsetAt(c, fromVa);
  const toOffset = offsetAt(c, toVa);
  if (fromOffset !== undefined) options.fromOffset = fromOffset;
  if (toOffset !== undefined) options.toOffset = toOffset;
  const advance = (count: number): number => {
    if (fromOffset !== undefined) c.memory.setU64(fromVa, fromOffset + count);
    if (toOffset !== undefined) c.memory.setU64(toVa, toOffset + count);
    return count;
  };
  const count = c.sys.copyData(kind, from, to, Math.min(length, COPY_MAX), options);
  return isPromise(count) ? count.then(advance) : advance(count);
}

/** A pipe's writer takes the segments, its reader fills them. What is no pipe: EBADF. */
async function vmsplice(c: Caller): Promise<number> {
  allow(c.uint(3), SPLICE_F.ALL);
  const fd = c.int(0);
  try {
    await c.sys.ioctl(fd, 'F_GETPIPE_SZ');
  } catch (error) {
    throw isSysError(error, 'ENOTTY') ? new SysError('EBADF') : error;
  }
  const flags = await c.sys.getFlags(fd);
  return (flags & O.ACCMODE) === O.RDONLY ? readSegments(c) : intoPipe(c, fd, (flags & O.NONBLOCK) !== 0);
}

/** Waits until there is room, then takes what fits. */
async function intoPipe(c: Caller, fd: number, nonblocking: boolean): Promise<number> {
  const data = segmentBytes(c);
  if (data.length === 0) return 0;
  const never = nonblocking || (c.uint(3) & SPLICE_F.NONBLOCK) !== 0;
  const [revents = 0] = await c.sys.poll([{ fd, events: Poll.OUT }], never ? 0 : -1);
  if (revents === 0) throw new SysError('EAGAIN');
  const room = Number(await c.sys.ioctl(fd, 'F_GETPIPE_SZ')) - Number(await c.sys.ioctl(fd, 'FIONREAD'));
  return c.sys.write(fd, data.subarray(0, Math.max(1, room)), true);
}

export const copyCalls: LinuxCalls = {
  sendfile: (c) => copy(c, 'sendfile', [c.int(1), c.ptr(2)], [c.int(0), 0], c.ptr(3)),
  copy_file_range: (c) => {
    allow(c.uint(5), 0);
    return copy(c, 'range', [c.int(0), c.ptr(1)], [c.int(2), c.ptr(3)], c.ptr(4));
  },
  splice: (c) => {
    const flags = c.uint(5);
    allow(flags, SPLICE_F.ALL);
    const nonblocking = (flags & SPLICE_F.NONBLOCK) !== 0;
    return copy(c, 'splice', [c.int(0), c.ptr(1)], [c.int(2), c.ptr(3)], c.ptr(4), nonblocking);
  },
  vmsplice,
  tee: (c) => {
    const flags = c.uint(3);
    allow(flags, SPLICE_F.ALL);
    const nonblocking = (flags & SPLICE_F.NONBLOCK) !== 0;
    return copy(c, 'tee', [c.int(0), 0], [c.int(1), 0], c.ptr(2), nonblocking);
  },
};
