/** struct stat of objects that no volume has: pipes, sockets, descriptors for events. */
import type { Stat } from '../../subsystems/unix/sys.ts';

/** st_dev of descriptors for events (anon_inode on Linux), which all look like one inode. */
export const ANONYMOUS_DEVICE = 0x0d;

const BLOCK_BYTES = 4096;

/** `timeMs` stands for all three times. */
export function statWithoutVolume({
  dev = ANONYMOUS_DEVICE,
  ino = 1,
  mode = 0o600,
  uid = 0,
  gid = 0,
  timeMs,
}: Partial<Pick<Stat, 'dev' | 'ino' | 'mode' | 'uid' | 'gid'>> & { timeMs: number }): Stat {
  return {
    dev,
    ino,
    mode,
    nlink: 1,
    uid,
    gid,
    rdev: 0,
    size: 0,
    blksize: BLOCK_BYTES,
    blocks: 0,
    atimeMs: timeMs,
    mtimeMs: timeMs,
    ctimeMs: timeMs,
  };
}
