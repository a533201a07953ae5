/** POSIX message queues, mq_overview(7). glibc takes the slash off a name. */
import { type Awaitable, isPromise } from '../../../nucleus/awaitable.ts';
import { O } from '../constants.ts';
import { SysError } from '../errno.ts';
import { IpcLimits, type QueueAttributes, type QueueNotice } from '../ipc.ts';
import { SIGNAL_MAX } from '../signals.ts';
import { done } from './answers.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import { readTimespec } from './structs.ts';

/** struct mq_attr: flags, messages, bytes of a message, messages there now; 64 bytes. */
const ATTRIBUTE_BYTES = 64;
const NAME_MAX = 256;

/** sigev_notify. */
const SIGEV_SIGNAL = 0;
const SIGEV_NONE = 1;
const SIGEV_THREAD = 2;

function then<T, R>(value: Awaitable<T>, use: (value: T) => Awaitable<R>): Awaitable<R> {
  return isPromise(value) ? value.then(use) : use(value);
}

function attributesStruct({ flags, messages, bytes, count }: QueueAttributes): Uint8Array {
  const result = new Uint8Array(ATTRIBUTE_BYTES);
  const view = new DataView(result.buffer);
  for (const [i, value] of [flags, messages, bytes, count].entries()) view.setUint32(8 * i, value, true);
  return result;
}

/** How long a call may still wait: an absolute time of day. Throws EINVAL. */
function limitOf(c: Caller, va: number): number {
  return va === 0 ? -1 : Math.max(0, readTimespec(c.memory, va) - c.sys.now());
}

function open(c: Caller): Awaitable<number> {
  const name = c.memory.string(c.ptr(0), NAME_MAX);
  const [flags, mode, va] = [c.uint(1), c.uint(2), c.ptr(3)];
  if (!(flags & O.CREAT) || va === 0) return c.sys.mqopen(name, flags, mode);
  const [messages, bytes] = [c.memory.i64(va + 8), c.memory.i64(va + 16)];
  if (messages < 1 || bytes < 1) throw new SysError('EINVAL');
  return c.sys.mqopen(name, flags, mode, { messages, bytes });
}

function send(c: Caller): Awaitable<number> {
  const size = c.ptr(2);
  const limitMs = limitOf(c, c.ptr(4));
  if (size > IpcLimits.MQ_BYTES_MAX) throw new SysError('EMSGSIZE');
  return done(c.sys.mqsend(c.int(0), c.memory.read(c.ptr(1), size), c.uint(3), limitMs));
}

function receive(c: Caller): Awaitable<number> {
  const [va, priorityVa] = [c.ptr(1), c.ptr(3)];
  const limitMs = limitOf(c, c.ptr(4));
  const max = Math.min(c.ptr(2), IpcLimits.MQ_BYTES_MAX);
  if (priorityVa !== 0) c.memory.prepareWrite(priorityVa, 4);
  return then(c.sys.mqreceive(c.int(0), max, limitMs), async ({ data, priority }) => {
    if (data.length > 0) await c.memory.store(va, data);
    if (priorityVa !== 0) await c.memory.store(priorityVa, new Uint8Array(Uint32Array.of(priority).buffer));
    return data.length;
  });
}

/** struct sigevent: a value of 8 bytes, the signal, how to notify. */
function noticeOf(c: Caller, va: number): QueueNotice | null {
  if (va === 0) return null;
  const [signal, how] = [c.memory.i32(va + 8), c.memory.i32(va + 12)];
  if (how === SIGEV_NONE) return { signal: 0 };
  // glibc makes a thread by a netlink socket that the kernel writes to.
  if (how === SIGEV_THREAD) throw new SysError('ENOSYS');
  if (how !== SIGEV_SIGNAL || signal < 0 || signal > SIGNAL_MAX) throw new SysError('EINVAL');
  return { signal, value: c.memory.read(va, 8) };
}

function getsetattr(c: Caller): Awaitable<number> {
  const [fd, set, get] = [c.int(0), c.ptr(1), c.ptr(2)];
  const flags = set === 0 ? undefined : c.memory.i64(set);
  if (flags !== undefined && (flags & ~O.NONBLOCK) !== 0) throw new SysError('EINVAL');
  if (get !== 0) c.memory.prepareWrite(get, ATTRIBUTE_BYTES);
  return then(c.sys.mqattributes(fd), async (before) => {
    if (flags !== undefined) await c.sys.setFlags(fd, flags);
    if (get !== 0) await c.memory.store(get, attributesStruct(before));
    return 0;
  });
}

export const posixQueueCalls: LinuxCalls = {
  mq_open: open,
  mq_unlink: (c) => done(c.sys.mqunlink(c.memory.string(c.ptr(0), NAME_MAX))),
  mq_timedsend: send,
  mq_timedreceive: receive,
  mq_notify: (c) => done(c.sys.mqnotify(c.int(0), noticeOf(c, c.ptr(1)))),
  mq_getsetattr: getsetattr,
};
