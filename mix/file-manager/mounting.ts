/** mount, umount, and the two halves of an attachment. Root's alone. */
import { isPromise } from '../../nucleus/awaitable.ts';
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
    mounted: ({ port, parent, path }, context) => {
      demandRoot(context);
      if (server.attachment) throw new SysError('EBUSY');
      server.attachment = { port, parent, path };
      return { root: server.rootKey };
    },
    unmounted: (_, context) => {
      demandRoot(context);
      if (!server.attachment) throw new SysError('EINVAL');
      if (handles.inUse > 0 || server.mounts.count > 0) throw new SysError('EBUSY');
      server.attachment = null;
      return {};
    },
    mounts: () => ({ mounts: server.mounts.all().map((entry) => describe(server, entry)) }),
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
  const found = walkTo(server, request, credentialsOf(context), true);
  if (found.moved) return { moved: found.moved };
  const { ino } = found;
  if (!isDirectory(server.volume.attributes(ino).mode)) throw new SysError('ENOTDIR');
  if (ino === server.volume.root) throw new SysError('EBUSY');
  if (server.mounts.count >= MOUNTS_MAX) throw new SysError('ENOSPC');
  const { port, key, source, type } = request;
  server.mounts.add({ ino, port, key, source, type });
  return {};
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
    server.mounts.remove(ino);
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

function isBusy(error: unknown): boolean {
  return error instanceof SysError && error.code === 'EBUSY';
}

function describe(server: FileServer, entry: Mount): ObjectReply<'mounts'>['mounts'][number] {
  const names: string[] = [];
  for (let at = entry.ino; at !== server.volume.root; at = server.volume.parent(at)) {
    names.unshift(server.volume.nameOf(at));
  }
  const above = server.attachment && server.attachment.path !== '/' ? server.attachment.path : '';
  const { source, type, port } = entry;
  return { path: `${above}/${names.join('/')}`, source, type, port, readOnly: false };
}
