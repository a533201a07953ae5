/** fallocate(2): room held ahead, holes punched, ranges made zero. And where a sparse file's data are. */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { Falloc, Inotify, isRegular, O, Seek } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Credentials } from '../protocols/credentials.ts';
import type { ObjectRequest } from '../protocols/object.ts';
import type { Handle } from './handles.ts';
import { changeOf } from './mapped-io.ts';
import { tellOpen } from './notices.ts';
import { dropSetIds } from './rights.ts';
import { credentialsOf, type FileServer, type Operations } from './state.ts';

const MODES: readonly number[] = [
  0,
  Falloc.KEEP_SIZE,
  Falloc.PUNCH_HOLE | Falloc.KEEP_SIZE,
  Falloc.ZERO_RANGE,
  Falloc.ZERO_RANGE | Falloc.KEEP_SIZE,
];

export function spaceOperations(server: FileServer): Operations {
  return {
    allocate: (request, context) => {
      const handle = server.handles.opened(request.key);
      if ((handle.flags & O.ACCMODE) === O.RDONLY) throw new SysError('EBADF');
      if (!MODES.includes(request.mode)) throw new SysError('EOPNOTSUPP');
      if (!isRegular(server.volume.attributes(handle.ino).mode)) throw new SysError('ENODEV');
      const done = allocate(server, handle, request, credentialsOf(context));
      const told = (): object => {
        tellOpen(server, handle, Inotify.MODIFY);
        return {};
      };
      return isPromise(done) ? done.then(told) : told();
    },
  };
}

function allocate(
  server: FileServer,
  handle: Handle,
  { mode, offset, length, limit }: ObjectRequest<'allocate'>,
  who: Credentials,
): Awaitable<void> {
  const { volume, seals, segments } = server;
  const { ino } = handle;
  if (length === 0) throw new SysError('EINVAL');
  const inode = { ...volume.attributes(ino) };
  const end = offset + length;
  const grows = !(mode & Falloc.KEEP_SIZE) && end > inode.size;
  if (end > Number.MAX_SAFE_INTEGER || (grows && end > limit)) throw new SysError('EFBIG');
  if (mode & (Falloc.PUNCH_HOLE | Falloc.ZERO_RANGE)) seals.demandWritable(ino);
  if (grows) seals.demandSize(ino, inode.size, end);
  dropSetIds(volume, inode, who);
  handle.dirty = true;
  return segments.change(
    ino,
    (size) => (grows ? changeOf(size, offset, end) : { offset, size: length }),
    () => {
      if (mode & (Falloc.PUNCH_HOLE | Falloc.ZERO_RANGE)) volume.punch(ino, offset, length);
      if (!(mode & Falloc.PUNCH_HOLE)) volume.allocate(ino, offset, length);
      if (grows && end > volume.attributes(ino).size) volume.truncate(ino, end);
    },
  );
}

/**
 * lseek(2), SEEK_DATA and SEEK_HOLE. The end of the file is a hole. Throws ENXIO beyond the last of either.
 */
export function seekSparse({ volume }: FileServer, { ino }: Handle, offset: number, whence: number): number {
  const { size } = volume.attributes(ino);
  if (offset < 0 || offset >= size) throw new SysError('ENXIO');
  if (whence === Seek.HOLE) return volume.nextHole(ino, offset);
  const data = volume.nextData(ino, offset);
  if (data >= size) throw new SysError('ENXIO');
  return data;
}
