/** Memory volumes beyond what one memfs keeps: many extents at once. */
import { expect, it } from 'vitest';
import { memoryVolume } from '../../drivers/memfs-volume/volume.ts';
import { S } from '../../subsystems/unix/constants.ts';

const EXTENT_BYTES = 65536;
/** More than memfs has files open. */
const EXTENTS = 20_500;

it('holds as many extents as there is memory for, and gives them back', () => {
  const volume = memoryVolume({});
  for (const round of [1, 2]) {
    const ino = volume.create(volume.root, 'file', { mode: S.IFREG | 0o644, uid: 0, gid: 0 });
    const data = new Uint8Array(5000).fill(round);
    for (let i = 0; i < EXTENTS; i++) volume.write(ino, i * EXTENT_BYTES, data);
    for (const i of [0, 8191, 8192, 10_000, EXTENTS - 1]) {
      expect(volume.read(ino, i * EXTENT_BYTES, 5000)).toEqual(data);
    }
    volume.unlink(volume.root, 'file');
  }
});
