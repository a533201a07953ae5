/** Extended attributes: by path (through a handle opened for the call) and by descriptor. */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import { Limits, O } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { At, Fd } from '../../../subsystems/unix/sys.ts';
import { andThen } from '../and-then.ts';
import { asVoid } from '../manager.ts';
import type { OpenObject } from '../objects.ts';
import type { UThread } from '../process.ts';
import { namedByHandle } from '../resolve.ts';
import { withHandle } from './files.ts';

type Where = At & { noFollow?: boolean };

function onPath<R>(
  t: UThread,
  path: string,
  options: Where | undefined,
  work: (object: OpenObject) => Awaitable<R>,
): Awaitable<R> {
  const object = namedByHandle(t.process, path, options);
  if (object) return work(object);
  return withHandle(t, path, options?.noFollow ? O.NOFOLLOW : 0, work, options);
}

/** Throws EBADF for a place only (O_PATH). */
function opened(t: UThread, fd: Fd): OpenObject {
  const object = t.process.fds.object(fd);
  if (object.kind === 'path' || object.key === undefined) throw new SysError('EBADF');
  return object;
}

/** What cannot be a name must not reach the server's schema as one. */
function checkName(name: string): void {
  if (name === '' || name.length > Limits.XATTR_NAME_MAX) throw new SysError('ERANGE');
}

function get(t: UThread, object: OpenObject, name: string): Awaitable<Uint8Array> {
  checkName(name);
  const { servers } = t.process.pm;
  const reply = servers.getXattr(t.thread, object.dest, { key: object.key!, name });
  return andThen(reply, ({ value }) => value.slice());
}

function set(
  t: UThread,
  object: OpenObject,
  name: string,
  value: Uint8Array,
  flags: number,
): Awaitable<void> {
  checkName(name);
  if (value.length > Limits.XATTR_SIZE_MAX) throw new SysError('E2BIG');
  if (flags < 0) throw new SysError('EINVAL');
  const { servers } = t.process.pm;
  return asVoid(servers.setXattr(t.thread, object.dest, { key: object.key!, name, value, flags }));
}

/** A server that knows no extended attributes has none to list. */
function list(t: UThread, object: OpenObject): Awaitable<string[]> {
  const { servers } = t.process.pm;
  return andThen(servers.listXattrs(t.thread, object.dest, { key: object.key! }), ({ names }) => names);
}

function remove(t: UThread, object: OpenObject, name: string): Awaitable<void> {
  checkName(name);
  const { servers } = t.process.pm;
  return asVoid(servers.removeXattr(t.thread, object.dest, { key: object.key!, name }));
}

export const xattrCalls = {
  getxattr: (t: UThread, path: string, name: string, options?: Where): Awaitable<Uint8Array> =>
    onPath(t, path, options, (object) => get(t, object, name)),
  setxattr: (
    t: UThread,
    path: string,
    name: string,
    value: Uint8Array,
    options?: Where & { flags?: number },
  ): Awaitable<void> =>
    onPath(t, path, options, (object) => set(t, object, name, value, options?.flags ?? 0)),
  listxattr: (t: UThread, path: string, options?: Where): Awaitable<string[]> =>
    onPath(t, path, options, (object) => list(t, object)),
  removexattr: (t: UThread, path: string, name: string, options?: Where): Awaitable<void> =>
    onPath(t, path, options, (object) => remove(t, object, name)),
  fgetxattr: (t: UThread, fd: Fd, name: string): Awaitable<Uint8Array> => get(t, opened(t, fd), name),
  fsetxattr: (t: UThread, fd: Fd, name: string, value: Uint8Array, flags = 0): Awaitable<void> =>
    set(t, opened(t, fd), name, value, flags),
  flistxattr: (t: UThread, fd: Fd): Awaitable<string[]> => list(t, opened(t, fd)),
  fremovexattr: (t: UThread, fd: Fd, name: string): Awaitable<void> => remove(t, opened(t, fd), name),
};
