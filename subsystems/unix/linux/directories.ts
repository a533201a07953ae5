/** Reading directories, the working and root directory, mounts. */
import { isPromise } from '../../../nucleus/awaitable.ts';
import { SysError } from '../errno.ts';
import { nameBytes } from '../file-names.ts';
import type { Awaitable, DirEntry, Stat } from '../sys.ts';
import { done } from './answers.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import { cString } from './structs.ts';

/** struct linux_dirent64 {u64 ino; i64 off; u16 reclen; u8 type; char name[]}, padded to 8 bytes. */
const DIRENT_HEADER = 19;
const DIRENT_LEAST = 24;
/** Most bytes made at once: entries come in batches that fit well below. */
const DIRENT_BUFFER_MAX = 256 * 1024;
const SEEK_SET = 0;

const encoder = new TextEncoder();
/** A lone surrogate: a byte that is no UTF-8 (see file-names). */
const STRAY = /[\udc80-\udcff]/;

function getdents(c: Caller): Awaitable<number> {
  const fd = c.int(0);
  const va = c.ptr(1);
  const size = Math.min(c.uint(2), DIRENT_BUFFER_MAX);
  if (size >= DIRENT_LEAST) c.memory.prepareWrite(va, DIRENT_LEAST);
  const entries = c.sys.readdir(fd, Math.max(1, Math.floor(size / DIRENT_LEAST)));
  return isPromise(entries)
    ? entries.then((list) => writeEntries(c, fd, va, size, list))
    : writeEntries(c, fd, va, size, entries);
}

/** Writes the entries that fit; the directory goes back to the first that does not. */
function writeEntries(
  c: Caller,
  fd: number,
  va: number,
  size: number,
  entries: readonly DirEntry[],
): Awaitable<number> {
  if (entries.length === 0) return atEnd(c, fd);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  let fitted = 0;
  for (const { name, ino, type, next } of entries) {
    if (at + DIRENT_HEADER > size) break;
    const written = putName(bytes.subarray(at + DIRENT_HEADER), name);
    const length = (DIRENT_HEADER + written + 1 + 7) & ~7;
    if (at + length > size) break;
    view.setUint32(at, ino >>> 0, true);
    view.setUint32(at + 4, Math.floor(ino / 2 ** 32), true);
    view.setUint32(at + 8, next >>> 0, true);
    view.setUint32(at + 12, Math.floor(next / 2 ** 32), true);
    view.setUint16(at + 16, length, true);
    bytes[at + 18] = type >> 12;
    bytes.fill(0, at + DIRENT_HEADER + written, at + length);
    at += length;
    fitted += 1;
  }
  const store = (): Awaitable<number> => {
    if (fitted === 0) throw new SysError('EINVAL');
    const wait = c.memory.store(va, bytes.subarray(0, at));
    return isPromise(wait) ? wait.then(() => at) : at;
  };
  if (fitted === entries.length) return store();
  const back = c.sys.lseek(fd, fitted === 0 ? startOf(entries) : entries[fitted - 1]!.next, SEEK_SET);
  return isPromise(back) ? back.then(store) : store();
}

/** The bytes of a name, as far as they fit; how many it has. */
function putName(room: Uint8Array, name: string): number {
  const { read, written } = encoder.encodeInto(name, room);
  if (read === name.length && !STRAY.test(name)) return written;
  const bytes = nameBytes(name);
  room.set(bytes.subarray(0, room.length));
  return bytes.length;
}

/** No entries: the end; of a directory that was removed, ENOENT. */
function atEnd(c: Caller, fd: number): Awaitable<number> {
  const judge = ({ nlink }: Stat): number => {
    if (nlink === 0) throw new SysError('ENOENT');
    return 0;
  };
  const stat = c.sys.fstat(fd);
  return isPromise(stat) ? stat.then(judge) : judge(stat);
}

/** A position stands for all entries behind it: one less than where the first entry ends is before it. */
const startOf = (entries: readonly DirEntry[]): number => Math.max(0, entries[0]!.next - 1);

/** The path and its NUL; how many bytes. */
function getcwd(c: Caller): Awaitable<number> {
  const write = (path: string): number => {
    const bytes = cString(path);
    if (bytes.length > c.ptr(1)) throw new SysError('ERANGE');
    c.memory.write(c.ptr(0), bytes);
    return bytes.length;
  };
  const path = c.sys.getcwd();
  return isPromise(path) ? path.then(write) : write(path);
}

const MS = { RDONLY: 1, REMOUNT: 32, BIND: 4096, MOVE: 8192 } as const;
/** Propagation changes (MS_UNBINDABLE … MS_SHARED): one name space, so there is nothing to do. */
const MS_PROPAGATION = (1 << 17) | (1 << 18) | (1 << 19) | (1 << 20);

/** mount(2) of sources that the boot description allows. Binds and moves: EINVAL. */
function mount(c: Caller): Awaitable<number> {
  const flags = c.uint(3);
  if (flags & MS_PROPAGATION) return 0;
  if (flags & (MS.BIND | MS.MOVE)) throw new SysError('EINVAL');
  const text = (index: number): string => (c.ptr(index) === 0 ? '' : c.memory.string(c.ptr(index)));
  const target = c.memory.string(c.ptr(1));
  const options = { readOnly: (flags & MS.RDONLY) !== 0, remount: (flags & MS.REMOUNT) !== 0 };
  return done(c.sys.mount(text(0), target, text(2), options));
}

export const directoryCalls: LinuxCalls = {
  getdents64: getdents,
  getcwd,
  chdir: (c) => done(c.sys.chdir(c.memory.string(c.ptr(0)))),
  fchdir: (c) => done(c.sys.fchdir(c.int(0))),
  chroot: (c) => done(c.sys.chroot(c.memory.string(c.ptr(0)))),
  umask: (c) => c.sys.umask(c.uint(0) & 0o777),
  mount,
  /** Flags (force, detach) make no difference: a busy tree is not unmounted. */
  umount2: (c) => done(c.sys.umount(c.memory.string(c.ptr(0)))),
};
