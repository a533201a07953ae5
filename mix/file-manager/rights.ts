/**
 * Who may do what: the permission bits of POSIX (exactly one of owner, group, others applies), the
 * super-user's override, sticky directories, and what the setuid and setgid bits lose.
 */
import type { Attributes, Volume } from '../../drivers/volume.ts';
import { Access, isDirectory, S } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { type Credentials, isMember } from '../protocols/credentials.ts';

const ANY_EXECUTE = 0o111;

/** Whether `who` has every right of `wanted` (Access bits) on an inode. */
export function permits(inode: Readonly<Attributes>, who: Credentials, wanted: number): boolean {
  if (who.uid === 0) {
    if (!(wanted & Access.X_OK) || isDirectory(inode.mode)) return true;
    return (inode.mode & ANY_EXECUTE) !== 0;
  }
  let bits = inode.mode;
  if (who.uid === inode.uid) bits >>= 6;
  else if (isMember(who, inode.gid)) bits >>= 3;
  return (bits & wanted & 7) === wanted;
}

/** Throws EACCES. */
export function demand(inode: Readonly<Attributes>, who: Credentials, wanted: number): void {
  if (!permits(inode, who, wanted)) throw new SysError('EACCES');
}

/** Throws EROFS. */
export function demandWritable(volume: Volume): void {
  if (volume.readOnly) throw new SysError('EROFS');
}

export function owns(inode: Readonly<Attributes>, who: Credentials): boolean {
  return who.uid === 0 || who.uid === inode.uid;
}

/** Throws EPERM unless `who` owns the inode or is root. */
export function demandOwner(inode: Readonly<Attributes>, who: Credentials): void {
  if (!owns(inode, who)) throw new SysError('EPERM');
}

/**
 * The right to remove or rename the entry `inode` of `directory`: write and search, and the sticky bit's
 * rule.
 */
export function demandRemoval(
  directory: Readonly<Attributes>,
  inode: Readonly<Attributes>,
  who: Credentials,
): void {
  demand(directory, who, Access.W_OK | Access.X_OK);
  if (directory.mode & S.ISVTX && !owns(inode, who) && !owns(directory, who)) throw new SysError('EPERM');
}

/**
 * The mode that is left when the contents or the owner of a file change: setuid goes, setgid of a program
 * too.
 */
export function withoutSetIds(mode: number): number {
  const setgid = mode & S.ISGID && mode & 0o010 ? S.ISGID : 0;
  return mode & ~(S.ISUID | setgid);
}

/** A write by anyone but root takes the set-id bits of a regular file. */
export function dropSetIds(volume: Volume, inode: Readonly<Attributes>, who: Credentials): void {
  if (who.uid === 0 || !(inode.mode & (S.ISUID | S.ISGID))) return;
  const mode = withoutSetIds(inode.mode);
  if (mode !== inode.mode) volume.setAttributes(inode.ino, { mode: mode & 0o7777 });
}
