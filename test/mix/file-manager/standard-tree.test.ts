import { describe, expect, it } from 'vitest';
import { memoryVolume } from '../../../drivers/memfs-volume/volume.ts';
import { fillStandardTree } from '../../../mix/file-manager/standard-tree.ts';
import { Device, S } from '../../../subsystems/unix/constants.ts';
import { bench } from './support.ts';

function filled() {
  const volume = memoryVolume();
  fillStandardTree(volume, { programs: ['sh', 'env', '.host'], hostnames: ['site1', 'site2'] });
  return bench(volume);
}

describe('the standard tree', () => {
  it('has programs with their magic line, devices and world-writable temporary directories', () => {
    const { root, alice } = filled();
    expect(root.list('/').sort()).toEqual(
      ['.', '..', 'bin', 'dev', 'etc', 'home', 'proc', 'root', 'sbin', 'tmp', 'usr', 'var'].sort(),
    );
    expect(alice.get('/bin/sh')).toBe('\x7fNATIVE sh\n');
    expect(alice.get('/usr/bin/env')).toBe('\x7fNATIVE env\n');
    expect(root.list('/bin')).toEqual(['.', '..', 'sh', 'env']);
    expect(root.stat('/bin/sh').mode).toBe(S.IFREG | 0o755);
    expect(root.stat('/dev/null')).toMatchObject({ mode: S.IFCHR | 0o666, rdev: Device.null });
    expect(root.stat('/tmp').mode).toBe(S.IFDIR | 0o1777);
    expect(root.stat('/home/user')).toMatchObject({ uid: 1000, gid: 1000 });
    alice.put('/home/user/f', 'x');
    expect(root.get('/etc/hosts')).toContain('site2');
  });

  it('keeps what a volume has already', () => {
    const { volume, root } = filled();
    root.put('/etc/hostname', 'mine\n');
    fillStandardTree(volume, { programs: ['sh', 'ls'], hostnames: ['site1'] });
    expect(root.get('/etc/hostname')).toBe('mine\n');
    expect(root.get('/bin/ls')).toBe('\x7fNATIVE ls\n');
  });
});
