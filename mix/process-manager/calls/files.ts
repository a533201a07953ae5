/** Calls on files by path: each is one operation sent along the path's servers. */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import type { Destination } from '../../../nucleus/ipc/message.ts';
import { O } from '../../../subsystems/unix/constants.ts';
import { isSysError, SysError } from '../../../subsystems/unix/errno.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import type { At, Fd, FromTo, SetTime, Stat, StatFs } from '../../../subsystems/unix/sys.ts';
import type { ObjectReply } from '../../protocols/object.ts';
import { andThen } from '../and-then.ts';
import { asVoid } from '../manager.ts';
import { DELETED_LABEL, type OpenObject } from '../objects.ts';
import { openSpecial } from '../open-special.ts';
import type { Process, UThread } from '../process.ts';
import { namedByHandle, resolve, splitPath, type Walk } from '../resolve.ts';
import { post } from '../signals.ts';
import { attempt } from '../socket-names.ts';
import { adoptTerminal } from '../terminal.ts';

/**
 * Names the path so that an open of it can be shown by /proc, and opened anew through it: by another manager,
 * to whom /proc/self is somebody else.
 */
function labelOf(process: Process, path: string, options: At | undefined): string {
  if (path === '/proc/self/exe') return process.exe;
  if (path.startsWith('/')) return path;
  const base = options?.at === undefined ? process.cwd.label : process.fds.object(options.at).label;
  return base === '/' ? `/${path}` : `${base}/${path}`;
}

/** Opens a path with the flags given and files the object, with one reference for the caller. */
export function openObject(
  t: UThread,
  path: string,
  flags: number,
  mode: number,
  options?: At,
): Awaitable<OpenObject> {
  const { process, thread } = t;
  const { pm, umask } = process;
  const ask = (dest: Destination, walk: Walk): Awaitable<ObjectReply<'open'>> =>
    pm.servers.open(thread, dest, { ...walk, flags, mode, umask });
  return andThen(resolve(process, path, ask, options), ({ reply, port }) => {
    const label = labelOf(process, path, options);
    if (reply.special) return openSpecial(t, reply.special, flags, label);
    if (reply.key === undefined || reply.kind === undefined) throw new SysError('EPROTO');
    const nameless = (flags & O.TMPFILE) === O.TMPFILE;
    const shown = nameless ? `${label}/#${reply.key.slice(0, 8)}${DELETED_LABEL}` : label;
    const object = pm.objects.enter(port, reply.key, reply.kind, shown);
    if (object.kind !== 'tty') return object;
    return andThen(adoptTerminal(t, object, flags), () => object);
  });
}

/** Runs `work` on a handle opened for it alone. */
export function withHandle<R>(
  t: UThread,
  path: string,
  flags: number,
  work: (object: OpenObject) => Awaitable<R>,
  options?: At,
): Awaitable<R> {
  const { objects } = t.process.pm;
  return andThen(openObject(t, path, flags | O.PATH, 0, options), (object) => {
    let result: Awaitable<R>;
    try {
      result = work(object);
    } catch (error) {
      void objects.drop(object);
      throw error;
    }
    if (result instanceof Promise) return result.finally(() => objects.drop(object));
    void objects.drop(object);
    return result;
  });
}

type Ask<R> = (dest: Destination, walk: Walk) => Awaitable<R>;
const onPath = (t: UThread, path: string, ask: Ask<object>, options?: At): Awaitable<void> =>
  asVoid(resolve(t.process, path, ask as Ask<{ moved?: never }>, options));

export const fileCalls = {
  open: (t: UThread, path: string, flags: number, mode = 0o666, options?: At): Awaitable<Fd> => {
    const { process } = t;
    return andThen(openObject(t, path, flags, mode & 0o7777, options), (object) =>
      process.fds.add(object, (flags & O.CLOEXEC) !== 0, process.limits.nofile.soft),
    );
  },
  stat: (t: UThread, path: string, options?: At): Awaitable<Stat> => statPath(t, path, true, options),
  lstat: (t: UThread, path: string, options?: At): Awaitable<Stat> => statPath(t, path, false, options),
  access: (
    t: UThread,
    path: string,
    mode: number,
    options?: At & { effective?: boolean },
  ): Awaitable<void> => {
    if (!Number.isInteger(mode) || (mode & ~7) !== 0) throw new SysError('EINVAL');
    const { uid, euid, gid, egid } = t.process.creds;
    const ids = options?.effective ? { uid: euid, gid: egid } : { uid, gid };
    return onPath(
      t,
      path,
      (dest, walk) => t.process.pm.servers.access(t.thread, dest, { ...walk, mode, ...ids }),
      options,
    );
  },
  unlink: (t: UThread, path: string, options?: At): Awaitable<void> =>
    onPath(t, path, (dest, walk) => t.process.pm.servers.unlink(t.thread, dest, walk), options),
  link,
  symlink: (t: UThread, target: string, path: string, options?: At): Awaitable<void> => {
    if (target === '') throw new SysError('ENOENT');
    if (target.length >= 4096) throw new SysError('ENAMETOOLONG');
    const ask: Ask<object> = (dest, walk) =>
      t.process.pm.servers.symlink(t.thread, dest, { ...walk, target });
    return onPath(t, path, ask, options);
  },
  readlink: (t: UThread, path: string, options?: At): Awaitable<string> => {
    const { pm } = t.process;
    return andThen(
      resolve(t.process, path, (dest, walk) => pm.servers.readlink(t.thread, dest, walk), options),
      ({ reply }) => reply.target ?? '',
    );
  },
  rename,
  chmod: (t: UThread, path: string, mode: number, options?: At): Awaitable<void> => {
    const { servers } = t.process.pm;
    const bits = mode & 0o7777;
    const object = namedByHandle(t.process, path, options);
    if (object) return asVoid(servers.fchmod(t.thread, object.dest, { key: object.key!, mode: bits }));
    return onPath(t, path, (dest, walk) => servers.chmod(t.thread, dest, { ...walk, mode: bits }), options);
  },
  chown: (
    t: UThread,
    path: string,
    uid: number,
    gid: number,
    options?: At & { noFollow?: boolean },
  ): Awaitable<void> => {
    const { servers } = t.process.pm;
    const object = namedByHandle(t.process, path, options);
    if (object) return asVoid(servers.fchown(t.thread, object.dest, { key: object.key!, uid, gid }));
    const follow = !options?.noFollow;
    const ask: Ask<object> = (dest, walk) => servers.chown(t.thread, dest, { ...walk, uid, gid, follow });
    return onPath(t, path, ask, options);
  },
  lchown: (t: UThread, path: string, uid: number, gid: number): Awaitable<void> =>
    onPath(t, path, (dest, walk) =>
      t.process.pm.servers.chown(t.thread, dest, { ...walk, uid, gid, follow: false }),
    ),
  utimens: (
    t: UThread,
    path: string,
    atime: SetTime,
    mtime: SetTime,
    options?: At & { noFollow?: boolean },
  ): Awaitable<void> => {
    const { servers } = t.process.pm;
    const object = namedByHandle(t.process, path, options);
    if (object) return asVoid(servers.futimens(t.thread, object.dest, { key: object.key!, atime, mtime }));
    const follow = !options?.noFollow;
    const ask: Ask<object> = (dest, walk) =>
      servers.utimens(t.thread, dest, { ...walk, atime, mtime, follow });
    return onPath(t, path, ask, options);
  },
  truncate: (t: UThread, path: string, length: number): Awaitable<void> => {
    if (length < 0) throw new SysError('EINVAL');
    const limit = t.process.limits.fsize.soft;
    const done = (): Awaitable<void> =>
      onPath(t, path, (dest, walk) =>
        t.process.pm.servers.truncate(t.thread, dest, { ...walk, length, limit }),
      );
    return attempt(done, (error) => {
      if (isSysError(error, 'EFBIG') && length > limit) post(t.process, Sig.XFSZ);
      throw error;
    });
  },
  mknod: (t: UThread, path: string, mode: number, rdev = 0, options?: At): Awaitable<void> => {
    const { umask, pm } = t.process;
    const ask: Ask<object> = (dest, walk) => pm.servers.mknod(t.thread, dest, { ...walk, mode, umask, rdev });
    return onPath(t, path, ask, options);
  },
  statfs: (t: UThread, path: string): Awaitable<StatFs> => {
    const { pm } = t.process;
    return andThen(
      resolve(t.process, path, (dest, walk) => pm.servers.statfs(t.thread, dest, walk)),
      ({ reply }) => reply.statfs ?? missing(),
    );
  },
};

function missing(): never {
  throw new SysError('EPROTO');
}

function statPath(t: UThread, path: string, follow: boolean, options?: At): Awaitable<Stat> {
  const { pm } = t.process;
  const object = namedByHandle(t.process, path, options);
  if (object) {
    return andThen(pm.servers.fstat(t.thread, object.dest, { key: object.key! }), ({ stat }) => stat);
  }
  return andThen(
    resolve(t.process, path, (dest, walk) => pm.servers.stat(t.thread, dest, { ...walk, follow }), options),
    ({ reply }) => reply.stat ?? missing(),
  );
}

/** link(2), linkat(2). */
function link(
  t: UThread,
  from: string,
  to: string,
  options?: FromTo & { follow?: boolean; empty?: boolean },
): Awaitable<void> {
  const last = splitPath(to);
  const { directory, name } = last;
  const { pm } = t.process;
  const make = (object: OpenObject): Awaitable<void> =>
    withHandle(
      t,
      directory,
      O.DIRECTORY,
      (parent) => {
        if (name === '') throw new SysError('EEXIST');
        if (parent.port !== object.port) throw new SysError('EXDEV');
        const request = { object: object.key!, to: parent.key!, name: asWritten(last) };
        return asVoid(pm.servers.link(t.thread, object.dest, request));
      },
      atOf(options?.toAt),
    );
  if (from === '' && options?.empty && options.fromAt !== undefined) {
    return make(t.process.fds.object(options.fromAt));
  }
  return withHandle(t, from, options?.follow ? 0 : O.NOFOLLOW, make, atOf(options?.fromAt));
}

const atOf = (at: Fd | undefined): At | undefined => (at === undefined ? undefined : { at });

/** rename(2). The servers judge trailing slashes and '.' or '..' as last names. */
function rename(
  t: UThread,
  from: string,
  to: string,
  options?: FromTo & { flags?: number },
): Awaitable<void> {
  const source = splitPath(from);
  const target = splitPath(to);
  const { pm } = t.process;
  if (source.name === '' || target.name === '') throw new SysError('EBUSY');
  const within = (fromParent: OpenObject, toParent: OpenObject): Awaitable<void> => {
    if (fromParent.port !== toParent.port) throw new SysError('EXDEV');
    return asVoid(
      pm.servers.rename(t.thread, fromParent.dest, {
        from: fromParent.key!,
        fromName: asWritten(source),
        to: toParent.key!,
        toName: asWritten(target),
        flags: options?.flags ?? 0,
      }),
    );
  };
  const second = (fromParent: OpenObject): Awaitable<void> =>
    withHandle(
      t,
      searched(target),
      O.DIRECTORY,
      (toParent) => within(fromParent, toParent),
      atOf(options?.toAt),
    );
  return withHandle(t, searched(source), O.DIRECTORY, second, atOf(options?.fromAt));
}

/** A path to the directory of a name that fails where the directory may not be searched (EACCES). */
const searched = ({ directory }: { directory: string }): string => `${directory || '.'}/.`;

const asWritten = ({ name, slashed }: { name: string; slashed: boolean }): string =>
  slashed ? `${name}/` : name;
