/**
 * inotify(7): what file servers say to inotify objects. An object, made by `inotify` of the object
 * protocol, is named by its capability {port, key}; its port speaks this protocol beside the other.
 *
 * A watch is known by its number `wd`, which the object gives, and kept by the server that has the inode:
 * the object remembers only which server that is. Events of one server arrive in order.
 */
import { operation, protocol } from '../../nucleus/ipc/protocol.ts';
import { key, list, rec, str, ui, uint } from '../../nucleus/ipc/schema.ts';
import { unixFaults } from './faults.ts';

export const notice = rec({ wd: uint, mask: uint, cookie: uint, name: str(256) });

/** Events of one message. */
export const NOTICES_MAX = 128;

export const InotifyProtocol = protocol('inotify', unixFaults, {
  /** A server begins a watch: its number. Throws ENOSPC, EBADF. */
  enter: operation({ key, server: ui }, { wd: uint }),
  /** EBADF: the object is gone, and its watches with it. */
  tell: operation({ key, notices: list(notice, NOTICES_MAX) }, {}),
  /** inotify_rm_watch(2). Throws EINVAL. */
  remove: operation({ key, wd: uint }, {}),
});
