/** The Linux calls on files against real servers: results, layouts and errors as Linux gives them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { O, S } from '../../../../subsystems/unix/constants.ts';
import { Errno } from '../../../../subsystems/unix/errno.ts';
import { attributeCalls } from '../../../../subsystems/unix/linux/attributes.ts';
import { descriptorCalls } from '../../../../subsystems/unix/linux/descriptors.ts';
import { directoryCalls } from '../../../../subsystems/unix/linux/directories.ts';
import { fileCalls } from '../../../../subsystems/unix/linux/files.ts';
import { nameCalls } from '../../../../subsystems/unix/linux/names.ts';
import { transferCalls } from '../../../../subsystems/unix/linux/transfer.ts';
import { bootWorld, type TestWorld } from '../../../mix/process-manager/support.ts';
import { Guest } from './caller.ts';

const CWD = -100;
let world: TestWorld;
let guest: Guest;

beforeAll(async () => {
  world = await bootWorld([]);
  guest = new Guest(world.sys, {
    ...fileCalls,
    ...nameCalls,
    ...attributeCalls,
    ...directoryCalls,
    ...descriptorCalls,
    ...transferCalls,
  });
  await guest.run('mkdirat', CWD, '/t', 0o777);
  await guest.run('chdir', '/t');
});
afterAll(() => world.close());

const failed = (name: keyof typeof Errno): number => -Errno[name];
const create = (path: string, flags = 0): Promise<number> =>
  guest.run('openat', CWD, path, O.RDWR | O.CREAT | O.TRUNC | flags, 0o644);

/** All names of a directory, read with buffers of `size` bytes. */
async function namesOf(fd: number, size: number): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const buffer = guest.buffer(size);
    const count = await guest.run('getdents64', fd, buffer, size);
    if (count <= 0) return count === 0 ? names : [`error ${count}`];
    for (let at = 0; at < count; at += buffer.u16(at + 16)) {
      const bytes = buffer.bytes.subarray(at + 19, at + buffer.u16(at + 16));
      names.push(new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0))));
    }
  }
}

describe('open, read, write', () => {
  it('moves bytes and the offset', async () => {
    const fd = await create('a');
    expect(await guest.run('write', fd, 'hello world', 11)).toBe(11);
    expect(await guest.run('lseek', fd, 6, 0)).toBe(6);
    const buffer = guest.buffer(64);
    expect(await guest.run('read', fd, buffer, 64)).toBe(5);
    expect(buffer.text(5)).toBe('world');
    expect(await guest.run('read', fd, buffer, 64)).toBe(0);
    expect(await guest.run('pread64', fd, buffer, 5, 0)).toBe(5);
    expect(await guest.run('pwrite64', fd, 'J', 1, 0)).toBe(1);
    expect(await guest.run('lseek', fd, 0, 1)).toBe(11);
    expect(await guest.run('lseek', fd, -1, 0)).toBe(failed('EINVAL'));
    expect(await guest.run('close', fd)).toBe(0);
    expect(await guest.run('close', fd)).toBe(failed('EBADF'));
  });

  it('scatters and gathers', async () => {
    const fd = await create('v');
    const out = guest.words(guest.buffer('abc'), 3, 0, 0, guest.buffer('defg'), 4);
    expect(await guest.run('writev', fd, out, 3)).toBe(7);
    const [one, two] = [guest.buffer(2), guest.buffer(9)];
    const into = guest.words(one, 2, two, 9);
    expect(await guest.run('preadv', fd, into, 2, 0)).toBe(7);
    expect([one.text(), two.text(5)]).toEqual(['ab', 'cdefg']);
    expect(await guest.run('preadv2', fd, into, 2, -1, 0, 0)).toBe(0);
    expect(await guest.run('preadv2', fd, into, 2, 0, 0, 64)).toBe(failed('EOPNOTSUPP'));
    expect(await guest.run('writev', fd, out, 1025)).toBe(failed('EINVAL'));
    expect(await guest.run('writev', fd, guest.words(0, -1), 1)).toBe(failed('EINVAL'));
    // What comes before a bad segment is written.
    expect(await guest.run('writev', fd, guest.words(guest.buffer('xy'), 2, 64, 5), 2)).toBe(2);
  });

  it('puts a bad descriptor before a bad address', async () => {
    expect(await guest.run('read', 99, 0, 8)).toBe(failed('EBADF'));
    expect(await guest.run('write', 99, 0, 8)).toBe(failed('EBADF'));
    const fd = await create('e');
    expect(await guest.run('read', fd, 0, 8)).toBe(failed('EFAULT'));
    expect(await guest.run('read', fd, 0, 0)).toBe(0);
    expect(await guest.run('write', fd, 16, 8)).toBe(failed('EFAULT'));
    expect(await guest.run('read', fd, 0x7fff_ffff_0000, 8)).toBe(failed('EFAULT'));
    expect(await guest.run('openat', CWD, 0, O.RDONLY)).toBe(failed('EFAULT'));
  });

  it('judges flags', async () => {
    expect(await guest.run('openat', CWD, 'none', O.RDONLY)).toBe(failed('ENOENT'));
    expect(await guest.run('openat', CWD, '', O.RDONLY)).toBe(failed('ENOENT'));
    expect(await guest.run('openat', 99, 'a', O.RDONLY)).toBe(failed('EBADF'));
    const fd = await create('f');
    expect(await guest.run('openat', fd, 'a', O.RDONLY)).toBe(failed('ENOTDIR'));
    expect(await guest.run('openat', fd, '/t/f', O.RDONLY)).toBeGreaterThan(fd);
    expect(await guest.run('openat', CWD, 'f', O.RDONLY | O.DIRECTORY)).toBe(failed('ENOTDIR'));
    expect(await guest.run('openat', CWD, 'f', O.CREAT | O.EXCL, 0o600)).toBe(failed('EEXIST'));
    const how = (flags: number, mode: number, resolve: number): number =>
      guest.words(flags, mode, resolve).va;
    expect(await guest.run('openat2', CWD, 'f', how(O.RDONLY, 0, 0), 24)).toBeGreaterThan(fd);
    expect(await guest.run('openat2', CWD, 'f', how(O.RDONLY, 0o600, 0), 24)).toBe(failed('EINVAL'));
    expect(await guest.run('openat2', CWD, 'f', how(0, 0, 8), 24)).toBeGreaterThan(fd);
    expect(await guest.run('openat2', CWD, 'f', how(0, 0, 0x40), 24)).toBe(failed('EINVAL'));
    expect(await guest.run('openat2', CWD, 'f', how(0, 0, 0), 16)).toBe(failed('EINVAL'));
    await guest.run('symlinkat', 'f', CWD, 'to-f');
    expect(await guest.run('openat2', CWD, 'to-f', how(0, 0, 4), 24)).toBe(failed('ELOOP'));
    expect(await guest.run('openat2', CWD, '/proc/uptime', how(0, 0, 1), 24)).toBe(failed('EXDEV'));
    expect(await guest.run('openat2', CWD, '/../f', how(0, 0, 16), 24)).toBeGreaterThan(fd);
  });
});

describe('stat', () => {
  it('lays out struct stat', async () => {
    const fd = await create('s');
    await guest.run('write', fd, 'x'.repeat(5000), 5000);
    const st = guest.buffer(128);
    expect(await guest.run('fstat', fd, st)).toBe(0);
    expect([st.u32(16), st.u32(20), st.i64(48)]).toEqual([S.IFREG | 0o644, 1, 5000]);
    const at = guest.buffer(128);
    expect(await guest.run('newfstatat', fd, '', at, 0x1000)).toBe(0);
    expect(at.bytes).toEqual(st.bytes);
    expect(await guest.run('newfstatat', CWD, 's', at, 0)).toBe(0);
    expect(at.bytes).toEqual(st.bytes);
    expect(await guest.run('newfstatat', CWD, 's', at, 0x8000)).toBe(failed('EINVAL'));
    const stx = guest.buffer(256);
    expect(await guest.run('statx', CWD, 's', 0, 0x7ff, stx)).toBe(0);
    expect([stx.u16(28), stx.i64(40), stx.i64(32)]).toEqual([S.IFREG | 0o644, 5000, st.i64(8)]);
    expect([stx.i64(112), stx.u32(120)]).toEqual([st.i64(88), st.i64(96)]);
    const fs = guest.buffer(120);
    expect(await guest.run('fstatfs', fd, fs)).toBe(0);
    expect([fs.i64(0), fs.i64(64)]).toEqual([0x01021994, 255]);
  });

  it('keeps nanoseconds', async () => {
    await create('n');
    const times = guest.words(1, 2_003_004, 1_600_000_000, 500_000_000);
    expect(await guest.run('utimensat', CWD, 'n', times, 0)).toBe(0);
    const st = guest.buffer(128);
    await guest.run('newfstatat', CWD, 'n', st, 0);
    expect([st.i64(72), st.i64(80), st.i64(88), st.i64(96)]).toEqual([
      1, 2_003_004, 1_600_000_000, 500_000_000,
    ]);
    expect(await guest.run('utimensat', CWD, 'n', guest.words(0, 1e9, 0, 0), 0)).toBe(failed('EINVAL'));
  });

  it('looks at O_PATH descriptors and symbolic links', async () => {
    await create('target');
    await guest.run('symlinkat', 'target', CWD, 'link');
    const fd = await guest.run('openat', CWD, 'link', O.PATH | O.NOFOLLOW);
    const st = guest.buffer(128);
    expect(await guest.run('newfstatat', fd, '', st, 0x1000)).toBe(0);
    expect(st.u32(16) & S.IFMT).toBe(S.IFLNK);
    const text = guest.buffer(16);
    expect(await guest.run('readlinkat', fd, '', text, 16)).toBe(6);
    expect(text.text(6)).toBe('target');
    expect(await guest.run('readlinkat', CWD, 'link', text, 3)).toBe(3);
    expect(await guest.run('readlinkat', CWD, 'link', text, 0)).toBe(failed('EINVAL'));
    expect(await guest.run('readlinkat', CWD, 'target', text, 16)).toBe(failed('EINVAL'));
    expect(await guest.run('read', fd, text, 4)).toBe(failed('EBADF'));
    expect(await guest.run('fchmod', fd, 0o600)).toBe(failed('EBADF'));
    expect(await guest.run('fchownat', fd, '', 7, 8, 0x1000)).toBe(0);
    await guest.run('newfstatat', CWD, 'link', st, 0x100);
    expect([st.u32(24), st.u32(28)]).toEqual([7, 8]);
    expect(await guest.run('faccessat', CWD, 'link', 4)).toBe(0);
    expect(await guest.run('faccessat2', CWD, 'none', 0, 0x100)).toBe(failed('ENOENT'));
    expect(await guest.run('fchmodat2', CWD, 'link', 0o600, 0x100)).toBe(failed('EOPNOTSUPP'));
  });
});

describe('names', () => {
  it('works below directory descriptors', async () => {
    await guest.run('mkdirat', CWD, 'd', 0o755);
    const d = await guest.run('openat', CWD, 'd', O.RDONLY | O.DIRECTORY);
    expect(await guest.run('mkdirat', d, 'sub', 0o755)).toBe(0);
    expect(await guest.run('mknodat', d, 'fifo', S.IFIFO | 0o600, 0)).toBe(0);
    expect(await guest.run('mknodat', d, 'plain', 0o600, 0)).toBe(0);
    expect(await guest.run('mknodat', d, 'dir', S.IFDIR, 0)).toBe(failed('EPERM'));
    expect(await guest.run('linkat', d, 'plain', CWD, 'linked', 0)).toBe(0);
    expect(await guest.run('renameat2', d, 'plain', d, 'moved', 0)).toBe(0);
    expect(await guest.run('renameat2', d, 'moved', CWD, 'moved', 0)).toBe(0);
    expect(await guest.run('unlinkat', CWD, 'linked', 0)).toBe(0);
    expect(await guest.run('unlinkat', d, 'sub', 0)).toBe(failed('EISDIR'));
    expect(await guest.run('unlinkat', d, 'sub', 0x200)).toBe(0);
    expect(await guest.run('unlinkat', d, 'fifo', 1)).toBe(failed('EINVAL'));
    expect((await namesOf(d, 4096)).sort()).toEqual(['.', '..', 'fifo']);
  });
});

describe('directories', () => {
  it('lists a directory whatever the size of the buffer', async () => {
    await guest.run('mkdirat', CWD, 'many', 0o755);
    const names = Array.from({ length: 700 }, (_, i) => `file-${'x'.repeat(i % 50)}-${i}`);
    for (const name of names) await guest.run('close', await create(`many/${name}`));
    const expected = ['.', '..', ...names].sort();
    for (const size of [100, 281, 4096, 32768]) {
      const fd = await guest.run('openat', CWD, 'many', O.RDONLY | O.DIRECTORY);
      expect((await namesOf(fd, size)).sort()).toEqual(expected);
      await guest.run('close', fd);
    }
    const fd = await guest.run('openat', CWD, 'many', O.RDONLY | O.DIRECTORY);
    expect(await guest.run('getdents64', fd, guest.buffer(8), 8)).toBe(failed('EINVAL'));
    expect(await namesOf(fd, 4096)).toHaveLength(702);
  });

  it('goes back to a position that getdents64 told', async () => {
    const fd = await guest.run('openat', CWD, 'many', O.RDONLY | O.DIRECTORY);
    const first = guest.buffer(2000);
    await guest.run('getdents64', fd, first, 2000);
    const second = first.u16(16);
    const position = first.i64(second + 8);
    const third = second + first.u16(second + 16);
    await guest.run('getdents64', fd, guest.buffer(2000), 2000);
    expect(await guest.run('lseek', fd, position, 0)).toBe(position);
    const again = guest.buffer(2000);
    await guest.run('getdents64', fd, again, 2000);
    expect(again.bytes.slice(0, 40)).toEqual(first.bytes.slice(third, third + 40));
  });

  it('tells the working directory', async () => {
    const buffer = guest.buffer(64);
    expect(await guest.run('getcwd', buffer, 64)).toBe(3);
    expect(buffer.text(3)).toBe('/t\0');
    expect(await guest.run('getcwd', buffer, 2)).toBe(failed('ERANGE'));
    expect(await guest.run('chdir', 'none')).toBe(failed('ENOENT'));
    expect(await guest.run('umask', 0o22)).toBe(0);
    expect(await guest.run('umask', 0)).toBe(0o22);
  });
});

describe('descriptors', () => {
  it('duplicates and flags them', async () => {
    const fd = await create('dup');
    expect(await guest.run('dup3', fd, 50, O.CLOEXEC)).toBe(50);
    expect(await guest.run('fcntl', 50, 1)).toBe(1);
    expect(await guest.run('fcntl', 50, 2, 0)).toBe(0);
    expect(await guest.run('fcntl', 50, 1)).toBe(0);
    expect(await guest.run('dup3', fd, fd, 0)).toBe(failed('EINVAL'));
    expect(await guest.run('dup3', fd, 51, 1)).toBe(failed('EINVAL'));
    expect(await guest.run('fcntl', fd, 1030, 60)).toBe(60);
    expect(await guest.run('fcntl', 60, 3)).toBe(O.RDWR);
    expect(await guest.run('fcntl', 60, 4, O.APPEND)).toBe(0);
    expect(await guest.run('fcntl', 50, 3)).toBe(O.RDWR | O.APPEND);
    expect(await guest.run('fcntl', 60, 77)).toBe(failed('EINVAL'));
    expect(await guest.run('close_range', 50, 70, 0)).toBe(0);
    expect(await guest.run('fcntl', 50, 1)).toBe(failed('EBADF'));
    expect(await guest.run('close_range', 5, 4, 0)).toBe(failed('EINVAL'));
    expect(await guest.run('close_range', fd, 4294967295, 4)).toBe(0);
    expect(await guest.run('fcntl', fd, 1)).toBe(1);
  });

  it('locks ranges', async () => {
    const fd = await create('lock');
    const lock = guest.buffer(32);
    lock.view.setInt16(0, 1, true);
    lock.view.setBigInt64(16, 10n, true);
    expect(await guest.run('fcntl', fd, 6, lock)).toBe(0);
    expect(await guest.run('fcntl', fd, 5, lock)).toBe(0);
    expect(lock.u16(0)).toBe(2);
    lock.view.setInt16(0, 9, true);
    expect(await guest.run('fcntl', fd, 6, lock)).toBe(failed('EINVAL'));
  });

  it('makes pipes', async () => {
    const ends = guest.buffer(8);
    expect(await guest.run('pipe2', ends, O.NONBLOCK)).toBe(0);
    const [reader, writer] = [ends.i32(0), ends.i32(4)];
    const buffer = guest.buffer(16);
    expect(await guest.run('read', reader, buffer, 16)).toBe(failed('EAGAIN'));
    expect(await guest.run('write', writer, 'pipe', 4)).toBe(4);
    expect(await guest.run('read', reader, buffer, 16)).toBe(4);
    expect(await guest.run('lseek', reader, 0, 1)).toBe(failed('ESPIPE'));
    expect(await guest.run('pread64', reader, buffer, 1, 0)).toBe(failed('ESPIPE'));
    expect(await guest.run('fadvise64', reader, 0, 0, 0)).toBe(failed('ESPIPE'));
    expect(await guest.run('pipe2', 0, 0)).toBe(failed('EFAULT'));
    expect(await guest.run('pipe2', ends, 1)).toBe(failed('EINVAL'));
  });
});
