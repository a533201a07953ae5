/** Linux's additions to files through the system calls, on one site and from another. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Falloc, Flock, Lock, Memfd, O, Rename, Seal, Seek } from '../../../subsystems/unix/constants.ts';
import type { Fd, Program, Sys } from '../../../subsystems/unix/sys.ts';
import { codeOf, readText, writeText } from '../support.ts';
import { bootWorld, print, type TestWorld, waitFor } from './support.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);

/** Takes an exclusive lock on /tmp/lock, says so, and waits for a file to appear before it ends. */
const locker: Program = {
  name: 'locker',
  main: async (sys: Sys): Promise<number> => {
    const fd = await sys.open('/tmp/lock', O.RDWR);
    await sys.flock(fd, Flock.EX);
    await print(sys, 'locked');
    return 0;
  },
};

describe.each([1, 2])('storage calls with %i site(s)', (sites) => {
  let world: TestWorld;
  let sys: Sys;
  beforeAll(async () => {
    world = await bootWorld([locker], sites);
    sys = world.sys;
  });
  afterAll(() => world.close());

  it('flock waits for a process on the last site, and ends with the description', async () => {
    await writeText(sys, '/tmp/lock', '');
    const fd = await sys.open('/tmp/lock', O.RDWR);
    const twin = sys.dup(fd);
    await sys.flock(fd, Flock.EX);
    const output = await sys.open('/tmp/out', O.RDWR | O.CREAT | O.TRUNC, 0o666);
    sys.csite(sites);
    const pid = await sys.fork('start', { argv: ['locker'], output });
    await sys.close(fd);
    expect(await codeOf(() => sys.flock(twin, Flock.SH | Flock.NB))).toBe('');
    await sys.close(twin);
    expect((await waitFor(sys, pid)).status).toBe(0);
    expect(text(await sys.pread(output, 100, 0))).toBe('locked');
    await sys.close(output);
    sys.csite(1);
  });

  it('flock refuses nonsense and places', async () => {
    const place = await sys.open('/tmp', O.PATH);
    expect(await codeOf(() => sys.flock(place, Flock.SH))).toBe('EBADF');
    expect(await codeOf(() => sys.flock(place, 0))).toBe('EBADF');
    await sys.close(place);
    const fd = await sys.open('/tmp', O.RDONLY);
    expect(await codeOf(() => sys.flock(fd, Flock.SH | Flock.EX))).toBe('EINVAL');
    expect(await codeOf(() => sys.flock(fd, Flock.NB))).toBe('EINVAL');
    await sys.close(fd);
  });

  it('OFD locks stand between descriptors of one process', async () => {
    await writeText(sys, '/tmp/ofd', 'x');
    const [a, b] = [await sys.open('/tmp/ofd', O.RDWR), await sys.open('/tmp/ofd', O.RDWR)];
    const lock = { type: Lock.WRLCK, whence: Seek.SET, start: 0, length: 0 };
    await sys.setLock(a, lock, false, { ofd: true });
    expect(await codeOf(() => sys.setLock(b, lock, false, { ofd: true }))).toBe('EAGAIN');
    expect(await sys.getLock(b, lock, { ofd: true })).toMatchObject({ type: Lock.WRLCK, pid: -1 });
    await sys.close(await sys.open('/tmp/ofd', O.RDWR));
    expect(await codeOf(() => sys.setLock(b, lock, false, { ofd: true }))).toBe('EAGAIN');
    await sys.close(a);
    expect(await codeOf(() => sys.setLock(b, lock, false, { ofd: true }))).toBe('');
    await sys.close(b);
  });

  it('fallocate, SEEK_DATA and SEEK_HOLE', async () => {
    const fd = await sys.open('/tmp/sparse', O.RDWR | O.CREAT | O.TRUNC);
    await sys.fallocate(fd, 0, 0, 100_000);
    expect(await sys.fstat(fd)).toMatchObject({ size: 100_000, blocks: 200 });
    await sys.fallocate(fd, Falloc.PUNCH_HOLE | Falloc.KEEP_SIZE, 0, 8192);
    expect([await sys.lseek(fd, 0, Seek.DATA), await sys.lseek(fd, 9000, Seek.HOLE)]).toEqual([
      8192, 100_000,
    ]);
    expect(await codeOf(() => sys.fallocate(fd, 0, -1, 1))).toBe('EINVAL');
    expect(await codeOf(() => sys.fallocate(fd, 0, 0, 0))).toBe('EINVAL');
    const [reader, writer] = await sys.pipe();
    expect(await codeOf(() => sys.fallocate(writer, 0, 0, 1))).toBe('ESPIPE');
    for (const each of [fd, reader, writer]) await sys.close(each);
  });

  it('extended attributes by path, by link and by descriptor', async () => {
    await writeText(sys, '/tmp/x', '');
    await sys.symlink('x', '/tmp/xl');
    await sys.setxattr('/tmp/xl', 'user.colour', bytes('red'));
    await sys.setxattr('/tmp/xl', 'trusted.link', bytes('yes'), { noFollow: true });
    expect(text(await sys.getxattr('/tmp/x', 'user.colour'))).toBe('red');
    expect(await sys.listxattr('/tmp/x')).toEqual(['user.colour']);
    expect(await sys.listxattr('/tmp/xl', { noFollow: true })).toEqual(['trusted.link']);
    const fd = await sys.open('/tmp/x', O.RDONLY);
    await sys.fsetxattr(fd, 'user.size', bytes('big'));
    expect(await sys.flistxattr(fd)).toEqual(['user.colour', 'user.size']);
    await sys.fremovexattr(fd, 'user.colour');
    expect(await codeOf(() => sys.fgetxattr(fd, 'user.colour'))).toBe('ENODATA');
    expect(text(await sys.getxattr('', 'user.size', { at: fd, empty: true }))).toBe('big');
    await sys.close(fd);
    const place = await sys.open('/tmp/x', O.PATH);
    expect(await codeOf(() => sys.fgetxattr(place, 'user.size'))).toBe('EBADF');
    await sys.close(place);
    expect(await codeOf(() => sys.getxattr('/tmp/x', 'u'.repeat(300)))).toBe('ERANGE');
    expect(await codeOf(() => sys.setxattr('/tmp/x', 'user.a', new Uint8Array(70_000)))).toBe('E2BIG');
    expect(await codeOf(() => sys.getxattr('/proc/self/stat', 'user.a'))).toBe('EOPNOTSUPP');
  });

  it('O_TMPFILE gets a name through its descriptor, or through /proc', async () => {
    const link = async (how: (fd: Fd) => unknown, name: string): Promise<string> => {
      const fd = await sys.open('/tmp', O.TMPFILE | O.RDWR, 0o600);
      await sys.write(fd, bytes(name));
      await how(fd);
      await sys.close(fd);
      return readText(sys, `/tmp/${name}`);
    };
    expect(await link((fd) => sys.link('', '/tmp/one', { fromAt: fd, empty: true }), 'one')).toBe('one');
    expect(await link((fd) => sys.link(`/proc/self/fd/${fd}`, '/tmp/two', { follow: true }), 'two')).toBe(
      'two',
    );
  });

  it('renameat2 exchanges, and replaces nothing when told so', async () => {
    await writeText(sys, '/tmp/r1', '1');
    await writeText(sys, '/tmp/r2', '2');
    expect(await codeOf(() => sys.rename('/tmp/r1', '/tmp/r2', { flags: Rename.NOREPLACE }))).toBe('EEXIST');
    await sys.rename('/tmp/r1', '/tmp/r2', { flags: Rename.EXCHANGE });
    expect([await readText(sys, '/tmp/r1'), await readText(sys, '/tmp/r2')]).toEqual(['2', '1']);
  });

  it('memfd: read, written, sealed, opened again, gone', async () => {
    const fd = await sys.memfdCreate('note', Memfd.ALLOW_SEALING | Memfd.CLOEXEC);
    expect(sys.getCloexec(fd)).toBe(true);
    await sys.write(fd, bytes('hello'));
    await sys.addSeals(fd, Seal.WRITE);
    expect(await sys.getSeals(fd)).toBe(Seal.WRITE);
    expect(await codeOf(() => sys.write(fd, bytes('x')))).toBe('EPERM');
    expect(await sys.readlink(`/proc/self/fd/${fd}`)).toBe('/memfd:note (deleted)');
    const again = await sys.open(`/proc/self/fd/${fd}`, O.RDONLY);
    expect(text(await sys.read(again, 10))).toBe('hello');
    expect((await sys.fstat(again)).nlink).toBe(0);
    await sys.close(fd);
    await sys.close(again);
    const plain = await sys.memfdCreate('plain', 0);
    expect(await codeOf(() => sys.addSeals(plain, Seal.GROW))).toBe('EPERM');
    await sys.close(plain);
    expect(await codeOf(() => sys.memfdCreate('x', Memfd.HUGETLB))).toBe('EINVAL');
    expect(await codeOf(() => sys.memfdCreate('x'.repeat(250), 0))).toBe('EINVAL');
  });

  it('syncfs of a file, and not of a place', async () => {
    const fd = await sys.open('/tmp', O.RDONLY);
    await sys.syncfs(fd);
    const { fsid } = await sys.fstatfs(fd);
    expect(fsid).toBe((await sys.fstat(fd)).dev);
    await sys.close(fd);
  });
});
