/**
 * What makes a file a segment: mmap and exec of an open file. And the guard of programs: a file that is being
 * executed is not written to, one that is being written is not executed (ETXTBSY); it lasts as long as the
 * handle that was asked for it, which a site keeps open while its regions show the program.
 */
import type { Ino } from '../../drivers/volume.ts';
import { isRegular, O } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { ObjectReply, ObjectRequest } from '../protocols/object.ts';
import type { Handle } from './handles.ts';
import { touchAccess } from './io.ts';
import type { FileServer, Operations } from './state.ts';

const WRITE = 2;

/** Files that are being executed, with the handles that say so. */
export class Programs {
  private readonly handles = new Map<Ino, Set<Handle>>();

  add(handle: Handle): void {
    const set = this.handles.get(handle.ino);
    if (set) set.add(handle);
    else this.handles.set(handle.ino, new Set([handle]));
  }

  /** Throws ETXTBSY. */
  demandIdle(ino: Ino): void {
    if (this.handles.size > 0 && this.handles.has(ino)) throw new SysError('ETXTBSY');
  }

  closed(handle: Handle): void {
    if (this.handles.size === 0) return;
    const set = this.handles.get(handle.ino);
    if (set?.delete(handle) && set.size === 0) this.handles.delete(handle.ino);
  }
}

export function mappingOperations(server: FileServer): Operations {
  return { segment: (request) => segmentOf(server, request) };
}

function segmentOf(server: FileServer, request: ObjectRequest<'segment'>): ObjectReply<'segment'> {
  const { volume, handles, segments, programs, seals, dev } = server;
  const handle = handles.opened(request.key);
  const inode = volume.attributes(handle.ino);
  if (!isRegular(inode.mode)) throw new SysError('ENODEV');
  const mode = handle.flags & O.ACCMODE;
  if (mode === O.WRONLY) throw new SysError('EACCES');
  const writable = mode === O.RDWR && !volume.readOnly && !seals.isWriteSealed(handle.ino);
  if (request.access & WRITE && !writable) throw new SysError(mode === O.RDWR ? 'EPERM' : 'EACCES');
  if (request.execute) {
    if (handles.hasWriter(handle.ino)) throw new SysError('ETXTBSY');
    programs.add(handle);
  }
  const { size, ino } = inode;
  const { capability } = segments.of(handle);
  touchAccess(server, handle);
  return { segment: capability, size, dev, ino, writable };
}
