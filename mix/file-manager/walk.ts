/**
 * Path resolution (POSIX 4.13) within one server's tree. A walk ends at an inode, or at the directory and
 * last name that a creating or removing call works on, or leaves the tree: then the caller goes on where
 * `moved` says.
 *
 * Each step first demands a directory (ENOTDIR) that may be searched (EACCES), as the system call would find
 * it.
 */
import type { Ino } from '../../drivers/volume.ts';
import type { Key } from '../../nucleus/ids/capability.ts';
import { Access, isDirectory, isSymlink, Limits, RESOLVE } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Credentials } from '../protocols/credentials.ts';
import type { MovedTo } from '../protocols/object.ts';
import type { NamePlace } from './notices.ts';
import { permits } from './rights.ts';
import type { FileServer } from './state.ts';

/** The part of a request that says where to walk. */
export interface WalkRequest {
  readonly at?: Key;
  readonly path: string;
  readonly root?: Key;
  readonly links: number;
  readonly rules?: number;
}

/** Where a walk to an existing inode ended. */
export type Found = { moved: MovedTo } | { moved?: undefined; ino: Ino; place?: NamePlace };

/**
 * Where a walk to a name ended. `name` is undefined for '', '.', '..' (`dots` says which): such a path names
 * the directory `directory` itself.
 */
export interface Place {
  readonly moved?: undefined;
  readonly directory: Ino;
  readonly name: string;
  /** What the last component was when it was no name. */
  readonly dots: '' | '.' | '..' | null;
  /** The path ended in '/'. */
  readonly slash: boolean;
  readonly links: number;
}
export type Placed = { moved: MovedTo } | Place;

interface Position {
  directory: Ino;
  rest: string;
  links: number;
}

/** Longest rest of a path that can be handed on to another server: ENAMETOOLONG. */
const REST_MAX = 8192;

/** Walks to an inode. `follow`: a symbolic link at the end is followed (always when the path ends in '/'). */
export function walkTo(server: FileServer, request: WalkRequest, who: Credentials, follow: boolean): Found {
  let place = walkToName(server, request, who);
  for (;;) {
    if (place.moved) return { moved: place.moved };
    if (place.dots !== null) return { ino: place.directory };
    const ino = server.volume.lookup(place.directory, place.name);
    if (ino === undefined) throw new SysError('ENOENT');
    const next = endsAt(server, place, ino, follow);
    if (typeof next === 'number') return { ino: next, place };
    if ('kind' in next) return { moved: next };
    place = advance(server, next, boundsOf(server, request), who);
  }
}

/** What the last component leads to: an inode, another server, or (a symbolic link) a path to go on with. */
function endsAt(server: FileServer, place: Place, ino: Ino, follow: boolean): Ino | MovedTo | Position {
  const mount = server.mounts.at(ino);
  const slash = place.slash ? '/' : '';
  if (mount) return { kind: 'server', port: mount.port, key: mount.key, rest: '', links: place.links };
  const { mode } = server.volume.attributes(ino);
  if (isSymlink(mode) && (follow || place.slash))
    return followLink(server, place.directory, ino, slash, place.links);
  if (place.slash && !isDirectory(mode)) throw new SysError('ENOTDIR');
  return ino;
}

/** Walks to the last component without looking at it. */
export function walkToName(server: FileServer, request: WalkRequest, who: Credentials): Placed {
  const start = startOf(server, request.at);
  const position = { directory: start, rest: request.path, links: request.links };
  if (Buffer.byteLength(request.path) >= Limits.PATH_MAX) throw new SysError('ENAMETOOLONG');
  return advance(server, position, boundsOf(server, request), who);
}

/** Goes on with a walk to a name behind a symbolic link that was found at it. Throws ELOOP. */
export function walkOn(
  server: FileServer,
  request: WalkRequest,
  who: Credentials,
  place: Place,
  link: Ino,
): Placed {
  const next = followLink(server, place.directory, link, place.slash ? '/' : '', place.links);
  if ('kind' in next) return { moved: next };
  return advance(server, next, boundsOf(server, request), who);
}

function startOf(server: FileServer, at: Key | undefined): Ino {
  return at === undefined ? server.volume.root : server.handles.get(at).ino;
}

/** Where '..' ends: at the root of the process if it is here; with `strict` it is an error there. */
interface Bounds {
  readonly root: Ino | undefined;
  readonly strict: boolean;
}

function boundsOf(server: FileServer, { root, rules = 0 }: WalkRequest): Bounds {
  const strict = (rules & RESOLVE.BENEATH) !== 0;
  return { root: root === undefined ? undefined : server.handles.get(root).ino, strict };
}

/** One step up; undefined where the tree is left. Throws EXDEV. */
function above(server: FileServer, directory: Ino, { root, strict }: Bounds): Ino | undefined {
  const { volume, attachment } = server;
  const atTop = directory === volume.root;
  if (directory === root || (atTop && !attachment)) {
    if (strict) throw new SysError('EXDEV');
    return directory;
  }
  return atTop ? undefined : volume.parent(directory);
}

function advance(server: FileServer, position: Position, bounds: Bounds, who: Credentials): Placed {
  let { directory, rest, links } = position;
  let dots: Place['dots'] = '';
  let from = skipSlashes(rest, 0);
  while (from < rest.length) {
    demandSearch(server, directory, who);
    const slashAt = rest.indexOf('/', from);
    const end = slashAt < 0 ? rest.length : slashAt;
    const name = rest.slice(from, end);
    const next = skipSlashes(rest, end);
    from = next;
    if (name === '.' || name === '..') {
      dots = name;
      const up = name === '.' ? directory : above(server, directory, bounds);
      if (up === undefined) return { moved: aboveRoot(server, rest.slice(next), links) };
      directory = up;
      continue;
    }
    if (name.length > 63 && Buffer.byteLength(name) > Limits.NAME_MAX) throw new SysError('ENAMETOOLONG');
    if (next === rest.length) return { directory, name, dots: null, slash: end < rest.length, links };
    const step = enter(server, directory, name, rest.slice(next), links);
    if (typeof step === 'number') {
      directory = step;
      continue;
    }
    if ('kind' in step) return { moved: step };
    ({ rest, links } = step);
    dots = '';
    from = skipSlashes(rest, 0);
  }
  return { directory, name: '', dots, slash: rest.endsWith('/'), links };
}

function skipSlashes(path: string, from: number): number {
  let at = from;
  while (at < path.length && path.charCodeAt(at) === 47) at += 1;
  return at;
}

function demandSearch(server: FileServer, directory: Ino, who: Credentials): void {
  const inode = server.volume.attributes(directory);
  if (!isDirectory(inode.mode)) throw new SysError('ENOTDIR');
  if (!permits(inode, who, Access.X_OK)) throw new SysError('EACCES');
}

/** One step down that is not the last. */
function enter(
  server: FileServer,
  directory: Ino,
  name: string,
  rest: string,
  links: number,
): Ino | MovedTo | Position {
  const ino = server.volume.lookup(directory, name);
  if (ino === undefined) throw new SysError('ENOENT');
  const mount = server.mounts.at(ino);
  if (mount) return movedOn({ kind: 'server', port: mount.port, key: mount.key, rest, links });
  if (!isSymlink(server.volume.attributes(ino).mode)) return ino;
  return followLink(server, directory, ino, `/${rest}`, links);
}

function followLink(
  server: FileServer,
  directory: Ino,
  link: Ino,
  after: string,
  links: number,
): MovedTo | Position {
  if (links >= Limits.SYMLOOP_MAX) throw new SysError('ELOOP');
  const target = server.volume.readlink(link);
  if (target === '') throw new SysError('ENOENT');
  const rest = target + after;
  if (target.startsWith('/')) return movedOn({ kind: 'root', rest, links: links + 1 });
  return { directory, rest, links: links + 1 };
}

function aboveRoot(server: FileServer, rest: string, links: number): MovedTo {
  const { port, parent } = server.attachment!;
  return movedOn({ kind: 'server', port, key: parent, rest, links });
}

function movedOn(moved: MovedTo): MovedTo {
  if (moved.rest.length > REST_MAX) throw new SysError('ENAMETOOLONG');
  return moved;
}
