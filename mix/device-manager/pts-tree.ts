/**
 * The tree that is mounted on /dev/pts: one directory, one entry per pseudo-terminal whose master is open. It
 * speaks the object protocol on a port of its own; the terminals that are opened through it are the Device
 * Manager's objects.
 */

import type { Key } from '../../nucleus/ids/capability.ts';
import type { UI } from '../../nucleus/ids/ui.ts';
import type { CallContext } from '../../nucleus/ipc/port.ts';
import type { Implementation } from '../../nucleus/ipc/protocol.ts';
import { Access, O, S } from '../../subsystems/unix/constants.ts';
import { type ErrnoName, SysError } from '../../subsystems/unix/errno.ts';
import type { Stat, StatFs } from '../../subsystems/unix/sys.ts';
import { type Credentials, isMember } from '../protocols/credentials.ts';
import type { MovedTo, ObjectReply, ObjectRequest, ObjectSpecs } from '../protocols/object.ts';
import { callerOf } from './handles.ts';
import type { ObjectTable } from './object-table.ts';
import { PtsDirectory, PtsPath } from './pts-directory.ts';
import { PTS_DEVICE, PTS_ROOT_INO, type Ptys } from './ptys.ts';
import type { Terminal } from './terminal.ts';
import { chmodTerminal, chownTerminal } from './tty-file.ts';

type Walk = Pick<ObjectRequest<'statfs'>, 'path' | 'links'>;

/** Where a walk ended: the directory, a terminal, a name that is not there, or outside. */
type Place =
  | { readonly at: 'directory' }
  | { readonly at: 'terminal'; readonly number: number; readonly terminal: Terminal }
  | { readonly at: 'missing' }
  | { readonly at: 'outside'; readonly moved: MovedTo };

/** Holder of the root handle: no site, so that none can release it. */
const THE_TREE_ITSELF = 0;

export class PtsTree {
  private readonly objects: ObjectTable;
  private readonly ptys: Ptys;
  private readonly attributes: Stat;
  private readonly rootKey: Key;
  private attachment: { readonly port: UI; readonly parent: Key; readonly path: string } | null = null;

  constructor(objects: ObjectTable, ptys: Ptys, nowMs: number) {
    this.objects = objects;
    this.ptys = ptys;
    this.attributes = rootAttributes(nowMs);
    const root = new PtsDirectory('path', O.PATH | O.DIRECTORY, ptys, this.attributes);
    this.rootKey = objects.add(root, THE_TREE_ITSELF);
  }

  operations() {
    return {
      open: (request, context) => this.open(request, context),
      stat: (request) => this.visit(request, (terminal) => ({ stat: this.statOf(terminal) })),
      access: (request, { actorPi }) =>
        this.visit(request, (terminal) => {
          demand(this.statOf(terminal), { ...request, groups: actorPi.groups }, request.mode);
          return {};
        }),
      chmod: (request, context) =>
        this.visit(request, (terminal) => {
          chmodTerminal(only(terminal, 'EPERM'), callerOf(context), request.mode);
          return {};
        }),
      chown: (request, context) =>
        this.visit(request, (terminal) => {
          chownTerminal(only(terminal, 'EPERM'), callerOf(context), request.uid, request.gid);
          return {};
        }),
      readlink: (request) => this.visit(request, refuse('EINVAL')),
      unlink: (request) => this.visit(request, refuse('EPERM')),
      rmdir: (request) => this.visit(request, refuse('EPERM')),
      truncate: (request) => this.visit(request, refuse('EINVAL')),
      utimens: (request) => this.visit(request, refuse('EPERM')),
      mkdir: (request) => this.create(request),
      mknod: (request) => this.create(request),
      symlink: (request) => this.create(request),
      statfs: (request) => this.visit(request, () => ({ statfs: this.statfs() })),
      fstatfs: () => ({ statfs: this.statfs() }),
      mounted: (attachment) => this.mounted(attachment),
      unmounted: () => {
        this.attachment = null;
        return {};
      },
      mounts: () => ({ mounts: [] }),
      path: ({ key }) => this.path(key),
    } satisfies Partial<Implementation<ObjectSpecs>>;
  }

  // --- walking ---------------------------------------------------------------------------------------------

  private walk({ path, links }: Walk): Place {
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    while (names[0] === '..') {
      names.shift();
      if (this.attachment) return this.outside(names.join('/') + (path.endsWith('/') ? '/' : ''), links);
    }
    const name = names.shift();
    if (name === undefined) return { at: 'directory' };
    if (!/^(0|[1-9]\d{0,8})$/.test(name) || !this.ptys.numbers().includes(Number(name))) {
      if (names.length > 0) throw new SysError('ENOENT');
      return { at: 'missing' };
    }
    if (names.length > 0 || /\/\.?$/.test(path)) throw new SysError('ENOTDIR');
    return { at: 'terminal', number: Number(name), terminal: this.ptys.terminal(Number(name)) };
  }

  private outside(rest: string, links: number): Place {
    const { port, parent } = this.attachment!;
    return { at: 'outside', moved: { kind: 'server', port, key: parent, rest, links } };
  }

  /** Runs `then` on what a path leads to (undefined: the directory). Throws ENOENT. */
  private visit<R extends object>(
    request: Walk,
    then: (terminal: Terminal | undefined) => R,
  ): R | { moved: MovedTo } {
    const place = this.walk(request);
    if (place.at === 'outside') return { moved: place.moved };
    if (place.at === 'missing') throw new SysError('ENOENT');
    return then(place.at === 'terminal' ? place.terminal : undefined);
  }

  /** Nothing can be made here but by opening /dev/ptmx. */
  private create(request: Walk): { moved: MovedTo } {
    const place = this.walk(request);
    if (place.at === 'outside') return { moved: place.moved };
    throw new SysError(place.at === 'missing' ? 'EPERM' : 'EEXIST');
  }

  // --- operations ------------------------------------------------------------------------------------------

  private open(request: ObjectRequest<'open'>, context: CallContext): ObjectReply<'open'> {
    const { flags } = request;
    const place = this.walk(request);
    if (place.at === 'outside') return { moved: place.moved };
    if (place.at === 'missing') throw new SysError(flags & O.CREAT ? 'EACCES' : 'ENOENT');
    if (flags & O.CREAT && flags & O.EXCL) throw new SysError('EEXIST');
    this.objects.reserve(1);
    const file =
      place.at === 'directory' ? this.openDirectory(flags) : this.openTerminal(place, flags, context);
    return { key: this.objects.add(file, context.srcSite), kind: file.kind };
  }

  private openDirectory(flags: number): PtsDirectory {
    const isPath = (flags & O.PATH) !== 0;
    if (!isPath && (flags & O.ACCMODE || flags & O.CREAT)) throw new SysError('EISDIR');
    return new PtsDirectory(isPath ? 'path' : 'directory', flags, this.ptys, this.attributes);
  }

  private openTerminal(place: { number: number; terminal: Terminal }, flags: number, context: CallContext) {
    if (flags & O.DIRECTORY) throw new SysError('ENOTDIR');
    const { attributes } = place.terminal;
    if (flags & O.PATH) return new PtsPath(flags, attributes);
    const access = flags & O.ACCMODE;
    const wanted = (access !== O.WRONLY ? Access.R_OK : 0) | (access !== O.RDONLY ? Access.W_OK : 0);
    demand(attributes, context.actorPi, wanted);
    return this.ptys.openSlave(place.number, flags);
  }

  private statOf(terminal: Terminal | undefined): Stat {
    return terminal ? terminal.attributes : this.attributes;
  }

  private statfs(): StatFs {
    const { length } = this.ptys.numbers();
    return {
      type: 'devpts',
      source: 'devpts',
      bsize: 4096,
      blocks: 0,
      bfree: 0,
      bavail: 0,
      files: length,
      ffree: 0,
      namelen: 255,
      readOnly: false,
    };
  }

  private mounted({ port, parent, path }: ObjectRequest<'mounted'>): ObjectReply<'mounted'> {
    if (this.attachment) throw new SysError('EBUSY');
    this.attachment = { port, parent, path };
    return { root: this.rootKey };
  }

  /** The path continues that of the directory that holds the mount point. */
  private path(key: Key): ObjectReply<'path'> {
    if (!(this.objects.get(key) instanceof PtsDirectory)) throw new SysError('ENOTDIR');
    if (!this.attachment) return { path: '/' };
    const { port, parent, path } = this.attachment;
    return { path: path.slice(path.lastIndexOf('/')), parent: { port, key: parent } };
  }
}

function rootAttributes(nowMs: number): Stat {
  return {
    dev: PTS_DEVICE,
    ino: PTS_ROOT_INO,
    mode: S.IFDIR | 0o755,
    nlink: 2,
    uid: 0,
    gid: 0,
    rdev: 0,
    size: 0,
    blksize: 1024,
    blocks: 0,
    atimeMs: nowMs,
    mtimeMs: nowMs,
    ctimeMs: nowMs,
  };
}

/** Throws EACCES unless the class that the caller falls in has every right of `wanted` (access(2) bits). */
function demand(stat: Stat, who: Credentials, wanted: number): void {
  if (who.uid === 0) return;
  const shift = who.uid === stat.uid ? 6 : isMember(who, stat.gid) ? 3 : 0;
  if (((stat.mode >> shift) & wanted) !== wanted) throw new SysError('EACCES');
}

function only(terminal: Terminal | undefined, error: ErrnoName): Terminal {
  if (!terminal) throw new SysError(error);
  return terminal;
}

const refuse = (error: ErrnoName) => (): never => {
  throw new SysError(error);
};
