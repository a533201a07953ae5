import { describe, expect, it } from 'vitest';
import { memoryVolume } from '../../../drivers/memfs-volume/volume.ts';
import { Limits, O, Xattr } from '../../../subsystems/unix/constants.ts';
import { bench, errno, type User } from './support.ts';

function attributesOf(user: User, path: string) {
  const key = user.open(path, O.PATH | O.NOFOLLOW);
  const code = (work: () => unknown) => errno(work);
  return {
    set: (name: string, value: string, flags = 0) =>
      code(() => user.now('setXattr', { key, name, value: Buffer.from(value), flags })),
    get: (name: string) => {
      let value = '';
      const error = code(() => {
        value = Buffer.from(user.now('getXattr', { key, name }).value).toString();
      });
      return error === 'ok' ? value : error;
    },
    list: () => user.now('listXattrs', { key }).names,
    close: () => user.close(key),
    remove: (name: string) => code(() => user.now('removeXattr', { key, name })),
  };
}

describe('extended attributes', () => {
  it('are set, replaced, listed and removed', () => {
    const { root } = bench();
    root.put('/f', '');
    const it = attributesOf(root, '/f');
    expect(it.get('user.a')).toBe('ENODATA');
    expect([it.set('user.a', '1'), it.set('user.b', ''), it.set('user.a', '22')]).toEqual(['ok', 'ok', 'ok']);
    expect([it.get('user.a'), it.get('user.b'), it.list()]).toEqual(['22', '', ['user.a', 'user.b']]);
    expect(it.set('user.a', 'x', Xattr.CREATE)).toBe('EEXIST');
    expect(it.set('user.c', 'x', Xattr.REPLACE)).toBe('ENODATA');
    expect(it.set('user.a', 'x', 4)).toBe('EINVAL');
    expect([it.remove('user.a'), it.remove('user.a'), it.list()]).toEqual(['ok', 'ENODATA', ['user.b']]);
  });

  it('have names in known namespaces and bounded lengths', () => {
    const { root } = bench();
    root.put('/f', '');
    const it = attributesOf(root, '/f');
    expect(it.set('plain', 'x')).toBe('EOPNOTSUPP');
    expect(it.set('system.posix_acl_access', 'x')).toBe('EOPNOTSUPP');
    expect(it.set('user.', 'x')).toBe('EINVAL');
    expect(it.set('', 'x')).toBe('ERANGE');
    expect(it.set(`user.${'é'.repeat(126)}`, 'x')).toBe('ERANGE');
    expect(it.set('user.big', 'x'.repeat(Limits.XATTR_SIZE_MAX))).toBe('ok');
    expect(it.set('user.big', 'x'.repeat(Limits.XATTR_SIZE_MAX + 1))).toBe('E2BIG');
    expect(it.set('user.more', 'x'.repeat(Limits.XATTR_SIZE_MAX))).toBe('ENOSPC');
    expect(it.get('user.big').length).toBe(Limits.XATTR_SIZE_MAX);
  });

  it('belong to those who may read and write the file; trusted ones to root', () => {
    const { root, alice, bob } = bench();
    root.put('/f', '');
    root.chown('/f', 1000, 1000);
    root.chmod('/f', 0o640);
    const [mine, his, roots] = [alice, bob, root].map((user) => attributesOf(user, '/f'));
    expect([mine!.set('user.a', '1'), his!.set('user.a', '2'), his!.get('user.a')]).toEqual([
      'ok',
      'EACCES',
      'EACCES',
    ]);
    expect([mine!.set('trusted.t', '1'), mine!.get('trusted.t')]).toEqual(['EPERM', 'ENODATA']);
    expect([roots!.set('trusted.t', '1'), roots!.set('security.s', 's')]).toEqual(['ok', 'ok']);
    expect([his!.get('security.s'), mine!.set('security.s', 'x'), mine!.remove('security.s')]).toEqual([
      's',
      'EPERM',
      'EPERM',
    ]);
    expect(mine!.list()).toEqual(['user.a', 'security.s']);
    expect(roots!.list()).toEqual(['user.a', 'trusted.t', 'security.s']);
  });

  it('of users are for files and directories alone', () => {
    const { root, alice } = bench();
    root.symlink('x', '/l');
    const link = attributesOf(root, '/l');
    expect([link.set('user.a', '1'), link.get('user.a')]).toEqual(['EPERM', 'ENODATA']);
    expect(link.set('trusted.a', '1')).toBe('ok');
    root.mkdir('/d');
    root.chmod('/d', 0o1777);
    expect(attributesOf(alice, '/d').set('user.a', '1')).toBe('EPERM');
    expect(attributesOf(root, '/d').set('user.a', '1')).toBe('ok');
  });

  it('take space, which goes with the file', () => {
    const { root, volume } = bench(memoryVolume({ sizeBytes: 40 * 4096 }));
    root.put('/f', '');
    const free = volume.statfs().bfree;
    const it = attributesOf(root, '/f');
    expect(it.set('user.a', 'x'.repeat(60_000))).toBe('ok');
    expect(volume.statfs().bfree).toBe(free - 15);
    root.put('/g', 'x'.repeat(24 * 4096));
    expect(it.set('user.b', 'x'.repeat(60_000))).toBe('ENOSPC');
    root.unlink('/f');
    it.close();
    expect(volume.statfs().bfree).toBe(free - 24);
  });

  it('change the time of change, and nothing on a read-only volume', () => {
    const { root } = bench(memoryVolume({ readOnly: true }));
    const it = attributesOf(root, '/');
    expect([it.set('user.a', '1'), it.get('user.a'), it.list()]).toEqual(['EROFS', 'ENODATA', []]);
  });
});
