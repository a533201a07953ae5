/**
 * The /proc server: the object protocol over a tree that is computed. Read-only; what it shows of a process
 * that ends meanwhile is its last state.
 */
import type { UI } from '../../../nucleus/ids/ui.ts';
import type { CallContext } from '../../../nucleus/ipc/port.ts';
import { serve } from '../../../nucleus/ipc/stubs.ts';
import { Access, O, Poll, S, Seek } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Stat, StatFs } from '../../../subsystems/unix/sys.ts';
import { type Credentials, isMember } from '../../protocols/credentials.ts';
import { ObjectProtocol, type ObjectReply, type ObjectRequest } from '../../protocols/object.ts';
import { unsupported } from '../../protocols/unsupported.ts';
import type { Manager } from '../manager.ts';
import { DESCRIPTOR_ID } from '../open-special.ts';
import { type Handle, Handles } from './handles.ts';
import { entryOf, inodeOf, type Link, type Node, TYPE_OF } from './nodes.ts';
import { rootDirectory } from './root.ts';
import { followOtherSites, TraceReader } from './trace.ts';
import { type Place, type ProcTree, walk } from './walk.ts';

const BLOCK = 4096;
const ENTRIES_MAX = 512;
const WRITES = O.WRONLY | O.RDWR | O.TRUNC | O.CREAT;

export function serveProc(pm: Manager): UI {
  const tree: ProcTree = { root: rootDirectory(pm), handles: new Handles(pm.nucleus.random), parent: null };
  const port = serve(pm.nucleus, pm.actor, ObjectProtocol, {
    ...unsupported,
    ...pathOperations(pm, tree),
    ...handleOperations(pm, tree),
    ...attachOperations(tree),
  });
  pm.procPort = port.ui;
  pm.nucleus.onSite((site, up) => {
    if (!up) tree.handles.siteLost(site);
  });
  return port.ui;
}

function statOf(pm: Manager, { node, path }: Place): Stat {
  const timeMs = pm.bootedMs;
  return {
    dev: pm.site * 256 + 4,
    ino: inodeOf(path),
    mode: TYPE_OF[node.kind] | node.mode,
    nlink: node.kind === 'directory' ? 2 : 1,
    uid: node.uid,
    gid: node.gid,
    rdev: 0,
    size: node.kind === 'link' ? node.target.length : 0,
    blksize: BLOCK,
    blocks: 0,
    atimeMs: timeMs,
    mtimeMs: timeMs,
    ctimeMs: timeMs,
  };
}

const STATFS: StatFs = {
  type: 'proc',
  source: 'proc',
  bsize: BLOCK,
  blocks: 0,
  bfree: 0,
  bavail: 0,
  files: 0,
  ffree: 0,
  namelen: 255,
  readOnly: false,
};

/** Owner, group, others; root may read everything. */
function demand(node: Node, who: Credentials, wanted: number): void {
  if (who.uid === 0) {
    if (wanted & Access.X_OK && (node.mode & 0o111) === 0) throw new SysError('EACCES');
    return;
  }
  const shift = who.uid === node.uid ? 6 : isMember(who, node.gid) ? 3 : 0;
  if (((node.mode >> shift) & 7 & wanted) !== wanted) throw new SysError('EACCES');
}

function pathOperations(pm: Manager, tree: ProcTree) {
  type Stated = ObjectReply<'stat'>;
  return {
    open: (request: ObjectRequest<'open'>, context: CallContext) => open(pm, tree, request, context),
    stat: async (request: ObjectRequest<'stat'>, { actorPi }: CallContext): Promise<Stated> => {
      const { place, moved } = await walk(tree, request, actorPi.domain, request.follow);
      if (moved) return { moved };
      const { node } = place;
      const target = request.follow && node.kind === 'link' ? await descriptorStat(pm, node) : undefined;
      return { stat: target ?? statOf(pm, place) };
    },
    access: async (
      request: ObjectRequest<'access'>,
      { actorPi }: CallContext,
    ): Promise<ObjectReply<'access'>> => {
      const { place, moved } = await walk(tree, request, actorPi.domain, true);
      if (moved) return { moved };
      const { uid, gid, mode } = request;
      demand(place.node, { uid, gid, groups: actorPi.groups }, mode);
      return {};
    },
    readlink: async (request: ObjectRequest<'readlink'>, { actorPi }: CallContext) => {
      const { place, moved } = await walk(tree, request, actorPi.domain, false);
      if (moved) return { moved };
      if (place.node.kind !== 'link') throw new SysError('EINVAL');
      return { target: place.node.target };
    },
    statfs: async (
      request: ObjectRequest<'statfs'>,
      { actorPi }: CallContext,
    ): Promise<ObjectReply<'statfs'>> => {
      const { moved } = await walk(tree, request, actorPi.domain, true);
      return moved ? { moved } : { statfs: STATFS };
    },
  };
}

async function open(
  pm: Manager,
  tree: ProcTree,
  request: ObjectRequest<'open'>,
  { actorPi, srcSite }: CallContext,
): Promise<ObjectReply<'open'>> {
  const { flags } = request;
  const follow = (flags & O.NOFOLLOW) === 0;
  const { place, moved } = await walk(tree, request, actorPi.domain, follow);
  if (moved) return { moved };
  const { node, path } = place;
  if (node.kind === 'link' && node.descriptor && follow) return { special: descriptorSpecial(pm, place) };
  if (flags & O.DIRECTORY && node.kind !== 'directory') throw new SysError('ENOTDIR');
  const isPlace = (flags & O.PATH) !== 0;
  if (!isPlace) checkOpen(node, flags, actorPi);
  const content = isPlace || node.kind !== 'file' ? '' : await node.content();
  const key = tree.handles.add({
    node,
    path,
    flags: flags & (O.ACCMODE | O.NONBLOCK | O.APPEND | O.PATH | O.DIRECTORY),
    place: isPlace,
    content: typeof content === 'string' ? new TextEncoder().encode(content) : content,
    offset: 0,
    trace: node.kind === 'stream' && !isPlace ? openTrace(pm, node.everywhere, actorPi.domain) : null,
    holders: new Set([srcSite]),
  });
  return { key, kind: kindOf(node, isPlace) };
}

/** What a descriptor without a path refers to, when the process is here. */
async function descriptorStat(pm: Manager, { descriptor }: Link): Promise<Stat | undefined> {
  const object = descriptor && pm.find(descriptor.pid)?.fds.find(descriptor.fd);
  if (object?.key === undefined) return undefined;
  const { key, dest } = object;
  return (await pm.withThread((thread) => pm.servers.fstat(thread, dest, { key }))).stat;
}

/** The opener's manager reaches the object: see open-special.ts. */
function descriptorSpecial(pm: Manager, place: Place): NonNullable<ObjectReply<'open'>['special']> {
  const { descriptor } = place.node as Link;
  const { pid, fd } = descriptor!;
  const id = `${DESCRIPTOR_ID}${pid}:${fd}`;
  return { kind: 'char', id, rdev: 0, site: pm.site, attributes: statOf(pm, place) };
}

function kindOf(node: Node, isPlace: boolean): NonNullable<ObjectReply<'open'>['kind']> {
  if (isPlace) return 'path';
  if (node.kind === 'directory') return 'directory';
  return node.kind === 'stream' ? 'char' : 'file';
}

function checkOpen(node: Node, flags: number, who: Credentials): void {
  if (node.kind === 'link') throw new SysError('ELOOP');
  if (flags & O.CREAT && flags & O.EXCL) throw new SysError('EEXIST');
  if (flags & WRITES & ~O.CREAT) throw new SysError(node.kind === 'directory' ? 'EISDIR' : 'EACCES');
  demand(node, who, Access.R_OK);
}

function openTrace(pm: Manager, everywhere: boolean, reader: number): TraceReader {
  const trace = new TraceReader(pm, reader, new Set([pm.procPort]));
  if (everywhere) followOtherSites(pm, trace);
  return trace;
}

function handleOperations(pm: Manager, tree: ProcTree) {
  const { handles } = tree;
  return {
    read: (request: ObjectRequest<'read'>, context: CallContext) =>
      read(handles.get(request.key), request, context),
    seek: ({ key, offset, whence }: ObjectRequest<'seek'>): ObjectReply<'seek'> => {
      const handle = opened(handles.get(key));
      if (handle.trace) throw new SysError('ESPIPE');
      const base = whence === Seek.SET ? 0 : whence === Seek.CUR ? handle.offset : handle.content.length;
      if (base + offset < 0) throw new SysError('EINVAL');
      handle.offset = base + offset;
      return { offset: handle.offset };
    },
    fstat: ({ key }: ObjectRequest<'fstat'>): ObjectReply<'fstat'> => ({
      stat: statOf(pm, handles.get(key)),
    }),
    fstatfs: ({ key }: ObjectRequest<'fstatfs'>): ObjectReply<'fstatfs'> => {
      handles.get(key);
      return { statfs: STATFS };
    },
    readdir: ({ key, max }: ObjectRequest<'readdir'>) => readdir(handles.get(key), max),
    getFlags: ({ key }: ObjectRequest<'getFlags'>) => ({ flags: handles.get(key).flags }),
    setFlags: () => ({}),
    poll: async (request: ObjectRequest<'poll'>, { thread }: CallContext): Promise<ObjectReply<'poll'>> => {
      const { trace } = handles.get(request.key);
      while (trace && !trace.ready && request.wait) await trace.wait(thread);
      const ready = !trace || trace.ready ? Poll.IN : 0;
      return { revents: request.events & (ready | Poll.OUT) };
    },
    fsync: () => ({}),
    unlockAll: () => ({}),
    path: ({ key }: ObjectRequest<'path'>): ObjectReply<'path'> => {
      const { node, path } = handles.get(key);
      if (node.kind !== 'directory') throw new SysError('ENOTDIR');
      if (!tree.parent) return { path: path || '/' };
      const { port, key: parent, name } = tree.parent;
      return { path: `/${name}${path}`, parent: { port, key: parent } };
    },
    hold: ({ keys }: ObjectRequest<'hold'>, { srcSite }: CallContext) => {
      handles.hold(keys, srcSite);
      return {};
    },
    release: ({ key }: ObjectRequest<'release'>, { srcSite }: CallContext) => {
      handles.release(key, srcSite);
      return {};
    },
  };
}

function opened(handle: Handle): Handle {
  if (handle.place) throw new SysError('EBADF');
  return handle;
}

async function read(
  handle: Handle,
  { max, offset }: ObjectRequest<'read'>,
  { thread }: CallContext,
): Promise<ObjectReply<'read'>> {
  const { trace, node } = opened(handle);
  if (node.kind === 'directory') throw new SysError('EISDIR');
  if (trace) {
    if (!trace.ready && handle.flags & O.NONBLOCK) throw new SysError('EAGAIN');
    while (!trace.ready) await trace.wait(thread);
    return { data: trace.take(max) };
  }
  const at = offset < 0 ? handle.offset : offset;
  const own = node.kind === 'file' ? node.slice : undefined;
  const data = own ? await own(at, max) : handle.content.slice(at, at + max);
  if (offset < 0) handle.offset += data.length;
  return { data };
}

async function readdir(handle: Handle, max: number): Promise<ObjectReply<'readdir'>> {
  const { node, path } = opened(handle);
  if (node.kind !== 'directory') throw new SysError('ENOTDIR');
  const names = await node.names();
  const dots = ['.', '..'].map((name) => ({ name, type: S.IFDIR, ino: inodeOf(path) }));
  const all = [...dots, ...names.map((entry) => entryOf(path, entry))];
  const first = handle.offset;
  const entries = all
    .slice(first, first + Math.min(max, ENTRIES_MAX))
    .map((entry, i) => ({ ...entry, next: first + i + 1 }));
  handle.offset += entries.length;
  return { entries };
}

function attachOperations(tree: ProcTree) {
  return {
    mounted: (
      { port, parent, path }: ObjectRequest<'mounted'>,
      { srcSite }: CallContext,
    ): ObjectReply<'mounted'> => {
      tree.parent = { port, key: parent, name: path.slice(path.lastIndexOf('/') + 1) };
      const root: Handle = {
        node: tree.root,
        path: '',
        flags: O.PATH | O.DIRECTORY,
        place: true,
        content: new Uint8Array(0),
        offset: 0,
        trace: null,
        holders: new Set([srcSite]),
      };
      return { root: tree.handles.add(root) };
    },
    unmounted: () => {
      tree.parent = null;
      return {};
    },
    mounts: () => ({ mounts: [] }),
    sync: () => ({}),
  };
}
