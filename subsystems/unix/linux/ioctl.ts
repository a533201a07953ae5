/** ioctl(2): terminals, and the few requests that any descriptor takes. */
import { isPromise } from '../../../nucleus/awaitable.ts';
import { makedev, O } from '../constants.ts';
import { SysError } from '../errno.ts';
import type { Awaitable } from '../sys.ts';
import type { Termios, WindowSize } from '../termios.ts';
import { done } from './answers.ts';
import type { Caller, LinuxCall, LinuxCalls } from './caller.ts';
import { SIGNAL_IO_REQUESTS } from './signal-io.ts';
import { SOCKET_REQUESTS } from './socket-ioctl.ts';
import { readTermios, TERMIOS_BYTES, TERMIOS2_BYTES, termiosStruct } from './termios-struct.ts';

/** TCFLSH's queues, by number. */
const QUEUES = ['input', 'output', 'both'] as const;

function getTermios(c: Caller, size: number): Awaitable<number> {
  const write = (termios: Termios): number => {
    c.memory.write(c.ptr(2), termiosStruct(termios).subarray(0, size));
    return 0;
  };
  const termios = c.sys.tcgetattr(c.int(0));
  return isPromise(termios) ? termios.then(write) : write(termios);
}

function setTermios(c: Caller, when: 'now' | 'drain' | 'flush', size: number): Awaitable<number> {
  const bytes = c.memory.read(c.ptr(2), size);
  const set = (present: Termios): Awaitable<number> =>
    done(c.sys.tcsetattr(c.int(0), when, readTermios(bytes, present)));
  const present = c.sys.tcgetattr(c.int(0));
  return isPromise(present) ? present.then(set) : set(present);
}

/** Writes a 32-bit result where argument 2 points. */
function answer32(c: Caller, value: Awaitable<number>): Awaitable<number> {
  const write = (number: number): number => {
    c.memory.setU32(c.ptr(2), number);
    return 0;
  };
  return isPromise(value) ? value.then(write) : write(value);
}

function getSize(c: Caller): Awaitable<number> {
  const write = ({ rows, columns }: WindowSize): number => {
    const va = c.ptr(2);
    c.memory.setU16(va, rows);
    c.memory.setU16(va + 2, columns);
    c.memory.setU32(va + 4, 0);
    return 0;
  };
  const size = c.sys.tcgetwinsize(c.int(0));
  return isPromise(size) ? size.then(write) : write(size);
}

function setSize(c: Caller): Awaitable<number> {
  const va = c.ptr(2);
  return done(c.sys.tcsetwinsize(c.int(0), { rows: c.memory.u16(va), columns: c.memory.u16(va + 2) }));
}

function flush(c: Caller): Awaitable<number> {
  const queue = QUEUES[c.int(2)];
  if (queue === undefined) {
    c.sys.getCloexec(c.int(0));
    throw new SysError('EINVAL');
  }
  return done(c.sys.tcflush(c.int(0), queue));
}

/** TCXONC's actions, by number. */
const FLOWS = ['stop-output', 'start-output', 'stop-input', 'start-input'] as const;

/** An action that there is not: the object says whether it is a terminal at all. */
function flow(c: Caller): Awaitable<number> {
  return done(c.sys.ioctl(c.int(0), 'TCXONC', FLOWS[c.int(2)] ?? ''));
}

/** Number of the pseudo-terminal behind a master: its slave is /dev/pts/N. */
function ptyNumber(c: Caller): Awaitable<number> {
  const numberOf = (name: string): number => Number(name.slice(name.lastIndexOf('/') + 1));
  const name = c.sys.ttyname(c.int(0));
  return answer32(c, isPromise(name) ? name.then(numberOf) : numberOf(name));
}

/** Succeeds on terminals, ENOTTY elsewhere: what has no effect on ours. */
function onTerminal(c: Caller): Awaitable<number> {
  const check = (is: boolean): number => {
    if (!is) throw new SysError('ENOTTY');
    return 0;
  };
  const is = c.sys.isatty(c.int(0));
  return isPromise(is) ? is.then(check) : check(is);
}

function setNonblocking(c: Caller): Awaitable<number> {
  const on = c.memory.i32(c.ptr(2)) !== 0;
  const set = (flags: number): Awaitable<number> =>
    done(c.sys.setFlags(c.int(0), on ? flags | O.NONBLOCK : flags & ~O.NONBLOCK));
  const flags = c.sys.getFlags(c.int(0));
  return isPromise(flags) ? flags.then(set) : set(flags);
}

const opaqueNumber = (value: unknown): number => Number(value);

/** A request of the object protocol whose result is a number. */
function numberOf(c: Caller, request: 'FIONREAD' | 'TIOCGSID'): Awaitable<number> {
  const value = c.sys.ioctl(c.int(0), request);
  return answer32(c, isPromise(value) ? value.then(opaqueNumber) : opaqueNumber(value));
}

/** ENOTTY, but for what takes no request at all (EBADF). */
function unknown(c: Caller): Awaitable<number> {
  const answer = c.sys.ioctl(c.int(0), `0x${c.uint(1).toString(16)}`);
  return isPromise(answer) ? answer.then(opaqueNumber) : opaqueNumber(answer);
}

/** FICLONE, FICLONERANGE, FIDEDUPERANGE: no volume shares blocks. */
function cloneBlocks(c: Caller): never {
  c.sys.getCloexec(c.int(0));
  throw new SysError('EOPNOTSUPP');
}

/** Bits in the pool of a random device: it is always full. */
const ENTROPY_BITS = 256;
const RANDOM_DEVICES = [makedev(1, 8), makedev(1, 9)];

function entropy(c: Caller): Awaitable<number> {
  const tell = ({ rdev }: { rdev: number }): Awaitable<number> =>
    RANDOM_DEVICES.includes(rdev) ? answer32(c, ENTROPY_BITS) : unknown(c);
  const stat = c.sys.fstat(c.int(0));
  return isPromise(stat) ? stat.then(tell) : tell(stat);
}

/** Requests by number (asm-generic). */
const REQUESTS: ReadonlyMap<number, LinuxCall> = new Map<number, LinuxCall>([
  ...SOCKET_REQUESTS,
  ...SIGNAL_IO_REQUESTS,
  [0x5401, (c) => getTermios(c, TERMIOS_BYTES)],
  [0x5402, (c) => setTermios(c, 'now', TERMIOS_BYTES)],
  [0x5403, (c) => setTermios(c, 'drain', TERMIOS_BYTES)],
  [0x5404, (c) => setTermios(c, 'flush', TERMIOS_BYTES)],
  [0x802c542a, (c) => getTermios(c, TERMIOS2_BYTES)],
  [0x402c542b, (c) => setTermios(c, 'now', TERMIOS2_BYTES)],
  [0x402c542c, (c) => setTermios(c, 'drain', TERMIOS2_BYTES)],
  [0x402c542d, (c) => setTermios(c, 'flush', TERMIOS2_BYTES)],
  /** TCSBRK, TCSBRKP, TIOCEXCL, TIOCNXCL: output drains at once, there is no line to break. */
  [0x5409, onTerminal],
  [0x5425, onTerminal],
  [0x540c, onTerminal],
  [0x540d, onTerminal],
  [0x540a, flow],
  [0x540b, flush],
  /** TIOCSCTTY, TIOCNOTTY. */
  [0x540e, (c) => done(c.sys.setctty(c.int(0), c.int(2) === 1))],
  [0x5422, (c) => done(c.sys.noctty(c.int(0)))],
  [0x540f, (c) => answer32(c, c.sys.tcgetpgrp(c.int(0)))],
  [0x5410, (c) => done(c.sys.tcsetpgrp(c.int(0), c.memory.i32(c.ptr(2))))],
  /** TIOCOUTQ: what was written has left the terminal. */
  [0x5411, (c) => answer32(c, onTerminal(c))],
  [0x5413, getSize],
  [0x5414, setSize],
  [0x541b, (c) => numberOf(c, 'FIONREAD')],
  [0x40049409, cloneBlocks],
  [0x4020940d, cloneBlocks],
  [0xc0189436, cloneBlocks],
  /** RNDGETENTCNT. */
  [0x80045200, entropy],
  [0x5429, (c) => numberOf(c, 'TIOCGSID')],
  /** TIOCGPTN; TIOCSPTLCK and TIOCGPTLCK: slaves are never locked. */
  [0x80045430, ptyNumber],
  [0x40045431, onTerminal],
  [0x80045439, (c) => answer32(c, onTerminal(c))],
  /** FIONBIO, FIONCLEX, FIOCLEX. */
  [0x5421, setNonblocking],
  [
    0x5450,
    (c) => {
      c.sys.setCloexec(c.int(0), false);
      return 0;
    },
  ],
  [
    0x5451,
    (c) => {
      c.sys.setCloexec(c.int(0), true);
      return 0;
    },
  ],
]);

export const ioctlCalls: LinuxCalls = {
  ioctl: (c) => {
    const request = REQUESTS.get(c.uint(1)) ?? unknown;
    return request(c);
  },
};
