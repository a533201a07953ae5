/**
 * Sockets of a process by descriptor, and names of AF_UNIX sockets in the file tree: an inode of type socket,
 * which a Socket Manager knows by what its File Manager calls it.
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import type { Key } from '../../nucleus/ids/capability.ts';
import { O, S } from '../../subsystems/unix/constants.ts';
import { isSysError, SysError } from '../../subsystems/unix/errno.ts';
import { AF, type SocketAddress, SocketLimits } from '../../subsystems/unix/sockets.ts';
import type { Fd } from '../../subsystems/unix/sys.ts';
import type { SocketNode } from '../protocols/socket.ts';
import { andThen } from './and-then.ts';
import type { OpenObject } from './objects.ts';
import type { UThread } from './process.ts';
import { resolve } from './resolve.ts';

/** Throws EBADF, ENOTSOCK. */
export function socketOf(t: UThread, fd: Fd): { object: OpenObject; key: Key } {
  const object = t.process.fds.object(fd);
  if (object.kind === 'path') throw new SysError('EBADF');
  if (object.kind !== 'socket' || object.key === undefined) throw new SysError('ENOTSOCK');
  return { object, key: object.key };
}

/** Throws EFAULT, EINVAL for what is no address. */
export function checkedAddress(value: SocketAddress): SocketAddress {
  if (typeof value !== 'object' || value === null) throw new SysError('EFAULT');
  const { family, path, host, port } = value;
  const shaped =
    Number.isSafeInteger(family) &&
    family >= 0 &&
    (path === undefined || typeof path === 'string') &&
    (host === undefined || typeof host === 'string') &&
    (port === undefined || (Number.isSafeInteger(port) && port >= 0));
  if (!shaped || (path ?? '').length > SocketLimits.UNIX_PATH_MAX || (host ?? '').length > 64) {
    throw new SysError('EINVAL');
  }
  return { family, path, host, port };
}

export const isPath = ({ family, path = '' }: SocketAddress): boolean =>
  family === AF.UNIX && path !== '' && path.charCodeAt(0) !== 0;

/** The inode of a path of AF_UNIX. Throws ECONNREFUSED for one of another type, what walking throws. */
export function nodeOf(t: UThread, address: SocketAddress): Awaitable<SocketNode | undefined> {
  if (!isPath(address)) return undefined;
  const { process, thread } = t;
  const { pm, umask } = process;
  const refused = (error: unknown): never => {
    throw isSysError(error, 'EISDIR') || isSysError(error, 'ENXIO') ? new SysError('ECONNREFUSED') : error;
  };
  const found = attempt(
    () =>
      resolve(process, address.path!, (dest, walk) =>
        pm.servers.open(thread, dest, { ...walk, flags: O.WRONLY, mode: 0, umask }),
      ),
    refused,
  );
  return andThen(found, ({ reply, port }) => {
    if (reply.key !== undefined) void pm.objects.drop(pm.objects.enter(port, reply.key, 'file', ''));
    if (reply.special?.kind !== 'socket') throw new SysError('ECONNREFUSED');
    const { site, id } = reply.special;
    return { site, id };
  });
}

/** What `work` gives, or `failed` makes of its failure. */
export function attempt<R>(work: () => Awaitable<R>, failed: (error: unknown) => Awaitable<R>): Awaitable<R> {
  try {
    const result = work();
    return isPromise(result) ? result.catch(failed) : result;
  } catch (error) {
    return failed(error);
  }
}

/** Makes the inode. Throws EADDRINUSE for a path that exists. */
export function makeNode(t: UThread, path: string): Awaitable<SocketNode> {
  const { process, thread } = t;
  const { pm, umask } = process;
  const taken = (error: unknown): never => {
    throw isSysError(error, 'EEXIST') ? new SysError('EADDRINUSE') : error;
  };
  const made = attempt(
    () =>
      resolve(process, path, (dest, walk) =>
        pm.servers.mknod(thread, dest, { ...walk, mode: S.IFSOCK | 0o777, umask, rdev: 0 }),
      ),
    taken,
  );
  return andThen(made, ({ reply: { special } }) => {
    if (!special) throw new SysError('EPERM');
    return { site: special.site, id: special.id };
  });
}
