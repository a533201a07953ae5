/**
 * The volume interface: what a File Manager needs of a store. A volume keeps inodes, names and bytes; the File
 * Manager keeps everything that is UNIX about them: walking, rights, open file descriptions, locks, mounts,
 * O_APPEND, unlink while open (it calls `forget` when an inode has neither names nor users left).
 *
 * Calls are synchronous where the store is (memory, the host's directory) and may return a promise where it is not.
 * They throw SysError. `Ino` values are stable while an inode is in use, and never reused while a name or an open
 * object refers to them.
 */
import type { StatFs } from '../subsystems/unix/sys.ts';

export type Ino = number;
export type Awaitable<T> = T | Promise<T>;

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
}

export interface VolumeEntry {
  readonly name: string;
  readonly ino: Ino;
  /** Type bits of the mode. */
  readonly type: number;
  /** Position after this entry: reading can go on here although the directory changes. Grows strictly. */
  readonly cookie: number;
}

export interface NewInode {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev?: number;
  /** For symbolic links. */
  readonly target?: string;
}

export interface Volume {
  readonly type: string;
  readonly readOnly: boolean;
  readonly root: Ino;

  /** Throws ENOENT. Never called with '.' or '..'. */
  lookup(directory: Ino, name: string): Awaitable<Ino>;
  /** The directory that holds directory `ino`; the root's parent is the root. */
  parent(directory: Ino): Awaitable<Ino>;
  /** The name of directory `ino` in its parent; ENOENT when it was removed. */
  nameOf(directory: Ino): Awaitable<string>;
  attributes(ino: Ino): Awaitable<Attributes>;
  /** Changes the fields given (mode: permission bits only). ctime becomes now unless given. */
  setAttributes(
    ino: Ino,
    change: Partial<Pick<Attributes, 'mode' | 'uid' | 'gid' | 'atimeMs' | 'mtimeMs' | 'ctimeMs'>>,
  ): Awaitable<void>;
  /** Makes a file, directory, FIFO, device node or symbolic link. Throws EEXIST, ENOSPC, EROFS. */
  create(directory: Ino, name: string, inode: NewInode): Awaitable<Ino>;
  link(ino: Ino, directory: Ino, name: string): Awaitable<void>;
  /** Removes a name of a non-directory. The inode stays until `forget` when its last name went. */
  unlink(directory: Ino, name: string): Awaitable<void>;
  /** Removes an empty directory. Throws ENOTEMPTY. */
  rmdir(directory: Ino, name: string): Awaitable<void>;
  /** rename(2) within the volume; the File Manager has checked types, emptiness and ancestry. Replaces atomically. */
  rename(from: Ino, fromName: string, to: Ino, toName: string): Awaitable<void>;
  /** Entries after `cookie` (0 = from the start), '.' and '..' not included. */
  readdir(directory: Ino, cookie: number, max: number): Awaitable<VolumeEntry[]>;
  readlink(ino: Ino): Awaitable<string>;
  /** Bytes from `offset`; short only at the end of the file. The result is the caller's. Does not touch times. */
  read(ino: Ino, offset: number, length: number): Awaitable<Uint8Array>;
  /** Writes all; extends; holes read as zeros. Sets mtime, ctime. Throws ENOSPC, EFBIG. */
  write(ino: Ino, offset: number, data: Uint8Array): Awaitable<void>;
  truncate(ino: Ino, length: number): Awaitable<void>;
  /** Durable when it returns (volumes that promise durability). Also called at the last close of a written file. */
  fsync(ino: Ino): Awaitable<void>;
  sync(): Awaitable<void>;
  /** An open object refers to this inode: it stays readable after its last name goes, until `forget`. */
  remember(ino: Ino): Awaitable<void>;
  /** No open object refers to it any more. */
  forget(ino: Ino): Awaitable<void>;
  statfs(): Awaitable<StatFs>;
  close(): Awaitable<void>;
}
