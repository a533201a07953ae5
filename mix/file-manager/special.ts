/** Inodes that another manager serves: FIFOs, devices, sockets. */
import type { Attributes } from '../../drivers/volume.ts';
import { isFifo, isSocket } from '../../subsystems/unix/constants.ts';
import type { Special } from '../protocols/object.ts';
import { statOf } from './attributes.ts';
import type { FileServer } from './state.ts';

/** How the opener's Process Manager reaches the manager that serves this inode. */
export function specialOf(server: FileServer, inode: Readonly<Attributes>): Special {
  const { mode, ino, rdev } = inode;
  return {
    kind: isFifo(mode) ? 'fifo' : isSocket(mode) ? 'socket' : 'char',
    id: `${server.dev}:${ino}`,
    rdev,
    site: server.nucleus.site,
    attributes: statOf(server, inode),
  };
}
