/** Making and removing names: mkdir, mknod, symlink, link, unlink, rmdir, readlink. */
import type { Attributes, Ino, NewInode } from '../../drivers/volume.ts';
import type { CallContext } from '../../nucleus/ipc/port.ts';
import {
  Access,
  Inotify,
  isDirectory,
  isRegular,
  isSymlink,
  Limits,
  S,
} from '../../subsystems/unix/constants.ts';
import { type ErrnoName, SysError } from '../../subsystems/unix/errno.ts';
import { type Credentials, isMember } from '../protocols/credentials.ts';
import { tellInode, tellMade, tellRemoved } from './notices.ts';
import { demand, demandRemoval, demandWritable, owns, permits, withoutSetIds } from './rights.ts';
import { specialOf } from './special.ts';
import { credentialsOf, type FileServer, type Operations } from './state.ts';
import { type Found, type Place, type WalkRequest, walkTo, walkToName } from './walk.ts';

type Reply = { moved?: Exclude<ReturnType<typeof walkToName>['moved'], undefined> };

export function nameOperations(server: FileServer): Operations {
  return { ...making(server), ...removing(server) };
}

function making(server: FileServer): Operations {
  return {
    mkdir: (request, context) =>
      make(server, request, context, true, { mode: S.IFDIR | (request.mode & ~request.umask & 0o1777) }),
    mknod: (request, context) => {
      const type = nodeType(request.mode, credentialsOf(context));
      const mode = type | (request.mode & ~request.umask & 0o7777);
      const rdev = type === S.IFCHR || type === S.IFBLK ? request.rdev : 0;
      const made = makeInode(server, request, context, false, { mode, rdev });
      if (made.moved) return { moved: made.moved };
      return type === S.IFSOCK ? { special: specialOf(server, server.volume.attributes(made.ino)) } : {};
    },
    symlink: (request, context) => {
      if (request.target === '') throw new SysError('ENOENT');
      if (Buffer.byteLength(request.target) >= Limits.PATH_MAX) throw new SysError('ENAMETOOLONG');
      return make(server, request, context, false, { mode: S.IFLNK | 0o777, target: request.target });
    },
    readlink: (request, context) => {
      const found = walkTo(server, request, credentialsOf(context), false);
      if (found.moved) return { moved: found.moved };
      if (!isSymlink(server.volume.attributes(found.ino).mode)) throw new SysError('EINVAL');
      return { target: server.volume.readlink(found.ino) };
    },
    link: ({ object, to, name }, context) => {
      linkTo(server, server.handles.get(object).ino, directoryOf(server, to), name, credentialsOf(context));
      return {};
    },
  };
}

/** What removing '', '.' and '..' answers. */
const UNLINK_DOTS: Record<string, ErrnoName> = { '': 'EISDIR', '.': 'EISDIR', '..': 'EISDIR' };
const RMDIR_DOTS: Record<string, ErrnoName> = { '': 'EBUSY', '.': 'EINVAL', '..': 'ENOTEMPTY' };

/** What unlink and rmdir do differently, in the order in which Linux looks. */
interface Removal {
  readonly dots: Record<string, ErrnoName>;
  /** Before the rights: what the name's last '/' asks for. Throws. */
  readonly slash?: (directory: boolean) => void;
  readonly take: (place: Place, ino: Ino, directory: boolean) => void;
}

function removing(server: FileServer): Operations {
  const { volume } = server;
  const unlinking: Removal = {
    dots: UNLINK_DOTS,
    slash: (directory) => {
      throw new SysError(directory ? 'EISDIR' : 'ENOTDIR');
    },
    take: (place, _ino, directory) => {
      if (directory) throw new SysError('EISDIR');
      volume.unlink(place.directory, place.name);
    },
  };
  const removingDirectory: Removal = {
    dots: RMDIR_DOTS,
    take: (place, ino, directory) => {
      if (!directory) throw new SysError('ENOTDIR');
      if (server.mounts.at(ino)) throw new SysError('EBUSY');
      volume.rmdir(place.directory, place.name);
    },
  };
  return {
    unlink: (request, context) => remove(server, request, context, unlinking),
    rmdir: (request, context) => remove(server, request, context, removingDirectory),
  };
}

/** Type bits of a mknod. Throws EINVAL, EPERM (devices are root's to make, directories nobody's). */
function nodeType(mode: number, who: Credentials): number {
  const type = mode & S.IFMT;
  if (type === 0) return S.IFREG;
  if (type === S.IFREG || type === S.IFIFO || type === S.IFSOCK) return type;
  if (type !== S.IFCHR && type !== S.IFBLK) throw new SysError(type === S.IFDIR ? 'EPERM' : 'EINVAL');
  if (who.uid !== 0) throw new SysError('EPERM');
  return type;
}

function make(
  server: FileServer,
  request: WalkRequest,
  context: CallContext,
  directory: boolean,
  inode: Pick<NewInode, 'mode' | 'rdev' | 'target'>,
): Reply {
  const { moved } = makeInode(server, request, context, directory, inode);
  return moved ? { moved } : {};
}

function makeInode(
  server: FileServer,
  request: WalkRequest,
  context: CallContext,
  directory: boolean,
  inode: Pick<NewInode, 'mode' | 'rdev' | 'target'>,
): Found {
  const who = credentialsOf(context);
  const place = walkToName(server, request, who);
  if (place.moved) return { moved: place.moved };
  if (place.dots !== null) throw new SysError('EEXIST');
  // A trailing slash demands a directory: only mkdir makes one.
  if (place.slash && !directory) {
    const exists = server.volume.lookup(place.directory, place.name) !== undefined;
    throw new SysError(exists ? 'EEXIST' : 'ENOENT');
  }
  return { ino: createIn(server, place.directory, place.name, inode, who) };
}

/**
 * Makes an inode and its name. A setgid directory hands its group down. Throws EEXIST, EROFS, EACCES, ENOENT.
 */
export function createIn(
  server: FileServer,
  directory: Ino,
  name: string,
  inode: Pick<NewInode, 'mode' | 'rdev' | 'target'>,
  who: Credentials,
): Ino {
  const holder = server.volume.attributes(directory);
  if (server.volume.lookup(directory, name) !== undefined) throw new SysError('EEXIST');
  if (holder.nlink === 0) throw new SysError('ENOENT');
  demandWritable(server.volume);
  demand(holder, who, Access.W_OK | Access.X_OK);
  const ino = server.volume.create(directory, name, { ...inode, ...inodeFor(holder, inode.mode, who) });
  tellMade(server, directory, name, ino);
  return ino;
}

/** Mode and owner of what is made in a directory. */
export function inodeFor(
  holder: Readonly<Attributes>,
  wanted: number,
  who: Credentials,
): Pick<NewInode, 'mode' | 'uid' | 'gid'> {
  let mode = wanted;
  let { gid } = who;
  if (holder.mode & S.ISGID) {
    gid = holder.gid;
    if (isDirectory(mode)) mode |= S.ISGID;
    else if (mode & S.ISGID && mode & 0o010 && who.uid !== 0 && !isMember(who, gid)) mode &= ~S.ISGID;
  }
  return { mode, uid: who.uid, gid };
}

function remove(
  server: FileServer,
  request: WalkRequest,
  context: CallContext,
  { dots, slash, take }: Removal,
): Reply {
  const who = credentialsOf(context);
  const place = walkToName(server, request, who);
  if (place.moved) return { moved: place.moved };
  if (place.dots !== null) throw new SysError(dots[place.dots]!);
  const { volume } = server;
  const ino = volume.lookup(place.directory, place.name);
  if (ino === undefined) throw new SysError('ENOENT');
  const directory = isDirectory(volume.attributes(ino).mode);
  demandWritable(volume);
  if (place.slash) slash?.(directory);
  demandRemoval(volume.attributes(place.directory), volume.attributes(ino), who);
  take(place, ino, directory);
  server.segments.unlinked(ino);
  tellRemoved(server, place, ino, directory ? Inotify.ISDIR : 0);
  return {};
}

/** The directory behind a handle. Throws ENOTDIR. */
export function directoryOf(server: FileServer, key: Parameters<FileServer['handles']['get']>[0]): Ino {
  const { ino } = server.handles.get(key);
  if (!isDirectory(server.volume.attributes(ino).mode)) throw new SysError('ENOTDIR');
  return ino;
}

/** Throws for what cannot be a name: EINVAL, ENAMETOOLONG. */
export function checkName(name: string): void {
  if (name === '' || name.includes('/') || name.includes('\0')) throw new SysError('EINVAL');
  if (name.length > 63 && Buffer.byteLength(name) > Limits.NAME_MAX) throw new SysError('ENAMETOOLONG');
}

function linkTo(server: FileServer, ino: Ino, directory: Ino, name: string, who: Credentials): void {
  const { volume } = server;
  const plain = name.replace(/\/+$/, '');
  checkName(plain);
  const holder = volume.attributes(directory);
  demand(holder, who, Access.X_OK);
  if (plain === '.' || plain === '..' || volume.lookup(directory, plain) !== undefined)
    throw new SysError('EEXIST');
  if (plain !== name) throw new SysError('ENOENT');
  demandWritable(volume);
  const inode = volume.attributes(ino);
  if (!mayLink(inode, who)) throw new SysError('EPERM');
  demand(holder, who, Access.W_OK);
  if (isDirectory(inode.mode)) throw new SysError('EPERM');
  volume.link(ino, directory, name);
  tellInode(server, ino, undefined, Inotify.ATTRIB);
  tellMade(server, directory, name, ino);
}

/**
 * Somebody else's file gets no further name from a user who could not write it anyway (proc(5),
 * protected_hardlinks): a link would keep a program alive, set-id bits and all, after its owner replaced it.
 */
function mayLink(inode: Readonly<Attributes>, who: Credentials): boolean {
  if (owns(inode, who)) return true;
  if (!isRegular(inode.mode) || withoutSetIds(inode.mode) !== inode.mode) return false;
  return permits(inode, who, Access.R_OK | Access.W_OK);
}
