/**
 * The overlay volume: any other volume, read only, below a memory volume that has every change; the changes
 * are discarded on exit. What `-v HOST:GUEST` mounts.
 *
 * Every inode known here is an inode of the upper (memory) volume. One that came from below has an `Origin`
 * there: it is made when its name is first seen, with a copy of its attributes; its contents stay below until
 * the first write (copy-up). So renames, hard links and removals are the upper volume's own, and what was
 * removed from a lower directory is a set of names in its origin (whiteouts). Changes on the host show as
 * long as they were not overruled here.
 *
 * Invariant: an inode with an origin that is a file has no bytes above; the first write takes the origin
 * away.
 */
import { isDirectory, isRegular, isSymlink, S } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { StatFs } from '../../subsystems/unix/sys.ts';
import { MemoryVolume } from '../memfs-volume/volume.ts';
import type { AttributeChange, Attributes, Ino, NewInode, Volume, VolumeEntry } from '../volume.ts';
import { type Origin, originAt, resolveOrigin } from './origin.ts';

export interface OverlayVolumeOptions {
  /** Most bytes of changes: ENOSPC beyond. */
  sizeBytes?: number;
  now?: () => number;
}

const COPY_BYTES = 1024 * 1024;
const LIST_ENTRIES = 1024;

class OverlayVolume implements Volume {
  readonly type = 'overlay';
  readonly source: string;
  readonly readOnly = false;
  readonly keepsAccessTimes = false;
  readonly root: Ino;
  private readonly lower: Volume;
  private readonly upper: MemoryVolume;
  private readonly origins = new Map<Ino, Origin>();
  /** Upper inodes of lower ones with several names. */
  private readonly linked = new Map<Ino, Ino>();

  constructor(lower: Volume, options: OverlayVolumeOptions) {
    this.lower = lower;
    this.source = lower.source;
    this.upper = new MemoryVolume(options);
    this.root = this.upper.root;
    this.copyAttributes(lower.attributes(lower.root), this.root);
    this.origins.set(this.root, originAt(null, '', lower.root));
  }

  // --- what is below ---------------------------------------------------------------------------------------

  /** The origin of a directory whose lower names still count. */
  private below(directory: Ino): { origin: Origin; ino: Ino } | undefined {
    const origin = this.origins.get(directory);
    const ino = origin && resolveOrigin(this.lower, origin);
    return origin && ino !== undefined ? { origin, ino } : undefined;
  }

  /** Gives a lower entry its inode here. */
  private adopt(directory: Ino, name: string, parent: Origin, lowerIno: Ino): Ino {
    const from = { ...this.lower.attributes(lowerIno) };
    const known = from.nlink > 1 && !isDirectory(from.mode) ? this.linked.get(lowerIno) : undefined;
    const { mtimeMs, ctimeMs } = this.upper.attributes(directory);
    if (known === undefined || !this.origins.has(known)) this.make(directory, name, parent, from);
    else this.upper.link(known, directory, name);
    this.upper.setAttributes(directory, { mtimeMs, ctimeMs });
    return this.upper.lookup(directory, name)!;
  }

  private make(directory: Ino, name: string, parent: Origin, from: Attributes): void {
    const { mode, uid, gid, rdev } = from;
    const target = isSymlink(mode) ? { target: this.lower.readlink(from.ino) } : {};
    const ino = this.upper.create(directory, name, { mode, uid, gid, rdev, ...target });
    this.copyAttributes(from, ino);
    this.origins.set(ino, originAt(parent, name, from.ino));
    if (from.nlink > 1 && !isDirectory(mode)) this.linked.set(from.ino, ino);
  }

  private copyAttributes(from: Readonly<Attributes>, to: Ino): void {
    const { mode, uid, gid, atimeMs, mtimeMs, ctimeMs, exactAtime, exactMtime } = from;
    const exact = { exactAtime, exactMtime };
    this.upper.setAttributes(to, { mode: mode & 0o7777, uid, gid, atimeMs, mtimeMs, ctimeMs, ...exact });
  }

  /** Makes every lower entry of a directory known, and forgets unchanged ones that have vanished below. */
  private adoptAll(directory: Ino): void {
    const from = this.below(directory);
    if (!from) return;
    from.origin.listed = true;
    let cookie = 0;
    for (;;) {
      const entries = this.lower.readdir(from.ino, cookie, LIST_ENTRIES);
      for (const { name, ino } of entries) {
        if (from.origin.removed.has(name) || this.upper.lookup(directory, name) !== undefined) continue;
        this.adopt(directory, name, from.origin, ino);
      }
      const last = entries.at(-1);
      if (!last) break;
      cookie = last.cookie;
    }
    for (const { name } of this.upper.readdir(directory, 0, Number.POSITIVE_INFINITY))
      this.lookup(directory, name);
  }

  /** Whether an unchanged entry is no longer below (somebody removed it on the host). */
  private hasVanished(directory: Ino, name: string, ino: Ino): boolean {
    const origin = this.origins.get(ino);
    if (!origin?.pristine || origin.name !== name || origin.parent !== this.origins.get(directory))
      return false;
    if (isDirectory(this.upper.attributes(ino).mode)) return false;
    const lowerIno = resolveOrigin(this.lower, origin);
    if (lowerIno === undefined) return true;
    // Another sort of file by now: it comes in anew.
    const mode = this.lower.attributes(lowerIno).mode & S.IFMT;
    return mode !== (this.upper.attributes(ino).mode & S.IFMT);
  }

  /** From now on the attributes are this volume's own. */
  private own(ino: Ino): void {
    const origin = this.origins.get(ino);
    if (!origin?.pristine) return;
    this.copyAttributes(this.attributes(ino), ino);
    origin.pristine = false;
  }

  /** Brings a file's contents up, at most `keep` bytes of them. */
  private copyUp(ino: Ino, keep = Number.POSITIVE_INFINITY): void {
    const origin = this.origins.get(ino);
    if (!origin) return;
    const lowerIno = resolveOrigin(this.lower, origin);
    if (lowerIno === undefined) throw new SysError('EIO');
    this.own(ino);
    const { atimeMs, mtimeMs, ctimeMs } = this.upper.attributes(ino);
    const size = Math.min(this.lower.attributes(lowerIno).size, keep);
    try {
      this.copyBytes(lowerIno, ino, size);
    } catch (error) {
      this.upper.truncate(ino, 0);
      throw error;
    }
    this.upper.setAttributes(ino, { atimeMs, mtimeMs, ctimeMs });
    this.dropOrigin(ino, origin);
  }

  private copyBytes(from: Ino, to: Ino, size: number): void {
    for (let at = 0; at < size; ) {
      at = this.lower.nextData(from, at);
      if (at >= size) break;
      const end = Math.min(this.lower.nextHole(from, at), size, at + COPY_BYTES);
      // The host may cut the file meanwhile.
      const data = this.lower.read(from, at, Math.max(0, end - at));
      if (data.length === 0) break;
      if (this.upper.write(to, at, data) < data.length) throw new SysError('ENOSPC');
      at += data.length;
    }
    this.upper.truncate(to, size);
  }

  private dropOrigin(ino: Ino, origin: Origin): void {
    for (; origin.users > 0; origin.users--) this.lower.forget(origin.ino);
    this.origins.delete(ino);
    if (this.linked.get(origin.ino) === ino) this.linked.delete(origin.ino);
  }

  /** A name goes: the lower one of the same name must not show again. */
  private whiteOut(directory: Ino, name: string): void {
    this.origins.get(directory)?.removed.add(name);
    this.own(directory);
  }

  /** After a name went: nothing is kept for inodes that are gone. */
  private dropIfGone(ino: Ino): void {
    const origin = this.origins.get(ino);
    if (origin && !this.upper.has(ino)) this.dropOrigin(ino, origin);
  }

  // --- names -----------------------------------------------------------------------------------------------

  lookup(directory: Ino, name: string): Ino | undefined {
    const known = this.upper.lookup(directory, name);
    if (known !== undefined) {
      if (!this.hasVanished(directory, name, known)) return known;
      this.upper.unlink(directory, name);
      this.dropIfGone(known);
    }
    const from = this.below(directory);
    if (!from || from.origin.removed.has(name)) return undefined;
    const lowerIno = this.lower.lookup(from.ino, name);
    return lowerIno === undefined ? undefined : this.adopt(directory, name, from.origin, lowerIno);
  }

  parent(directory: Ino): Ino {
    return this.upper.parent(directory);
  }

  nameOf(directory: Ino): string {
    return this.upper.nameOf(directory);
  }

  readdir(directory: Ino, cookie: number, max: number): VolumeEntry[] {
    if (cookie === 0) this.adoptAll(directory);
    return this.upper.readdir(directory, cookie, max);
  }

  readlink(ino: Ino): string {
    return this.upper.readlink(ino);
  }

  create(directory: Ino, name: string, inode: NewInode): Ino {
    if (this.lookup(directory, name) !== undefined) throw new SysError('EEXIST');
    this.own(directory);
    return this.upper.create(directory, name, inode);
  }

  createUnnamed(inode: NewInode, linkable: boolean): Ino {
    return this.upper.createUnnamed(inode, linkable);
  }

  link(ino: Ino, directory: Ino, name: string): void {
    if (this.lookup(directory, name) !== undefined) throw new SysError('EEXIST');
    this.own(ino);
    this.own(directory);
    this.upper.link(ino, directory, name);
  }

  unlink(directory: Ino, name: string): void {
    const ino = this.known(directory, name);
    this.own(ino);
    this.whiteOut(directory, name);
    this.upper.unlink(directory, name);
    this.dropIfGone(ino);
  }

  rmdir(directory: Ino, name: string): void {
    const ino = this.known(directory, name);
    if (isDirectory(this.upper.attributes(ino).mode)) this.adoptAll(ino);
    this.own(directory);
    this.upper.rmdir(directory, name);
    this.whiteOut(directory, name);
    this.dropIfGone(ino);
  }

  private known(directory: Ino, name: string): Ino {
    const ino = this.lookup(directory, name);
    if (ino === undefined) throw new SysError('ENOENT');
    return ino;
  }

  rename(from: Ino, fromName: string, to: Ino, toName: string): void {
    const ino = this.known(from, fromName);
    const replaced = this.lookup(to, toName);
    if (replaced !== undefined && isDirectory(this.upper.attributes(replaced).mode)) this.adoptAll(replaced);
    this.own(ino);
    this.own(from);
    this.own(to);
    this.upper.rename(from, fromName, to, toName);
    if (replaced === ino) return;
    this.whiteOut(from, fromName);
    this.whiteOut(to, toName);
    if (replaced !== undefined) this.dropIfGone(replaced);
  }

  exchange(oneDirectory: Ino, oneName: string, otherDirectory: Ino, otherName: string): void {
    const one = this.known(oneDirectory, oneName);
    const other = this.known(otherDirectory, otherName);
    for (const ino of [one, other, oneDirectory, otherDirectory]) this.own(ino);
    this.upper.exchange(oneDirectory, oneName, otherDirectory, otherName);
    this.whiteOut(oneDirectory, oneName);
    this.whiteOut(otherDirectory, otherName);
  }

  // --- attributes ------------------------------------------------------------------------------------------

  attributes(ino: Ino): Readonly<Attributes> {
    const mine = this.upper.attributes(ino);
    const origin = this.origins.get(ino);
    if (!origin) return mine;
    const lowerIno = resolveOrigin(this.lower, origin);
    if (lowerIno === undefined) return mine;
    if (isDirectory(mine.mode)) return this.directoryAttributes(ino, origin, lowerIno);
    const below = this.lower.attributes(lowerIno);
    if (origin.pristine) return { ...below, ino };
    return isRegular(mine.mode) ? { ...mine, size: below.size, blocks: below.blocks } : mine;
  }

  /** A changed directory's link count is the number of subdirectories that it has here. */
  private directoryAttributes(ino: Ino, origin: Origin, lowerIno: Ino): Readonly<Attributes> {
    if (origin.pristine) return { ...this.lower.attributes(lowerIno), ino };
    if (!origin.listed) this.adoptAll(ino);
    return this.upper.attributes(ino);
  }

  setAttributes(ino: Ino, change: AttributeChange): void {
    this.own(ino);
    this.upper.setAttributes(ino, change);
  }

  // --- contents --------------------------------------------------------------------------------------------

  read(ino: Ino, offset: number, length: number): Uint8Array {
    return this.contents(ino, (volume, its) => volume.read(its, offset, length));
  }

  write(ino: Ino, offset: number, data: Uint8Array): number {
    this.copyUp(ino);
    return this.upper.write(ino, offset, data);
  }

  truncate(ino: Ino, length: number): void {
    this.copyUp(ino, length);
    this.upper.truncate(ino, length);
  }

  allocate(ino: Ino, offset: number, length: number): void {
    this.copyUp(ino);
    this.upper.allocate(ino, offset, length);
  }

  punch(ino: Ino, offset: number, length: number): void {
    this.copyUp(ino);
    this.upper.punch(ino, offset, length);
  }

  nextData(ino: Ino, offset: number): number {
    return this.contents(ino, (volume, its) => volume.nextData(its, offset));
  }

  nextHole(ino: Ino, offset: number): number {
    return this.contents(ino, (volume, its) => volume.nextHole(its, offset));
  }

  /** Asks the volume that has a file's contents. */
  private contents<T>(ino: Ino, ask: (volume: Volume, ino: Ino) => T): T {
    const origin = this.origins.get(ino);
    if (!origin) return ask(this.upper, ino);
    const lowerIno = resolveOrigin(this.lower, origin);
    if (lowerIno === undefined) throw new SysError('EIO');
    return ask(this.lower, lowerIno);
  }

  /** Extended attributes are kept above alone: those of a lower host directory are the host's business. */
  getXattr(ino: Ino, name: string): Uint8Array | undefined {
    return this.upper.getXattr(ino, name);
  }

  setXattr(ino: Ino, name: string, value: Uint8Array | undefined): void {
    this.own(ino);
    this.upper.setXattr(ino, name, value);
  }

  listXattrs(ino: Ino): string[] {
    return this.upper.listXattrs(ino);
  }

  fsync(): void {}

  settle(): void {}

  sync(): void {}

  remember(ino: Ino): void {
    this.upper.remember(ino);
    const origin = this.origins.get(ino);
    const lowerIno = origin && resolveOrigin(this.lower, origin);
    if (!origin || lowerIno === undefined) return;
    this.lower.remember(lowerIno);
    origin.users += 1;
  }

  forget(ino: Ino): void {
    const origin = this.origins.get(ino);
    if (origin && origin.users > 0) {
      origin.users -= 1;
      this.lower.forget(origin.ino);
    }
    this.upper.forget(ino);
    this.dropIfGone(ino);
  }

  statfs(): StatFs {
    const { type, source } = this;
    return { ...this.upper.statfs(), type, source };
  }

  async close(): Promise<void> {
    this.upper.close();
    await this.lower.close();
  }
}

/** `lower` with every change kept in memory. Closing the overlay closes `lower` and drops the changes. */
export function overlayVolume(lower: Volume, options: OverlayVolumeOptions = {}): Volume {
  return new OverlayVolume(lower, options);
}
