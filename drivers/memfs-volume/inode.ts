/**
 * An inode in memory. Everything that `attributes` shows is a field of it, so asking costs nothing.
 *
 * Invariants: `nlink` of a directory is 2 + its subdirectories. `bytes` is there once a file was written,
 * `names` in directories alone, `xattrs` while there are some.
 */
import { isDirectory } from '../../subsystems/unix/constants.ts';
import type { Attributes, Ino, NewInode } from '../volume.ts';
import { BLOCKS_PER_PAGE, type FileBytes, PAGE_BYTES } from './bytes.ts';
import { DirectoryNames } from './directory.ts';
import type { Xattrs } from './xattrs.ts';

export interface Inode extends Attributes {
  bytes: FileBytes | null;
  names: DirectoryNames | null;
  xattrs: Xattrs | null;
  target: string;
  /** For directories: where it hangs; the root hangs at itself. */
  parent: Ino;
  name: string;
  users: number;
  /** Made without a name, and may still get one. */
  linkable: boolean;
}

export function makeInode(ino: Ino, from: NewInode, parent: Ino, name: string, now: number): Inode {
  const directory = isDirectory(from.mode);
  const target = from.target ?? '';
  return {
    ino,
    mode: from.mode,
    nlink: 0,
    uid: from.uid,
    gid: from.gid,
    rdev: from.rdev ?? 0,
    size: directory ? PAGE_BYTES : Buffer.byteLength(target),
    blocks: directory ? BLOCKS_PER_PAGE : 0,
    atimeMs: now,
    mtimeMs: now,
    ctimeMs: now,
    exactAtime: undefined,
    exactMtime: undefined,
    bytes: null,
    names: directory ? new DirectoryNames() : null,
    xattrs: null,
    target,
    parent,
    name,
    users: 0,
    linkable: false,
  };
}
