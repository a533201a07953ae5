/**
 * The client side of path resolution: which server is asked first, and where a walk goes on when it leaves a
 * server's tree (mount points, symbolic ports, '..' above a volume, absolute symbolic links).
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import type { Key } from '../../nucleus/ids/capability.ts';
import { type SiteId, type UI, uiCreationSite } from '../../nucleus/ids/ui.ts';
import type { Destination } from '../../nucleus/ipc/message.ts';
import { Limits, RESOLVE } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { At } from '../../subsystems/unix/sys.ts';
import type { MovedTo } from '../protocols/object.ts';
import type { OpenObject } from './objects.ts';
import type { Process } from './process.ts';

/** Servers that one resolution may pass through: ELOOP. */
export const MOVES_MAX = 64;

/** What every path operation's request carries. */
export interface Walk {
  at?: Key;
  path: string;
  root?: Key;
  links: number;
  rules?: number;
}

/** Asks one server; its reply has `moved` when the walk goes on elsewhere. */
export type Ask<R> = (dest: Destination, walk: Walk) => Awaitable<R>;

export interface Resolved<R> {
  readonly reply: R;
  /** The server that answered. */
  readonly port: UI;
}

export function checkPath(path: string): void {
  if (path === '') throw new SysError('ENOENT');
  if (path.length >= Limits.PATH_MAX) throw new SysError('ENAMETOOLONG');
  if (path.includes('\0')) throw new SysError('EINVAL');
}

/** Where a relative path starts. Throws ENOTDIR for what is no directory, unless the path is empty. */
function startOf(process: Process, path: string, options: At | undefined): OpenObject {
  if (options?.at === undefined) return process.cwd;
  const object = process.fds.object(options.at);
  const { kind } = object;
  if (kind !== 'directory' && kind !== 'path' && path !== '') throw new SysError('ENOTDIR');
  return object;
}

/**
 * The descriptor's object when AT_EMPTY_PATH lets '' name it and it is more than a place: then the call by
 * handle is meant. A place (O_PATH) is walked to like any path, so that symbolic links can be named.
 */
export function namedByHandle(
  process: Process,
  path: string,
  options: At | undefined,
): OpenObject | undefined {
  if (path !== '' || options?.empty !== true || options.at === undefined) return undefined;
  const object = process.fds.object(options.at);
  return object.kind === 'path' || object.key === undefined ? undefined : object;
}

export const stripSlashes = (path: string): string => {
  let start = 0;
  while (path.charCodeAt(start) === 47) start += 1;
  return path.slice(start);
};

/** Resolves `path` for a process. Throws what the servers throw; ENOENT '' ; ENAMETOOLONG; ELOOP. */
export function resolve<R extends { moved?: MovedTo }>(
  process: Process,
  path: string,
  ask: Ask<R>,
  options?: At,
): Awaitable<Resolved<R>> {
  if (path !== '' || options?.empty !== true) checkPath(path);
  const absolute = path.charCodeAt(0) === 47;
  const rules = options?.resolve ?? 0;
  const confined = (rules & (RESOLVE.BENEATH | RESOLVE.IN_ROOT)) !== 0;
  const root = confined ? startOf(process, path || '.', options) : process.root;
  if (absolute && rules & RESOLVE.BENEATH) throw new SysError('EXDEV');
  const start = absolute ? root : startOf(process, path, options);
  const scope = rules === 0 ? { root, rules } : { root, rules, start: start.port, site: process.pm.site };
  const links = rules & RESOLVE.NO_SYMLINKS ? Limits.SYMLOOP_MAX : 0;
  return walkOn(scope, ask, start.port, start.key, absolute ? stripSlashes(path) : path, links, 0);
}

/** Where a walk may go: the root of absolute paths, and the rules of openat2(2). */
interface Scope {
  readonly root: OpenObject;
  readonly rules: number;
  /** With rules: the server that the walk began at, and the caller's site. */
  readonly start?: UI;
  readonly site?: SiteId;
}

/** What the rules say of a server that the walk comes to. Throws EXDEV; EAGAIN where it would wait. */
function checkServer({ rules, start, site }: Scope, port: UI): void {
  if (rules & RESOLVE.NO_XDEV && port !== start) throw new SysError('EXDEV');
  if (rules & RESOLVE.CACHED && uiCreationSite(port) !== site) throw new SysError('EAGAIN');
}

function walkOn<R extends { moved?: MovedTo }>(
  scope: Scope,
  ask: Ask<R>,
  port: UI,
  at: Key | undefined,
  path: string,
  links: number,
  moves: number,
): Awaitable<Resolved<R>> {
  const { root, rules } = scope;
  const walk: Walk = { path, links };
  if (rules !== 0) {
    checkServer(scope, port);
    walk.rules = rules;
  }
  if (at !== undefined) walk.at = at;
  if (root.key !== undefined && root.port === port) walk.root = root.key;
  const next = (reply: R): Awaitable<Resolved<R>> => {
    const { moved } = reply;
    if (!moved) return { reply, port };
    if (moves >= MOVES_MAX || moved.links > Limits.SYMLOOP_MAX) throw new SysError('ELOOP');
    if (moved.kind === 'root') {
      if (rules & RESOLVE.BENEATH) throw new SysError('EXDEV');
      return walkOn(scope, ask, root.port, root.key, stripSlashes(moved.rest), moved.links, moves + 1);
    }
    if (moved.port === undefined) throw new SysError('EPROTO');
    return walkOn(scope, ask, moved.port, moved.key, moved.rest, moved.links, moves + 1);
  };
  const reply = ask({ target: port }, walk);
  return isPromise(reply) ? reply.then(next) : next(reply);
}

/**
 * Splits a path for operations on a name in a directory (rename, link). Trailing slashes do not count;
 * `slashed` tells that there were some. The directory of 'name' is '.', of '/name' is '/'.
 */
export function splitPath(path: string): { directory: string; name: string; slashed: boolean } {
  checkPath(path);
  let end = path.length;
  while (end > 1 && path.charCodeAt(end - 1) === 47) end -= 1;
  const bare = path.slice(0, end);
  const slash = bare.lastIndexOf('/');
  const name = bare.slice(slash + 1);
  const directory = slash < 0 ? '.' : slash === 0 ? '/' : bare.slice(0, slash);
  return { directory, name, slashed: end < path.length };
}
