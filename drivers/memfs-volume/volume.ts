/**
 * The memory volume: the embedded default. Inodes, names and bytes of one tree in this process' memory;
 * nothing survives it.
 *
 * Invariants: an inode is in the table while it has a name (nlink > 0) or a user (`remember`); inode numbers
 * are never used twice. `nlink` of a directory is 2 + its subdirectories. What is held never exceeds the
 * limits given: ENOSPC.
 */
import { totalmem } from 'node:os';
import { hostClock } from '../../nucleus/clock.ts';
import { isDirectory, Limits, S } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { StatFs } from '../../subsystems/unix/sys.ts';
import type { AttributeChange, Attributes, Ino, NewInode, Volume, VolumeEntry } from '../volume.ts';
import { BLOCKS_PER_PAGE, FileBytes, PAGE_BYTES } from './bytes.ts';
import { DirectoryNames } from './directory.ts';
import { type Inode, makeInode } from './inode.ts';
import { Xattrs } from './xattrs.ts';

export interface MemoryVolumeOptions {
  /** Most bytes of file contents, in whole 4 KiB pages: ENOSPC beyond. Default: half of the host's memory. */
  sizeBytes?: number;
  /** Most inodes: ENOSPC beyond. Default 4 Mi. */
  inodes?: number;
  /** Time in ms since 1970. */
  now?: () => number;
  /** What df prints. */
  source?: string;
  readOnly?: boolean;
}

/** As tmpfs has it: half of what the host has; within what a process can address. */
const SIZE_BYTES = Math.min(16 * 1024 ** 3, Math.floor(totalmem() / 2));
const INODES = 4 * 1024 ** 2;
/** Largest file, sparse or not: EFBIG beyond. */
export const FILE_BYTES_MAX = 8 * 1024 ** 4;

/** One inode as `saved` gives it. */
export interface SavedInode {
  readonly inode: Omit<Inode, 'bytes' | 'names' | 'xattrs' | 'users'>;
  readonly entries: readonly { name: string; ino: Ino }[];
  readonly bytes: FileBytes | null;
  readonly xattrs: Xattrs | null;
}

export class MemoryVolume implements Volume {
  readonly type: string = 'memfs';
  readonly source: string;
  readOnly: boolean;
  readonly keepsAccessTimes = false;
  readonly root: Ino = 1;
  private readonly inodes = new Map<Ino, Inode>();
  private readonly now: () => number;
  private readonly pagesMax: number;
  private readonly inodesMax: number;
  private pages = 0;
  private nextIno = 1;

  constructor(options: MemoryVolumeOptions = {}) {
    this.now = options.now ?? hostClock.now;
    this.source = options.source ?? 'memfs';
    this.readOnly = options.readOnly ?? false;
    this.pagesMax = Math.floor((options.sizeBytes ?? SIZE_BYTES) / PAGE_BYTES);
    this.inodesMax = options.inodes ?? INODES;
    const root = this.newInode({ mode: S.IFDIR | 0o755, uid: 0, gid: 0 }, 1, '');
    root.nlink = 2;
  }

  setReadOnly(readOnly: boolean): void {
    this.readOnly = readOnly;
  }

  lookup(directory: Ino, name: string): Ino | undefined {
    return this.names(directory).get(name)?.ino;
  }

  parent(directory: Ino): Ino {
    const { parent } = this.inode(directory);
    if (!this.inodes.has(parent)) throw new SysError('ENOENT');
    return parent;
  }

  nameOf(directory: Ino): string {
    const inode = this.inode(directory);
    if (inode.nlink === 0) throw new SysError('ENOENT');
    return inode.name;
  }

  attributes(ino: Ino): Readonly<Attributes> {
    return this.inode(ino);
  }

  setAttributes(ino: Ino, change: AttributeChange): void {
    const inode = this.inode(ino);
    if (change.mode !== undefined) inode.mode = (inode.mode & S.IFMT) | (change.mode & 0o7777);
    if (change.uid !== undefined) inode.uid = change.uid;
    if (change.gid !== undefined) inode.gid = change.gid;
    if (change.exactAtime) inode.exactAtime = change.exactAtime;
    if (change.exactMtime) inode.exactMtime = change.exactMtime;
    if (change.atimeMs !== undefined) inode.atimeMs = change.atimeMs;
    if (change.mtimeMs !== undefined) inode.mtimeMs = change.mtimeMs;
    inode.ctimeMs = change.ctimeMs ?? this.now();
  }

  create(directory: Ino, name: string, inode: NewInode): Ino {
    const names = this.names(directory);
    if (names.get(name)) throw new SysError('EEXIST');
    if (this.inode(directory).nlink === 0) throw new SysError('ENOENT');
    if (this.inodes.size >= this.inodesMax) throw new SysError('ENOSPC');
    const made = this.newInode(inode, directory, name);
    this.addName(directory, name, made);
    return made.ino;
  }

  createUnnamed(inode: NewInode, linkable: boolean): Ino {
    if (this.inodes.size >= this.inodesMax) throw new SysError('ENOSPC');
    const made = this.newInode(inode, this.root, '');
    made.linkable = linkable;
    return made.ino;
  }

  link(ino: Ino, directory: Ino, name: string): void {
    const inode = this.inode(ino);
    if (this.names(directory).get(name)) throw new SysError('EEXIST');
    if (this.inode(directory).nlink === 0 || (inode.nlink === 0 && !inode.linkable))
      throw new SysError('ENOENT');
    if (inode.nlink >= Limits.LINK_MAX) throw new SysError('EMLINK');
    this.addName(directory, name, inode);
    inode.linkable = false;
    inode.ctimeMs = this.now();
  }

  unlink(directory: Ino, name: string): void {
    const inode = this.named(directory, name);
    if (inode.names) throw new SysError('EISDIR');
    this.removeName(directory, name, inode);
  }

  rmdir(directory: Ino, name: string): void {
    const inode = this.named(directory, name);
    if (!inode.names) throw new SysError('ENOTDIR');
    if (inode.names.count > 0) throw new SysError('ENOTEMPTY');
    this.removeName(directory, name, inode);
  }

  rename(from: Ino, fromName: string, to: Ino, toName: string): void {
    const inode = this.named(from, fromName);
    if (this.inode(to).nlink === 0) throw new SysError('ENOENT');
    const old = this.names(to).get(toName);
    if (old?.ino === inode.ino) return;
    if (old) {
      const replaced = this.inode(old.ino);
      if (replaced.names && replaced.names.count > 0) throw new SysError('ENOTEMPTY');
      this.removeName(to, toName, replaced);
    }
    // The name moves; the inode must not vanish between its two names.
    inode.users += 1;
    this.removeName(from, fromName, inode);
    this.addName(to, toName, inode);
    inode.users -= 1;
    inode.parent = to;
    inode.name = toName;
    inode.ctimeMs = this.now();
  }

  exchange(oneDirectory: Ino, oneName: string, otherDirectory: Ino, otherName: string): void {
    const one = this.named(oneDirectory, oneName);
    const other = this.named(otherDirectory, otherName);
    if (one === other) return;
    // Neither may vanish between its two names.
    one.users += 1;
    other.users += 1;
    this.removeName(oneDirectory, oneName, one);
    this.removeName(otherDirectory, otherName, other);
    this.addName(otherDirectory, otherName, one);
    this.addName(oneDirectory, oneName, other);
    one.users -= 1;
    other.users -= 1;
    [one.parent, one.name, other.parent, other.name] = [otherDirectory, otherName, oneDirectory, oneName];
  }

  readdir(directory: Ino, cookie: number, max: number): VolumeEntry[] {
    return this.names(directory)
      .after(cookie, max)
      .map(({ name, ino, cookie: after }) => ({
        name,
        ino,
        type: this.inode(ino).mode & S.IFMT,
        cookie: after,
      }));
  }

  readlink(ino: Ino): string {
    return this.inode(ino).target;
  }

  read(ino: Ino, offset: number, length: number): Uint8Array {
    return this.bytesOf(ino).read(offset, length);
  }

  write(ino: Ino, offset: number, data: Uint8Array): number {
    const inode = this.inode(ino);
    const bytes = this.bytesOf(ino);
    if (offset + data.length > FILE_BYTES_MAX) throw new SysError('EFBIG');
    let count = data.length;
    if (this.pages + (count >>> 12) + 2 > this.pagesMax) {
      count = bytes.fitting(offset, count, this.pagesMax - this.pages) - offset;
      if (count === 0 && data.length > 0) throw new SysError('ENOSPC');
    }
    const before = bytes.pageCount;
    bytes.write(offset, count === data.length ? data : data.subarray(0, count));
    this.changed(inode, bytes, before);
    return count;
  }

  truncate(ino: Ino, length: number): void {
    if (length > FILE_BYTES_MAX) throw new SysError('EFBIG');
    const bytes = this.bytesOf(ino);
    const before = bytes.pageCount;
    bytes.truncate(length);
    this.changed(this.inode(ino), bytes, before);
  }

  allocate(ino: Ino, offset: number, length: number): void {
    const inode = this.inode(ino);
    const bytes = this.bytesOf(ino);
    if (offset + length > FILE_BYTES_MAX) throw new SysError('EFBIG');
    const left = this.pagesMax - this.pages;
    // The first check keeps the second from counting for ever.
    if (Math.floor(length / PAGE_BYTES) - bytes.pageCount > left) throw new SysError('ENOSPC');
    if (bytes.newPages(offset, length) > left) throw new SysError('ENOSPC');
    const before = bytes.pageCount;
    bytes.allocate(offset, length);
    const { mtimeMs } = inode;
    this.changed(inode, bytes, before);
    inode.mtimeMs = mtimeMs;
  }

  punch(ino: Ino, offset: number, length: number): void {
    const bytes = this.bytesOf(ino);
    const before = bytes.pageCount;
    bytes.punch(offset, length);
    this.changed(this.inode(ino), bytes, before);
  }

  nextData(ino: Ino, offset: number): number {
    return this.bytesOf(ino).nextData(offset);
  }

  nextHole(ino: Ino, offset: number): number {
    return this.bytesOf(ino).nextHole(offset);
  }

  getXattr(ino: Ino, name: string): Uint8Array | undefined {
    return this.inode(ino).xattrs?.get(name);
  }

  setXattr(ino: Ino, name: string, value: Uint8Array | undefined): void {
    const inode = this.inode(ino);
    const xattrs = (inode.xattrs ??= new Xattrs());
    const before = xattrs.pageCount;
    xattrs.set(name, value, this.pagesMax - this.pages);
    this.pages += xattrs.pageCount - before;
    if (xattrs.isEmpty) inode.xattrs = null;
    inode.ctimeMs = this.now();
  }

  listXattrs(ino: Ino): string[] {
    return this.inode(ino).xattrs?.names() ?? [];
  }

  fsync(): void {}

  settle(): void {}

  sync(): void {}

  remember(ino: Ino): void {
    this.inode(ino).users += 1;
  }

  forget(ino: Ino): void {
    const inode = this.inode(ino);
    inode.users -= 1;
    this.dropIfUnused(inode);
  }

  statfs(): StatFs {
    const free = this.pagesMax - this.pages;
    return {
      type: this.type,
      source: this.source,
      bsize: PAGE_BYTES,
      blocks: this.pagesMax,
      bfree: free,
      bavail: free,
      files: this.inodesMax,
      ffree: this.inodesMax - this.inodes.size,
      namelen: Limits.NAME_MAX,
      readOnly: this.readOnly,
    };
  }

  close(): void {
    this.inodes.clear();
  }

  // --- for stores that keep a memory volume's state elsewhere
  // -------------------------------------------------

  /** Everything that has a name, directories before what they hold; then what may still get one. */
  *saved(): Generator<SavedInode> {
    const open = [this.root];
    const seen = new Set<Ino>(open);
    for (let ino = open.pop(); ino !== undefined; ino = open.pop()) {
      const saved = savedInode(this.inode(ino));
      yield saved;
      for (const { ino: child } of saved.entries) {
        if (seen.has(child)) continue;
        seen.add(child);
        open.push(child);
      }
    }
    for (const inode of this.inodes.values()) if (inode.linkable) yield savedInode(inode);
  }

  /** Drops what has neither name nor user: files without names that a restart left over. */
  sweep(): void {
    for (const inode of [...this.inodes.values()]) this.dropIfUnused(inode);
  }

  has(ino: Ino): boolean {
    return this.inodes.has(ino);
  }

  /** Whether the inode has no name yet, but may get one. */
  isLinkable(ino: Ino): boolean {
    return this.inode(ino).linkable;
  }

  /** The number that the next new inode gets. */
  get nextInode(): Ino {
    return this.nextIno;
  }

  /** Puts back what `saved` gave, without the contents of files: these are written afterwards. */
  restore(inode: SavedInode['inode'], entries: SavedInode['entries'], nextInode: Ino): void {
    const names = isDirectory(inode.mode) ? new DirectoryNames() : null;
    for (const { name, ino } of entries) names?.add(name, ino);
    this.inodes.set(inode.ino, { ...inode, bytes: null, names, xattrs: null, users: 0 });
    this.nextIno = nextInode;
  }

  // --- inside ----------------------------------------------------------------------------------------------

  private inode(ino: Ino): Inode {
    const inode = this.inodes.get(ino);
    if (!inode) throw new SysError('ESTALE');
    return inode;
  }

  private names(directory: Ino): DirectoryNames {
    const { names } = this.inode(directory);
    if (!names) throw new SysError('ENOTDIR');
    return names;
  }

  private named(directory: Ino, name: string): Inode {
    const entry = this.names(directory).get(name);
    if (!entry) throw new SysError('ENOENT');
    return this.inode(entry.ino);
  }

  private bytesOf(ino: Ino): FileBytes {
    const inode = this.inode(ino);
    if (inode.names) throw new SysError('EISDIR');
    if ((inode.mode & S.IFMT) !== S.IFREG) throw new SysError('EINVAL');
    return (inode.bytes ??= new FileBytes());
  }

  private newInode(from: NewInode, parent: Ino, name: string): Inode {
    const inode = makeInode(this.nextIno++, from, parent, name, this.now());
    this.inodes.set(inode.ino, inode);
    return inode;
  }

  private addName(directory: Ino, name: string, inode: Inode): void {
    const holder = this.inode(directory);
    holder.names!.add(name, inode.ino);
    inode.nlink += inode.names ? 2 : 1;
    if (inode.names) holder.nlink += 1;
    holder.mtimeMs = holder.ctimeMs = this.now();
  }

  private removeName(directory: Ino, name: string, inode: Inode): void {
    const holder = this.inode(directory);
    holder.names!.remove(name);
    // A directory that moves keeps the links of its subdirectories: only its own two go.
    inode.nlink -= inode.names ? 2 : 1;
    if (inode.names) holder.nlink -= 1;
    const now = this.now();
    holder.mtimeMs = holder.ctimeMs = now;
    inode.ctimeMs = now;
    this.dropIfUnused(inode);
  }

  private dropIfUnused(inode: Inode): void {
    if (inode.nlink > 0 || inode.users > 0) return;
    this.inodes.delete(inode.ino);
    this.pages -= (inode.bytes?.pageCount ?? 0) + (inode.xattrs?.pageCount ?? 0);
    inode.bytes?.truncate(0);
  }

  private changed(inode: Inode, bytes: FileBytes, pagesBefore: number): void {
    this.pages += bytes.pageCount - pagesBefore;
    inode.size = bytes.size;
    inode.blocks = bytes.pageCount * BLOCKS_PER_PAGE;
    inode.mtimeMs = inode.ctimeMs = this.now();
  }
}

function savedInode({ bytes, names, xattrs, users: _, ...inode }: Inode): SavedInode {
  const entries = names?.after(0, Number.POSITIVE_INFINITY).map(({ name, ino }) => ({ name, ino }));
  return { inode, entries: entries ?? [], bytes, xattrs };
}

/** A fresh memory volume: an empty root directory of root's, mode 0755. */
export function memoryVolume(options: MemoryVolumeOptions = {}): Volume {
  return new MemoryVolume(options);
}
