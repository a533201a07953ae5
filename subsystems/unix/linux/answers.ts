/**
 * What handlers have in common: zero for calls that return nothing, the base directory of the *at calls, and
 * results that are written to the caller's memory when they are there.
 */
import { isPromise } from '../../../nucleus/awaitable.ts';
import { isSysError, SysError } from '../errno.ts';
import type { At, Awaitable } from '../sys.ts';
import type { Caller } from './caller.ts';
import { AT } from './flags.ts';

const zero = (): number => 0;

/** Success without a value. */
export const done = (value: Awaitable<unknown>): Awaitable<number> =>
  isPromise(value) ? value.then(zero) : 0;

/** The directory descriptor in argument `index`; undefined for AT_FDCWD. */
export function atOf(c: Caller, index: number, empty = false): At | undefined {
  const fd = c.int(index);
  if (fd === AT.FDCWD) return empty ? { empty } : undefined;
  return empty ? { at: fd, empty } : { at: fd };
}

/** Refuses flags that a call does not know. */
export function allow(flags: number, known: number): void {
  if ((flags & ~known) !== 0) throw new SysError('EINVAL');
}

/**
 * Makes sure that the first byte of a buffer can be written before a read takes its data away. A bad
 * descriptor goes before a bad address.
 */
export function checkBuffer(c: Caller, fd: number, va: number, length: number): void {
  if (length === 0) return;
  try {
    c.memory.prepareWrite(va, 1);
  } catch (error) {
    if (isSysError(error, 'EFAULT')) c.sys.getCloexec(fd);
    throw error;
  }
}

/** Writes bytes to the caller; how many there were. */
export function deliver(c: Caller, va: number, data: Awaitable<Uint8Array>): Awaitable<number> {
  return isPromise(data) ? data.then((bytes) => put(c, va, bytes)) : put(c, va, data);
}

/** What was read belongs to the caller: the array can serve again. */
function put(c: Caller, va: number, bytes: Uint8Array): Awaitable<number> {
  const { length } = bytes;
  if (length === 0) return 0;
  const wait = c.memory.store(va, bytes);
  if (isPromise(wait)) return wait.then(() => length);
  c.memory.recycle(bytes);
  return length;
}
