/**
 * The durable volume: a memory volume whose mutations are logged in a host directory, so that it is there
 * again after the process was killed. Contents must fit in memory (`sizeBytes`).
 *
 * What is promised: the state after a crash is the state after some prefix of the mutations, in order. That
 * prefix has everything that `settle` (last close) acknowledged when the process was killed, and everything
 * that `fsync` or `sync` acknowledged when the machine failed.
 *
 * Files: `snapshot-N` (how to rebuild the state at some moment) and `log-N` (the mutations since). When the
 * log has outgrown what is alive, snapshot N + 1 is written beside them and renamed into place: the moment it
 * counts.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { hostClock } from '../../nucleus/clock.ts';
import type { StatFs } from '../../subsystems/unix/sys.ts';
import { MemoryVolume } from '../memfs-volume/volume.ts';
import type { AttributeChange, Attributes, Ino, NewInode, Volume, VolumeEntry } from '../volume.ts';
import { lockStore, StoreError } from './lock.ts';
import { Log, readLog } from './log.ts';
import { decodeRecord, encodeRecord, replay, snapshotOf, type VolumeRecord } from './records.ts';

export interface DurableVolumeOptions {
  /** Host directory of the store; made if missing. */
  directory: string;
  /** Most bytes of contents: ENOSPC beyond. */
  sizeBytes?: number;
  now?: () => number;
  /** Log bytes below which no snapshot is taken, however little is alive. */
  snapshotBytes?: number;
}

const SNAPSHOT_BYTES = 64 * 1024 * 1024;
/** A log this many times the size of its snapshot is worth a new one. */
const LOG_RATIO = 2;

class DurableVolume implements Volume {
  readonly type = 'durable';
  readonly source: string;
  readonly readOnly = false;
  readonly keepsAccessTimes = false;
  readonly root: Ino;
  private readonly memory: MemoryVolume;
  private readonly directory: string;
  private readonly unlock: () => void;
  private readonly clockNow: () => number;
  private readonly snapshotBytes: number;
  private log: Log;
  private number: number;
  private logLimit: number;
  /** The time of the mutation being carried out. */
  private timeMs = 0;
  private closed = false;

  constructor(options: DurableVolumeOptions) {
    this.directory = this.source = options.directory;
    this.clockNow = options.now ?? hostClock.now;
    this.snapshotBytes = options.snapshotBytes ?? SNAPSHOT_BYTES;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    this.unlock = lockStore(options.directory);
    const { sizeBytes } = options;
    this.timeMs = this.clockNow();
    this.memory = new MemoryVolume({
      now: () => this.timeMs,
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
    });
    this.root = this.memory.root;
    try {
      this.number = newestSnapshot(options.directory);
      const snapshotSize = this.load(this.path('snapshot'), true);
      this.log = new Log(this.path('log'), this.load(this.path('log'), false));
      this.memory.sweep();
      this.logLimit = Math.max(this.snapshotBytes, snapshotSize * LOG_RATIO);
      this.removeOthers();
    } catch (error) {
      this.unlock();
      throw error;
    }
  }

  /**
   * Carries out the records of a file. Returns its good bytes. A snapshot was complete when it got its name.
   */
  private load(path: string, whole: boolean): number {
    if (!existsSync(path)) return 0;
    const size = readLog(path, (body) => {
      const entry = decodeRecord(body);
      this.timeMs = entry[1];
      replay(this.memory, entry);
    });
    if (whole && size !== statSync(path).size) throw new StoreError(`${path}: damaged`);
    return size;
  }

  private path(kind: 'snapshot' | 'log', number = this.number): string {
    return join(this.directory, `${kind}-${number}`);
  }

  /** What earlier snapshots, and ones that were not finished, left behind. */
  private removeOthers(): void {
    const keep = new Set([`snapshot-${this.number}`, `log-${this.number}`]);
    for (const name of readdirSync(this.directory)) {
      if (/^(snapshot|log)-\d+(\.tmp)?$/.test(name) && !keep.has(name)) rmSync(join(this.directory, name));
    }
  }

  /** Carries a mutation out at one moment in time, then logs it. A mutation that throws leaves no trace. */
  private logged<T>(mutate: () => T, record: (timeMs: number) => VolumeRecord): T {
    this.log.demandSound();
    this.timeMs = this.clockNow();
    const result = mutate();
    this.log.append(encodeRecord(record(this.timeMs)));
    if (this.log.size > this.logLimit) this.tidy();
    return result;
  }

  /** Takes a snapshot. Where that fails (the host's disk is full), the log just goes on for as long again. */
  private tidy(): void {
    try {
      this.takeSnapshot();
    } catch {
      this.logLimit = this.log.size * LOG_RATIO;
      rmSync(`${this.path('snapshot', this.number + 1)}.tmp`, { force: true });
    }
  }

  private takeSnapshot(): void {
    const next = this.number + 1;
    const temporary = `${this.path('snapshot', next)}.tmp`;
    const snapshot = new Log(temporary, 0);
    for (const record of snapshotOf(this.memory)) snapshot.append(encodeRecord(record));
    const { size } = snapshot;
    snapshot.close();
    const log = new Log(this.path('log', next), 0);
    renameSync(temporary, this.path('snapshot', next));
    syncDirectory(this.directory);
    this.log.close();
    this.log = log;
    this.number = next;
    this.logLimit = Math.max(this.snapshotBytes, size * LOG_RATIO);
    this.removeOthers();
  }

  // --- reading: the memory volume's ------------------------------------------------------------------------

  lookup(directory: Ino, name: string): Ino | undefined {
    return this.memory.lookup(directory, name);
  }

  parent(directory: Ino): Ino {
    return this.memory.parent(directory);
  }

  nameOf(directory: Ino): string {
    return this.memory.nameOf(directory);
  }

  attributes(ino: Ino): Readonly<Attributes> {
    return this.memory.attributes(ino);
  }

  readdir(directory: Ino, cookie: number, max: number): VolumeEntry[] {
    return this.memory.readdir(directory, cookie, max);
  }

  readlink(ino: Ino): string {
    return this.memory.readlink(ino);
  }

  read(ino: Ino, offset: number, length: number): Uint8Array {
    return this.memory.read(ino, offset, length);
  }

  remember(ino: Ino): void {
    this.memory.remember(ino);
  }

  forget(ino: Ino): void {
    const logged = this.memory.isLinkable(ino);
    this.memory.forget(ino);
    if (!logged || this.memory.has(ino) || !this.log.sound) return;
    this.logged(
      () => {},
      (time) => ['gone', time, ino],
    );
  }

  nextData(ino: Ino, offset: number): number {
    return this.memory.nextData(ino, offset);
  }

  nextHole(ino: Ino, offset: number): number {
    return this.memory.nextHole(ino, offset);
  }

  getXattr(ino: Ino, name: string): Uint8Array | undefined {
    return this.memory.getXattr(ino, name);
  }

  listXattrs(ino: Ino): string[] {
    return this.memory.listXattrs(ino);
  }

  statfs(): StatFs {
    return { ...this.memory.statfs(), type: this.type, source: this.source };
  }

  // --- changing: logged ------------------------------------------------------------------------------------

  create(directory: Ino, name: string, inode: NewInode): Ino {
    return this.logged(
      () => this.memory.create(directory, name, inode),
      (time) => ['create', time, directory, name, inode],
    );
  }

  createUnnamed(inode: NewInode, linkable: boolean): Ino {
    return this.logged(
      () => this.memory.createUnnamed(inode, linkable),
      (time) => ['unnamed', time, inode, linkable],
    );
  }

  link(ino: Ino, directory: Ino, name: string): void {
    this.logged(
      () => this.memory.link(ino, directory, name),
      (time) => ['link', time, ino, directory, name],
    );
  }

  unlink(directory: Ino, name: string): void {
    this.logged(
      () => this.memory.unlink(directory, name),
      (time) => ['unlink', time, directory, name],
    );
  }

  rmdir(directory: Ino, name: string): void {
    this.logged(
      () => this.memory.rmdir(directory, name),
      (time) => ['rmdir', time, directory, name],
    );
  }

  rename(from: Ino, fromName: string, to: Ino, toName: string): void {
    this.logged(
      () => this.memory.rename(from, fromName, to, toName),
      (time) => ['rename', time, from, fromName, to, toName],
    );
  }

  exchange(oneDirectory: Ino, oneName: string, otherDirectory: Ino, otherName: string): void {
    this.logged(
      () => this.memory.exchange(oneDirectory, oneName, otherDirectory, otherName),
      (time) => ['exchange', time, oneDirectory, oneName, otherDirectory, otherName],
    );
  }

  setAttributes(ino: Ino, change: AttributeChange): void {
    this.changed(
      ino,
      () => this.memory.setAttributes(ino, change),
      (time) => ['set', time, ino, change],
    );
  }

  setXattr(ino: Ino, name: string, value: Uint8Array | undefined): void {
    this.changed(
      ino,
      () => this.memory.setXattr(ino, name, value),
      (time) => (value ? ['xattr', time, ino, name, value] : ['noXattr', time, ino, name]),
    );
  }

  write(ino: Ino, offset: number, data: Uint8Array): number {
    if (this.isNameless(ino)) return this.memory.write(ino, offset, data);
    let count = 0;
    return this.logged(
      () => (count = this.memory.write(ino, offset, data)),
      (time) => ['write', time, ino, offset, count === data.length ? data : data.subarray(0, count)],
    );
  }

  truncate(ino: Ino, length: number): void {
    this.changed(
      ino,
      () => this.memory.truncate(ino, length),
      (time) => ['truncate', time, ino, length],
    );
  }

  allocate(ino: Ino, offset: number, length: number): void {
    this.changed(
      ino,
      () => this.memory.allocate(ino, offset, length),
      (time) => ['allocate', time, ino, offset, length],
    );
  }

  punch(ino: Ino, offset: number, length: number): void {
    this.changed(
      ino,
      () => this.memory.punch(ino, offset, length),
      (time) => ['punch', time, ino, offset, length],
    );
  }

  /** Changes an inode; logged unless nothing of it needs to come back. */
  private changed(ino: Ino, mutate: () => void, record: (timeMs: number) => VolumeRecord): void {
    if (this.isNameless(ino)) mutate();
    else this.logged(mutate, record);
  }

  /** A file that can have no name again lives only as long as it is open. */
  private isNameless(ino: Ino): boolean {
    this.timeMs = this.clockNow();
    return this.memory.attributes(ino).nlink === 0 && !this.memory.isLinkable(ino);
  }

  // --- making it safe --------------------------------------------------------------------------------------

  fsync(): Promise<void> {
    return this.log.sync();
  }

  settle(): void {
    this.log.flush();
  }

  sync(): Promise<void> {
    return this.log.sync();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    try {
      this.log.close();
    } finally {
      this.unlock();
      this.memory.close();
    }
  }
}

function newestSnapshot(directory: string): number {
  const numbers = readdirSync(directory).map((name) => Number(/^snapshot-(\d+)$/.exec(name)?.[1] ?? 0));
  return Math.max(0, ...numbers);
}

function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Opens the store in a host directory. Throws StoreError when another process has it open or it is damaged.
 */
export function durableVolume(options: DurableVolumeOptions): Volume {
  return new DurableVolume(options);
}
