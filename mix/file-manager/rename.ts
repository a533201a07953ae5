/**
 * rename(2): parents are handles of this server, names single components (a trailing slash demands a
 * directory). The order of the checks is Linux's.
 */
import type { Attributes, Ino } from '../../drivers/volume.ts';
import { Access, isDirectory, Rename } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Credentials } from '../protocols/credentials.ts';
import { checkName, directoryOf } from './names.ts';
import { tellMoved } from './notices.ts';
import { demand, demandRemoval, demandWritable } from './rights.ts';
import { credentialsOf, type FileServer, type Operations } from './state.ts';

interface Side {
  readonly directory: Ino;
  readonly name: string;
  readonly slash: boolean;
}

export function renameOperations(server: FileServer): Operations {
  return {
    rename: ({ from, fromName, to, toName, flags = 0 }, context) => {
      checkFlags(flags);
      const source = sideOf(server, from, fromName);
      const target = sideOf(server, to, toName);
      rename(server, source, target, flags, credentialsOf(context));
      return {};
    },
  };
}

/** renameat2(2): whiteouts are for union mounts, which need no help here. */
function checkFlags(flags: number): void {
  const known = Rename.NOREPLACE | Rename.EXCHANGE;
  if (flags & ~known || (flags & known) === known) throw new SysError('EINVAL');
}

function sideOf(server: FileServer, key: Parameters<FileServer['handles']['get']>[0], name: string): Side {
  const directory = directoryOf(server, key);
  const plain = name.replace(/\/+$/, '');
  if (plain === '.' || plain === '..' || plain === '') throw new SysError('EBUSY');
  return { directory, name: plain, slash: plain !== name };
}

function rename(server: FileServer, source: Side, target: Side, flags: number, who: Credentials): void {
  const { volume } = server;
  demand(volume.attributes(source.directory), who, Access.X_OK);
  demand(volume.attributes(target.directory), who, Access.X_OK);
  checkName(source.name);
  const ino = volume.lookup(source.directory, source.name);
  if (ino === undefined) throw new SysError('ENOENT');
  checkName(target.name);
  demandWritable(volume);
  const moving = { ...volume.attributes(ino) };
  const oldIno = volume.lookup(target.directory, target.name);
  if (flags & Rename.NOREPLACE && oldIno !== undefined) throw new SysError('EEXIST');
  if (flags & Rename.EXCHANGE) {
    exchange(server, source, target, moving, oldIno, who);
    return;
  }
  if (!isDirectory(moving.mode) && (source.slash || target.slash)) throw new SysError('ENOTDIR');
  checkAncestry(server, ino, source.directory, target.directory, oldIno);
  if (oldIno === ino) return;
  demandRemoval(volume.attributes(source.directory), moving, who);
  if (oldIno === undefined) demandCreation(volume.attributes(target.directory), who);
  else checkReplaced(server, moving, target.directory, oldIno, who);
  // A directory that changes parents gets a new '..': that is a write to it.
  if (isDirectory(moving.mode) && source.directory !== target.directory) demand(moving, who, Access.W_OK);
  if (server.mounts.at(ino) || (oldIno !== undefined && server.mounts.at(oldIno)))
    throw new SysError('EBUSY');
  volume.rename(source.directory, source.name, target.directory, target.name);
  tellMoved(server, source, target, ino, oldIno);
  if (oldIno !== undefined) server.segments.unlinked(oldIno);
}

/** RENAME_EXCHANGE: both are there, of whatever types, and each may be taken from its directory. */
function exchange(
  server: FileServer,
  source: Side,
  target: Side,
  one: Readonly<Attributes>,
  otherIno: Ino | undefined,
  who: Credentials,
): void {
  const { volume } = server;
  if (otherIno === undefined) throw new SysError('ENOENT');
  const other = { ...volume.attributes(otherIno) };
  if (source.slash && !isDirectory(one.mode)) throw new SysError('ENOTDIR');
  if (target.slash && !isDirectory(other.mode)) throw new SysError('ENOTDIR');
  if (climbs(server, target.directory, one.ino) || climbs(server, source.directory, otherIno))
    throw new SysError('EINVAL');
  if (otherIno === one.ino) return;
  demandRemoval(volume.attributes(source.directory), one, who);
  demandRemoval(volume.attributes(target.directory), other, who);
  for (const inode of [one, other]) {
    if (server.mounts.at(inode.ino)) throw new SysError('EBUSY');
    if (isDirectory(inode.mode) && source.directory !== target.directory) demand(inode, who, Access.W_OK);
  }
  volume.exchange(source.directory, source.name, target.directory, target.name);
  tellMoved(server, source, target, one.ino);
  tellMoved(server, target, source, other.ino);
}

function demandCreation(directory: Readonly<Attributes>, who: Credentials): void {
  if (directory.nlink === 0) throw new SysError('ENOENT');
  demand(directory, who, Access.W_OK | Access.X_OK);
}

/** EINVAL: a directory into itself or its own tree. ENOTEMPTY: onto one of its own ancestors. */
function checkAncestry(server: FileServer, ino: Ino, from: Ino, to: Ino, oldIno: Ino | undefined): void {
  if (climbs(server, to, ino)) throw new SysError('EINVAL');
  if (oldIno !== undefined && climbs(server, from, oldIno)) throw new SysError('ENOTEMPTY');
}

/** Whether `ancestor` is `directory` or above it. */
function climbs(server: FileServer, directory: Ino, ancestor: Ino): boolean {
  const { volume } = server;
  if (!isDirectory(volume.attributes(ancestor).mode)) return false;
  for (let at = directory; ; at = volume.parent(at)) {
    if (at === ancestor) return true;
    if (at === volume.root) return false;
  }
}

/** What stands at the target must be removable and of the same sort. */
function checkReplaced(
  server: FileServer,
  moving: Readonly<Attributes>,
  directory: Ino,
  oldIno: Ino,
  who: Credentials,
): void {
  const { volume } = server;
  const old = volume.attributes(oldIno);
  demandRemoval(volume.attributes(directory), old, who);
  if (isDirectory(moving.mode) && !isDirectory(old.mode)) throw new SysError('ENOTDIR');
  if (!isDirectory(moving.mode) && isDirectory(old.mode)) throw new SysError('EISDIR');
}
