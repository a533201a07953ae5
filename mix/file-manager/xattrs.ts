/**
 * Extended attributes, xattr(7): who may see and change which. Namespaces: user.* on files and directories
 * by their permissions, trusted.* for root alone, security.* for all to read and root to change. Names are
 * judged in Linux's order, because programs probe with odd ones.
 */
import type { Attributes } from '../../drivers/volume.ts';
import type { Key } from '../../nucleus/ids/capability.ts';
import {
  Access,
  Inotify,
  isDirectory,
  isRegular,
  Limits,
  S,
  Xattr,
} from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Credentials } from '../protocols/credentials.ts';
import type { ObjectRequest } from '../protocols/object.ts';
import { tellOpen } from './notices.ts';
import { demand, demandWritable, owns } from './rights.ts';
import { credentialsOf, type FileServer, type Operations } from './state.ts';

/** Most bytes of a list of names with their NULs, XATTR_LIST_MAX: E2BIG. */
const LIST_BYTES_MAX = 65536;

type Namespace = 'user' | 'trusted' | 'security';

/** Throws ERANGE (length), EOPNOTSUPP (no such namespace), EINVAL (nothing behind it). */
function namespaceOf(name: string): Namespace {
  if (name === '' || Buffer.byteLength(name) > Limits.XATTR_NAME_MAX) throw new SysError('ERANGE');
  const dot = name.indexOf('.');
  const prefix = name.slice(0, Math.max(0, dot));
  if (prefix !== 'user' && prefix !== 'trusted' && prefix !== 'security') throw new SysError('EOPNOTSUPP');
  if (dot === name.length - 1) throw new SysError('EINVAL');
  return prefix;
}

const hasUserAttributes = ({ mode }: Readonly<Attributes>): boolean => isRegular(mode) || isDirectory(mode);

export function xattrOperations(server: FileServer): Operations {
  const { volume } = server;
  const inodeOf = (key: Key): Readonly<Attributes> => volume.attributes(server.handles.get(key).ino);
  return {
    getXattr: ({ key, name }, context) => {
      const inode = inodeOf(key);
      demandRead(inode, namespaceOf(name), credentialsOf(context));
      const value = volume.getXattr(inode.ino, name);
      if (!value) throw new SysError('ENODATA');
      return { value };
    },
    setXattr: (request, context) => {
      setXattr(server, inodeOf(request.key), request, credentialsOf(context));
      tellOpen(server, server.handles.get(request.key), Inotify.ATTRIB);
      return {};
    },
    listXattrs: ({ key }, context) => {
      const { uid } = credentialsOf(context);
      const names = volume.listXattrs(inodeOf(key).ino);
      const shown = uid === 0 ? names : names.filter((name) => !name.startsWith('trusted.'));
      if (shown.reduce((sum, name) => sum + Buffer.byteLength(name) + 1, 0) > LIST_BYTES_MAX)
        throw new SysError('E2BIG');
      return { names: shown };
    },
    removeXattr: ({ key, name }, context) => {
      const inode = inodeOf(key);
      demandChange(server, inode, namespaceOf(name), credentialsOf(context));
      if (!volume.getXattr(inode.ino, name)) throw new SysError('ENODATA');
      volume.setXattr(inode.ino, name, undefined);
      tellOpen(server, server.handles.get(key), Inotify.ATTRIB);
      return {};
    },
  };
}

function setXattr(
  server: FileServer,
  inode: Readonly<Attributes>,
  { name, value, flags }: ObjectRequest<'setXattr'>,
  who: Credentials,
): void {
  if (flags & ~(Xattr.CREATE | Xattr.REPLACE)) throw new SysError('EINVAL');
  const namespace = namespaceOf(name);
  if (value.length > Limits.XATTR_SIZE_MAX) throw new SysError('E2BIG');
  const { ino } = inode;
  demandChange(server, inode, namespace, who);
  const exists = server.volume.getXattr(ino, name) !== undefined;
  if (flags & Xattr.CREATE && exists) throw new SysError('EEXIST');
  if (flags & Xattr.REPLACE && !exists) throw new SysError('ENODATA');
  server.volume.setXattr(ino, name, value);
}

function demandRead(inode: Readonly<Attributes>, namespace: Namespace, who: Credentials): void {
  if (namespace === 'security') return;
  if (namespace === 'trusted' && who.uid !== 0) throw new SysError('ENODATA');
  if (namespace !== 'user') return;
  if (!hasUserAttributes(inode)) throw new SysError('ENODATA');
  demand(inode, who, Access.R_OK);
}

function demandChange(
  server: FileServer,
  inode: Readonly<Attributes>,
  namespace: Namespace,
  who: Credentials,
): void {
  demandWritable(server.volume);
  if (namespace !== 'user') {
    if (who.uid !== 0) throw new SysError('EPERM');
    return;
  }
  if (!hasUserAttributes(inode)) throw new SysError('EPERM');
  if (isDirectory(inode.mode) && inode.mode & S.ISVTX && !owns(inode, who)) throw new SysError('EPERM');
  demand(inode, who, Access.W_OK);
}
