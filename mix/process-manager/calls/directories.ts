/** Directories: making, removing, reading, the working and root directory, mounts. */
import { type Awaitable, isPromise } from '../../../nucleus/awaitable.ts';
import type { UI } from '../../../nucleus/ids/ui.ts';
import { Limits, O } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { At, DirEntry, Fd } from '../../../subsystems/unix/sys.ts';
import { FILE_MANAGERS } from '../../protocols/process.ts';
import { andThen } from '../and-then.ts';
import { asVoid } from '../manager.ts';
import type { OpenObject } from '../objects.ts';
import type { UThread } from '../process.ts';
import { resolve, splitPath } from '../resolve.ts';
import { openObject, withHandle } from './files.ts';

/** Entries asked for in one message. */
const READDIR_BATCH = 256;
/** Trees that getcwd may climb through. */
const CLIMB_MAX = 64;

export const directoryCalls = {
  mkdir: (t: UThread, path: string, mode = 0o777, options?: At): Awaitable<void> => {
    const { pm, umask } = t.process;
    return asVoid(
      resolve(
        t.process,
        path,
        (dest, walk) => pm.servers.mkdir(t.thread, dest, { ...walk, mode: mode & 0o7777, umask }),
        options,
      ),
    );
  },
  rmdir: (t: UThread, path: string, options?: At): Awaitable<void> => {
    const { pm } = t.process;
    return asVoid(resolve(t.process, path, (dest, walk) => pm.servers.rmdir(t.thread, dest, walk), options));
  },
  readdir: (t: UThread, fd: Fd, most = READDIR_BATCH): Awaitable<DirEntry[]> => {
    const { fds, pm } = t.process;
    const object = fds.object(fd);
    if (object.kind === 'path') throw new SysError('EBADF');
    if (object.kind !== 'directory') throw new SysError('ENOTDIR');
    if (most < 1) throw new SysError('EINVAL');
    const max = Math.min(most, READDIR_BATCH);
    const reply = pm.servers.readdir(t.thread, object.dest, { key: object.key!, max });
    return andThen(reply, ({ entries }) => entries);
  },
  chdir: (t: UThread, path: string): Awaitable<void> => {
    const { process } = t;
    return andThen(searchable(t, path), (object) => {
      const old = process.cwd;
      process.cwd = object;
      return andThen(labelOf(t, object), (label) => {
        object.label = label;
        return process.pm.objects.drop(old);
      });
    });
  },
  fchdir: (t: UThread, fd: Fd): Awaitable<void> => {
    const { process } = t;
    const object = process.fds.object(fd);
    if (object.kind !== 'directory' && object.kind !== 'path') throw new SysError('ENOTDIR');
    return andThen(checkSearch(t, object), () => {
      object.refs += 1;
      const old = process.cwd;
      process.cwd = object;
      return process.pm.objects.drop(old);
    });
  },
  chroot: (t: UThread, path: string): Awaitable<void> => {
    const { process } = t;
    return andThen(searchable(t, path), (object) => {
      if (process.creds.euid !== 0) {
        void process.pm.objects.drop(object);
        throw new SysError('EPERM');
      }
      const old = process.root;
      process.root = object;
      return process.pm.objects.drop(old);
    });
  },
  getcwd: (t: UThread): Awaitable<string> =>
    andThen(absolutePath(t, t.process.cwd), (path) => {
      if (path.length >= Limits.PATH_MAX) throw new SysError('ENAMETOOLONG');
      return path;
    }),
  umask: (t: UThread, mask: number): number => {
    const old = t.process.umask;
    t.process.umask = mask & 0o777;
    return old;
  },
  mount,
  umount: (t: UThread, target: string): Awaitable<void> => {
    const { process } = t;
    if (process.creds.euid !== 0) throw new SysError('EPERM');
    return asVoid(resolve(process, target, (dest, walk) => process.pm.servers.umount(t.thread, dest, walk)));
  },
  sync: (t: UThread): Awaitable<void> => syncAll(t),
};

/** A directory handle that the process may search. Throws EACCES, ENOTDIR. */
function searchable(t: UThread, path: string): Awaitable<OpenObject> {
  return andThen(openObject(t, path, O.PATH | O.DIRECTORY, 0), (object) => {
    const failed = (error: unknown): never => {
      void t.process.pm.objects.drop(object);
      throw error;
    };
    try {
      const checked = checkSearch(t, object);
      return checked instanceof Promise ? checked.then(() => object, failed) : object;
    } catch (error) {
      return failed(error);
    }
  });
}

function checkSearch(t: UThread, object: OpenObject): Awaitable<void> {
  const { pm, creds } = t.process;
  const walk = { path: '.', links: 0, ...(object.key === undefined ? {} : { at: object.key }) };
  const { fsuid: uid, fsgid: gid } = creds;
  return asVoid(pm.servers.access(t.thread, object.dest, { ...walk, mode: 1, uid, gid }));
}

/**
 * What /proc shows of a working directory: its path, or how it was named when it has none (too deep, lost).
 */
function labelOf(t: UThread, object: OpenObject): Awaitable<string> {
  const { label } = object;
  try {
    const path = absolutePath(t, object);
    return isPromise(path) ? path.catch(() => label) : path;
  } catch {
    return label;
  }
}

/** The path of a directory from the process' root. Throws ENOENT when it was removed. */
export function absolutePath(t: UThread, object: OpenObject): Awaitable<string> {
  const { root } = t.process;
  if (object === root || (object.port === root.port && object.key === undefined && root.key === undefined))
    return '/';
  return climb(t, object.port, object, '', 0);
}

function climb(
  t: UThread,
  port: OpenObject['port'],
  at: Pick<OpenObject, 'key'>,
  below: string,
  depth: number,
): Awaitable<string> {
  const { root, pm } = t.process;
  const reachable = root.port === port;
  if (at.key === undefined) return seen(below === '' ? '/' : below, reachable && root.key === undefined);
  if (depth > CLIMB_MAX) throw new SysError('ELOOP');
  const scope = root.key !== undefined && root.port === port ? { root: root.key } : {};
  const reply = pm.asManager(t.thread, () =>
    pm.servers.path(t.thread, { target: port }, { key: at.key!, ...scope }),
  );
  return andThen(reply, ({ path, parent, outside }) => {
    const whole = joined(path, below);
    if (!parent) return seen(whole, reachable && !outside);
    return climb(t, parent.port, { key: parent.key }, whole, depth + 1);
  });
}

/** As getcwd(2) tells a directory that is not below the root of the process. */
const seen = (path: string, reachable: boolean): string => (reachable ? path : `(unreachable)${path}`);

/** `path` is absolute within a tree; `below` continues it. */
function joined(path: string, below: string): string {
  if (below === '' || below === '/') return path;
  return path === '/' ? below : path + below;
}

function mount(
  t: UThread,
  source: string,
  target: string,
  type: string,
  options?: { readOnly?: boolean; remount?: boolean },
): Awaitable<void> {
  const { process } = t;
  const { pm } = process;
  if (process.creds.euid !== 0) throw new SysError('EPERM');
  if (options?.remount === true) {
    const readOnly = options.readOnly === true;
    return asVoid(
      resolve(process, target, (dest, walk) => pm.servers.remount(t.thread, dest, { ...walk, readOnly })),
    );
  }
  const find = pm.options.mountSource;
  if (!find) throw new SysError('ENODEV');
  return mountAt(t, target, () => find(source, type, options?.readOnly === true), source);
}

/**
 * The two halves of a mount: the tree learns where it hangs (in which directory), the directory what hangs
 * there. The place is named without symbolic links, so that its directory is on one server.
 */
async function mountAt(
  t: UThread,
  target: string,
  find: () => Awaitable<{ port: UI; type: string }>,
  source: string,
): Promise<void> {
  const { process, thread } = t;
  const { pm } = process;
  const path = await withHandle(t, target, O.DIRECTORY, (place) => absolutePath(t, place));
  if (path === '/') throw new SysError('EBUSY');
  const { directory, name } = splitPath(path);
  const holder = await openObject(t, directory, O.PATH | O.DIRECTORY, 0);
  try {
    const { port, type } = await find();
    const dest = { target: port };
    const parent = holder.key!;
    const { root } = await pm.servers.mounted(thread, dest, { port: holder.port, parent, path });
    try {
      const walk = { at: parent, path: name, links: 0 };
      const request = { ...walk, port, key: root, source, type, parent };
      const { moved } = await pm.servers.mount(thread, holder.dest, request);
      // Something hangs there already.
      if (moved) throw new SysError('EBUSY');
    } catch (error) {
      await pm.servers.unmounted(thread, dest, {});
      throw error;
    }
  } finally {
    await pm.objects.drop(holder);
  }
}

/** Every server of files that the site's processes have met, its root's included. */
async function syncAll(t: UThread): Promise<void> {
  const { pm } = t.process;
  for (const { port } of pm.nucleus.ipc.allMembers(FILE_MANAGERS.ui)) {
    try {
      await pm.servers.sync(t.thread, { target: port }, {});
    } catch {
      // sync(2) has no errors: a lost server has nothing left to write.
    }
  }
}
