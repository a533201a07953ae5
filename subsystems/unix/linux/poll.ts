/** Waiting for descriptors: ppoll and pselect6. Neither begins again after a signal. */
import { isPromise } from '../../../nucleus/awaitable.ts';
import { Poll } from '../constants.ts';
import { SysError } from '../errno.ts';
import type { Awaitable, PollFd } from '../sys.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import { withMask } from './masks.ts';
import { readTimespec, writeTimespec } from './structs.ts';

/** personality(2): a timeout stays as it was. */
const STICKY_TIMEOUTS = 0x4000000;

/** The wait of a struct timespec in ms; -1 for ever without one. */
function timeoutAt(c: Caller, va: number): number {
  return va === 0 ? -1 : readTimespec(c.memory, va);
}

/** Tells what is left of a timeout, as Linux does; a place that cannot be written is no error. */
function writeLeft(c: Caller, va: number, endMs: number): void {
  if (va === 0 || c.task.traits.personality & STICKY_TIMEOUTS) return;
  try {
    writeTimespec(c.memory, va, Math.max(0, endMs - c.sys.monotonic()));
  } catch {
    // See above.
  }
}

/** Bytes of a struct pollfd {i32 fd; i16 events, revents}. */
const POLLFD_BYTES = 8;
/** Entries looked at before the limit of the process is: RLIMIT_NOFILE may be as high as this. */
const POLL_MAX = 65536;

function ppoll(c: Caller): Awaitable<number> {
  const va = c.ptr(0);
  const count = c.uint(1);
  const timeoutMs = timeoutAt(c, c.ptr(2));
  if (count > POLL_MAX) throw new SysError('EINVAL');
  const fds = new Array<PollFd>(count);
  if (count > 0) c.memory.prepareWrite(va, count * POLLFD_BYTES);
  for (let i = 0; i < count; i++) {
    const at = va + i * POLLFD_BYTES;
    fds[i] = { fd: c.memory.i32(at), events: c.memory.u16(at + 4) };
  }
  const endMs = timeoutMs > 0 ? c.sys.monotonic() + timeoutMs : 0;
  const tell = (revents: readonly number[]): number => {
    let ready = 0;
    for (let i = 0; i < count; i++) {
      const at = va + i * POLLFD_BYTES;
      c.memory.setU16(at + 6, revents[i]!);
      if (revents[i] !== 0) ready += 1;
    }
    writeLeft(c, timeoutMs > 0 ? c.ptr(2) : 0, endMs);
    return ready;
  };
  return withMask(c, c.ptr(3), c.ptr(4), () => {
    const revents = c.sys.poll(fds, timeoutMs);
    return isPromise(revents) ? revents.then(tell) : tell(revents);
  });
}

// --- select

/** Highest descriptor of an fd_set that is looked at. */
const FD_SETSIZE = 1024;
/** Which events make a descriptor ready in each of the three sets. */
const SET_EVENTS = [
  { ask: Poll.IN, ready: Poll.IN | Poll.HUP | Poll.ERR },
  { ask: Poll.OUT, ready: Poll.OUT | Poll.ERR },
  { ask: Poll.PRI, ready: Poll.PRI },
] as const;

function pselect6(c: Caller): Awaitable<number> {
  const count = c.int(0);
  if (count < 0) throw new SysError('EINVAL');
  const places = [c.ptr(1), c.ptr(2), c.ptr(3)];
  const timeoutMs = timeoutAt(c, c.ptr(4));
  const bytes = Math.ceil(Math.min(count, FD_SETSIZE) / 64) * 8;
  const sets = places.map((va) => {
    if (va === 0 || bytes === 0) return undefined;
    c.memory.prepareWrite(va, bytes);
    return c.memory.read(va, bytes);
  });
  const asked = askedOf(sets, Math.min(count, FD_SETSIZE));
  const fds = [...asked].map(([fd, events]): PollFd => ({ fd, events }));
  const endMs = timeoutMs > 0 ? c.sys.monotonic() + timeoutMs : 0;
  const tell = (revents: readonly number[]): number => {
    if (revents.some((events) => events & Poll.NVAL)) throw new SysError('EBADF');
    const ready = readySets(sets, fds, revents);
    for (const [i, va] of places.entries()) if (sets[i]) c.memory.write(va, sets[i]);
    writeLeft(c, timeoutMs > 0 ? c.ptr(4) : 0, endMs);
    return ready;
  };
  const [mask, size] = maskArgument(c, c.ptr(5));
  return withMask(c, mask, size, () => {
    const revents = c.sys.poll(fds, timeoutMs);
    return isPromise(revents) ? revents.then(tell) : tell(revents);
  });
}

/** The sixth argument points to {sigset_t *mask; size_t size}. */
function maskArgument(c: Caller, va: number): [number, number] {
  return va === 0 ? [0, 0] : [c.memory.u64(va), c.memory.u64(va + 8)];
}

/** Events asked of each descriptor that is in some set. */
function askedOf(sets: readonly (Uint8Array | undefined)[], count: number): Map<number, number> {
  const asked = new Map<number, number>();
  for (const [i, set] of sets.entries()) {
    if (!set) continue;
    for (let fd = 0; fd < count; fd++) {
      if (set[fd >> 3]! & (1 << (fd & 7))) asked.set(fd, (asked.get(fd) ?? 0) | SET_EVENTS[i]!.ask);
    }
  }
  return asked;
}

/** Leaves only ready descriptors in the sets; how many bits there are. */
function readySets(
  sets: readonly (Uint8Array | undefined)[],
  fds: readonly PollFd[],
  revents: readonly number[],
): number {
  let ready = 0;
  for (const [i, set] of sets.entries()) {
    if (!set) continue;
    const before = set.slice();
    set.fill(0);
    for (const [n, { fd }] of fds.entries()) {
      const bit = 1 << (fd & 7);
      if (!(before[fd >> 3]! & bit) || !(revents[n]! & SET_EVENTS[i]!.ready)) continue;
      set[fd >> 3]! |= bit;
      ready += 1;
    }
  }
  return ready;
}

export const pollCalls: LinuxCalls = { ppoll, pselect6 };
