/**
 * The File Manager: serves one volume's tree to Process Managers, by the object protocol. A supervisor
 * actor with a message handler, so that on its own site it runs in the caller's thread.
 *
 * Each aspect of the protocol has a file: walk, open, attributes, xattrs, names, rename, io, space,
 * directories, locking, seals, mounting; `state.ts` has what they share.
 */
import type { Volume } from '../../drivers/volume.ts';
import type { Actor } from '../../nucleus/actors/actor.ts';
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import type { Capability, Key } from '../../nucleus/ids/capability.ts';
import type { UI } from '../../nucleus/ids/ui.ts';
import { serve } from '../../nucleus/ipc/stubs.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { O } from '../../subsystems/unix/constants.ts';
import { ObjectProtocol } from '../protocols/object.ts';
import { FILE_MANAGERS } from '../protocols/process.ts';
import { unsupported } from '../protocols/unsupported.ts';
import { attributeOperations } from './attributes.ts';
import { directoryOperations } from './directories.ts';
import { FlockTable } from './flocks.ts';
import { type Handle, HandleTable } from './handles.ts';
import { ioOperations } from './io.ts';
import { LeaseTable } from './leases.ts';
import { lockOperations } from './locking.ts';
import { LockTable } from './locks.ts';
import { mappingOperations, Programs } from './mapping.ts';
import { mountOperations } from './mounting.ts';
import { MountTable } from './mounts.ts';
import { nameOperations } from './names.ts';
import { tellClosed, tellIfGone, watchOperations } from './notices.ts';
import { openOperations } from './open.ts';
import { renameOperations } from './rename.ts';
import { Reservations } from './reservations.ts';
import { demandWritable } from './rights.ts';
import { SealTable, sealOperations } from './seals.ts';
import { Segments } from './segments.ts';
import { spaceOperations } from './space.ts';
import type { FileServer, Operations } from './state.ts';
import { Watches } from './watches.ts';
import { xattrOperations } from './xattrs.ts';

export interface FileManagerOptions {
  /** Name of the actor. */
  name: string;
  volume: Volume;
  /** The group that it is found by; default: the File Managers of the tree. */
  group?: Capability;
  /** Swap space, bytes: the manager is a default mapper. Default: none. */
  swapBytes?: number;
  /** Called a turn after the tree was unmounted. */
  onUnmounted?: () => void;
}

export interface FileManager {
  readonly actor: Actor;
  /** Port of the object protocol. */
  readonly port: UI;
  /** Standing handle on the root directory. */
  readonly rootKey: Key;
  /** Port of the mapper protocol; made when it is first asked for. */
  readonly mapperPort: UI;
  /** Ends the manager: what was written is made durable, the volume closed. */
  close(): Promise<void>;
}

/**
 * Volumes served so far on each nucleus: st_dev = site and number, so that equal inode numbers never meet.
 */
const volumesServed = new WeakMap<Nucleus, number>();

function nextDevice(nucleus: Nucleus): number {
  const number = (volumesServed.get(nucleus) ?? 0) + 1;
  volumesServed.set(nucleus, number);
  return nucleus.site * 4096 + number;
}

/** Starts a File Manager for `volume` on this site. */
export function startFileManager(nucleus: Nucleus, options: FileManagerOptions): FileManager {
  const { name, volume, onUnmounted, group = FILE_MANAGERS } = options;
  const actor = nucleus.actorCreate(null, { name, privilege: 'supervisor' });
  const handles = new HandleTable(nucleus, volume);
  const seals = new SealTable();
  const segments = new Segments({
    nucleus,
    actor,
    volume,
    handles,
    swapBytes: options.swapBytes ?? 0,
    demandWritable: (ino) => {
      demandWritable(volume);
      seals.demandWritable(ino);
    },
    onWritten: () => {},
  });
  const server: FileServer = {
    nucleus,
    volume,
    dev: nextDevice(nucleus),
    handles,
    mounts: new MountTable(volume),
    locks: new LockTable(),
    flocks: new FlockTable(),
    leases: new LeaseTable(nucleus, actor, handles),
    seals,
    segments,
    programs: new Programs(),
    watches: new Watches(nucleus, actor, volume),
    port: null,
    reservations: new Reservations(),
    rootKey: handles.open(volume.root, 'path', O.PATH | O.DIRECTORY, null).key,
    attachment: null,
    onUnmounted: onUnmounted && (() => nucleus.clock.defer(onUnmounted)),
  };
  const port = serve(nucleus, actor, ObjectProtocol, { ...unsupported, ...operationsOf(server) });
  server.port = port.ui;
  nucleus.grpPortInsert(actor, group, port.ui);
  const unsubscribe = nucleus.onSite((site, up) => {
    if (up) return;
    server.locks.siteLost(site);
    server.watches.siteLost(site);
    server.reservations.drop(site);
    for (const handle of handles.siteLost(site)) void closed(server, handle);
  });
  const close = async (): Promise<void> => {
    unsubscribe();
    server.watches.unmounted();
    await segments.close();
    nucleus.actorDelete(actor);
    await volume.sync();
    await volume.close();
  };
  return {
    actor,
    port: port.ui,
    rootKey: server.rootKey,
    get mapperPort() {
      return segments.port;
    },
    close,
  };
}

function operationsOf(server: FileServer): Operations {
  return {
    ...openOperations(server),
    ...attributeOperations(server),
    ...nameOperations(server),
    ...renameOperations(server),
    ...ioOperations(server),
    ...spaceOperations(server),
    ...mappingOperations(server),
    ...watchOperations(server),
    ...sealOperations(server),
    ...xattrOperations(server),
    ...directoryOperations(server),
    ...lockOperations(server),
    ...mountOperations(server),
    ...holdOperations(server),
  };
}

function holdOperations(server: FileServer): Operations {
  return {
    hold: ({ keys }, { srcSite }) => {
      for (const key of keys) server.handles.hold(key, srcSite);
      return {};
    },
    release: ({ key }, { srcSite }) => {
      server.reservations.drop(srcSite, server.handles.get(key));
      const handle = server.handles.release(key, srcSite);
      if (!handle) return {};
      const done = closed(server, handle);
      return done ? done.then(() => ({})) : {};
    },
  };
}

/** The last close: acknowledged when what was written is safe from the end of this process. */
function closed(server: FileServer, handle: Handle): undefined | Promise<void> {
  server.flocks.drop(handle);
  server.leases.drop(handle);
  server.locks.descriptionClosed(handle.ino, handle.key);
  server.programs.closed(handle);
  const retire = (): void => {
    server.handles.retire(handle);
    server.seals.forgetIfGone(server.volume, handle.ino);
    tellIfGone(server, handle.ino);
  };
  tellClosed(server, handle);
  const written = server.segments.closed(handle);
  const settle = (): Awaitable<void> => (handle.dirty ? server.volume.settle(handle.ino) : undefined);
  const done = isPromise(written) ? written.then(settle) : settle();
  if (isPromise(done)) return done.finally(retire);
  retire();
  return undefined;
}
