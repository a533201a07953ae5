/** mount, umount, and the two halves of an attachment. Root's alone. */
import { isPromise } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import { type UI, uiCreationSite, uiEpoch } from '../../nucleus/ids/ui.ts';
import type { CallContext } from '../../nucleus/ipc/port.ts';
import { client } from '../../nucleus/ipc/stubs.ts';
import { isDirectory } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { ObjectProtocol, type ObjectReply, type ObjectRequest } from '../protocols/object.ts';
import { MOUNTS_MAX, type Mount } from './mounts.ts';
import { credentialsOf, type FileServer, type Operations } from './state.ts';
import { walkTo, walkToName } from './walk.ts';

export function mountOperations(server: FileServer): Operations {
  const { handles } = server;
  return {
    mount: (request, context) => mount(server, request, context),
    umount: (request, context) => umount(server, request, context),
    remount: (request, context) => remount(server, request, context),
    mounted: ({ port, parent, path }, context) => {
      demandRoot(context);
      if (server.attachment && !isRebooted(server.attachment.port, port)) throw new SysError('EBUSY');
      server.attachment = { port, parent, path };
      return { root: server.rootKey };
    },
    unmounted: (_, context) => {
      demandRoot(context);
      if (!server.attachment) throw new SysError('EINVAL');
      if (handles.inUse > 0 || server.mounts.count > 0) throw new SysError('EBUSY');
      server.attachment = null;
      server.onUnmounted?.();
      return {};
    },
    mounts: (_, context) => listMounts(server, context),
  };
}

function demandRoot(context: CallContext): void {
  if (credentialsOf(context).uid !== 0) throw new SysError('EPERM');
}

function mount(
  server: FileServer,
  request: ObjectRequest<'mount'>,
  context: CallContext,
): ObjectReply<'mount'> {
  demandRoot(context);
  replaceDead(server, request, context);
  const found = walkTo(server, request, credentialsOf(context), true);
  if (found.moved) return { moved: found.moved };
  const { ino } = found;
  if (!isDirectory(server.volume.attributes(ino).mode)) throw new SysError('ENOTDIR');
  if (ino === server.volume.root) throw new SysError('EBUSY');
  if (server.mounts.count >= MOUNTS_MAX) throw new SysError('ENOSPC');
  const { port, key, source, type, parent } = request;
  if (parent !== undefined) server.handles.pin(parent);
  server.mounts.add({ ino, port, key, source, type, parent });
  return {};
}

function detach(server: FileServer, { ino, parent }: Mount): void {
  server.mounts.remove(ino);
  const closed = parent === undefined ? undefined : server.handles.unpin(parent);
  if (closed) server.handles.retire(closed);
}

/** A site that comes back after a crash mounts its trees again where those of its former life still hang. */
function replaceDead(server: FileServer, request: ObjectRequest<'mount'>, context: CallContext): void {
  const place = walkToName(server, request, credentialsOf(context));
  if (place.moved || place.dots !== null) return;
  const ino = server.volume.lookup(place.directory, place.name);
  const old = ino === undefined ? undefined : server.mounts.at(ino);
  if (old && isRebooted(old.port, request.port)) detach(server, old);
}

/** Whether `now` is a port of a later life of the site that had `before`. */
function isRebooted(before: UI, now: UI): boolean {
  return uiCreationSite(before) === uiCreationSite(now) && uiEpoch(before) !== uiEpoch(now);
}

/** The mount point goes when the tree below agrees (EBUSY: in use), or when its server is gone. */
function umount(
  server: FileServer,
  request: ObjectRequest<'umount'>,
  context: CallContext,
): ObjectReply<'umount'> | Promise<ObjectReply<'umount'>> {
  demandRoot(context);
  const place = walkToName(server, request, credentialsOf(context));
  if (place.moved) return { moved: place.moved };
  if (place.dots !== null) throw new SysError('EINVAL');
  const ino = server.volume.lookup(place.directory, place.name);
  if (ino === undefined) throw new SysError('ENOENT');
  const entry = server.mounts.at(ino);
  if (!entry) throw new SysError('EINVAL');
  const removed = (): ObjectReply<'umount'> => {
    detach(server, entry);
    return {};
  };
  const objects = client(server.nucleus, ObjectProtocol);
  try {
    const asked = objects.unmounted(context.thread, { target: entry.port }, {});
    if (!isPromise(asked)) return removed();
    return asked.then(removed, (error: unknown) => (isBusy(error) ? Promise.reject(error) : removed()));
  } catch (error) {
    if (isBusy(error)) throw error;
    return removed();
  }
}

/** Throws EINVAL at what is no root, or cannot be changed; EBUSY while something is open for writing. */
function remount(
  server: FileServer,
  request: ObjectRequest<'remount'>,
  context: CallContext,
): ObjectReply<'remount'> {
  demandRoot(context);
  const found = walkTo(server, request, credentialsOf(context), true);
  if (found.moved) return { moved: found.moved };
  const { volume, handles } = server;
  const { readOnly } = request;
  if (found.ino !== volume.root) throw new SysError('EINVAL');
  if (volume.readOnly === readOnly) return {};
  if (!volume.setReadOnly) throw new SysError('EINVAL');
  if (readOnly && handles.hasWriters) throw new SysError('EBUSY');
  volume.setReadOnly(readOnly);
  return {};
}

function isBusy(error: unknown): boolean {
  return error instanceof SysError && error.code === 'EBUSY';
}

/** The mounts with what their servers say of them; one that cannot be asked counts as writable. */
async function listMounts(server: FileServer, context: CallContext): Promise<ObjectReply<'mounts'>> {
  const objects = client(server.nucleus, ObjectProtocol);
  const mounts: ObjectReply<'mounts'>['mounts'] = [];
  for (const entry of server.mounts.all()) {
    let readOnly = false;
    try {
      const reply = await objects.statfs(context.thread, { target: entry.port }, { path: '', links: 0 });
      readOnly = reply.statfs?.readOnly ?? false;
    } catch (error) {
      if (isKError(error, 'K_EABORT')) throw error;
    }
    const { source, type, port } = entry;
    mounts.push({ path: pathOfMount(server, entry), source, type, port, readOnly });
  }
  return { mounts };
}

/** Within this tree: whoever asks knows where the tree itself is. */
function pathOfMount(server: FileServer, entry: Mount): string {
  const names: string[] = [];
  for (let at = entry.ino; at !== server.volume.root; at = server.volume.parent(at)) {
    names.unshift(server.volume.nameOf(at));
  }
  return `/${names.join('/')}`;
}
