/** Extended attributes: by path, by path without following a symbolic link, and by descriptor. */
import { isPromise } from '../../../nucleus/awaitable.ts';
import { SysError } from '../errno.ts';
import { nameBytes } from '../file-names.ts';
import type { Awaitable } from '../sys.ts';
import { done } from './answers.ts';
import type { Caller, LinuxCalls } from './caller.ts';

/** XATTR_NAME_MAX and its NUL: ERANGE; XATTR_SIZE_MAX: E2BIG. */
const NAME_BYTES = 256;
const VALUE_MAX = 65536;

const NO_FOLLOW = { noFollow: true };

function nameOf(c: Caller): string {
  const name = c.memory.string(c.ptr(1), NAME_BYTES + 1, true);
  if (name === '' || nameBytes(name).length >= NAME_BYTES) throw new SysError('ERANGE');
  return name;
}

const pathOf = (c: Caller): string => c.memory.string(c.ptr(0));

/** The bytes in full, or with size 0 their number. Throws ERANGE. */
function answer(c: Caller, data: Awaitable<Uint8Array>, va: number, size: number): Awaitable<number> {
  const write = (bytes: Uint8Array): number => {
    if (size === 0) return bytes.length;
    if (bytes.length > size) throw new SysError('ERANGE');
    c.memory.write(va, bytes);
    return bytes.length;
  };
  return isPromise(data) ? data.then(write) : write(data);
}

/** Names, each with its NUL. */
function listed(names: Awaitable<string[]>): Awaitable<Uint8Array> {
  const join = (list: readonly string[]): Uint8Array => nameBytes(list.map((name) => `${name}\0`).join(''));
  return isPromise(names) ? names.then(join) : join(names);
}

function valueGiven(c: Caller): Uint8Array {
  const size = c.ptr(3);
  if (size > VALUE_MAX) throw new SysError('E2BIG');
  return c.memory.read(c.ptr(2), size);
}

function set(c: Caller, options?: { noFollow: boolean }): Awaitable<number> {
  const flags = c.int(4);
  return done(c.sys.setxattr(pathOf(c), nameOf(c), valueGiven(c), { ...options, flags }));
}

export const xattrCalls: LinuxCalls = {
  getxattr: (c) => answer(c, c.sys.getxattr(pathOf(c), nameOf(c)), c.ptr(2), c.ptr(3)),
  lgetxattr: (c) => answer(c, c.sys.getxattr(pathOf(c), nameOf(c), NO_FOLLOW), c.ptr(2), c.ptr(3)),
  fgetxattr: (c) => answer(c, c.sys.fgetxattr(c.int(0), nameOf(c)), c.ptr(2), c.ptr(3)),
  setxattr: (c) => set(c),
  lsetxattr: (c) => set(c, NO_FOLLOW),
  fsetxattr: (c) => done(c.sys.fsetxattr(c.int(0), nameOf(c), valueGiven(c), c.int(4))),
  listxattr: (c) => answer(c, listed(c.sys.listxattr(pathOf(c))), c.ptr(1), c.ptr(2)),
  llistxattr: (c) => answer(c, listed(c.sys.listxattr(pathOf(c), NO_FOLLOW)), c.ptr(1), c.ptr(2)),
  flistxattr: (c) => answer(c, listed(c.sys.flistxattr(c.int(0))), c.ptr(1), c.ptr(2)),
  removexattr: (c) => done(c.sys.removexattr(pathOf(c), nameOf(c))),
  lremovexattr: (c) => done(c.sys.removexattr(pathOf(c), nameOf(c), NO_FOLLOW)),
  fremovexattr: (c) => done(c.sys.fremovexattr(c.int(0), nameOf(c))),
};
