/**
 * The inodes of a host directory that are known, and how the host is asked about them without leaving the
 * tree.
 *
 * A node is found by its place (directory node and name) and recognised by the host's device and inode
 * number. No path that the host resolves ever has more than one unchecked component. On Linux a directory is
 * a descriptor, opened component by component with O_NOFOLLOW, and its entries are named through
 * /proc/self/fd: whatever others do to the tree meanwhile, nothing outside is reached. Elsewhere each
 * directory on the way is checked by lstat before the call, which leaves a moment for a race.
 *
 * Limits: directory descriptors are a cache of DIRECTORIES_OPEN_MAX; unused nodes go when there are
 * NODES_MAX.
 */
import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync, type Stats } from 'node:fs';
import { SysError } from '../../subsystems/unix/errno.ts';
import { encodeName } from '../../subsystems/unix/file-names.ts';
import type { Ino } from '../volume.ts';
import { onHost, onHostIfThere } from './errors.ts';

const DIRECTORIES_OPEN_MAX = 128;
const NODES_MAX = 65536;
/** Inodes of other host devices below the root get numbers of ours; more than these: EOVERFLOW. */
const FOREIGN_MAX = 1 << 20;
const FOREIGN_BASE = 2 ** 52;

const { O_DIRECTORY, O_NOFOLLOW } = constants;
/** Linux's number, the same on every architecture; node:fs has no name for it. */
const O_PATH = 0o10000000;

export type HostPath = string | Buffer;

export interface Node {
  readonly ino: Ino;
  readonly hostDev: number;
  readonly hostIno: number;
  /** Where it was last seen; null for the root, and for what was removed. */
  directory: Node | null;
  name: string;
  /** Open objects. */
  users: number;
  /** Nodes that are placed in this one. */
  children: number;
  /** Descriptors of a node in use: O_PATH, for reading, for writing. */
  pathFd?: number;
  readFd?: number;
  writeFd?: number;
  /** Names in the order they were first seen, with the cookie of each. */
  listing?: Map<string, number>;
}

export class NodeTable {
  readonly root: Node;
  /** Whether entries can be named through descriptors. */
  readonly pinned: boolean;
  private readonly nodes = new Map<Ino, Node>();
  private readonly directoryFds = new Map<Node, number>();
  private readonly foreign = new Map<string, Ino>();
  private readonly rootPath: string;
  private readonly rootDev: number;

  constructor(rootPath: string) {
    this.pinned = process.platform === 'linux' && existsSync('/proc/self/fd');
    this.rootPath = rootPath;
    const fd = this.pinned ? onHost(() => openSync(rootPath, O_PATH | O_DIRECTORY)) : undefined;
    const stats = fd === undefined ? onHost(() => lstatSync(rootPath)) : fstatSync(fd);
    if (!stats.isDirectory()) throw new SysError('ENOTDIR');
    this.rootDev = stats.dev;
    this.root = {
      ino: stats.ino,
      hostDev: stats.dev,
      hostIno: stats.ino,
      directory: null,
      name: '',
      users: 1,
      children: 0,
    };
    if (fd !== undefined) this.root.pathFd = fd;
    this.nodes.set(this.root.ino, this.root);
  }

  /** Throws ESTALE. */
  get(ino: Ino): Node {
    const node = this.nodes.get(ino);
    if (!node) throw new SysError('ESTALE');
    return node;
  }

  /** The node at a place where `stats` were just read. */
  adopt(stats: Stats, directory: Node, name: string): Node {
    const ino = this.numberOf(stats);
    let node = this.nodes.get(ino);
    if (!node) {
      node = { ino, hostDev: stats.dev, hostIno: stats.ino, directory: null, name, users: 0, children: 0 };
      this.nodes.set(ino, node);
      if (this.nodes.size > NODES_MAX) this.sweep(node);
    }
    if (node !== this.root) this.place(node, directory, name);
    return node;
  }

  private numberOf({ dev, ino }: Stats): Ino {
    if (dev === this.rootDev && ino < FOREIGN_BASE) return ino;
    const key = `${dev}:${ino}`;
    let number = this.foreign.get(key);
    if (number === undefined) {
      if (this.foreign.size >= FOREIGN_MAX) throw new SysError('EOVERFLOW');
      number = FOREIGN_BASE + this.foreign.size;
      this.foreign.set(key, number);
    }
    return number;
  }

  place(node: Node, directory: Node | null, name: string): void {
    if (node.directory !== directory) {
      if (node.directory) node.directory.children -= 1;
      if (directory) directory.children += 1;
      node.directory = directory;
    }
    node.name = name;
  }

  /** Drops nodes that nothing refers to, oldest first, down to half. `fresh` is about to be used. */
  private sweep(fresh: Node): void {
    for (const node of this.nodes.values()) {
      if (this.nodes.size <= NODES_MAX / 2) break;
      if (node.users > 0 || node.children > 0 || node === fresh) continue;
      this.place(node, null, node.name);
      this.closeDirectory(node);
      this.nodes.delete(node.ino);
    }
  }

  /** What the host calls an entry of a directory. */
  pathIn(directory: Node, name: string): HostPath {
    const base = this.directoryPath(directory);
    const encoded = encodeName(name);
    return typeof encoded === 'string'
      ? `${base}/${encoded}`
      : Buffer.concat([Buffer.from(`${base}/`), encoded]);
  }

  /** What the host calls a directory itself. Throws ESTALE when it is no longer where it was. */
  directoryPath(directory: Node): string {
    if (this.pinned) return `/proc/self/fd/${directory.pathFd ?? this.directoryFd(directory)}`;
    if (directory === this.root) return this.rootPath;
    const path = String(this.placePath(directory));
    const stats = onHostIfThere(() => lstatSync(path));
    if (!stats?.isDirectory() || !isSame(directory, stats)) throw new SysError('ESTALE');
    return path;
  }

  /** The place of a node, by name. Throws ESTALE for what was removed. */
  placePath(node: Node): HostPath {
    if (!node.directory) throw new SysError('ESTALE');
    return this.pathIn(node.directory, node.name);
  }

  private directoryFd(directory: Node): number {
    let fd = this.directoryFds.get(directory);
    if (fd === undefined) fd = this.openNode(directory, O_DIRECTORY);
    // The newest last: the oldest goes first.
    this.directoryFds.delete(directory);
    this.directoryFds.set(directory, fd);
    if (this.directoryFds.size > DIRECTORIES_OPEN_MAX) {
      const oldest = this.directoryFds.keys().next().value;
      if (oldest) this.closeDirectory(oldest);
    }
    return fd;
  }

  private closeDirectory(node: Node): void {
    const fd = this.directoryFds.get(node);
    if (fd === undefined) return;
    this.directoryFds.delete(node);
    closeSync(fd);
  }

  /**
   * An O_PATH descriptor of the node (Linux): never blocks, follows nothing. Throws ESTALE if it is another
   * by now.
   */
  private openNode(node: Node, flags = 0): number {
    const path = this.placePath(node);
    const fd = onHostIfThere(() => openSync(path, O_PATH | O_NOFOLLOW | flags));
    if (fd === undefined) throw new SysError('ESTALE');
    if (isSame(node, fstatSync(fd))) return fd;
    closeSync(fd);
    throw new SysError('ESTALE');
  }

  stats(node: Node): Stats {
    if (node.pathFd !== undefined) return fstatSync(node.pathFd);
    if (node === this.root) return onHost(() => lstatSync(this.rootPath));
    const path = this.placePath(node);
    const stats = onHostIfThere(() => lstatSync(path));
    if (!stats || !isSame(node, stats)) throw new SysError('ESTALE');
    return stats;
  }

  /** Runs `use` with a path that leads to the node itself (no symbolic link) and to nothing else. */
  withPath<T>(node: Node, use: (path: HostPath) => T): T {
    if (!this.pinned) {
      this.stats(node);
      return onHost(() => use(node === this.root ? this.rootPath : this.placePath(node)));
    }
    const fd = node.pathFd ?? this.openNode(node);
    try {
      return onHost(() => use(`/proc/self/fd/${fd}`));
    } finally {
      if (node.pathFd === undefined) closeSync(fd);
    }
  }

  use(node: Node): void {
    if (node.users === 0 && this.pinned) node.pathFd = this.openNode(node);
    node.users += 1;
  }

  unuse(node: Node): void {
    node.users -= 1;
    if (node.users === 0) this.closeFds(node);
  }

  private closeFds(node: Node): void {
    for (const fd of [node.pathFd, node.readFd, node.writeFd]) if (fd !== undefined) closeSync(fd);
    node.pathFd = node.readFd = node.writeFd = undefined;
  }

  all(): IterableIterator<Node> {
    return this.nodes.values();
  }

  close(): void {
    for (const node of this.nodes.values()) this.closeFds(node);
    for (const fd of this.directoryFds.values()) closeSync(fd);
    this.directoryFds.clear();
    this.nodes.clear();
  }
}

function isSame(node: Node, stats: Stats): boolean {
  return stats.dev === node.hostDev && stats.ino === node.hostIno;
}
