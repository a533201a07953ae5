import { describe, expect, it } from 'vitest';
import { memoryVolume } from '../../../drivers/memfs-volume/volume.ts';
import { mountTree } from '../../../mix/boot/mount.ts';
import { startFileManager } from '../../../mix/file-manager/file-manager.ts';
import { ObjectProtocol } from '../../../mix/protocols/object.ts';
import { UiType, uiBuild } from '../../../nucleus/ids/ui.ts';
import { client } from '../../../nucleus/ipc/stubs.ts';
import { O } from '../../../subsystems/unix/constants.ts';
import { bench, errno, User } from './support.ts';

async function mounted() {
  const above = bench();
  const { nucleus, manager } = above;
  const inner = startFileManager(nucleus, { name: 'FM2', volume: memoryVolume() });
  const thread = nucleus.threadCreate(nucleus.kernel);
  const tree = { port: inner.port, source: 'memory', type: 'memfs' };
  await mountTree(client(nucleus, ObjectProtocol), thread, manager.port, '/mnt/inner', tree);
  return { ...above, inner, below: new User(nucleus, inner.port, 0) };
}

const walk = (path: string) => ({ path, links: 0 });

describe('mounts', () => {
  it('send walks on, with the rest of the path', async () => {
    const { root, inner, below } = await mounted();
    const { moved } = root.now('stat', { ...walk('mnt/inner/a/b'), follow: true });
    expect(moved).toEqual({ kind: 'server', port: inner.port, key: inner.rootKey, rest: 'a/b', links: 0 });
    expect(root.now('stat', { ...walk('mnt/inner'), follow: false }).moved).toMatchObject({ rest: '' });
    below.mkdir('/d');
    root.put('/top', 'x');
    const up = below.now('open', { ...walk('d/../../../top'), flags: O.RDONLY, mode: 0, umask: 0 }).moved!;
    expect(up).toMatchObject({ kind: 'server', rest: '../top' });
    expect(root.now('stat', { at: up.key, path: up.rest, links: 0, follow: true }).stat).toMatchObject({
      size: 1,
    });
  });

  it('are named by getcwd across servers', async () => {
    const { root, below } = await mounted();
    below.mkdir('/d');
    below.mkdir('/d/e');
    const inner = below.now('path', { key: below.open('/d/e', O.PATH) });
    expect(inner.path).toBe('/inner/d/e');
    expect(root.now('path', { key: inner.parent!.key }).path).toBe('/mnt');
    const chroot = below.open('/d', O.PATH);
    expect(below.now('path', { key: below.open('/d/e', O.PATH), root: chroot })).toEqual({ path: '/e' });
  });

  it('cannot be removed, renamed or unmounted while in use', async () => {
    const { root, below } = await mounted();
    expect(errno(() => root.rmdir('/mnt/inner'))).toBe('EBUSY');
    expect(errno(() => root.rename('/mnt/inner', '/mnt/other'))).toBe('EBUSY');
    expect(errno(() => root.unlink('/mnt/inner'))).toBe('EISDIR');
    expect(errno(() => root.mkdir('/mnt/inner'))).toBe('EEXIST');
    const key = below.open('/', O.PATH);
    expect(errno(() => root.now('umount', walk('mnt/inner')))).toBe('EBUSY');
    below.close(key);
    root.now('umount', walk('mnt/inner'));
    expect((await root.call('mounts', {})).mounts).toEqual([]);
    root.rmdir('/mnt/inner');
    expect(errno(() => root.now('umount', walk('mnt')))).toBe('EINVAL');
  });

  it('are listed with their paths, and are the business of root', async () => {
    const { root, alice, inner } = await mounted();
    expect((await root.call('mounts', {})).mounts).toEqual([
      { path: '/mnt/inner', source: 'memory', type: 'memfs', port: inner.port, readOnly: false },
    ]);
    expect(errno(() => alice.now('umount', walk('mnt/inner')))).toBe('EPERM');
    const request = { ...walk('mnt'), port: inner.port, source: 's', type: 't' };
    expect(errno(() => alice.now('mount', request))).toBe('EPERM');
    root.put('/f', '');
    expect(errno(() => root.now('mount', { ...request, path: 'f' }))).toBe('ENOTDIR');
    expect(errno(() => root.now('mount', { ...request, path: '' }))).toBe('EBUSY');
  });

  it('have device numbers of their own', async () => {
    const { root, below } = await mounted();
    expect(below.stat('/').dev).not.toBe(root.stat('/').dev);
  });

  it('are taken over by the next life of a site that died', async () => {
    const { root, inner } = await mounted();
    const again = uiBuild(UiType.port, 1, 2, 7);
    const request = { ...walk('mnt/inner'), source: 'memory', type: 'memfs' };
    expect(root.now('mount', { ...request, port: inner.port }).moved).toMatchObject({ port: inner.port });
    expect(root.now('mount', { ...request, port: again })).toEqual({});
    expect(root.now('stat', { ...walk('mnt/inner/x'), follow: true }).moved).toMatchObject({ port: again });
  });

  it('say whether they are read-only', async () => {
    const { root, nucleus, manager } = bench();
    const inner = startFileManager(nucleus, { name: 'FM2', volume: memoryVolume({ readOnly: true }) });
    const tree = { port: inner.port, source: 'memory', type: 'memfs' };
    const thread = nucleus.threadCreate(nucleus.kernel);
    await mountTree(client(nucleus, ObjectProtocol), thread, manager.port, '/ro', tree);
    expect((await root.call('mounts', {})).mounts).toMatchObject([{ path: '/ro', readOnly: true }]);
  });
});
