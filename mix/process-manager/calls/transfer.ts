/**
 * Moving data: read, write, pread, pwrite, lseek.
 *
 * A message carries at most 64 KiB. A longer transfer of a file is several messages: the first one takes the
 * whole range (see `total` in the object protocol), so that calls through one offset, or appends, never mix;
 * a read goes on until `max` or the end of the file, at most READ_MAX bytes a call. A blocking write that a
 * signal interrupts goes on after a handler with SA_RESTART: `progress` survives the restart; after another
 * handler it ends with the short count.
 */
import { type Awaitable, isPromise } from '../../../nucleus/awaitable.ts';
import { isKError } from '../../../nucleus/errors.ts';
import { Seek } from '../../../subsystems/unix/constants.ts';
import { isSysError, SysError } from '../../../subsystems/unix/errno.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import type { Fd } from '../../../subsystems/unix/sys.ts';
import { andThen } from '../and-then.ts';
import type { OpenObject } from '../objects.ts';
import type { UThread } from '../process.ts';
import { post } from '../signals.ts';
import { identityFor } from '../terminal.ts';
import { giveWay } from '../trap.ts';
import { sendTo } from './socket-messages.ts';

export const MESSAGE_BYTES = 65536;
/** Beyond it a read is short, as on Linux. */
const READ_MAX = 0x7ffff000;
const NOTHING = new Uint8Array(0);
/** The description's own offset. */
const CURRENT = -1;
/** Signals wait for the end of a transfer between memory and a file, as on Linux. */
const UNINTERRUPTED = { abortable: false };

export const transferCalls = {
  read: (t: UThread, fd: Fd, max: number): Awaitable<Uint8Array> => countRead(t, readFd(t, fd, max)),
  pread: (t: UThread, fd: Fd, max: number, offset: number): Awaitable<Uint8Array> => {
    const object = t.process.fds.object(fd);
    checkSeekable(object, offset);
    return countRead(t, readFile(t, object, max, offset));
  },
  write: (t: UThread, fd: Fd, data: Uint8Array, give = false): Awaitable<number> => {
    const object = t.process.fds.object(fd);
    if (!(data instanceof Uint8Array)) throw new SysError('EFAULT');
    const written =
      object.kind === 'socket' ? sendTo(t, object, data, { give }) : writeAll(t, object, data, CURRENT, give);
    return countWritten(t, written);
  },
  pwrite: (t: UThread, fd: Fd, data: Uint8Array, offset: number): Awaitable<number> => {
    const object = t.process.fds.object(fd);
    checkSeekable(object, offset);
    if (!(data instanceof Uint8Array)) throw new SysError('EFAULT');
    return countWritten(t, writeAll(t, object, data, offset, false));
  },
  lseek: (t: UThread, fd: Fd, offset: number, whence: number): Awaitable<number> => {
    const object = t.process.fds.object(fd);
    if (isStream(object) && !isEvent(object)) throw new SysError('ESPIPE');
    if (!Number.isSafeInteger(offset) || !(whence >= Seek.SET && whence <= Seek.HOLE))
      throw new SysError('EINVAL');
    const reply = t.process.pm.servers.seek(t.thread, object.dest, { key: keyOf(object), offset, whence });
    return andThen(reply, (answer) => answer.offset);
  },
};

function readFd(t: UThread, fd: Fd, max: number): Awaitable<Uint8Array> {
  const object = t.process.fds.object(fd);
  if (object.kind === 'file' || object.kind === 'char') return readFile(t, object, max, CURRENT);
  if (!(max >= 0)) throw new SysError('EINVAL');
  const size = Math.min(max, MESSAGE_BYTES);
  if (object.kind === 'tty') return readTty(t, object, size);
  return readMessage(t, object, size, CURRENT);
}

/** /proc/PID/io: the call counts now, its bytes when they are there. */
function countRead({ process: { io } }: UThread, read: Awaitable<Uint8Array>): Awaitable<Uint8Array> {
  io.reads += 1;
  if (!isPromise(read)) {
    io.readBytes += read.length;
    return read;
  }
  return read.then((data) => {
    io.readBytes += data.length;
    return data;
  });
}

function countWritten({ process: { io } }: UThread, written: Awaitable<number>): Awaitable<number> {
  io.writes += 1;
  if (!isPromise(written)) {
    io.writtenBytes += written;
    return written;
  }
  return written.then((count) => {
    io.writtenBytes += count;
    return count;
  });
}

function keyOf(object: OpenObject): NonNullable<OpenObject['key']> {
  if (object.key === undefined) throw new SysError('EBADF');
  return object.key;
}

/** What has no position. */
const isStream = ({ kind }: OpenObject): boolean =>
  kind !== 'file' && kind !== 'char' && kind !== 'directory' && kind !== 'path';

/** Takes any position, and has none. */
const isEvent = ({ kind }: OpenObject): boolean => kind === 'event' || kind === 'epoll';

function checkSeekable(object: OpenObject, offset: number): void {
  if (isStream(object)) throw new SysError('ESPIPE');
  if (!Number.isSafeInteger(offset) || offset < 0) throw new SysError('EINVAL');
}

// --- reading
// ---------------------------------------------------------------------------------------------------

/** A pipe whose server is lost has no writers left: end of file. Anything else is EIO. */
function lostRead(object: OpenObject, error: unknown): Uint8Array {
  if (object.kind === 'pipe' && isLost(error)) return NOTHING;
  if (object.kind === 'socket' && isLost(error)) throw new SysError('ECONNRESET');
  throw error;
}

const isLost = (error: unknown): boolean =>
  isKError(error, 'K_ELINKFAILURE') || isKError(error, 'K_EUNREACHABLE');

const dataOf = (reply: { data: Uint8Array }): Uint8Array => reply.data;

function readMessage(t: UThread, object: OpenObject, max: number, offset: number): Awaitable<Uint8Array> {
  const key = keyOf(object);
  let reply: Awaitable<{ data: Uint8Array }>;
  try {
    reply = t.process.pm.servers.read(t.thread, object.dest, { key, max, offset });
  } catch (error) {
    return lostRead(object, error);
  }
  return isPromise(reply) ? reply.then(dataOf, (error) => lostRead(object, error)) : reply.data;
}

function readTty(t: UThread, object: OpenObject, max: number): Awaitable<Uint8Array> {
  const request = { key: keyOf(object), max, ...identityFor(t.process, Sig.TTIN) };
  return andThen(t.process.pm.servers.ttyRead(t.thread, object.dest, request), dataOf);
}

function readFile(t: UThread, object: OpenObject, max: number, offset: number): Awaitable<Uint8Array> {
  if (!(max >= 0)) throw new SysError('EINVAL');
  if (max <= MESSAGE_BYTES) return readMessage(t, object, max, offset);
  const total = Math.min(max, READ_MAX);
  const request = { key: keyOf(object), max: MESSAGE_BYTES, offset, total };
  // Only this message may wait, and be interrupted: it is the one that a stream of /proc answers.
  const first = t.process.pm.servers.read(t.thread, object.dest, request);
  return andThen(first, ({ data, offset: began }) => {
    const from = offset === CURRENT ? began : offset;
    // A server without offsets (a stream of /proc): a short read.
    if (data.length < MESSAGE_BYTES || from === undefined) return data;
    return readOn(t, object, from, total, [data], data.length);
  });
}

/** The rest of a long read, by offset. What was read before an error counts. */
function readOn(
  t: UThread,
  object: OpenObject,
  from: number,
  total: number,
  parts: Uint8Array[],
  done: number,
): Awaitable<Uint8Array> {
  const { servers } = t.process.pm;
  const key = keyOf(object);
  for (let have = done; have < total; ) {
    const max = Math.min(total - have, MESSAGE_BYTES);
    const reply = servers.read(t.thread, object.dest, { key, max, offset: from + have }, UNINTERRUPTED);
    if (isPromise(reply)) {
      const before = have;
      return reply.then(
        ({ data }) => {
          parts.push(data);
          if (data.length < max) return joinParts(parts);
          return readOn(t, object, from, total, parts, before + data.length);
        },
        () => joinParts(parts),
      );
    }
    parts.push(reply.data);
    have += reply.data.length;
    if (reply.data.length < max) break;
  }
  return joinParts(parts);
}

function joinParts(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  let total = 0;
  for (const part of parts) total += part.length;
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// --- writing
// ---------------------------------------------------------------------------------------------------

/** `owned`: the server may keep the bytes. */
function writeAll(
  t: UThread,
  object: OpenObject,
  data: Uint8Array,
  offset: number,
  owned: boolean,
): Awaitable<number> {
  if (data.length <= MESSAGE_BYTES || object.kind !== 'file') return writeOn(t, object, data, offset, owned);
  const { pm, limits } = t.process;
  const request = { key: keyOf(object), offset, limit: limits.fsize.soft, total: data.length };
  const piece = data.subarray(0, MESSAGE_BYTES);
  const begun = ({
    count,
    offset: from,
  }: {
    count: number;
    offset?: number | undefined;
  }): Awaitable<number> => {
    t.progress = count;
    return from === undefined ? count : writeReserved(t, object, data, from);
  };
  try {
    const first = pm.servers.write(t.thread, object.dest, { ...request, data: piece }, UNINTERRUPTED);
    return isPromise(first) ? first.then(begun, (error) => writeFailed(t, object, error)) : begun(first);
  } catch (error) {
    return writeFailed(t, object, error);
  }
}

/** The rest of a long write into the range that its first message reserved at `from`. */
function writeReserved(t: UThread, object: OpenObject, data: Uint8Array, from: number): Awaitable<number> {
  const { pm, limits } = t.process;
  const limit = limits.fsize.soft;
  const key = keyOf(object);
  const stopped = (): number => {
    const request = { key, data: NOTHING, offset: from + t.progress, limit, reserved: true };
    pm.background((thread) => pm.servers.write(thread, object.dest, request));
    return t.progress;
  };
  while (t.progress < data.length) {
    const piece = data.subarray(t.progress, t.progress + MESSAGE_BYTES);
    const request = { key, data: piece, offset: from + t.progress, limit, reserved: true };
    let reply: Awaitable<{ count: number }>;
    try {
      reply = pm.servers.write(t.thread, object.dest, request, UNINTERRUPTED);
    } catch {
      return stopped();
    }
    if (isPromise(reply)) {
      return reply.then(({ count }) => {
        t.progress += count;
        return count === 0 ? stopped() : writeReserved(t, object, data, from);
      }, stopped);
    }
    if (reply.count === 0) return stopped();
    t.progress += reply.count;
  }
  return t.progress;
}

/** Writes from `progress` on. Short only where a non-blocking object or a full disk allows no more. */
function writeOn(
  t: UThread,
  object: OpenObject,
  data: Uint8Array,
  offset: number,
  owned: boolean,
): Awaitable<number> {
  for (;;) {
    const at = t.progress;
    // A short count may be a signal's doing: it is heard before the next message waits.
    if (at > 0) giveWay(t);
    const whole = at === 0 && data.length <= MESSAGE_BYTES;
    const piece = whole ? data : data.subarray(at, at + MESSAGE_BYTES);
    let reply: Awaitable<{ count: number }>;
    try {
      reply = writeMessage(t, object, piece, offset === CURRENT ? CURRENT : offset + at, owned);
    } catch (error) {
      return writeFailed(t, object, error);
    }
    if (isPromise(reply)) {
      return reply.then(
        ({ count }) => {
          t.progress += count;
          if (count === 0 || t.progress >= data.length) return t.progress;
          return writeOn(t, object, data, offset, owned);
        },
        (error) => writeFailed(t, object, error),
      );
    }
    t.progress += reply.count;
    if (t.progress >= data.length || reply.count === 0) return t.progress;
  }
}

function writeMessage(
  t: UThread,
  object: OpenObject,
  data: Uint8Array,
  offset: number,
  owned: boolean,
): Awaitable<{ count: number }> {
  const { servers } = t.process.pm;
  const key = keyOf(object);
  if (object.kind === 'tty') {
    return servers.ttyWrite(t.thread, object.dest, { key, data, ...identityFor(t.process, Sig.TTOU) });
  }
  const limit = t.process.limits.fsize.soft;
  return servers.write(t.thread, object.dest, { key, data, offset, limit, owned });
}

/**
 * EPIPE raises SIGPIPE, EFBIG by the limit SIGXFSZ; what was written before an error counts, except before a
 * signal.
 */
function writeFailed(t: UThread, object: OpenObject, error: unknown): number {
  if (isKError(error, 'K_EABORT')) throw error;
  const lost = object.kind === 'pipe' && isLost(error);
  if (lost || isSysError(error, 'EPIPE')) {
    post(t.process, Sig.PIPE);
    throw new SysError('EPIPE');
  }
  if (t.progress > 0 && error instanceof SysError) return t.progress;
  if (isSysError(error, 'EFBIG') && t.process.limits.fsize.soft < Number.POSITIVE_INFINITY) {
    post(t.process, Sig.XFSZ);
  }
  throw error;
}
