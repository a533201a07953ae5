/**
 * open(2): what a path and flags lead to: an existing inode, a new file, or a special file that another
 * manager serves. The order of the checks is Linux's, because programs see which of several errors comes
 * first.
 */
import type { Attributes, Ino } from '../../drivers/volume.ts';
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import type { CallContext } from '../../nucleus/ipc/port.ts';
import {
  Access,
  Inotify,
  isCharDevice,
  isDirectory,
  isFifo,
  isRegular,
  isSocket,
  isSymlink,
  O,
  S,
} from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Credentials } from '../protocols/credentials.ts';
import type { ObjectReply, ObjectRequest } from '../protocols/object.ts';
import { setLength } from './mapped-io.ts';
import { createIn, inodeFor } from './names.ts';
import { type NamePlace, tellOpen } from './notices.ts';
import { demand, demandOwner, demandWritable, dropSetIds } from './rights.ts';
import { specialOf } from './special.ts';
import { credentialsOf, type FileServer, type Operations } from './state.ts';
import { type Place, walkOn, walkTo, walkToName } from './walk.ts';

type OpenRequest = ObjectRequest<'open'>;
type OpenReply = ObjectReply<'open'>;

/** Without the bit that O_TMPFILE shares with O_DIRECTORY. */
const ONLY_TMPFILE = O.TMPFILE & ~O.DIRECTORY;
/** Flags of the description that F_GETFL shows. */
const STATUS_FLAGS = O.ACCMODE | O.APPEND | O.NONBLOCK | O.DSYNC | O.SYNC | O.DIRECTORY | O.NOATIME | O.PATH;

export function openOperations(server: FileServer): Operations {
  return {
    open: (request, context) => {
      if (request.flags & ONLY_TMPFILE) return openUnnamed(server, request, context);
      if (request.flags & O.CREAT && !(request.flags & O.PATH)) return openOrCreate(server, request, context);
      const follow = !(request.flags & O.NOFOLLOW);
      const found = walkTo(server, request, credentialsOf(context), follow);
      if (found.moved) return { moved: found.moved };
      return openInode(server, request, context, found);
    },
    reopen: (request, context) => openInode(server, request, context, server.handles.get(request.key)),
  };
}

/**
 * O_TMPFILE: the path names the directory whose volume and rights count. With O_EXCL it never gets a name.
 */
function openUnnamed(server: FileServer, request: OpenRequest, context: CallContext): OpenReply {
  const { flags } = request;
  if (!(flags & O.DIRECTORY) || flags & O.CREAT || (flags & O.ACCMODE) === O.RDONLY)
    throw new SysError('EINVAL');
  const who = credentialsOf(context);
  const found = walkTo(server, request, who, !(flags & O.NOFOLLOW));
  if (found.moved) return { moved: found.moved };
  const { volume, handles } = server;
  const directory = volume.attributes(found.ino);
  if (!isDirectory(directory.mode)) throw new SysError('ENOTDIR');
  demandWritable(volume);
  demand(directory, who, Access.W_OK | Access.X_OK);
  const inode = newFile(directory, request, who);
  const ino = volume.createUnnamed(inode, !(flags & O.EXCL));
  const { key } = handles.open(ino, 'file', flags & STATUS_FLAGS & ~O.DIRECTORY, context.srcSite);
  return { key, kind: 'file' };
}

function openOrCreate(server: FileServer, request: OpenRequest, context: CallContext): Awaitable<OpenReply> {
  const who = credentialsOf(context);
  if (request.flags & O.DIRECTORY) throw new SysError('EINVAL');
  let placed = walkToName(server, request, who);
  for (;;) {
    if (placed.moved) return { moved: placed.moved };
    if (placed.dots !== null) {
      if (placed.dots === '' && !isDirectory(server.volume.attributes(placed.directory).mode)) {
        return openInode(server, request, context, { ino: placed.directory });
      }
      throw new SysError(request.flags & O.EXCL ? 'EEXIST' : 'EISDIR');
    }
    if (placed.slash) throw new SysError('EISDIR');
    const ino = server.volume.lookup(placed.directory, placed.name);
    if (ino === undefined) return openCreated(server, request, context, placed);
    if (request.flags & O.EXCL) throw new SysError('EEXIST');
    const mount = server.mounts.at(ino);
    if (mount) throw new SysError('EISDIR');
    const { mode } = server.volume.attributes(ino);
    if (isDirectory(mode)) throw new SysError('EISDIR');
    if (!isSymlink(mode) || request.flags & O.NOFOLLOW) {
      return openInode(server, request, context, { ino, place: placed });
    }
    placed = walkOn(server, request, who, placed, ino);
  }
}

/** Whether S_ISGID may stay is judged by what was asked for, before the umask takes from it. */
function newFile(
  holder: Readonly<Attributes>,
  { mode, umask }: Pick<OpenRequest, 'mode' | 'umask'>,
  who: Credentials,
): ReturnType<typeof inodeFor> {
  const inode = inodeFor(holder, S.IFREG | (mode & 0o7777), who);
  return { ...inode, mode: inode.mode & ~umask };
}

function openCreated(
  server: FileServer,
  request: OpenRequest,
  context: CallContext,
  place: Place,
): Awaitable<OpenReply> {
  const who = credentialsOf(context);
  const { mode } = newFile(server.volume.attributes(place.directory), request, who);
  const ino = createIn(server, place.directory, place.name, { mode }, who);
  return openInode(server, request, context, { ino, place, created: true });
}

function openInode(
  server: FileServer,
  request: Pick<OpenRequest, 'flags'>,
  context: CallContext,
  { ino, place, created = false }: { ino: Ino; place?: NamePlace | undefined; created?: boolean },
): Awaitable<OpenReply> {
  const inode = server.volume.attributes(ino);
  const { flags } = request;
  const directory = isDirectory(inode.mode);
  if (flags & O.DIRECTORY && !directory) throw new SysError('ENOTDIR');
  if (flags & O.PATH) {
    const { key } = server.handles.open(ino, 'path', flags & STATUS_FLAGS, context.srcSite, place);
    return { key, kind: 'path' };
  }
  const who = credentialsOf(context);
  if (!created) demandOpen(server, inode, flags, who);
  if (isFifo(inode.mode) || isCharDevice(inode.mode) || isSocket(inode.mode)) {
    return { special: specialOf(server, inode) };
  }
  if (!directory && !isRegular(inode.mode)) throw new SysError('ENXIO');
  const kind = directory ? 'directory' : 'file';
  if (!directory && !created) {
    const writes = (flags & O.ACCMODE) !== O.RDONLY;
    const broken = server.leases.demand(ino, writes, flags & O.NONBLOCK ? null : context.thread);
    if (broken) return broken.then(() => openInode(server, request, context, { ino, place }));
  }
  const truncates = (flags & O.TRUNC) !== 0 && !directory && !created;
  const opened = (): OpenReply => {
    const handle = server.handles.open(ino, kind, flags & STATUS_FLAGS, context.srcSite, place);
    if (created || truncates) handle.dirty = true;
    tellOpen(server, handle, Inotify.OPEN);
    if (truncates) tellOpen(server, handle, Inotify.MODIFY);
    return { key: handle.key, kind };
  };
  if (!truncates) return opened();
  server.seals.demandSize(ino, inode.size, 0);
  dropSetIds(server.volume, inode, who);
  const done = setLength(server, { ino }, 0);
  return isPromise(done) ? done.then(opened) : opened();
}

/** The rights an open needs. Throws ELOOP, EISDIR, EACCES, EROFS; EPERM for another's with O_NOATIME. */
function demandOpen(server: FileServer, inode: Readonly<Attributes>, flags: number, who: Credentials): void {
  const access = flags & O.ACCMODE;
  const writes = access !== O.RDONLY || (flags & O.TRUNC) !== 0;
  if (isSymlink(inode.mode)) throw new SysError('ELOOP');
  if (isDirectory(inode.mode) && writes) throw new SysError('EISDIR');
  const wanted = (access !== O.WRONLY ? Access.R_OK : 0) | (writes ? Access.W_OK : 0);
  if (writes && isRegular(inode.mode)) demandWritable(server.volume);
  demand(inode, who, wanted);
  if (flags & O.NOATIME) demandOwner(inode, who);
  if (writes) server.programs.demandIdle(inode.ino);
}
