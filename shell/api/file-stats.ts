/** Stats and directory entries in node:fs' shape. */
import { isCharDevice, isDirectory, isFifo, isRegular, isSymlink } from '../../subsystems/unix/constants.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';

/** The questions that node's Stats and Dirent answer. */
abstract class Typed {
  protected abstract readonly bits: number;
  isFile(): boolean {
    return isRegular(this.bits);
  }
  isDirectory(): boolean {
    return isDirectory(this.bits);
  }
  isSymbolicLink(): boolean {
    return isSymlink(this.bits);
  }
  isFIFO(): boolean {
    return isFifo(this.bits);
  }
  isCharacterDevice(): boolean {
    return isCharDevice(this.bits);
  }
  isBlockDevice(): boolean {
    return false;
  }
  isSocket(): boolean {
    return false;
  }
}

export class Stats extends Typed {
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly blksize: number;
  readonly blocks: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  /** The field carries the mode under the name that the questions use; not part of node's shape. */
  protected readonly bits: number;

  constructor(stat: Stat) {
    super();
    this.dev = stat.dev;
    this.ino = stat.ino;
    this.mode = stat.mode;
    this.nlink = stat.nlink;
    this.uid = stat.uid;
    this.gid = stat.gid;
    this.rdev = stat.rdev;
    this.size = stat.size;
    this.blksize = stat.blksize;
    this.blocks = stat.blocks;
    this.atimeMs = stat.atimeMs;
    this.mtimeMs = stat.mtimeMs;
    this.ctimeMs = stat.ctimeMs;
    this.bits = stat.mode;
  }

  get atime(): Date {
    return new Date(this.atimeMs);
  }
  get mtime(): Date {
    return new Date(this.mtimeMs);
  }
  get ctime(): Date {
    return new Date(this.ctimeMs);
  }
}

export class Dirent extends Typed {
  readonly name: string;
  /** The directory that holds the entry. */
  readonly parentPath: string;
  protected readonly bits: number;

  constructor(name: string, parentPath: string, bits: number) {
    super();
    this.name = name;
    this.parentPath = parentPath;
    this.bits = bits;
  }
}
