/** Which operation is which event of inotify(7), for the inode and for the directory that names it. */
import type { Ino } from '../../drivers/volume.ts';
import { isPromise } from '../../nucleus/awaitable.ts';
import { Access, Inotify, isDirectory, O } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Handle } from './handles.ts';
import { demand } from './rights.ts';
import { credentialsOf, type FileServer, type Operations } from './state.ts';

/** A name by which an inode was reached. */
export interface NamePlace {
  readonly directory: Ino;
  readonly name: string;
}

export function watchOperations(server: FileServer): Operations {
  const { handles, volume, watches } = server;
  return {
    watch: ({ key, instance, mask }, context) => {
      const { ino } = handles.get(key);
      if (!(mask & Inotify.ALL_EVENTS)) throw new SysError('EINVAL');
      if (mask & Inotify.MASK_ADD && mask & Inotify.MASK_CREATE) throw new SysError('EINVAL');
      demand(volume.attributes(ino), credentialsOf(context), Access.R_OK);
      const wd = watches.add(ino, instance, mask, server.port!, context.thread);
      return isPromise(wd) ? wd.then((number) => ({ wd: number })) : { wd };
    },
    unwatch: ({ instance, wd }) => {
      watches.remove(instance, wd);
      return {};
    },
    watched: ({ instance }) => ({
      watches: watches.of(instance).map((watch) => ({ ...watch, dev: server.dev })),
    }),
  };
}

const directoryBit = (server: FileServer, ino: Ino): number =>
  isDirectory(server.volume.attributes(ino).mode) ? Inotify.ISDIR : 0;

/** An event of an open object: of its inode, and of the entry that it was opened by, if it is still that. */
export function tellOpen(server: FileServer, handle: Handle, mask: number): void {
  if (server.watches.active) tellInode(server, handle.ino, handle.place, mask);
}

/** The same of an inode that was reached by a path. */
export function tellInode(server: FileServer, ino: Ino, place: NamePlace | undefined, mask: number): void {
  const { watches, volume } = server;
  if (!watches.active) return;
  const event = mask | directoryBit(server, ino);
  if (place && watches.has(place.directory)) {
    const unlinked = volume.attributes(ino).nlink === 0;
    if (unlinked || volume.lookup(place.directory, place.name) === ino)
      watches.entry(place.directory, place.name, event, 0, unlinked);
  }
  watches.inode(ino, event);
}

/** A name was made. */
export function tellMade(server: FileServer, directory: Ino, name: string, ino: Ino): void {
  if (server.watches.active)
    server.watches.entry(directory, name, Inotify.CREATE | directoryBit(server, ino));
}

/** A name was removed; the inode may be over with it. `bits`: ISDIR of what it was. The order is Linux's. */
export function tellRemoved(
  server: FileServer,
  { directory, name }: NamePlace,
  ino: Ino,
  bits: number,
): void {
  const { watches } = server;
  if (!watches.active) return;
  if (bits !== 0) tellIfGone(server, ino);
  else if (watches.has(ino)) watches.inode(ino, Inotify.ATTRIB);
  watches.entry(directory, name, Inotify.DELETE | bits);
  if (bits === 0) tellIfGone(server, ino);
}

/** rename(2), onto `replaced` if that is given. Open objects follow their inode to its new name. */
export function tellMoved(
  server: FileServer,
  from: NamePlace,
  to: NamePlace,
  ino: Ino,
  replaced?: Ino,
): void {
  const { watches, handles } = server;
  if (!watches.active) return;
  const bits = directoryBit(server, ino);
  const cookie = watches.nextCookie();
  watches.entry(from.directory, from.name, Inotify.MOVED_FROM | bits, cookie);
  watches.entry(to.directory, to.name, Inotify.MOVED_TO | bits, cookie);
  if (replaced !== undefined) watches.inode(replaced, Inotify.ATTRIB);
  watches.inode(ino, Inotify.MOVE_SELF);
  if (replaced !== undefined) tellIfGone(server, replaced);
  handles.moved(ino, from, to);
}

/** After a name or an open object of an inode went. */
export function tellIfGone(server: FileServer, ino: Ino): void {
  const { watches, volume, handles } = server;
  if (!watches.active || !watches.has(ino)) return;
  if (volume.attributes(ino).nlink === 0 && !handles.hasOpen(ino)) watches.gone(ino);
}

/** The last close of an open object. */
export function tellClosed(server: FileServer, handle: Handle): void {
  if (!server.watches.active || handle.kind === 'path') return;
  const writes = handle.kind === 'file' && (handle.flags & O.ACCMODE) !== O.RDONLY;
  tellOpen(server, handle, writes ? Inotify.CLOSE_WRITE : Inotify.CLOSE_NOWRITE);
}
