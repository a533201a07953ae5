/**
 * The volume interface: what a File Manager needs of a store. A volume keeps inodes, names and bytes; the
 * File Manager keeps everything that is UNIX about them: walking, rights, open file descriptions, locks,
 * mounts, O_APPEND, unlink while open (it calls `forget` when an inode has neither names nor users left).
 *
 * Calls are synchronous: one operation of a File Manager is then atomic without a lock (O_APPEND, O_EXCL,
 * rename), and needs no turn of the event loop. Only what must wait for a disk to have things safely may be a
 * promise. They throw SysError. `Ino` values are stable while an inode is in use, and never reused while a
 * name or an open object refers to them.
 */
import type { StatFs } from '../subsystems/unix/sys.ts';

export type Ino = number;
export type Awaitable<T> = T | Promise<T>;

/** A time as it was set, exactly: what `ms` loses. */
export interface KeptTime {
  readonly ms: number;
  /** Within the second. */
  readonly nanoseconds: number;
}

/** Inode attributes; times in ms since 1970. */
export interface Attributes {
  ino: Ino;
  /** Type and permission bits. */
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  rdev: number;
  size: number;
  /** 512-byte units really held. */
  blocks: number;
  atimeMs: number;
  mtimeMs: number;
  ctimeMs: number;
  /** Last set exactly; out of date unless its `ms` is the time above. */
  exactAtime?: KeptTime | undefined;
  exactMtime?: KeptTime | undefined;
}

/** What `setAttributes` may change. */
export type AttributeChange = Partial<
  Pick<Attributes, 'mode' | 'uid' | 'gid' | 'atimeMs' | 'mtimeMs' | 'ctimeMs' | 'exactAtime' | 'exactMtime'>
>;

export interface VolumeEntry {
  readonly name: string;
  readonly ino: Ino;
  /** Type bits of the mode. */
  readonly type: number;
  /**
   * Position after this entry, > 0: reading can go on here although the directory changes. Grows strictly.
   */
  readonly cookie: number;
}

export interface NewInode {
  /** Type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev?: number;
  /** For symbolic links. */
  readonly target?: string;
}

export interface Volume {
  readonly type: string;
  /** What df and mount print as the source. */
  readonly source: string;
  readonly readOnly: boolean;
  /** Remounting; absent: the volume stays as it is. */
  setReadOnly?(readOnly: boolean): void;
  /** The store itself keeps access times as files are read. */
  readonly keepsAccessTimes: boolean;
  readonly root: Ino;

  /** Undefined when there is no such name. Never called with '.' or '..'. */
  lookup(directory: Ino, name: string): Ino | undefined;
  /**
   * The directory that holds directory `ino`; the root's parent is the root. ENOENT when that is gone too.
   */
  parent(directory: Ino): Ino;
  /** The name of directory `ino` in its parent; ENOENT when it was removed. */
  nameOf(directory: Ino): string;
  /**
   * The result is a view, good until the next call: copy what must last. Throws ESTALE for an unknown inode.
   */
  attributes(ino: Ino): Readonly<Attributes>;
  /** Changes the fields given (mode: permission bits only). ctime becomes now unless given. */
  setAttributes(ino: Ino, change: AttributeChange): void;
  /** Makes a file, directory, FIFO, device node or symbolic link. Throws EEXIST, ENOSPC, EROFS. */
  create(directory: Ino, name: string, inode: NewInode): Ino;
  /**
   * Makes a file without a name (O_TMPFILE): it goes with its last user (`remember` it at once), unless
   * `link` names it first; `linkable` false: it never gets a name. Throws ENOSPC, EROFS, EOPNOTSUPP.
   */
  createUnnamed(inode: NewInode, linkable: boolean): Ino;
  /** Throws ENOENT for an inode that lost its names, or was made to have none. */
  link(ino: Ino, directory: Ino, name: string): void;
  /** Removes a name of a non-directory. The inode stays until `forget` when its last name went. */
  unlink(directory: Ino, name: string): void;
  /** Removes an empty directory. Throws ENOTEMPTY. */
  rmdir(directory: Ino, name: string): void;
  /**
   * rename(2) within the volume; the File Manager has checked types and ancestry. Replaces atomically.
   * Throws ENOTEMPTY when the target is a directory with entries.
   */
  rename(from: Ino, fromName: string, to: Ino, toName: string): void;
  /**
   * Two existing names, of whatever types, change places at once; the File Manager has checked ancestry.
   * Throws EINVAL where the store cannot (renameat2(2), RENAME_EXCHANGE).
   */
  exchange(oneDirectory: Ino, oneName: string, otherDirectory: Ino, otherName: string): void;
  /**
   * At most `max` entries after `cookie` (0 = from the start), '.' and '..' not included. Empty at the end.
   */
  readdir(directory: Ino, cookie: number, max: number): VolumeEntry[];
  readlink(ino: Ino): string;
  /**
   * Bytes from `offset`; short only at the end of the file. The result is the caller's. Does not touch times.
   */
  read(ino: Ino, offset: number, length: number): Uint8Array;
  /**
   * Writes, extends; holes read as zeros. Sets mtime, ctime. Returns how many bytes were written: fewer than
   * given (but not none) when the space ran out on the way. Throws ENOSPC, EFBIG.
   */
  write(ino: Ino, offset: number, data: Uint8Array): number;
  /** Sets mtime, ctime. Throws EFBIG. */
  truncate(ino: Ino, length: number): void;
  /**
   * Holds room for a range, also beyond the end of the file, which stays where it is: later writes there do
   * not run out of space. Sets ctime. Throws ENOSPC, EFBIG, EOPNOTSUPP.
   */
  allocate(ino: Ino, offset: number, length: number): void;
  /** Makes a range a hole: it reads as zeros. The size stays. Sets mtime, ctime. Throws EOPNOTSUPP. */
  punch(ino: Ino, offset: number, length: number): void;
  /**
   * The first byte at or after `offset` (which is below the size) that is held, or is in a hole: the size
   * when there is none. A store that knows no holes says that all is held.
   */
  nextData(ino: Ino, offset: number): number;
  nextHole(ino: Ino, offset: number): number;
  /** An extended attribute's value (the caller's); undefined when there is none of that name. */
  getXattr(ino: Ino, name: string): Uint8Array | undefined;
  /** Sets one, or removes it (`value` undefined). Sets ctime. Throws ENOSPC, EOPNOTSUPP. */
  setXattr(ino: Ino, name: string, value: Uint8Array | undefined): void;
  listXattrs(ino: Ino): string[];
  /** What was written survives a crash of the machine when this ends (volumes that promise durability). */
  fsync(ino: Ino): Awaitable<void>;
  /**
   * At the last close of a written file: what was written survives the end of this process, however it ends.
   */
  settle(ino: Ino): Awaitable<void>;
  sync(): Awaitable<void>;
  /** An open object refers to this inode: it stays readable after its last name goes, until `forget`. */
  remember(ino: Ino): void;
  /** No open object refers to it any more. */
  forget(ino: Ino): void;
  statfs(): StatFs;
  close(): Awaitable<void>;
}
