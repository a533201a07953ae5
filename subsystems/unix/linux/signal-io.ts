/** Signal-driven I/O: fcntl(2) F_SETOWN and its kin, FIOASYNC, FIOSETOWN. */
import { isPromise } from '../../../nucleus/awaitable.ts';
import { O } from '../constants.ts';
import { SysError } from '../errno.ts';
import type { Awaitable, IoOwner } from '../sys.ts';
import { done } from './answers.ts';
import type { Caller, LinuxCall } from './caller.ts';
import { F } from './flags.ts';

const INT_MIN = -0x80000000;
/** struct f_owner_ex {int type, pid}: F_OWNER_TID, F_OWNER_PID, F_OWNER_PGRP. */
const TYPES: readonly IoOwner['type'][] = ['thread', 'process', 'group'];

/** F_SETOWN: a process, or a group as a negative number. */
function setOwn(c: Caller, fd: number, who: number): Awaitable<number> {
  if (who === INT_MIN) {
    c.sys.getOwn(fd);
    throw new SysError('EINVAL');
  }
  return done(c.sys.setOwn(fd, { type: who < 0 ? 'group' : 'process', pid: Math.abs(who) }));
}

function getOwn(c: Caller, fd: number): number {
  const { type, pid } = c.sys.getOwn(fd);
  return type === 'group' ? -pid : pid;
}

function setOwnEx(c: Caller, fd: number): Awaitable<number> {
  c.sys.getOwn(fd);
  const va = c.ptr(2);
  const type = TYPES[c.memory.i32(va)];
  const pid = c.memory.i32(va + 4);
  if (type === undefined) throw new SysError('EINVAL');
  if (pid < 0) throw new SysError('ESRCH');
  return done(c.sys.setOwn(fd, { type, pid }));
}

function getOwnEx(c: Caller, fd: number): number {
  const { type, pid } = c.sys.getOwn(fd);
  c.memory.prepareWrite(c.ptr(2), 8);
  c.memory.setU32(c.ptr(2), TYPES.indexOf(type));
  c.memory.setU32(c.ptr(2) + 4, pid);
  return 0;
}

export function signalIo(c: Caller, fd: number, command: number): Awaitable<number> {
  switch (command) {
    case F.SETOWN:
      return setOwn(c, fd, c.int(2));
    case F.SETOWN_EX:
      return setOwnEx(c, fd);
    case F.GETOWN:
      return getOwn(c, fd);
    case F.GETOWN_EX:
      return getOwnEx(c, fd);
    case F.GETSIG:
      return c.sys.getSig(fd);
    default:
      c.sys.setSig(fd, c.int(2));
      return 0;
  }
}

/** FIOASYNC: as F_SETFL, but what cannot be asynchronous is ENOTTY. */
function setAsync(c: Caller): Awaitable<number> {
  const fd = c.int(0);
  const on = c.memory.i32(c.ptr(2)) !== 0;
  const then = <T>(value: Awaitable<T>, next: (value: T) => Awaitable<number>): Awaitable<number> =>
    isPromise(value) ? value.then(next) : next(value);
  const check = (flags: number): number => {
    if (on && !(flags & O.ASYNC)) throw new SysError('ENOTTY');
    return 0;
  };
  return then(c.sys.getFlags(fd), (flags) =>
    then(c.sys.setFlags(fd, on ? flags | O.ASYNC : flags & ~O.ASYNC), () => then(c.sys.getFlags(fd), check)),
  );
}

/** By number (asm-generic): FIOASYNC; FIOSETOWN, SIOCSPGRP, FIOGETOWN, SIOCGPGRP. */
export const SIGNAL_IO_REQUESTS: readonly (readonly [number, LinuxCall])[] = [
  [0x5452, setAsync],
  ...[0x8901, 0x8902].map(
    (request) => [request, (c: Caller) => setOwn(c, c.int(0), c.memory.i32(c.ptr(2)))] as const,
  ),
  ...[0x8903, 0x8904].map(
    (request) =>
      [
        request,
        (c: Caller) => {
          c.memory.setU32(c.ptr(2), getOwn(c, c.int(0)));
          return 0;
        },
      ] as const,
  ),
];
