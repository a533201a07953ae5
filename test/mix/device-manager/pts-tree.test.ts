import { describe, expect, it } from 'vitest';
import type { Key } from '../../../nucleus/ids/capability.ts';
import { type UI, UiType, uiBuild } from '../../../nucleus/ids/ui.ts';
import { Access, Device, O, Poll, S } from '../../../subsystems/unix/constants.ts';
import { errorOf, startSite } from './harness.ts';

const PARENT_PORT: UI = uiBuild(UiType.port, 1, 1, 99);
const PARENT_KEY = 'feedfeedfeedfeed' as Key;

async function treeWithPty() {
  const site = startSite();
  const { stub, thread, dest } = site;
  const pts = { target: site.manager.ptsPort };
  const pty = await stub.openpty(thread, dest, { rows: 24, columns: 80, uid: 1000, gid: 5 });
  const open = (path: string, flags: number, as = thread) =>
    stub.open(as, pts, { path, links: 0, flags, mode: 0, umask: 0 });
  return { site, stub, thread, pts, pty, open };
}

describe('/dev/pts', () => {
  it('shows an entry per pty, owned by who opened it', async () => {
    const { stub, thread, pts, site } = await treeWithPty();
    const { stat } = await stub.stat(thread, pts, { path: '0', links: 0, follow: true });
    expect(stat).toMatchObject({ mode: S.IFCHR | 0o620, uid: 1000, gid: 5, rdev: Device.pts });
    const root = await stub.stat(thread, pts, { path: '', links: 0, follow: true });
    expect(root.stat!.mode & S.IFMT).toBe(S.IFDIR);
    await stub.openpty(thread, site.dest, { rows: 1, columns: 1, uid: 0, gid: 5 });
    expect((await stub.statfs(thread, pts, { path: '', links: 0 })).statfs).toMatchObject({
      type: 'devpts',
      files: 2,
    });
  });

  it('reads in batches, and again after a rewind', async () => {
    const { stub, thread, pts, open, site, pty } = await treeWithPty();
    await stub.openpty(thread, site.dest, { rows: 1, columns: 1, uid: 0, gid: 5 });
    const { key } = await open('', O.DIRECTORY);
    const batch = async (max: number) =>
      (await stub.readdir(thread, pts, { key: key!, max })).entries.map(({ name }) => name);
    expect(await batch(2)).toEqual(['.', '..']);
    expect(await batch(10)).toEqual(['0', '1']);
    expect(await batch(10)).toEqual([]);
    await stub.seek(thread, pts, { key: key!, offset: 0, whence: 0 });
    await stub.release(thread, site.dest, { key: pty.master });
    expect(await batch(10)).toEqual(['.', '..', '1']);
  });

  it('checks rights by owner and mode', async () => {
    const { site, open, stub, pts } = await treeWithPty();
    const owner = site.newThread(1000);
    const other = site.newThread(2000);
    expect((await open('0', O.RDWR, owner)).kind).toBe('tty');
    expect(await errorOf(() => open('0', O.RDONLY, other))).toBe('EACCES');
    const access = { path: '0', links: 0, mode: Access.W_OK, uid: 2000, gid: 5 };
    expect(await errorOf(() => stub.access(other, pts, access))).toBe('ok');
    expect(await errorOf(() => stub.access(other, pts, { ...access, gid: 6 }))).toBe('EACCES');
    expect(await errorOf(() => stub.chmod(other, pts, { path: '0', links: 0, mode: 0o666 }))).toBe('EPERM');
    await stub.chmod(owner, pts, { path: '0', links: 0, mode: 0o606 });
    expect((await open('0', O.RDWR, other)).kind).toBe('tty');
    expect(
      await errorOf(() => stub.chown(owner, pts, { path: '0', links: 0, uid: 2000, gid: -1, follow: true })),
    ).toBe('EPERM');
  });

  it('answers a wrong path as a directory of devices does', async () => {
    const { open, stub, thread, pts } = await treeWithPty();
    expect(await errorOf(() => open('7', O.RDWR))).toBe('ENOENT');
    expect(await errorOf(() => open('00', O.RDWR))).toBe('ENOENT');
    expect(await errorOf(() => open('0/', O.RDWR))).toBe('ENOTDIR');
    expect(await errorOf(() => open('0/x', O.RDWR))).toBe('ENOTDIR');
    expect(await errorOf(() => open('x', O.RDWR | O.CREAT))).toBe('EACCES');
    expect(await errorOf(() => open('', O.RDWR))).toBe('EISDIR');
    expect(await errorOf(() => stub.unlink(thread, pts, { path: '0', links: 0 }))).toBe('EPERM');
    expect(await errorOf(() => stub.mkdir(thread, pts, { path: '0', links: 0, mode: 0, umask: 0 }))).toBe(
      'EEXIST',
    );
  });

  it('goes on in its parent, once mounted', async () => {
    const { open, stub, thread, pts } = await treeWithPty();
    expect((await open('..', O.DIRECTORY)).kind).toBe('directory');
    const { root } = await stub.mounted(thread, pts, {
      port: PARENT_PORT,
      parent: PARENT_KEY,
      path: '/dev/pts',
    });
    const below = await stub.stat(thread, pts, { at: root, path: '../null', links: 3, follow: true });
    expect(below.moved).toEqual({
      kind: 'server',
      port: PARENT_PORT,
      key: PARENT_KEY,
      rest: 'null',
      links: 3,
    });
    expect(await stub.path(thread, pts, { key: root })).toEqual({
      path: '/pts',
      parent: { port: PARENT_PORT, key: PARENT_KEY },
    });
    expect(
      await errorOf(() => stub.mounted(thread, pts, { port: PARENT_PORT, parent: PARENT_KEY, path: '/x' })),
    ).toBe('EBUSY');
  });

  it('O_PATH handles can be looked at only', async () => {
    const { open, stub, thread, pts } = await treeWithPty();
    const { key, kind } = await open('0', O.PATH);
    expect(kind).toBe('path');
    expect((await stub.fstat(thread, pts, { key: key! })).stat.rdev).toBe(Device.pts);
    expect(await errorOf(() => stub.read(thread, pts, { key: key!, max: 1, offset: -1 }))).toBe('EBADF');
    expect((await stub.poll(thread, pts, { key: key!, events: Poll.IN, wait: false })).revents).toBe(
      Poll.NVAL,
    );
  });
});
