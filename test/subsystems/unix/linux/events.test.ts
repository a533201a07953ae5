/** epoll, eventfd, timerfd, ppoll and pselect6 against real servers, as epoll(7) and its kin have them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Epoll, O, Poll } from '../../../../subsystems/unix/constants.ts';
import { Errno } from '../../../../subsystems/unix/errno.ts';
import { descriptorCalls } from '../../../../subsystems/unix/linux/descriptors.ts';
import { eventCalls } from '../../../../subsystems/unix/linux/events.ts';
import { fileCalls } from '../../../../subsystems/unix/linux/files.ts';
import { pollCalls } from '../../../../subsystems/unix/linux/poll.ts';
import { transferCalls } from '../../../../subsystems/unix/linux/transfer.ts';
import { bootWorld, type TestWorld } from '../../../mix/process-manager/support.ts';
import { Guest } from './caller.ts';

const ADD = 1;
const DEL = 2;
const MOD = 3;
let world: TestWorld;
let guest: Guest;

beforeAll(async () => {
  world = await bootWorld([]);
  const calls = { ...fileCalls, ...descriptorCalls, ...transferCalls, ...pollCalls, ...eventCalls };
  guest = new Guest(world.sys, calls);
});
afterAll(() => world.close());

const failed = (name: keyof typeof Errno): number => -Errno[name];

async function pipe(flags = O.NONBLOCK): Promise<[number, number]> {
  const ends = guest.buffer(8);
  expect(await guest.run('pipe2', ends, flags)).toBe(0);
  return [ends.i32(0), ends.i32(4)];
}

/** struct epoll_event. */
function event(events: number, data: number): ReturnType<Guest['buffer']> {
  const made = guest.buffer(16);
  made.view.setUint32(0, events, true);
  made.view.setBigUint64(8, BigInt(data), true);
  return made;
}

/** What epoll_pwait gives: [events, data] each, or the error. */
async function ready(epfd: number, timeoutMs = 0, max = 8): Promise<[number, number][] | number> {
  const room = guest.buffer(16 * max);
  const count = await guest.run('epoll_pwait', epfd, room, max, timeoutMs, 0, 8);
  if (count < 0) return count;
  return Array.from({ length: count }, (_, i) => [room.u32(16 * i), room.i64(16 * i + 8)]);
}

const epoll = (): Promise<number> => guest.run('epoll_create1', O.CLOEXEC);
const ctl = (epfd: number, operation: number, fd: number, events = 0, data = fd): Promise<number> =>
  guest.run('epoll_ctl', epfd, operation, fd, event(events, data));
const write = (fd: number, text: string): Promise<number> => guest.run('write', fd, text, text.length);
const read = (fd: number, size: number): Promise<number> => guest.run('read', fd, guest.buffer(size), size);
const later = (work: () => unknown): Promise<void> =>
  new Promise((resolve) => setTimeout(() => resolve(void work()), 20));

describe('epoll', () => {
  it('reports levels until they are gone', async () => {
    const epfd = await epoll();
    const [reader, writer] = await pipe();
    expect(await ctl(epfd, ADD, reader, Poll.IN, 7)).toBe(0);
    expect(await ready(epfd)).toEqual([]);
    await write(writer, 'ab');
    expect(await ready(epfd)).toEqual([[Poll.IN, 7]]);
    expect(await ready(epfd)).toEqual([[Poll.IN, 7]]);
    await read(reader, 8);
    expect(await ready(epfd)).toEqual([]);
    await guest.run('close', writer);
    expect(await ready(epfd)).toEqual([[Poll.HUP, 7]]);
  });

  it('reports edges once', async () => {
    const epfd = await epoll();
    const [reader, writer] = await pipe();
    await write(writer, 'a');
    expect(await ctl(epfd, ADD, reader, Poll.IN | Epoll.ET)).toBe(0);
    expect(await ready(epfd)).toEqual([[Poll.IN, reader]]);
    expect(await ready(epfd)).toEqual([]);
    await write(writer, 'bc');
    expect(await ready(epfd)).toEqual([[Poll.IN, reader]]);
    await read(reader, 1);
    expect(await ready(epfd)).toEqual([]);
    expect(await ctl(epfd, MOD, reader, Poll.IN | Epoll.ET)).toBe(0);
    expect(await ready(epfd)).toEqual([[Poll.IN, reader]]);
    const waiting = ready(epfd, 5000);
    await later(() => write(writer, 'd'));
    expect(await waiting).toEqual([[Poll.IN, reader]]);
    expect(await ready(epfd, 10)).toEqual([]);
    await guest.run('close', writer);
    expect(await ready(epfd)).toEqual([[Poll.IN | Poll.HUP, reader]]);
    expect(await ready(epfd)).toEqual([]);
  });

  it('reports room to write as an edge', async () => {
    const epfd = await epoll();
    const [reader, writer] = await pipe();
    expect(await ctl(epfd, ADD, writer, Poll.OUT | Epoll.ET)).toBe(0);
    expect(await ready(epfd)).toEqual([[Poll.OUT, writer]]);
    await write(writer, 'x'.repeat(65536));
    expect(await ready(epfd)).toEqual([]);
    await read(reader, 65536);
    expect(await ready(epfd)).toEqual([[Poll.OUT, writer]]);
    expect(await ready(epfd)).toEqual([]);
  });

  it('disables one-shot interests until they are modified', async () => {
    const epfd = await epoll();
    const [reader, writer] = await pipe();
    await ctl(epfd, ADD, reader, Poll.IN | Epoll.ONESHOT);
    await write(writer, 'a');
    expect(await ready(epfd)).toEqual([[Poll.IN, reader]]);
    await write(writer, 'a');
    expect(await ready(epfd)).toEqual([]);
    await ctl(epfd, MOD, reader, Poll.IN | Epoll.ONESHOT);
    expect(await ready(epfd)).toEqual([[Poll.IN, reader]]);
  });

  it('gives every interest its turn', async () => {
    const epfd = await epoll();
    const readers: number[] = [];
    for (let i = 0; i < 3; i++) {
      const [reader, writer] = await pipe();
      await write(writer, 'a');
      await ctl(epfd, ADD, reader, Poll.IN);
      readers.push(reader);
    }
    const seen: number[] = [];
    for (let i = 0; i < 3; i++) seen.push(((await ready(epfd, 0, 1)) as [number, number][])[0]![1]);
    expect(seen.sort()).toEqual(readers.sort());
  });

  it('hears of interests added while it waits', async () => {
    const epfd = await epoll();
    const [reader, writer] = await pipe();
    await write(writer, 'a');
    const waiting = ready(epfd, 5000);
    await later(() => ctl(epfd, ADD, reader, Poll.IN));
    expect(await waiting).toEqual([[Poll.IN, reader]]);
  });

  it('forgets closed descriptors, but not their duplicates', async () => {
    const epfd = await epoll();
    const [reader, writer] = await pipe();
    await write(writer, 'a');
    await ctl(epfd, ADD, reader, Poll.IN);
    const copy = await guest.run('dup', reader);
    await guest.run('close', reader);
    expect(await ready(epfd)).toEqual([[Poll.IN, reader]]);
    await guest.run('close', copy);
    expect(await ready(epfd)).toEqual([]);
  });

  it('nests', async () => {
    const [outer, inner] = [await epoll(), await epoll()];
    const [reader, writer] = await pipe();
    expect(await ctl(outer, ADD, inner, Poll.IN)).toBe(0);
    expect(await ctl(inner, ADD, reader, Poll.IN)).toBe(0);
    expect(await ready(outer)).toEqual([]);
    const waiting = ready(outer, 5000);
    await later(() => write(writer, 'a'));
    expect(await waiting).toEqual([[Poll.IN, inner]]);
    expect(await ctl(inner, ADD, outer, Poll.IN)).toBe(failed('ELOOP'));
    expect(await ctl(inner, ADD, inner, Poll.IN)).toBe(failed('EINVAL'));
  });

  it('refuses what Linux refuses', async () => {
    const epfd = await epoll();
    const [reader] = await pipe();
    const file = await guest.run('openat', -100, '/tmp/f', O.RDWR | O.CREAT, 0o600);
    expect(await ctl(epfd, ADD, file, Poll.IN)).toBe(failed('EPERM'));
    expect(await ctl(epfd, ADD, 99, Poll.IN)).toBe(failed('EBADF'));
    expect(await ctl(file, ADD, reader, Poll.IN)).toBe(failed('EINVAL'));
    expect(await ctl(epfd, MOD, reader, Poll.IN)).toBe(failed('ENOENT'));
    expect(await ctl(epfd, DEL, reader)).toBe(failed('ENOENT'));
    expect(await ctl(epfd, 9, reader)).toBe(failed('EINVAL'));
    expect(await ctl(epfd, ADD, reader, Poll.IN)).toBe(0);
    expect(await ctl(epfd, ADD, reader, Poll.IN)).toBe(failed('EEXIST'));
    expect(await guest.run('epoll_ctl', epfd, DEL, reader, 0)).toBe(0);
    expect(await guest.run('epoll_ctl', epfd, ADD, reader, 0)).toBe(failed('EFAULT'));
    expect(await ctl(epfd, ADD, reader, Poll.IN | Epoll.EXCLUSIVE)).toBe(0);
    expect(await ctl(epfd, MOD, reader, Poll.IN)).toBe(failed('EINVAL'));
    expect(await ready(epfd, 0, 0)).toBe(failed('EINVAL'));
    expect(await guest.run('epoll_create1', 1)).toBe(failed('EINVAL'));
    expect(await guest.run('read', epfd, guest.buffer(8), 8)).toBe(failed('EINVAL'));
    expect(await guest.run('lseek', epfd, 5, 0)).toBe(0);
  });

  it('keeps its timeout', async () => {
    const epfd = await epoll();
    const [reader] = await pipe();
    await ctl(epfd, ADD, reader, Poll.IN);
    const start = performance.now();
    expect(await ready(epfd, 30)).toEqual([]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(29);
    const room = guest.buffer(16);
    expect(await guest.run('epoll_pwait2', epfd, room, 1, guest.words(0, 20_000_000), 0, 8)).toBe(0);
    expect(await guest.run('epoll_pwait2', epfd, room, 1, guest.words(0, 1e9), 0, 8)).toBe(failed('EINVAL'));
  });
});

describe('eventfd', () => {
  it('counts', async () => {
    const fd = await guest.run('eventfd2', 3, O.NONBLOCK);
    const value = guest.buffer(8);
    expect(await guest.run('read', fd, value, 8)).toBe(8);
    expect(value.i64(0)).toBe(3);
    expect(await guest.run('read', fd, value, 8)).toBe(failed('EAGAIN'));
    expect(await guest.run('write', fd, guest.words(5), 8)).toBe(8);
    expect(await guest.run('write', fd, guest.words(6), 8)).toBe(8);
    await guest.run('read', fd, value, 8);
    expect(value.i64(0)).toBe(11);
    expect(await guest.run('write', fd, guest.words(-1), 8)).toBe(failed('EINVAL'));
    expect(await guest.run('write', fd, guest.words(-2), 8)).toBe(8);
    expect(await guest.run('write', fd, guest.words(1), 8)).toBe(failed('EAGAIN'));
    expect(await guest.run('read', fd, value, 7)).toBe(failed('EINVAL'));
    expect(await guest.run('eventfd2', 0, 2)).toBe(failed('EINVAL'));
  });

  it('hands out one at a time as a semaphore, and waits', async () => {
    const fd = await guest.run('eventfd2', 2, 1);
    const value = guest.buffer(8);
    for (let i = 0; i < 2; i++) {
      await guest.run('read', fd, value, 8);
      expect(value.i64(0)).toBe(1);
    }
    const waiting = guest.run('read', fd, value, 8);
    await later(() => guest.run('write', fd, guest.words(1), 8));
    expect(await waiting).toBe(8);
  });
});

describe('timerfd', () => {
  const timer = (intervalNs: number, seconds: number, ns: number): ReturnType<Guest['words']> =>
    guest.words(0, intervalNs, seconds, ns);

  it('expires once, and again', async () => {
    const fd = await guest.run('timerfd_create', 1, O.NONBLOCK);
    const value = guest.buffer(8);
    expect(await guest.run('read', fd, value, 8)).toBe(failed('EAGAIN'));
    expect(await guest.run('timerfd_settime', fd, 0, timer(0, 0, 10_000_000), 0)).toBe(0);
    const left = guest.buffer(32);
    expect(await guest.run('timerfd_gettime', fd, left)).toBe(0);
    expect(left.i64(24)).toBeGreaterThan(0);
    expect(left.i64(24)).toBeLessThanOrEqual(10_000_000);
    const poll = guest.buffer(8);
    poll.view.setInt32(0, fd, true);
    poll.view.setInt16(4, Poll.IN, true);
    expect(await guest.run('ppoll', poll, 1, guest.words(5, 0), 0, 8)).toBe(1);
    expect(await guest.run('read', fd, value, 8)).toBe(8);
    expect(value.i64(0)).toBe(1);
    expect(await guest.run('read', fd, value, 8)).toBe(failed('EAGAIN'));
    expect(await guest.run('timerfd_settime', fd, 0, timer(5_000_000, 0, 1), left)).toBe(0);
    expect([left.i64(16), left.i64(24)]).toEqual([0, 0]);
    await new Promise((resolve) => setTimeout(resolve, 25));
    await guest.run('read', fd, value, 8);
    expect(value.i64(0)).toBeGreaterThanOrEqual(5);
  });

  it('takes absolute times of both clocks, and waits', async () => {
    for (const [clock, now] of [
      [0, world.sys.now()],
      [1, world.sys.monotonic()],
    ] as const) {
      const fd = await guest.run('timerfd_create', clock, 0);
      const at = now + 20;
      const whole = Math.floor(at / 1000);
      const spec = timer(0, whole, Math.floor((at - whole * 1000) * 1e6));
      expect(await guest.run('timerfd_settime', fd, 1, spec, 0)).toBe(0);
      const value = guest.buffer(8);
      expect(await guest.run('read', fd, value, 8)).toBe(8);
      expect(value.i64(0)).toBe(1);
    }
  });

  it('refuses', async () => {
    expect(await guest.run('timerfd_create', 2, 0)).toBe(failed('EINVAL'));
    expect(await guest.run('timerfd_create', 1, 1)).toBe(failed('EINVAL'));
    const [reader] = await pipe();
    expect(await guest.run('timerfd_gettime', reader, guest.buffer(32))).toBe(failed('EINVAL'));
    const fd = await guest.run('timerfd_create', 1, 0);
    expect(await guest.run('timerfd_settime', fd, 0, timer(0, 0, 1e9), 0)).toBe(failed('EINVAL'));
    expect(await guest.run('timerfd_settime', fd, 4, timer(0, 0, 1), 0)).toBe(failed('EINVAL'));
  });
});

describe('ppoll and pselect6', () => {
  it('tell what is ready', async () => {
    const [reader, writer] = await pipe();
    const fds = guest.buffer(24);
    for (const [i, [fd, events]] of [
      [reader, Poll.IN | Poll.RDNORM],
      [writer, Poll.OUT],
      [99, Poll.IN],
    ].entries()) {
      fds.view.setInt32(8 * i, fd!, true);
      fds.view.setInt16(8 * i + 4, events!, true);
    }
    expect(await guest.run('ppoll', fds, 3, 0, 0, 8)).toBe(2);
    expect([fds.u16(6), fds.u16(14), fds.u16(22)]).toEqual([0, Poll.OUT, Poll.NVAL]);
    await write(writer, 'a');
    expect(await guest.run('ppoll', fds, 3, 0, 0, 8)).toBe(3);
    expect(fds.u16(6)).toBe(Poll.IN | Poll.RDNORM);
    const left = guest.words(0, 10_000_000);
    expect(await guest.run('ppoll', 0, 0, left, 0, 8)).toBe(0);
    expect(left.i64(8)).toBe(0);
    expect(await guest.run('ppoll', 16, 1, 0, 0, 8)).toBe(failed('EFAULT'));
  });

  it('select by bits', async () => {
    const [reader, writer] = await pipe();
    const [reads, writes] = [guest.buffer(128), guest.buffer(128)];
    const set = (buffer: ReturnType<Guest['buffer']>, fd: number): void => {
      buffer.bytes[fd >> 3]! |= 1 << (fd & 7);
    };
    set(reads, reader);
    set(writes, writer);
    const highest = Math.max(reader, writer) + 1;
    expect(await guest.run('pselect6', highest, reads, writes, 0, guest.words(0, 0), 0)).toBe(1);
    expect(reads.bytes.every((byte) => byte === 0)).toBe(true);
    expect(writes.bytes[writer >> 3]).toBe(1 << (writer & 7));
    set(reads, 99);
    expect(await guest.run('pselect6', 100, reads, 0, 0, guest.words(0, 0), 0)).toBe(failed('EBADF'));
    expect(await guest.run('pselect6', -1, 0, 0, 0, 0, 0)).toBe(failed('EINVAL'));
  });
});

describe('pipes', () => {
  it('change their size', async () => {
    const [reader, writer] = await pipe();
    expect(await guest.run('fcntl', reader, 1032)).toBe(65536);
    expect(await guest.run('fcntl', writer, 1031, 5000)).toBe(8192);
    expect(await write(writer, 'x'.repeat(8192))).toBe(8192);
    expect(await write(writer, 'x')).toBe(failed('EAGAIN'));
    expect(await guest.run('fcntl', writer, 1031, 4096)).toBe(failed('EBUSY'));
    expect(await guest.run('fcntl', 99, 1032)).toBe(failed('EBADF'));
  });
});
