/**
 * stat, access, chmod, chown, utimens, statfs: what an inode is, and who may change that. By path and by
 * handle.
 */
import type { AttributeChange, Attributes, Ino } from '../../drivers/volume.ts';
import { Access, Inotify, isDirectory, isRegular, isSymlink, S } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Stat, StatFs } from '../../subsystems/unix/sys.ts';
import { tellInode, tellOpen } from './notices.ts';
import { demand, demandOwner, demandWritable, owns, withoutSetIds } from './rights.ts';
import { type Credentials, credentialsOf, type FileServer, type Operations } from './state.ts';
import { walkTo } from './walk.ts';

/** Preferred transfer size. */
const BLOCK_BYTES = 4096;
const ID_MAX = 0xffff_fffe;

export function statOf(server: FileServer, inode: Readonly<Attributes>): Stat {
  const { ino, mode, nlink, uid, gid, rdev, size, blocks, atimeMs, mtimeMs, ctimeMs } = inode;
  const { dev } = server;
  return {
    dev,
    ino,
    mode,
    nlink,
    uid,
    gid,
    rdev,
    size,
    blksize: BLOCK_BYTES,
    blocks,
    atimeMs,
    mtimeMs,
    ctimeMs,
  };
}

/** What a volume tells, with the number that its files have as st_dev. */
const statFsOf = ({ volume, dev }: FileServer): StatFs => ({ ...volume.statfs(), fsid: dev });

export function attributeOperations(server: FileServer): Operations {
  return { ...byPath(server), ...byHandle(server) };
}

function byPath(server: FileServer): Operations {
  const { volume } = server;
  return {
    stat: (request, context) => {
      const found = walkTo(server, request, credentialsOf(context), request.follow);
      return found.moved ? { moved: found.moved } : { stat: statOf(server, volume.attributes(found.ino)) };
    },
    access: (request) => {
      // access(2) asks with the real ids, which the message names: an answer gives nothing away but a right.
      const who = { uid: request.uid, gid: request.gid };
      const found = walkTo(server, request, who, true);
      if (found.moved) return { moved: found.moved };
      checkAccess(server, volume.attributes(found.ino), request.mode, who);
      return {};
    },
    chmod: (request, context) => {
      const who = credentialsOf(context);
      const found = walkTo(server, request, who, true);
      if (found.moved) return { moved: found.moved };
      changeMode(server, found.ino, request.mode, who);
      tellInode(server, found.ino, found.place, Inotify.ATTRIB);
      return {};
    },
    chown: (request, context) => {
      const who = credentialsOf(context);
      const found = walkTo(server, request, who, request.follow);
      if (found.moved) return { moved: found.moved };
      changeOwner(server, found.ino, request.uid, request.gid, who);
      tellInode(server, found.ino, found.place, Inotify.ATTRIB);
      return {};
    },
    utimens: (request, context) => {
      const who = credentialsOf(context);
      const found = walkTo(server, request, who, request.follow);
      if (found.moved) return { moved: found.moved };
      changeTimes(server, found.ino, request.atime, request.mtime, who);
      tellInode(server, found.ino, found.place, Inotify.ATTRIB);
      return {};
    },
    statfs: (request, context) => {
      const found = walkTo(server, request, credentialsOf(context), true);
      return found.moved ? { moved: found.moved } : { statfs: statFsOf(server) };
    },
  };
}

function byHandle(server: FileServer): Operations {
  const { volume, handles } = server;
  return {
    fstat: ({ key }) => ({ stat: statOf(server, volume.attributes(handles.get(key).ino)) }),
    fstatfs: ({ key }) => {
      handles.get(key);
      return { statfs: statFsOf(server) };
    },
    fchmod: ({ key, mode }, context) => {
      const handle = handles.opened(key);
      changeMode(server, handle.ino, mode, credentialsOf(context));
      tellOpen(server, handle, Inotify.ATTRIB);
      return {};
    },
    fchown: ({ key, uid, gid }, context) => {
      const handle = handles.opened(key);
      changeOwner(server, handle.ino, uid, gid, credentialsOf(context));
      tellOpen(server, handle, Inotify.ATTRIB);
      return {};
    },
    futimens: ({ key, atime, mtime }, context) => {
      const handle = handles.opened(key);
      changeTimes(server, handle.ino, atime, mtime, credentialsOf(context));
      tellOpen(server, handle, Inotify.ATTRIB);
      return {};
    },
  };
}

function checkAccess(server: FileServer, inode: Readonly<Attributes>, mode: number, who: Credentials): void {
  if (mode & ~7) throw new SysError('EINVAL');
  const stored = isRegular(inode.mode) || isDirectory(inode.mode) || isSymlink(inode.mode);
  if (mode & Access.W_OK && stored) demandWritable(server.volume);
  demand(inode, who, mode);
}

/** chmod(2): setgid is lost by someone outside the file's group. */
function changeMode(server: FileServer, ino: Ino, mode: number, who: Credentials): void {
  demandWritable(server.volume);
  const inode = server.volume.attributes(ino);
  demandOwner(inode, who);
  if (isSymlink(inode.mode)) throw new SysError('EOPNOTSUPP');
  const outsider = who.uid !== 0 && who.gid !== inode.gid;
  server.seals.demandMode(ino, inode.mode, mode);
  server.volume.setAttributes(ino, { mode: outsider ? mode & 0o7777 & ~S.ISGID : mode & 0o7777 });
}

/** chown(2): only root gives files away; an owner may give a file to his own group. */
function changeOwner(server: FileServer, ino: Ino, uid: number, gid: number, who: Credentials): void {
  if (uid < -1 || gid < -1 || uid > ID_MAX || gid > ID_MAX) throw new SysError('EINVAL');
  demandWritable(server.volume);
  const inode = server.volume.attributes(ino);
  if (who.uid !== 0) {
    const sameOwner = uid === -1 || uid === inode.uid;
    const ownGroup = gid === -1 || gid === inode.gid || gid === who.gid;
    const mine = who.uid === inode.uid || (uid === -1 && gid === -1);
    if (!sameOwner || !ownGroup || !mine) throw new SysError('EPERM');
  }
  const change: AttributeChange = {};
  if (uid !== -1) change.uid = uid;
  if (gid !== -1) change.gid = gid;
  if (!isDirectory(inode.mode)) change.mode = withoutSetIds(inode.mode) & 0o7777;
  server.volume.setAttributes(ino, change);
}

/** utimensat(2): 'now' for both asks for write permission or ownership, anything else for ownership. */
function changeTimes(server: FileServer, ino: Ino, atime: unknown, mtime: unknown, who: Credentials): void {
  checkTime(atime);
  checkTime(mtime);
  if (atime === 'omit' && mtime === 'omit') return;
  demandWritable(server.volume);
  const inode = server.volume.attributes(ino);
  if (!owns(inode, who)) {
    if (atime !== 'now' || mtime !== 'now') throw new SysError('EPERM');
    demand(inode, who, Access.W_OK);
  }
  const now = server.nucleus.clock.now();
  const change: AttributeChange = {};
  if (atime !== 'omit') change.atimeMs = typeof atime === 'number' ? atime : now;
  if (mtime !== 'omit') change.mtimeMs = typeof mtime === 'number' ? mtime : now;
  server.volume.setAttributes(ino, change);
}

function checkTime(time: unknown): void {
  if (time === 'now' || time === 'omit') return;
  if (typeof time !== 'number' || !Number.isFinite(time)) throw new SysError('EINVAL');
}
