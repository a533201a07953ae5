/**
 * Layouts of the riscv64 Linux ABI (asm-generic, 64 bits), as functions that make or take the bytes of a
 * structure. Sizes in bytes; times of the system are ms since 1970, those of Linux seconds and nanoseconds.
 */
import { SysError } from '../errno.ts';
import { nameBytes } from '../file-names.ts';
import type { Stat, StatFs, Utsname } from '../sys.ts';
import type { UserMemory } from './caller.ts';
import { USER_END } from './flags.ts';

const NS_PER_MS = 1_000_000;
const NS_PER_SECOND = 1_000_000_000;
const US_PER_SECOND = 1_000_000;
/** Seconds that keep their milliseconds exact in a number; later ones are cut to this. */
const SECONDS_MAX = 2 ** 43;

const encoder = new TextEncoder();

// --- time

export const secondsOf = (ms: number): number => Math.floor(ms / 1000);
export const nanosOf = (ms: number): number =>
  Math.min(NS_PER_SECOND - 1, Math.round((ms - Math.floor(ms / 1000) * 1000) * NS_PER_MS));

/** struct timespec {i64 tv_sec; i64 tv_nsec}: 16 bytes. */
export function writeTimespec(memory: UserMemory, va: number, ms: number): void {
  memory.setU64(va, secondsOf(ms));
  memory.setU64(va + 8, nanosOf(ms));
}

/** struct timeval {i64 tv_sec; i64 tv_usec}: 16 bytes. */
export function writeTimeval(memory: UserMemory, va: number, ms: number): void {
  memory.setU64(va, secondsOf(ms));
  memory.setU64(va + 8, Math.floor(nanosOf(ms) / 1000));
}

/** struct timespec after struct timespec, as in struct itimerspec. */
export function timespecsStruct(...times: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(16 * times.length);
  const view = new DataView(bytes.buffer);
  for (const [i, ms] of times.entries()) setTime(view, 16 * i, ms);
  return bytes;
}

/** A length of time in ms. Throws EINVAL for negative times and nanoseconds out of range. */
export function readTimespec(memory: UserMemory, va: number): number {
  const seconds = memory.i64(va);
  const nanos = memory.i64(va + 8);
  if (seconds < 0 || nanos < 0 || nanos >= NS_PER_SECOND) throw new SysError('EINVAL');
  return Math.min(seconds, SECONDS_MAX) * 1000 + nanos / NS_PER_MS;
}

/** As readTimespec, of a struct timeval. */
export function readTimeval(memory: UserMemory, va: number): number {
  const seconds = memory.i64(va);
  const micros = memory.i64(va + 8);
  if (seconds < 0 || micros < 0 || micros >= US_PER_SECOND) throw new SysError('EINVAL');
  return Math.min(seconds, SECONDS_MAX) * 1000 + micros / 1000;
}

// --- stat

export const STAT_BYTES = 128;
const statBytes = new Uint8Array(STAT_BYTES);
const statView = new DataView(statBytes.buffer);

function set64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
}

function setTime(view: DataView, at: number, ms: number, nanos = nanosOf(ms)): void {
  set64(view, at, secondsOf(ms));
  set64(view, at + 8, nanos);
}

/** struct stat. The bytes are valid until the next call. */
export function statStruct(stat: Stat): Uint8Array {
  const view = statView;
  set64(view, 0, stat.dev);
  set64(view, 8, stat.ino);
  view.setUint32(16, stat.mode, true);
  view.setUint32(20, stat.nlink, true);
  view.setUint32(24, stat.uid, true);
  view.setUint32(28, stat.gid, true);
  set64(view, 32, stat.rdev);
  set64(view, 48, stat.size);
  view.setUint32(56, stat.blksize, true);
  set64(view, 64, stat.blocks);
  setTime(view, 72, stat.atimeMs, stat.atimeNs);
  setTime(view, 88, stat.mtimeMs, stat.mtimeNs);
  setTime(view, 104, stat.ctimeMs);
  return statBytes;
}

export const STATX_BYTES = 256;
/** STATX_BASIC_STATS: what is always there. */
const STATX_MASK = 0x7ff;
const statxBytes = new Uint8Array(STATX_BYTES);
const statxView = new DataView(statxBytes.buffer);

/** struct statx. The bytes are valid until the next call. */
export function statxStruct(stat: Stat): Uint8Array {
  const view = statxView;
  view.setUint32(0, STATX_MASK, true);
  view.setUint32(4, stat.blksize, true);
  view.setUint32(16, stat.nlink, true);
  view.setUint32(20, stat.uid, true);
  view.setUint32(24, stat.gid, true);
  view.setUint16(28, stat.mode, true);
  set64(view, 32, stat.ino);
  set64(view, 40, stat.size);
  set64(view, 48, stat.blocks);
  for (const [at, ms, nanos] of [
    [64, stat.atimeMs, stat.atimeNs],
    [96, stat.ctimeMs, undefined],
    [112, stat.mtimeMs, stat.mtimeNs],
  ] as const) {
    set64(view, at, secondsOf(ms));
    view.setUint32(at + 8, nanos ?? nanosOf(ms), true);
  }
  view.setUint32(128, devMajor(stat.rdev), true);
  view.setUint32(132, devMinor(stat.rdev), true);
  view.setUint32(136, devMajor(stat.dev), true);
  view.setUint32(140, devMinor(stat.dev), true);
  return statxBytes;
}

/** Parts of a dev_t as the kernel encodes it in 32 bits (new_encode_dev). */
const devMajor = (dev: number): number => (dev >>> 8) & 0xfff;
const devMinor = (dev: number): number => (dev & 0xff) | ((dev >>> 12) & 0xfff00);

export const STATFS_BYTES = 120;
/** f_type by the name of a file system; statfs(2). */
const FS_MAGIC: Readonly<Record<string, number>> = {
  memfs: 0x01021994,
  tmpfs: 0x01021994,
  devpts: 0x1cd1,
  proc: 0x9fa0,
  overlay: 0x794c7630,
};
/** What is not listed looks like ext4. */
const FS_MAGIC_DEFAULT = 0xef53;
const ST_RDONLY = 1;
const ST_VALID = 0x20;

/** struct statfs, in bytes of its own. */
export function statfsStruct(statfs: StatFs): Uint8Array {
  const bytes = new Uint8Array(STATFS_BYTES);
  const view = new DataView(bytes.buffer);
  set64(view, 0, FS_MAGIC[statfs.type] ?? FS_MAGIC_DEFAULT);
  set64(view, 8, statfs.bsize);
  set64(view, 16, statfs.blocks);
  set64(view, 24, statfs.bfree);
  set64(view, 32, statfs.bavail);
  set64(view, 40, statfs.files);
  set64(view, 48, statfs.ffree);
  set64(view, 56, statfs.fsid ?? 0);
  set64(view, 64, statfs.namelen);
  set64(view, 72, statfs.bsize);
  set64(view, 80, ST_VALID | (statfs.readOnly ? ST_RDONLY : 0));
  return bytes;
}

// --- vectors

/** Most segments of one call: IOV_MAX. */
export const IOV_MAX = 1024;
const SSIZE_MAX = 2 ** 63;

export interface Segment {
  readonly va: number;
  readonly length: number;
}

/** struct iovec[count]: the segments that are not empty. Throws EINVAL, EFAULT. */
export function readVector(memory: UserMemory, va: number, count: number): Segment[] {
  if (count < 0 || count > IOV_MAX) throw new SysError('EINVAL');
  const segments: Segment[] = [];
  for (let i = 0; i < count; i++) {
    const base = memory.u64(va + 16 * i);
    const length = memory.u64(va + 16 * i + 8);
    if (length >= SSIZE_MAX) throw new SysError('EINVAL');
    if (length > 0 && base + length > USER_END) throw new SysError('EFAULT');
    if (length > 0) segments.push({ va: base, length });
  }
  return segments;
}

// --- names

/** Bytes of a string and its NUL. */
export function cString(text: string): Uint8Array {
  return nameBytes(`${text}\0`);
}

const UTS_FIELD = 65;
export const UTSNAME_BYTES = 6 * UTS_FIELD;

/** struct new_utsname: six fields of 65 bytes. */
export function utsnameStruct(name: Utsname): Uint8Array {
  const bytes = new Uint8Array(UTSNAME_BYTES);
  const { sysname, nodename, release, version, machine, domainname } = name;
  for (const [i, field] of [sysname, nodename, release, version, machine, domainname].entries()) {
    bytes.set(encoder.encode(field).subarray(0, UTS_FIELD - 1), i * UTS_FIELD);
  }
  return bytes;
}
