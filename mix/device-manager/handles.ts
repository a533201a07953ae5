/**
 * The operations by handle: one implementation for everything that is open here, whichever port it was opened
 * through. What an object means by them is the object's own (OpenObject).
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import type { CallContext } from '../../nucleus/ipc/port.ts';
import type { Implementation } from '../../nucleus/ipc/protocol.ts';
import type { ObjectSpecs } from '../protocols/object.ts';
import { DeviceLimits } from './limits.ts';
import type { ObjectTable } from './object-table.ts';
import type { Caller } from './open-object.ts';

interface JobControlIdentity {
  readonly pid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly ignoring: boolean;
}

const NOBODY: JobControlIdentity = { pid: 0, pgid: 0, sid: 0, ignoring: false };

/** The caller of an operation: who the nucleus says it is, and where it says it stands in job control. */
export function callerOf(context: CallContext, place: JobControlIdentity = NOBODY): Caller {
  const { uid, gid } = context.actorPi;
  return {
    thread: context.thread,
    site: context.srcSite,
    uid,
    gid,
    pid: place.pid,
    pgid: place.pgid,
    sid: place.sid,
    ignoring: place.ignoring,
  };
}

const EMPTY_REPLY = {};

/** Wraps a value, or the promise of one, into a reply: no promise where none is needed. */
function reply<T, R>(value: Awaitable<T>, wrap: (value: T) => R): Awaitable<R> {
  return isPromise(value) ? value.then(wrap) : wrap(value);
}

const dataReply = (data: Uint8Array): { data: Uint8Array } => ({ data });
const countReply = (count: number): { count: number } => ({ count });
const resultReply = (result: unknown): { result: unknown } => ({ result });

const bounded = (max: number): number => Math.min(max, DeviceLimits.READ_MAX_BYTES);

export function handleOperations(objects: ObjectTable) {
  return {
    read: ({ key, max }, context) => {
      const object = objects.get(key);
      // A device of the driver table has data for as long as it is asked: a long read goes on by messages.
      const answer = object.kind === 'char' ? (data: Uint8Array) => ({ data, offset: 0 }) : dataReply;
      return reply(object.read(callerOf(context), bounded(max)), answer);
    },
    write: ({ key, data, owned }, context) =>
      reply(objects.get(key).write(callerOf(context), data, owned === true), countReply),
    ttyRead: (request, context) =>
      reply(objects.get(request.key).read(callerOf(context, request), bounded(request.max)), dataReply),
    ttyWrite: (request, context) =>
      reply(objects.get(request.key).write(callerOf(context, request), request.data, false), countReply),
    ioctl: (request, context) => {
      const { key, request: name, argument } = request;
      return reply(objects.get(key).ioctl(callerOf(context, request), name, argument), resultReply);
    },
    seek: ({ key, offset, whence }) => ({ offset: objects.get(key).seek(offset, whence) }),
    fstat: ({ key }) => ({ stat: objects.get(key).stat() }),
    fchmod: ({ key, mode }, context) => {
      objects.get(key).chmod(callerOf(context), mode);
      return EMPTY_REPLY;
    },
    fchown: ({ key, uid, gid }, context) => {
      objects.get(key).chown(callerOf(context), uid, gid);
      return EMPTY_REPLY;
    },
    readdir: ({ key, max }) => ({ entries: objects.get(key).readdir(max) }),
    getFlags: ({ key }) => ({ flags: objects.get(key).flags }),
    setFlags: ({ key, flags }) => {
      objects.get(key).flags = flags;
      return EMPTY_REPLY;
    },
    poll: (request, { thread }) => objects.get(request.key).poll(thread, request),
    hold: ({ keys }, { srcSite }) => {
      objects.hold(keys, srcSite);
      return EMPTY_REPLY;
    },
    release: ({ key }, { srcSite }) => {
      objects.release(key, srcSite);
      return EMPTY_REPLY;
    },
    sync: () => EMPTY_REPLY,
  } satisfies Partial<Implementation<ObjectSpecs>>;
}
