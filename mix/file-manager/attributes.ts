/**
 * stat, access, chmod, chown, utimens, statfs: what an inode is, and who may change that. By path and by
 * handle.
 */
import type { AttributeChange, Attributes, Ino, KeptTime } from '../../drivers/volume.ts';
import { Access, Inotify, isDirectory, isRegular, isSymlink, S } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { ExactTime, SetTime, Stat, StatFs } from '../../subsystems/unix/sys.ts';
import { type Credentials, isMember } from '../protocols/credentials.ts';
import { tellInode, tellOpen } from './notices.ts';
import { demand, demandOwner, demandWritable, owns, withoutSetIds } from './rights.ts';
import { credentialsOf, type FileServer, type Operations } from './state.ts';
import { walkTo } from './walk.ts';

/** Preferred transfer size. */
const BLOCK_BYTES = 4096;
const ID_MAX = 0xffff_fffe;
const NS_PER_SECOND = 1e9;

export function statOf(server: FileServer, inode: Readonly<Attributes>): Stat {
  const { ino, mode, nlink, uid, gid, rdev, size, blocks, atimeMs, mtimeMs, ctimeMs } = inode;
  const { exactAtime, exactMtime } = inode;
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
    atimeNs: exactAtime?.ms === atimeMs ? exactAtime.nanoseconds : undefined,
    mtimeNs: exactMtime?.ms === mtimeMs ? exactMtime.nanoseconds : undefined,
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
    access: (request, { actorPi }) => {
      // access(2) asks with the real ids, which the message names: an answer gives nothing away but a right.
      const who = { uid: request.uid, gid: request.gid, groups: actorPi.groups };
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
  const outsider = who.uid !== 0 && !isMember(who, inode.gid);
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
    const ownGroup = gid === -1 || gid === inode.gid || isMember(who, gid);
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
  if (atime !== 'omit') change.atimeMs = msOf(atime, now);
  if (mtime !== 'omit') change.mtimeMs = msOf(mtime, now);
  if (typeof atime === 'object') change.exactAtime = keptTime(atime);
  if (typeof mtime === 'object') change.exactMtime = keptTime(mtime);
  server.volume.setAttributes(ino, change);
}

/** Throws EINVAL for what is no time. */
function checkTime(time: unknown): asserts time is SetTime {
  if (time === 'now' || time === 'omit' || Number.isFinite(time)) return;
  if (typeof time !== 'object' || time === null) throw new SysError('EINVAL');
  const { seconds, nanoseconds } = time as Partial<ExactTime>;
  const within = nanoseconds !== undefined && nanoseconds >= 0 && nanoseconds < NS_PER_SECOND;
  if (!Number.isSafeInteger(seconds) || !Number.isInteger(nanoseconds) || !within)
    throw new SysError('EINVAL');
}

function msOf(time: Exclude<SetTime, 'omit'>, now: number): number {
  if (time === 'now') return now;
  if (typeof time === 'number') return time;
  const { seconds, nanoseconds } = time;
  const ms = seconds * 1000 + nanoseconds / 1e6;
  // The last nanoseconds of a second must not round up to the next.
  return Math.floor(ms / 1000) === seconds ? ms : seconds * 1000 + 999.999;
}

const keptTime = (time: ExactTime): KeptTime => ({ ms: msOf(time, 0), nanoseconds: time.nanoseconds });
