/**
 * Random sequences of file operations, carried out on a File Manager by a `User` and on the host by node:fs;
 * each answers with text that can be compared: a result or an errno name.
 */

import * as fs from 'node:fs';
import fc from 'fast-check';
import { O, S, Seek } from '../../../subsystems/unix/constants.ts';
import type { Stat } from '../../../subsystems/unix/sys.ts';
import { errno, type User } from './support.ts';

export type Step =
  | { op: 'mkdir' | 'rmdir' | 'unlink' | 'stat' | 'lstat' | 'readdir' | 'readlink' | 'read'; path: string }
  | { op: 'rename' | 'link'; path: string; to: string }
  | { op: 'symlink'; path: string; target: string }
  | { op: 'open'; path: string; flags: number }
  | { op: 'write'; path: string; at: number; size: number }
  | { op: 'truncate'; path: string; size: number }
  | { op: 'chmod'; path: string; mode: number }
  | { op: 'chown'; path: string; uid: number; gid: number };

const name = fc.constantFrom('a', 'b', 'c', 'd');
const last = fc.oneof(
  { weight: 8, arbitrary: name },
  { weight: 1, arbitrary: fc.constantFrom('.', '..', 'a/', 'b/', 'c//', 'x'.repeat(255), 'y'.repeat(256)) },
);
const path = fc
  .tuple(fc.array(name, { maxLength: 2 }), last)
  .map(([above, end]) => [...above, end].join('/'));
const target = fc.oneof(path, fc.constantFrom('../a', '../../b/c', '.', '..', 'a/../b'));
const openFlags = fc
  .tuple(
    fc.constantFrom(O.RDONLY, O.WRONLY, O.RDWR),
    fc.subarray([O.CREAT, O.EXCL, O.TRUNC, O.APPEND, O.NOFOLLOW, O.DIRECTORY]),
  )
  .map(([access, more]) => more.reduce((all, flag) => all | flag, access as number))
  // Kernels disagree about creating what must be a directory.
  .filter((flags) => (flags & (O.CREAT | O.DIRECTORY)) !== (O.CREAT | O.DIRECTORY));

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant('mkdir' as const), path }) },
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constantFrom('rmdir', 'unlink', 'stat', 'lstat', 'readdir', 'readlink', 'read'),
      path,
    }),
  },
  { weight: 5, arbitrary: fc.record({ op: fc.constantFrom('rename', 'link'), path, to: path }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('symlink' as const), path, target }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('open' as const), path, flags: openFlags }) },
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('write' as const),
      path,
      at: fc.constantFrom(0, 3, 4095, 70000),
      size: fc.constantFrom(0, 1, 5000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('truncate' as const), path, size: fc.nat(80000) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('chmod' as const), path, mode: fc.nat(0o777) }) },
) as fc.Arbitrary<Step>;

/** Modes that the rules are about: set-id bits, sticky and setgid directories, and none at all. */
const mode = fc.constantFrom(
  0o777,
  0o1777,
  0o2775,
  0o755,
  0o700,
  0o4755,
  0o2755,
  0o6777,
  0o2644,
  0o070,
  0o007,
  0,
  0o666,
);
const id = fc.constantFrom(-1, 0, 1000, 1001);

/** Steps by users who may not do everything. */
export const userStep: fc.Arbitrary<{ uid: number; step: Step }> = fc.record({
  uid: fc.constantFrom(0, 1000, 1000, 1001),
  step: fc.oneof(
    { weight: 3, arbitrary: step },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('chmod' as const), path, mode }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('chown' as const), path, uid: id, gid: id }) },
  ) as fc.Arbitrary<Step>,
});

/** What a comparison may look at: everything but times, devices and the sizes of directories. */
function describeStat(stat: { mode: number; nlink: number; size: number; uid: number; gid: number }): string {
  const directory = (stat.mode & S.IFMT) === S.IFDIR;
  return `${stat.mode.toString(8)} ${stat.nlink} ${directory ? '-' : stat.size} ${stat.uid}:${stat.gid}`;
}

function bytes(size: number): Buffer {
  return Buffer.alloc(size, 'chorus');
}

function outcome(run: () => string): string {
  let result = '';
  const error = errno(() => {
    result = run();
  });
  return error === 'ok' ? `ok ${result}` : error;
}

/** One step on a File Manager. `base` is a directory of its tree. */
export function onManager(user: User, base: string, step: Step): string {
  const at = (path: string): string => `${base}/${path}`;
  return outcome(() => {
    switch (step.op) {
      case 'mkdir':
        return String(user.mkdir(at(step.path)) ?? '');
      case 'rmdir':
        return String(user.rmdir(at(step.path)) ?? '');
      case 'unlink':
        return String(user.unlink(at(step.path)) ?? '');
      case 'stat':
        return describeStat(user.stat(at(step.path)));
      case 'lstat':
        return describeStat(user.stat(at(step.path), false));
      case 'readdir':
        return user
          .list(at(step.path))
          .filter((entry) => entry !== '.' && entry !== '..')
          .sort()
          .join(' ');
      case 'readlink':
        return user.readlink(at(step.path));
      case 'read':
        return readAll(user, at(step.path));
      case 'rename':
        return String(user.rename(at(step.path), at(step.to)) ?? '');
      case 'link':
        return String(user.link(at(step.path), at(step.to)) ?? '');
      case 'symlink':
        return String(user.symlink(step.target, at(step.path)) ?? '');
      case 'open':
        return String(user.close(user.open(at(step.path), step.flags)) ?? '');
      case 'write':
        return writeAt(user, at(step.path), step.at, step.size);
      case 'truncate':
        return String(user.truncate(at(step.path), step.size) ?? '');
      case 'chmod':
        return String(user.chmod(at(step.path), step.mode) ?? '');
      case 'chown':
        return String(user.chown(at(step.path), step.uid, step.gid) ?? '');
    }
  });
}

function readAll(user: User, path: string): string {
  const key = user.open(path, O.RDONLY);
  try {
    const { data } = user.now('read', { key, max: 65536, offset: 0 });
    const { offset } = user.now('seek', { key, offset: 0, whence: Seek.END });
    return `${offset} ${Buffer.from(data).toString('base64')}`;
  } finally {
    user.close(key);
  }
}

function writeAt(user: User, path: string, at: number, size: number): string {
  const key = user.open(path, O.WRONLY | O.CREAT);
  try {
    return String(
      user.now('write', { key, data: bytes(size), offset: at, limit: Number.POSITIVE_INFINITY }).count,
    );
  } finally {
    user.close(key);
  }
}

/** One step on the host, below directory `base`. */
export function onHost(base: string, step: Step): string {
  const at = (path: string): string => `${base}/${path}`;
  try {
    return `ok ${hostStep(at, step) ?? ''}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

function hostStep(at: (path: string) => string, step: Step): string | undefined {
  switch (step.op) {
    case 'mkdir':
      return void fs.mkdirSync(at(step.path));
    case 'rmdir':
      return void fs.rmdirSync(at(step.path));
    case 'unlink':
      return void fs.unlinkSync(at(step.path));
    case 'stat':
      return describeStat(fs.statSync(at(step.path)) as unknown as Stat);
    case 'lstat':
      return describeStat(fs.lstatSync(at(step.path)) as unknown as Stat);
    case 'readdir':
      return fs.readdirSync(at(step.path)).sort().join(' ');
    case 'readlink':
      return fs.readlinkSync(at(step.path));
    case 'read':
      return hostRead(at(step.path));
    case 'rename':
      return void fs.renameSync(at(step.path), at(step.to));
    case 'link':
      return void fs.linkSync(at(step.path), at(step.to));
    case 'symlink':
      return void fs.symlinkSync(step.target, at(step.path));
    case 'open':
      return void fs.closeSync(fs.openSync(at(step.path), step.flags, 0o666));
    case 'write':
      return hostWrite(at(step.path), step.at, step.size);
    case 'truncate':
      return void hostTruncate(at(step.path), step.size);
    case 'chmod':
      return void fs.chmodSync(at(step.path), step.mode);
    case 'chown':
      return void fs.chownSync(at(step.path), step.uid, step.gid);
  }
}

function hostRead(path: string): string {
  const fd = fs.openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(65536);
    const count = fs.readSync(fd, buffer, 0, 65536, 0);
    return `${fs.fstatSync(fd).size} ${buffer.subarray(0, count).toString('base64')}`;
  } finally {
    fs.closeSync(fd);
  }
}

function hostWrite(path: string, at: number, size: number): string {
  const fd = fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_CREAT, 0o666);
  try {
    return String(fs.writeSync(fd, bytes(size), 0, size, at));
  } finally {
    fs.closeSync(fd);
  }
}

/** node's truncateSync opens with 'r+', as truncate(2) would check, but answers with open's errors. */
function hostTruncate(path: string, size: number): void {
  fs.truncateSync(path, size);
}
