/**
 * What the /proc tree is made of. Nodes are made on the way down a walk and hold nothing: contents are
 * computed when a file is opened (a reader sees one moment), directories when they are listed.
 */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import { S } from '../../../subsystems/unix/constants.ts';
import type { DirEntry } from '../../../subsystems/unix/sys.ts';

interface Owned {
  readonly uid: number;
  readonly gid: number;
  /** Permission bits. */
  readonly mode: number;
}

export interface Directory extends Owned {
  readonly kind: 'directory';
  names(): Awaitable<{ name: string; type: number }[]>;
  /** Undefined: ENOENT. `pid`: who asks (for 'self'), 0 when it is no process. */
  find(name: string, pid: number): Awaitable<Node | undefined>;
}

export interface File extends Owned {
  readonly kind: 'file';
  /** Text, or bytes as they are. */
  content(): Awaitable<string | Uint8Array>;
  /** A file too large to be computed at once: what it has from a byte offset on, as it is read. */
  slice?(offset: number, max: number): Awaitable<Uint8Array>;
}

export interface Link extends Owned {
  readonly kind: 'link';
  readonly target: string;
  /** It leads to an object, not to a path, whatever that may be called by now: see RESOLVE.NO_MAGICLINKS. */
  readonly magic?: true;
  /** A descriptor whose object has no path: opening the link reaches the object itself. */
  readonly descriptor?: { readonly pid: number; readonly fd: number };
}

/** A file without end: see trace.ts. */
export interface Stream extends Owned {
  readonly kind: 'stream';
  /** Of all sites, or of this one. */
  readonly everywhere: boolean;
}

export type Node = Directory | File | Link | Stream;

const ROOT_OWNED = { uid: 0, gid: 0 };

export const TYPE_OF: Record<Node['kind'], number> = {
  directory: S.IFDIR,
  file: S.IFREG,
  link: S.IFLNK,
  stream: S.IFREG,
};

export const file = (
  content: () => Awaitable<string | Uint8Array>,
  owner = ROOT_OWNED,
  mode = 0o444,
): File => ({
  kind: 'file',
  mode,
  content,
  uid: owner.uid,
  gid: owner.gid,
});

export const link = (target: string, owner = ROOT_OWNED): Link => ({
  kind: 'link',
  mode: 0o777,
  target,
  uid: owner.uid,
  gid: owner.gid,
});

export const magicLink = (target: string, owner = ROOT_OWNED): Link => ({
  ...link(target, owner),
  magic: true,
});

/** A directory of fixed names. */
export const fixed = (
  table: Readonly<Record<string, () => Node>>,
  owner = ROOT_OWNED,
  mode = 0o555,
): Directory => tabled(table, undefined, owner, mode);

/** A directory of fixed names that show something: one table serves all of its kind. */
export function tabled<T>(
  table: Readonly<Record<string, (shown: T) => Node>>,
  shown: T,
  owner = ROOT_OWNED,
  mode = 0o555,
): Directory {
  return {
    kind: 'directory',
    mode,
    uid: owner.uid,
    gid: owner.gid,
    names: () => Object.entries(table).map(([name, make]) => ({ name, type: TYPE_OF[make(shown).kind] })),
    find: (name) => (Object.hasOwn(table, name) ? table[name]!(shown) : undefined),
  };
}

/** Inode numbers come from paths: the same file has the same number at every walk (FNV-1a). */
export function inodeOf(path: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193) >>> 0;
  return hash + 1;
}

export const entryOf = (
  directory: string,
  { name, type }: { name: string; type: number },
): Omit<DirEntry, 'next'> => ({
  name,
  type,
  ino: inodeOf(`${directory}/${name}`),
});
