/** readdir and the path of a directory. '.' and '..' are made here, so that no volume has to keep them. */
import { Inotify, isDirectory, S } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { ObjectReply } from '../protocols/object.ts';
import type { Handle } from './handles.ts';
import { touchAccess } from './io.ts';
import { tellOpen } from './notices.ts';
import type { FileServer, Operations } from './state.ts';

/** Most entries, and most bytes of names, of one reply: it has to fit in a message. */
const BATCH_ENTRIES_MAX = 1024;
const BATCH_BYTES_MAX = 48 * 1024;
/** Encoded size of an entry beside its name, at most. */
const ENTRY_BYTES = 24;
/** Positions: 0 before '.', 1 before '..', 2 + the volume's cookie after that. */
const FIRST_COOKIE = 2;

type Entries = ObjectReply<'readdir'>['entries'];

export function directoryOperations(server: FileServer): Operations {
  const { volume, handles } = server;
  return {
    readdir: ({ key, max }) => {
      const handle = handles.readable(key);
      if (handle.kind !== 'directory') throw new SysError('ENOTDIR');
      // A removed directory is empty: the C library hides getdents' ENOENT from programs as an end.
      if (volume.attributes(handle.ino).nlink === 0) return { entries: [] };
      const entries = readEntries(server, handle, Math.min(max, BATCH_ENTRIES_MAX));
      touchAccess(server, handle);
      tellOpen(server, handle, Inotify.ACCESS);
      return { entries };
    },
    path: ({ key, root }) =>
      pathOf(server, handles.get(key), root === undefined ? undefined : handles.get(root)),
  };
}

function readEntries(server: FileServer, handle: Handle, max: number): Entries {
  const { volume } = server;
  const entries: Entries = [];
  const { ino } = handle;
  if (handle.offset === 0 && max > 0) {
    entries.push({ name: '.', ino, type: S.IFDIR, next: 1 });
    handle.offset = 1;
  }
  if (handle.offset === 1 && entries.length < max) {
    entries.push({ name: '..', ino: volume.parent(ino), type: S.IFDIR, next: FIRST_COOKIE });
    handle.offset = FIRST_COOKIE;
  }
  if (entries.length >= max) return entries;
  let bytes = 0;
  for (const entry of volume.readdir(ino, handle.offset - FIRST_COOKIE, max - entries.length)) {
    bytes += entry.name.length * 3 + ENTRY_BYTES;
    if (bytes > BATCH_BYTES_MAX) break;
    handle.offset = entry.cookie + FIRST_COOKIE;
    entries.push({ name: entry.name, ino: entry.ino, type: entry.type, next: handle.offset });
  }
  return entries;
}

/**
 * The path of a directory below this server's root, or below the process' root if that is here. With `parent`
 * the path begins with the mount point's name and continues the path of that directory of another server;
 * `outside`: it did not lead through the process' root.
 */
function pathOf(server: FileServer, handle: Handle, root: Handle | undefined): ObjectReply<'path'> {
  const { volume, attachment } = server;
  if (!isDirectory(volume.attributes(handle.ino).mode)) throw new SysError('ENOTDIR');
  const names: string[] = [];
  let at = handle.ino;
  while (at !== volume.root && at !== root?.ino) {
    names.unshift(volume.nameOf(at));
    at = volume.parent(at);
  }
  if (at === volume.root && at !== root?.ino && attachment) {
    const mountName = attachment.path.slice(attachment.path.lastIndexOf('/') + 1);
    return {
      path: `/${[mountName, ...names].join('/')}`,
      parent: { port: attachment.port, key: attachment.parent },
    };
  }
  return { path: `/${names.join('/')}`, ...(root && at !== root.ino ? { outside: true } : {}) };
}
