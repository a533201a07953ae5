/**
 * The host-directory volume: a directory of the machine as a tree of the guest. Nothing outside it is
 * reached: symbolic links are text for the guest to follow in its own tree, '..' never gets here, and the
 * host never resolves more than one component (see nodes.ts).
 *
 * Owners are the host's ids as they are. Rights are judged twice: by the File Manager, on the guest's ids,
 * and by the host, on the process that runs the site. Where that is root, new files get the guest's owner.
 * Devices, FIFOs and sockets of the host are never opened: the guest's managers serve such nodes by number.
 * Access times are the host's.
 */
import * as fs from 'node:fs';
import { Limits, makedev, S } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { decodeName, encodeName } from '../../subsystems/unix/file-names.ts';
import type { StatFs } from '../../subsystems/unix/sys.ts';
import type { AttributeChange, Attributes, Ino, NewInode, Volume, VolumeEntry } from '../volume.ts';
import { onHost, onHostIfThere } from './errors.ts';
import { type Node, NodeTable } from './nodes.ts';
import { allocateRange, makeFifo } from './tools.ts';
import { isUnnamed, UnnamedFiles } from './unnamed.ts';

export interface HostVolumeOptions {
  /** Host path of the directory. */
  directory: string;
  readOnly: boolean;
}

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NONBLOCK, O_NOFOLLOW, O_RDONLY, O_WRONLY } = fs.constants;

class HostVolume implements Volume {
  readonly type = 'host';
  readonly source: string;
  readonly readOnly: boolean;
  readonly keepsAccessTimes = true;
  readonly root: Ino;
  private readonly nodes: NodeTable;
  private readonly unnamed: UnnamedFiles;
  /** Only a privileged host process can give files to the guest's users. */
  private readonly givesAway = process.geteuid?.() === 0;

  constructor({ directory, readOnly }: HostVolumeOptions) {
    this.source = onHost(() => fs.realpathSync(directory));
    this.readOnly = readOnly;
    this.nodes = new NodeTable(this.source);
    this.unnamed = new UnnamedFiles(this.nodes);
    this.root = this.nodes.root.ino;
  }

  // --- names -----------------------------------------------------------------------------------------------

  lookup(directory: Ino, name: string): Ino | undefined {
    return this.find(this.nodes.get(directory), name)?.ino;
  }

  private find(directory: Node, name: string): Node | undefined {
    const path = this.nodes.pathIn(directory, name);
    const stats = onHostIfThere(() => fs.lstatSync(path));
    return stats && this.nodes.adopt(stats, directory, name);
  }

  parent(directory: Ino): Ino {
    const node = this.nodes.get(directory);
    if (node === this.nodes.root) return this.root;
    if (!node.directory) throw new SysError('ENOENT');
    return node.directory.ino;
  }

  nameOf(directory: Ino): string {
    const node = this.nodes.get(directory);
    if (node === this.nodes.root) return '';
    if (!node.directory || this.find(node.directory, node.name) !== node) throw new SysError('ENOENT');
    return node.name;
  }

  readdir(directory: Ino, cookie: number, max: number): VolumeEntry[] {
    const node = this.nodes.get(directory);
    const listing = cookie === 0 || !node.listing ? this.list(node) : node.listing;
    const entries: VolumeEntry[] = [];
    for (const [name, position] of listing) {
      if (position <= cookie) continue;
      if (entries.length >= max) break;
      const path = this.nodes.pathIn(node, name);
      const stats = onHostIfThere(() => fs.lstatSync(path));
      if (!stats) continue;
      const { ino } = this.nodes.adopt(stats, node, name);
      entries.push({ name, ino, type: stats.mode & S.IFMT, cookie: position });
    }
    return entries;
  }

  /** Names seen before keep their cookies, so that readers under way are not disturbed. */
  private list(node: Node): Map<string, number> {
    const path = this.nodes.directoryPath(node);
    const found = onHost(() => fs.readdirSync(`${path}/.`, { encoding: 'buffer' })).map(decodeName);
    const names = node === this.nodes.root ? found.filter((name) => !isUnnamed(name)) : found;
    const old = node.listing ?? new Map<string, number>();
    const present = new Set(names);
    let last = 0;
    const listing = new Map<string, number>();
    for (const [name, cookie] of old) {
      last = cookie;
      if (present.has(name)) listing.set(name, cookie);
    }
    for (const name of names) if (!listing.has(name)) listing.set(name, ++last);
    node.listing = listing;
    return listing;
  }

  readlink(ino: Ino): string {
    const node = this.nodes.get(ino);
    const path = this.nodes.placePath(node);
    return decodeName(onHost(() => fs.readlinkSync(path, { encoding: 'buffer' })));
  }

  create(directory: Ino, name: string, inode: NewInode): Ino {
    const holder = this.nodes.get(directory);
    const path = this.nodes.pathIn(holder, name);
    const type = inode.mode & S.IFMT;
    onHost(() => {
      if (type === S.IFREG) fs.closeSync(fs.openSync(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600));
      else if (type === S.IFDIR) fs.mkdirSync(path, 0o700);
      else if (type === S.IFLNK) fs.symlinkSync(encodeName(inode.target ?? ''), path);
      else if (type === S.IFIFO) this.makeFifo(holder, name);
      else throw new SysError('EPERM');
    });
    const node = this.find(holder, name);
    if (!node) throw new SysError('ENOENT');
    if (this.givesAway) this.chown(node, type, inode.uid, inode.gid);
    // The host's umask had its say: the guest's mode is what counts.
    if (type !== S.IFLNK) this.nodes.withPath(node, (own) => fs.chmodSync(own, inode.mode & 0o7777));
    return node.ino;
  }

  /** By a tool that is given the directory; it must be a name that can be an argument. */
  private makeFifo(holder: Node, name: string): void {
    if (typeof encodeName(name) !== 'string') throw new SysError('EOPNOTSUPP');
    const fd = fs.openSync(`${this.nodes.directoryPath(holder)}/.`, O_RDONLY | O_DIRECTORY);
    try {
      makeFifo(fd, name);
    } finally {
      fs.closeSync(fd);
    }
  }

  link(ino: Ino, directory: Ino, name: string): void {
    const node = this.nodes.get(ino);
    const holder = this.nodes.get(directory);
    const path = this.nodes.pathIn(holder, name);
    if (!this.unnamed.mayBeNamed(node)) throw new SysError('ENOENT');
    if (!node.directory || this.find(node.directory, node.name) !== node) throw new SysError('ENOENT');
    const from = this.nodes.placePath(node);
    onHost(() => fs.linkSync(from, path));
    if (!this.unnamed.has(node)) return;
    this.unnamed.drop(node);
    this.nodes.place(node, holder, name);
  }

  unlink(directory: Ino, name: string): void {
    this.remove(directory, name, (path) => fs.unlinkSync(path));
  }

  rmdir(directory: Ino, name: string): void {
    this.remove(directory, name, (path) => fs.rmdirSync(path));
  }

  private remove(directory: Ino, name: string, call: (path: string | Buffer) => void): void {
    const holder = this.nodes.get(directory);
    const node = this.find(holder, name);
    const path = this.nodes.pathIn(holder, name);
    onHost(() => call(path));
    if (node) this.nodes.place(node, null, name);
  }

  rename(from: Ino, fromName: string, to: Ino, toName: string): void {
    const source = this.nodes.get(from);
    const target = this.nodes.get(to);
    const moving = this.find(source, fromName);
    const replaced = this.find(target, toName);
    const oldPath = this.nodes.pathIn(source, fromName);
    const newPath = this.nodes.pathIn(target, toName);
    onHost(() => fs.renameSync(oldPath, newPath));
    if (moving === replaced) return;
    if (replaced) this.nodes.place(replaced, null, toName);
    if (moving) this.nodes.place(moving, target, toName);
  }

  /** node:fs has no renameat2(2), and two renames would not be one act. */
  exchange(): never {
    throw new SysError('EINVAL');
  }

  createUnnamed(inode: NewInode, linkable: boolean): Ino {
    const ino = this.create(this.root, this.unnamed.nextName(), inode);
    this.unnamed.add(this.nodes.get(ino), linkable);
    return ino;
  }

  // --- attributes ------------------------------------------------------------------------------------------

  attributes(ino: Ino): Readonly<Attributes> {
    const node = this.nodes.get(ino);
    const { mode, uid, gid, rdev, size, blocks, atimeMs, mtimeMs, ctimeMs, ...stats } =
      this.nodes.stats(node);
    const nlink = this.unnamed.has(node) ? stats.nlink - 1 : stats.nlink;
    return { ino, mode, nlink, uid, gid, rdev: guestDevice(rdev), size, blocks, atimeMs, mtimeMs, ctimeMs };
  }

  setAttributes(ino: Ino, change: AttributeChange): void {
    const node = this.nodes.get(ino);
    const stats = this.nodes.stats(node);
    const type = stats.mode & S.IFMT;
    const { mode, uid, gid } = change;
    if (uid !== undefined || gid !== undefined) this.chown(node, type, uid ?? stats.uid, gid ?? stats.gid);
    if (
      mode !== undefined &&
      type !== S.IFLNK &&
      (mode & 0o7777) !== (this.nodes.stats(node).mode & 0o7777)
    ) {
      this.nodes.withPath(node, (path) => fs.chmodSync(path, mode & 0o7777));
    }
    if (change.atimeMs === undefined && change.mtimeMs === undefined) return;
    const atime = (change.atimeMs ?? stats.atimeMs) / 1000;
    const mtime = (change.mtimeMs ?? stats.mtimeMs) / 1000;
    if (type === S.IFLNK) onHost(() => fs.lutimesSync(this.nodes.placePath(node), atime, mtime));
    else this.nodes.withPath(node, (path) => fs.utimesSync(path, atime, mtime));
  }

  private chown(node: Node, type: number, uid: number, gid: number): void {
    if (type === S.IFLNK) onHost(() => fs.lchownSync(this.nodes.placePath(node), uid, gid));
    else this.nodes.withPath(node, (path) => fs.chownSync(path, uid, gid));
  }

  // --- contents --------------------------------------------------------------------------------------------

  read(ino: Ino, offset: number, length: number): Uint8Array {
    const data = new Uint8Array(length);
    const count = this.withFile(this.nodes.get(ino), 'readFd', (fd) => readFully(fd, data, offset));
    return count === length ? data : data.subarray(0, count);
  }

  write(ino: Ino, offset: number, data: Uint8Array): number {
    return this.withFile(this.nodes.get(ino), 'writeFd', (fd) => writeFully(fd, data, offset));
  }

  truncate(ino: Ino, length: number): void {
    this.withFile(this.nodes.get(ino), 'writeFd', (fd) => fs.ftruncateSync(fd, length));
  }

  allocate(ino: Ino, offset: number, length: number): void {
    this.withFile(this.nodes.get(ino), 'writeFd', (fd) => allocateRange(fd, 'hold', offset, length));
  }

  punch(ino: Ino, offset: number, length: number): void {
    this.withFile(this.nodes.get(ino), 'writeFd', (fd) => allocateRange(fd, 'punch', offset, length));
  }

  /** node:fs has no lseek(2): all of a file is data, as Linux says of simple stores. */
  nextData(_ino: Ino, offset: number): number {
    return offset;
  }

  nextHole(ino: Ino): number {
    return this.attributes(ino).size;
  }

  /** Nor has it extended attributes, which are asked for too often to be a tool's. */
  getXattr(): never {
    throw new SysError('EOPNOTSUPP');
  }

  setXattr(): never {
    throw new SysError('EOPNOTSUPP');
  }

  listXattrs(): string[] {
    return [];
  }

  /**
   * Runs `use` with a descriptor of a regular file; one that is in use keeps it. Throws EINVAL for anything
   * else.
   */
  private withFile<T>(node: Node, which: 'readFd' | 'writeFd', use: (fd: number) => T): T {
    const fd = node[which] ?? this.openFile(node, which === 'readFd' ? O_RDONLY : O_WRONLY);
    if (node.users > 0) node[which] = fd;
    try {
      return onHost(() => use(fd));
    } finally {
      if (node.users === 0) fs.closeSync(fd);
    }
  }

  /** Non-blocking, so that a FIFO put in a file's place cannot stop the site. */
  private openFile(node: Node, flags: number): number {
    if (!this.nodes.stats(node).isFile()) throw new SysError('EINVAL');
    const noFollow = this.nodes.pinned ? 0 : O_NOFOLLOW;
    const fd = this.nodes.withPath(node, (path) => fs.openSync(path, flags | O_NONBLOCK | noFollow));
    if (fs.fstatSync(fd).isFile()) return fd;
    fs.closeSync(fd);
    throw new SysError('ESTALE');
  }

  fsync(ino: Ino): Promise<void> {
    const node = this.nodes.get(ino);
    const directory = this.nodes.stats(node).isDirectory();
    const kept = node.writeFd ?? node.readFd;
    const fd = kept ?? this.nodes.withPath(node, (path) => fs.openSync(path, O_RDONLY | O_NONBLOCK));
    return new Promise((resolve, reject) => {
      fs.fsync(fd, (error) => {
        if (kept === undefined) fs.closeSync(fd);
        // Some file systems cannot sync a directory: then there is nothing more to promise.
        if (error && !directory) reject(new SysError('EIO'));
        else resolve();
      });
    });
  }

  /** Has the kernel write what is written through files that are open now. */
  async sync(): Promise<void> {
    for (const node of [...this.nodes.all()]) if (node.writeFd !== undefined) await this.fsync(node.ino);
  }

  /** What was written is in the host's kernel. */
  settle(): void {}

  remember(ino: Ino): void {
    this.nodes.use(this.nodes.get(ino));
  }

  forget(ino: Ino): void {
    const node = this.nodes.get(ino);
    this.nodes.unuse(node);
    if (node.users === 0) this.unnamed.drop(node);
  }

  statfs(): StatFs {
    const { bsize, blocks, bfree, bavail, files, ffree } = onHost(() => fs.statfsSync(this.source));
    const { type, source, readOnly } = this;
    return { type, source, bsize, blocks, bfree, bavail, files, ffree, namelen: Limits.NAME_MAX, readOnly };
  }

  close(): void {
    this.unnamed.close();
    this.nodes.close();
  }
}

function readFully(fd: number, data: Uint8Array, offset: number): number {
  let done = 0;
  while (done < data.length) {
    const count = fs.readSync(fd, data, done, data.length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** Writes all, or as much as went before the host refused. */
function writeFully(fd: number, data: Uint8Array, offset: number): number {
  let done = 0;
  try {
    while (done < data.length) done += fs.writeSync(fd, data, done, data.length - done, offset + done);
  } catch (error) {
    if (done === 0) throw error;
  }
  return done;
}

/**
 * The host's device number (Linux: 12 bits of major above 8 of minor, more minor above) in the guest's form.
 */
function guestDevice(rdev: number): number {
  return rdev === 0 ? 0 : makedev(Math.floor(rdev / 256) & 0xfff, rdev & 0xff);
}

/** A host directory as a volume. Throws SysError when it is not there or is no directory. */
export function hostVolume(options: HostVolumeOptions): Volume {
  return new HostVolume(options);
}
