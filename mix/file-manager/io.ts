/** read, write, seek, truncate, fsync, status flags, poll: what is done with an open file. */
import type { Attributes } from '../../drivers/volume.ts';
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import type { CallContext } from '../../nucleus/ipc/port.ts';
import { Access, Inotify, isDirectory, isRegular, O, Poll, Seek } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Credentials } from '../protocols/credentials.ts';
import type { ObjectReply, ObjectRequest } from '../protocols/object.ts';
import type { Handle } from './handles.ts';
import { readMapped, setLength, writeMapped } from './mapped-io.ts';
import { tellInode, tellOpen } from './notices.ts';
import { demand, demandWritable, dropSetIds } from './rights.ts';
import { seekSparse } from './space.ts';
import { credentialsOf, type FileServer, type Operations } from './state.ts';
import { walkTo } from './walk.ts';

/** Most bytes of one read or write message. */
const TRANSFER_BYTES_MAX = 65536;
/** Offsets stay exact in a number. */
const OFFSET_MAX = Number.MAX_SAFE_INTEGER;
/** relatime: an access time older than this is renewed. */
const RELATIME_MS = 24 * 3600 * 1000;
const SETTABLE_FLAGS = O.APPEND | O.NONBLOCK;

export function ioOperations(server: FileServer): Operations {
  return { ...transfers(server), ...lengths(server), ...descriptions(server) };
}

function transfers(server: FileServer): Operations {
  const { handles } = server;
  return {
    read: (request) => {
      const handle = handles.readable(request.key);
      const reply = read(server, handle, request);
      if (request.max > 0) tellOpen(server, handle, Inotify.ACCESS);
      return reply;
    },
    write: (request, context) => {
      const handle = handles.writable(request.key);
      const reply = write(server, handle, request, context);
      tellWritten(server, handle, reply);
      if (!(handle.flags & O.SYNC)) return reply;
      const safe = isPromise(reply)
        ? reply.then(() => server.volume.fsync(handle.ino))
        : server.volume.fsync(handle.ino);
      return isPromise(safe) ? safe.then(() => reply) : reply;
    },
    seek: ({ key, offset, whence }) => {
      const handle = handles.opened(key);
      const sought = (): ObjectReply<'seek'> => ({ offset: seek(server, handle, offset, whence) });
      // Only where data are asks for what mappings wrote.
      const ready = whence > Seek.END ? server.segments.writeBack(handle.ino) : undefined;
      return isPromise(ready) ? ready.then(sought) : sought();
    },
  };
}

function tellWritten(server: FileServer, handle: Handle, reply: Awaitable<ObjectReply<'write'>>): void {
  if (!server.watches.active) return;
  const tell = ({ count }: ObjectReply<'write'>): void => {
    if (count > 0) tellOpen(server, handle, Inotify.MODIFY);
  };
  if (isPromise(reply)) reply.then(tell, () => {});
  else tell(reply);
}

function read(
  server: FileServer,
  handle: Handle,
  request: ObjectRequest<'read'>,
): Awaitable<ObjectReply<'read'>> {
  const { offset, total } = request;
  if (handle.kind === 'directory') throw new SysError('EISDIR');
  if (offset < -1) throw new SysError('EINVAL');
  const max = Math.min(request.max, TRANSFER_BYTES_MAX);
  if (max > 0) touchAccess(server, handle);
  if (server.segments.held(handle.ino)) return readMapped(server, handle, request, max);
  const from = offset === -1 ? handle.offset : offset;
  const data = server.volume.read(handle.ino, from, max);
  if (offset !== -1) return { data };
  handle.offset += data.length;
  if (total === undefined) return { data };
  const left = server.volume.attributes(handle.ino).size - from;
  handle.offset = from + Math.max(data.length, Math.min(total, left));
  return { data, offset: from };
}

/** relatime: only when the file changed since it was last read, or a day has gone by. */
export function touchAccess(server: FileServer, { ino, flags }: Handle): void {
  if (flags & O.NOATIME || server.volume.readOnly || server.volume.keepsAccessTimes) return;
  const { atimeMs, mtimeMs, ctimeMs } = server.volume.attributes(ino);
  const now = server.nucleus.clock.now();
  if (atimeMs > mtimeMs && atimeMs > ctimeMs && now - atimeMs < RELATIME_MS) return;
  server.volume.setAttributes(ino, { atimeMs: now, ctimeMs });
}

/**
 * O_APPEND: the offset is the size now, whatever was asked for; nothing can come between, calls are atomic.
 */
function write(
  server: FileServer,
  handle: Handle,
  request: ObjectRequest<'write'>,
  context: CallContext,
): Awaitable<ObjectReply<'write'>> {
  const { volume, reservations, seals, segments } = server;
  const { data, offset, limit, total, reserved } = request;
  if (offset < -1) throw new SysError('EINVAL');
  const inode = volume.attributes(handle.ino);
  const from = reserved ? offset : writeOffset(server, handle, inode.size, offset);
  if (data.length === 0) {
    if (reserved) reservations.abandon(handle, context.srcSite, from);
    return { count: 0 };
  }
  const room = Math.min(limit, OFFSET_MAX) - from;
  if (room <= 0) throw new SysError('EFBIG');
  seals.demandWritable(handle.ino);
  if (from + data.length > inode.size) seals.demandSize(handle.ino, inode.size, from + data.length);
  dropSetIds(volume, inode, credentialsOf(context));
  handle.dirty = true;
  const piece = room < data.length ? data.subarray(0, room) : data;
  const site = context.srcSite;
  if (segments.held(handle.ino)) {
    const planned = total === undefined ? piece.length : Math.min(total, room);
    const moves = offset === -1 && !reserved;
    const mapped = { handle, site, from, data: piece, planned, moves, reserved: reserved === true };
    return writeMapped(server, mapped);
  }
  const count = volume.write(handle.ino, from, piece);
  if (reserved) {
    reservations.written(handle, site, from + count);
    return { count };
  }
  const planned = total === undefined ? count : Math.min(total, room);
  const more = count === data.length && count < planned;
  if (more) reservations.add(handle, site, from, from + planned);
  if (offset === -1) handle.offset = from + (more ? planned : count);
  return more ? { count, offset: from } : { count };
}

function writeOffset(server: FileServer, handle: Handle, size: number, offset: number): number {
  if (handle.flags & O.APPEND) return server.reservations.appendOffset(handle.ino, size);
  return offset === -1 ? handle.offset : offset;
}

function seek(server: FileServer, handle: Handle, offset: number, whence: number): number {
  const target =
    whence === Seek.DATA || whence === Seek.HOLE
      ? seekSparse(server, handle, offset, whence)
      : seekBase(server, handle, whence) + offset;
  if (target < 0 || target > OFFSET_MAX) throw new SysError('EINVAL');
  handle.offset = target;
  return target;
}

function seekBase(server: FileServer, handle: Handle, whence: number): number {
  if (whence === Seek.SET) return 0;
  if (whence === Seek.CUR) return handle.offset;
  if (whence !== Seek.END || handle.kind === 'directory') throw new SysError('EINVAL');
  return server.volume.attributes(handle.ino).size;
}

function lengths(server: FileServer): Operations {
  const { volume, handles } = server;
  return {
    truncate: (request, context) => truncatePath(server, request, context),
    ftruncate: ({ key, length, limit }, context) => {
      const handle = handles.opened(key);
      if ((handle.flags & O.ACCMODE) === O.RDONLY || handle.kind === 'directory')
        throw new SysError('EINVAL');
      handle.dirty = true;
      const inode = volume.attributes(handle.ino);
      const done = truncate(server, inode, length, limit, credentialsOf(context));
      tellOpen(server, handle, Inotify.MODIFY);
      return done;
    },
  };
}

function truncatePath(
  server: FileServer,
  request: ObjectRequest<'truncate'>,
  context: CallContext,
): Awaitable<ObjectReply<'truncate'>> {
  const { volume, programs } = server;
  const who = credentialsOf(context);
  const found = walkTo(server, request, who, true);
  if (found.moved) return { moved: found.moved };
  const inode = volume.attributes(found.ino);
  if (isDirectory(inode.mode)) throw new SysError('EISDIR');
  if (!isRegular(inode.mode)) throw new SysError('EINVAL');
  demandWritable(volume);
  demand(inode, who, Access.W_OK);
  programs.demandIdle(found.ino);
  const broken = server.leases.demand(found.ino, true, context.thread);
  if (broken) return broken.then(() => truncatePath(server, request, context));
  const done = truncate(server, inode, request.length, request.limit, who);
  tellInode(server, found.ino, found.place, Inotify.MODIFY);
  return done;
}

function truncate(
  server: FileServer,
  inode: Readonly<Attributes>,
  length: number,
  limit: number,
  who: Credentials,
): Awaitable<object> {
  if (length > inode.size && length > limit) throw new SysError('EFBIG');
  server.seals.demandSize(inode.ino, inode.size, length);
  dropSetIds(server.volume, inode, who);
  const done = setLength(server, inode, length);
  return isPromise(done) ? done.then(() => ({})) : {};
}

function descriptions(server: FileServer): Operations {
  const { volume, handles, segments } = server;
  return {
    fsync: ({ key }) => {
      const { ino } = handles.opened(key);
      const written = segments.writeBack(ino);
      const done = isPromise(written) ? written.then(() => volume.fsync(ino)) : volume.fsync(ino);
      return isPromise(done) ? done.then(() => ({})) : {};
    },
    sync: () => {
      const written = segments.writeBackAll();
      const done = isPromise(written) ? written.then(() => volume.sync()) : volume.sync();
      return isPromise(done) ? done.then(() => ({})) : {};
    },
    getFlags: ({ key }) => ({ flags: handles.get(key).flags }),
    setFlags: ({ key, flags }) => {
      const handle = handles.opened(key);
      handle.flags = (handle.flags & ~SETTABLE_FLAGS) | (flags & SETTABLE_FLAGS);
      return {};
    },
    poll: ({ key, events }) => {
      // Regular files and directories never make anyone wait.
      const { kind } = handles.get(key);
      return { revents: kind === 'path' ? Poll.NVAL : events & (Poll.IN | Poll.OUT) };
    },
  };
}
