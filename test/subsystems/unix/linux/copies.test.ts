/** sendfile, copy_file_range, splice, vmsplice; storage and attribute calls; sysinfo and clocks. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { O } from '../../../../subsystems/unix/constants.ts';
import { Errno } from '../../../../subsystems/unix/errno.ts';
import { FAMILIES } from '../../../../subsystems/unix/linux/families.ts';
import { bootWorld, type TestWorld } from '../../../mix/process-manager/support.ts';
import { Guest } from './caller.ts';

const CWD = -100;
let world: TestWorld;
let guest: Guest;

beforeAll(async () => {
  world = await bootWorld([]);
  guest = new Guest(world.sys, Object.assign({}, ...FAMILIES));
});
afterAll(() => world.close());

const failed = (name: keyof typeof Errno): number => -Errno[name];

async function file(name: string, contents: string, flags = 0): Promise<number> {
  const fd = await guest.run('openat', CWD, `/tmp/${name}`, O.RDWR | O.CREAT | O.TRUNC | flags, 0o644);
  if (contents !== '') await guest.run('write', fd, contents, contents.length);
  await guest.run('lseek', fd, 0, 0);
  return fd;
}

async function pipe(flags = 0): Promise<[number, number]> {
  const ends = guest.buffer(8);
  await guest.run('pipe2', ends, flags);
  return [ends.i32(0), ends.i32(4)];
}

async function text(fd: number, offset = 0): Promise<string> {
  const buffer = guest.buffer(1000);
  const count = await guest.run('pread64', fd, buffer, 1000, offset);
  return buffer.text(count);
}

describe('sendfile', () => {
  it('moves a file from its offset, or from one given', async () => {
    const [from, to] = [await file('a', 'hello world'), await file('b', '')];
    await guest.run('lseek', from, 6, 0);
    expect(await guest.run('sendfile', to, from, 0, 100)).toBe(5);
    expect(await text(to)).toBe('world');
    const offset = guest.words(1);
    expect(await guest.run('sendfile', to, from, offset, 3)).toBe(3);
    expect([await text(to), offset.i64(0)]).toEqual(['worldell', 4]);
    expect(await guest.run('lseek', from, 0, 1)).toBe(11);
  });

  it('moves much, into a pipe that is read meanwhile', async () => {
    const from = await file('much', 'x'.repeat(300_000));
    const [reader, writer] = await pipe();
    expect(await guest.run('sendfile', writer, from, 0, 1_000_000)).toBe(65536);
    const sent = guest.run('sendfile', writer, from, 0, 1_000_000);
    expect(await guest.run('read', reader, guest.buffer(65536), 65536)).toBe(65536);
    expect(await sent).toBe(65536);
    expect(await guest.run('lseek', from, 0, 1)).toBe(131072);
    const to = await file('copy', '');
    expect(await guest.run('sendfile', to, from, guest.words(0), 1_000_000)).toBe(300_000);
  });

  it('leaves what a full pipe does not take', async () => {
    const from = await file('full', 'y'.repeat(100_000));
    const [, writer] = await pipe(O.NONBLOCK);
    expect(await guest.run('sendfile', writer, from, 0, 100_000)).toBe(65536);
    expect(await guest.run('lseek', from, 0, 1)).toBe(65536);
    expect(await guest.run('sendfile', writer, from, 0, 100_000)).toBe(failed('EAGAIN'));
    expect(await guest.run('lseek', from, 0, 1)).toBe(65536);
  });

  it('refuses', async () => {
    const [reader, writer] = await pipe();
    const fd = await file('c', 'c');
    expect(await guest.run('sendfile', fd, reader, 0, 1)).toBe(failed('EINVAL'));
    expect(await guest.run('sendfile', await file('d', '', O.APPEND), fd, 0, 1)).toBe(failed('EINVAL'));
    expect(await guest.run('sendfile', 99, fd, 0, 1)).toBe(failed('EBADF'));
    expect(await guest.run('sendfile', writer, fd, 0x10, 1)).toBe(failed('EFAULT'));
  });
});

describe('copy_file_range', () => {
  it('copies ranges of files', async () => {
    const [from, to] = [await file('e', 'abcdefgh'), await file('f', '12345678')];
    const [fromAt, toAt] = [guest.words(2), guest.words(4)];
    expect(await guest.run('copy_file_range', from, fromAt, to, toAt, 3, 0)).toBe(3);
    expect([await text(to), fromAt.i64(0), toAt.i64(0)]).toEqual(['1234cde8', 5, 7]);
    expect(await guest.run('copy_file_range', from, 0, to, 0, 100, 0)).toBe(8);
    expect(await text(to)).toBe('abcdefgh');
  });

  it('refuses', async () => {
    const fd = await file('g', 'abcdefgh');
    const [reader] = await pipe();
    expect(await guest.run('copy_file_range', fd, guest.words(0), fd, guest.words(2), 4, 0)).toBe(
      failed('EINVAL'),
    );
    expect(await guest.run('copy_file_range', fd, guest.words(0), fd, guest.words(4), 4, 0)).toBe(4);
    expect(await guest.run('copy_file_range', reader, 0, fd, 0, 4, 0)).toBe(failed('EINVAL'));
    expect(await guest.run('copy_file_range', fd, 0, fd, 0, 4, 1)).toBe(failed('EINVAL'));
    const directory = await guest.run('openat', CWD, '/tmp', O.RDONLY | O.DIRECTORY);
    expect(await guest.run('copy_file_range', directory, 0, fd, 0, 4, 0)).toBe(failed('EISDIR'));
  });
});

describe('splice and vmsplice', () => {
  it('move through pipes', async () => {
    const [reader, writer] = await pipe();
    const from = await file('h', 'spliced text');
    expect(await guest.run('splice', from, 0, writer, 0, 100, 0)).toBe(12);
    const to = await file('i', '');
    expect(await guest.run('splice', reader, 0, to, guest.words(3), 7, 0)).toBe(7);
    expect(await text(to, 3)).toBe('spliced');
    const [reader2, writer2] = await pipe();
    expect(await guest.run('splice', reader, 0, writer2, 0, 100, 0)).toBe(5);
    const buffer = guest.buffer(16);
    expect(await guest.run('read', reader2, buffer, 16)).toBe(5);
    expect(buffer.text(5)).toBe(' text');
    expect(await guest.run('splice', reader, 0, to, 0, 7, 2)).toBe(failed('EAGAIN'));
    expect(await guest.run('splice', from, 0, to, 0, 7, 0)).toBe(failed('EINVAL'));
    expect(await guest.run('splice', reader, guest.words(0), to, 0, 7, 0)).toBe(failed('ESPIPE'));
    expect(await guest.run('splice', reader, 0, writer, 0, 7, 0)).toBe(failed('EINVAL'));
    expect(await guest.run('vmsplice', writer, guest.words(guest.buffer('vm'), 2), 1, 0)).toBe(2);
    expect(await guest.run('vmsplice', reader, guest.words(buffer, 16), 1, 0)).toBe(2);
    expect(buffer.text(2)).toBe('vm');
    expect(await guest.run('vmsplice', to, guest.words(buffer, 2), 1, 0)).toBe(failed('EBADF'));
  });
});

describe('storage', () => {
  it('locks, allocates, seals', async () => {
    const fd = await file('j', 'abc');
    expect(await guest.run('flock', fd, 2)).toBe(0);
    const other = await guest.run('openat', CWD, '/tmp/j', O.RDONLY);
    expect(await guest.run('flock', other, 5)).toBe(failed('EAGAIN'));
    expect(await guest.run('flock', fd, 8)).toBe(0);
    expect(await guest.run('fallocate', fd, 0, 0, 10)).toBe(0);
    expect(await guest.run('lseek', fd, 0, 2)).toBe(10);
    expect(await guest.run('syncfs', fd)).toBe(0);
    const memory = await guest.run('memfd_create', 'name', 2);
    expect(await guest.run('fcntl', memory, 1033, 4)).toBe(0);
    expect(await guest.run('fcntl', memory, 1034)).toBe(4);
    expect(await guest.run('write', memory, 'x', 1)).toBe(failed('EPERM'));
    expect(await guest.run('fcntl', fd, 1034)).toBe(failed('EINVAL'));
  });

  it('keeps extended attributes', async () => {
    const fd = await file('k', '');
    expect(await guest.run('setxattr', '/tmp/k', 'user.one', 'value', 5, 0)).toBe(0);
    expect(await guest.run('fsetxattr', fd, 'user.two', 'v', 1, 2)).toBe(failed('ENODATA'));
    const buffer = guest.buffer(32);
    expect(await guest.run('fgetxattr', fd, 'user.one', buffer, 32)).toBe(5);
    expect(buffer.text(5)).toBe('value');
    expect(await guest.run('getxattr', '/tmp/k', 'user.one', 0, 0)).toBe(5);
    expect(await guest.run('getxattr', '/tmp/k', 'user.one', buffer, 3)).toBe(failed('ERANGE'));
    expect(await guest.run('listxattr', '/tmp/k', buffer, 32)).toBe(9);
    expect(buffer.text(9)).toBe('user.one\0');
    expect(await guest.run('lremovexattr', '/tmp/k', 'user.one')).toBe(0);
    expect(await guest.run('flistxattr', fd, buffer, 32)).toBe(0);
  });
});

describe('the system', () => {
  it('tells about itself', async () => {
    const name = guest.buffer(390);
    expect(await guest.run('uname', name)).toBe(0);
    expect([name.text(6), name.text().slice(260, 268)]).toEqual(['Linux\0', 'riscv64\0']);
    const info = guest.buffer(112);
    expect(await guest.run('sysinfo', info)).toBe(0);
    expect([info.i64(32) > 0, info.u32(104)]).toEqual([true, 1]);
    const random = guest.buffer(64);
    expect(await guest.run('getrandom', random, 64, 0)).toBe(64);
    expect(new Set(random.bytes).size).toBeGreaterThan(16);
    expect(await guest.run('getrandom', random, 64, 8)).toBe(failed('EINVAL'));
    expect(await guest.run('sethostname', 'x', 1)).toBe(0);
    expect(await guest.run('sethostname', 'x', 65)).toBe(failed('EINVAL'));
  });

  it('has clocks', async () => {
    const time = guest.buffer(16);
    expect(await guest.run('clock_gettime', 0, time)).toBe(0);
    expect(Math.abs(time.i64(0) - Date.now() / 1000)).toBeLessThan(5);
    for (const clock of [1, 2, 3, 4, 5, 6, 7, 11])
      expect(await guest.run('clock_gettime', clock, time)).toBe(0);
    expect(await guest.run('clock_gettime', 99, time)).toBe(failed('EINVAL'));
    expect(await guest.run('clock_getres', 1, time)).toBe(0);
    expect([time.i64(0), time.i64(8)]).toEqual([0, 1]);
    expect(await guest.run('clock_settime', 0, guest.words(0, 0))).toBe(0);
    expect(await guest.run('clock_settime', 1, guest.words(0, 0))).toBe(failed('EINVAL'));
    const start = performance.now();
    expect(await guest.run('nanosleep', guest.words(0, 5_000_000), 0)).toBe(0);
    expect(performance.now() - start).toBeGreaterThanOrEqual(5);
    expect(await guest.run('nanosleep', guest.words(0, 1e9), 0)).toBe(failed('EINVAL'));
    await guest.run('clock_gettime', 1, time);
    const soon = guest.words(time.i64(0), Math.min(999_999_999, time.i64(8) + 3_000_000));
    expect(await guest.run('clock_nanosleep', 1, 1, soon, 0)).toBe(0);
    expect(await guest.run('clock_nanosleep', 3, 0, soon, 0)).toBe(failed('EOPNOTSUPP'));
  });
});
