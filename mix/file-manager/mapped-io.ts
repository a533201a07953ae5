/**
 * read and write of a file of which caches hold pages. Unlike those of other files they may have to wait for
 * what other sites changed, so what processes share is settled before the wait: the offset of the description
 * moves on at once, and the range of a write is reserved.
 */
import type { Attributes } from '../../drivers/volume.ts';
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import type { SiteId } from '../../nucleus/ids/ui.ts';
import type { Change } from '../../nucleus/memory/coherence.ts';
import type { ObjectReply, ObjectRequest } from '../protocols/object.ts';
import type { Handle } from './handles.ts';
import type { FileServer } from './state.ts';

export function readMapped(
  { volume, segments }: FileServer,
  handle: Handle,
  { offset, total }: ObjectRequest<'read'>,
  max: number,
): Awaitable<ObjectReply<'read'>> {
  const { ino } = handle;
  const from = offset === -1 ? handle.offset : offset;
  const left = Math.max(0, volume.attributes(ino).size - from);
  const length = Math.min(max, left);
  if (offset === -1) handle.offset = from + Math.max(length, Math.min(total ?? 0, left));
  const reply = (data: Uint8Array): ObjectReply<'read'> =>
    offset !== -1 || total === undefined ? { data } : { data, offset: from };
  const data = segments.read(ino, from, length, () => volume.read(ino, from, length));
  return isPromise(data) ? data.then(reply) : reply(data);
}

/**
 * A write that was checked: where it begins, what it may write now, and how much the call will write in
 * all.
 */
export interface PlannedWrite {
  readonly handle: Handle;
  readonly site: SiteId;
  readonly from: number;
  readonly data: Uint8Array;
  readonly planned: number;
  /** By the description's own offset. */
  readonly moves: boolean;
  /** The range was reserved by an earlier message. */
  readonly reserved: boolean;
}

export function writeMapped(server: FileServer, write: PlannedWrite): Awaitable<ObjectReply<'write'>> {
  const { volume, segments, reservations } = server;
  const { handle, site, from, data, planned, moves, reserved } = write;
  if (!reserved) {
    reservations.add(handle, site, from, from + planned);
    if (moves) handle.offset = from + planned;
  }
  const stopped = (at: number): void => reservations.abandon(handle, site, at);
  const failed = (error: unknown): never => {
    if (!reserved) stopped(from);
    throw error;
  };
  const written = (count: number): ObjectReply<'write'> => {
    if (reserved || count === planned) {
      reservations.written(handle, site, from + count);
      return { count };
    }
    if (count === data.length) return { count, offset: from };
    stopped(from + count);
    return { count };
  };
  try {
    const done = segments.change(
      handle.ino,
      (size) => changeOf(size, from, from + data.length),
      () => volume.write(handle.ino, from, data),
    );
    return isPromise(done) ? done.then(written, failed) : written(done);
  } catch (error) {
    return failed(error);
  }
}

/** Bytes [from, to) of a file of `size` bytes are written: the page that it ended in changes with them. */
export function changeOf(size: number, from: number, to: number): Change {
  if (to <= size) return { offset: from, size: to - from };
  const offset = Math.min(from, size);
  return { offset, size: to - offset, resize: { from: size, to } };
}

/** A file of `size` bytes gets `length`: the page that holds the nearer end changes. */
export function resizeOf(size: number, length: number): Change {
  return { offset: Math.min(size, length), size: 1, resize: { from: size, to: length } };
}

/** Sets the length of a file. */
export function setLength(
  { volume, segments }: FileServer,
  { ino }: Pick<Attributes, 'ino'>,
  length: number,
): Awaitable<void> {
  return segments.change(
    ino,
    (size) => resizeOf(size, length),
    () => volume.truncate(ino, length),
  );
}
