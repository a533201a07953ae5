/**
 * Boots one site of a system: Device Manager, Socket Manager, File Managers of its volumes, Process Manager,
 * then the mounts that join its trees to the system's. The same steps for a site alone in a process and for
 * many in one.
 *
 * The root File Manager is found by name: its port is the one member of the static group ROOT_FILE_SERVER, so
 * a site needs nothing but a link to the others to join.
 */

import { memoryVolume } from '../../drivers/memfs-volume/volume.ts';
import { KError } from '../../nucleus/errors.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { UI } from '../../nucleus/ids/ui.ts';
import { staticGroup } from '../../nucleus/ipc/group.ts';
import { client } from '../../nucleus/ipc/stubs.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import type { ProgramTable } from '../../subsystems/unix/sys.ts';
import { type DeviceManager, startDeviceManager } from '../device-manager/device-manager.ts';
import { type FileManager, startFileManager } from '../file-manager/file-manager.ts';
import { startIpcManager } from '../ipc-manager/ipc-manager.ts';
import { startKeyManager } from '../ipc-manager/key-manager.ts';
import { type ProcessManager, startProcessManager } from '../process-manager/process-manager.ts';
import { IPC_MANAGERS } from '../protocols/ipc.ts';
import { ObjectProtocol } from '../protocols/object.ts';
import { DEFAULT_MAPPERS, DEVICE_MANAGERS, MEMORY_FILES, PROCESS_MANAGERS } from '../protocols/process.ts';
import { SOCKET_MANAGERS } from '../protocols/socket.ts';
import { startSocketManager } from '../socket-manager/socket-manager.ts';
import type { SiteDescription, SystemDescription } from './description.ts';
import { mountTree, type Tree } from './mount.ts';
import { mountSources, type ServedVolume, sourceOf } from './sources.ts';
import { fillVolume, openVolume } from './volumes.ts';

export const ROOT_FILE_SERVER = staticGroup('staticSystem', 0x524f4f54);

/** How long a site waits for the root File Manager of the others before it gives up, ms. */
const ROOT_WAIT_MS = 10_000;
const POLL_MS = 5;

export interface SiteOptions {
  readonly nucleus: Nucleus;
  readonly description: SystemDescription;
  readonly programs: ProgramTable;
}

export interface RunningSite {
  readonly nucleus: Nucleus;
  readonly processes: ProcessManager;
  readonly devices: DeviceManager;
  readonly files: readonly FileManager[];
  /** Ends all processes of the site and closes its volumes. */
  shutdown(): Promise<void>;
}

/** Throws DescriptionError, SysError (mounts), KError (no root within the wait). */
export async function startSite(options: SiteOptions): Promise<RunningSite> {
  const { nucleus, description, programs } = options;
  const site = siteOf(description, nucleus.site);
  const devices = startDeviceManager(nucleus, { terminals: hasTerminals(description, nucleus.site) });
  startSocketManager(nucleus);
  startIpcManager(nucleus);
  if (description.sites[0]?.site === nucleus.site) startKeyManager(nucleus);
  const memory = startMemoryFiles(nucleus);
  const volumes = await startVolumes(nucleus, site, description, programs);
  const thread = nucleus.threadCreate(nucleus.kernel, { name: 'boot' });
  const root = await findRoot(nucleus, thread);
  const sources = mountSources(nucleus, site, volumes, root);
  const processes = startProcessManager(nucleus, {
    root,
    programs,
    nodename: nucleus.name,
    init: description.sites[0]?.site === nucleus.site,
    mountSource: sources.find,
  });
  await mountAll(nucleus, thread, root, volumes, devices, processes, description);
  nucleus.threadDelete(thread);
  return {
    nucleus,
    processes,
    devices,
    files: volumes.map((volume) => volume.manager),
    shutdown: async () => {
      await processes.shutdown();
      await sources.close();
      for (const volume of volumes) await volume.manager.close();
      await memory.close();
    },
  };
}

/** A site outside the description (one that joined later) has no volumes and no terminals. */
function siteOf(description: SystemDescription, site: number): SiteDescription {
  return description.sites.find((entry) => entry.site === site) ?? { site };
}

function hasTerminals(description: SystemDescription, site: number): boolean {
  const named = description.sites.find((entry) => entry.terminals) ?? description.sites[0];
  return named?.site === site;
}

/**
 * Files that never have a name (memfd_create) are in a memory volume of their site, outside of the tree;
 * and the site's swap space, which thus costs the host memory only when it is used.
 */
function startMemoryFiles(nucleus: Nucleus): FileManager {
  const volume = memoryVolume({ now: () => nucleus.clock.now() });
  const { swapBytes } = nucleus.limits;
  const manager = startFileManager(nucleus, { name: 'FM:memory', volume, group: MEMORY_FILES, swapBytes });
  nucleus.grpPortInsert(nucleus.kernel, DEFAULT_MAPPERS, manager.mapperPort);
  return manager;
}

async function startVolumes(
  nucleus: Nucleus,
  site: SiteDescription,
  description: SystemDescription,
  programs: ProgramTable,
): Promise<ServedVolume[]> {
  const volumes: ServedVolume[] = [];
  for (const volumeDescription of site.volumes ?? []) {
    const volume = await openVolume(volumeDescription, () => nucleus.clock.now());
    const rooted = volumeDescription.mount === '/';
    fillVolume(volume, volumeDescription, description, [...programs.keys()]);
    const manager = startFileManager(nucleus, { name: `FM:${volumeDescription.mount}`, volume });
    if (rooted) nucleus.grpPortInsert(nucleus.kernel, ROOT_FILE_SERVER, manager.port);
    volumes.push({ description: volumeDescription, manager });
  }
  return volumes;
}

/**
 * Waits until this site knows the managers of `sites` sites: news of groups arrive a moment after the members
 * join, and a distant fork before that would find nobody. Throws K_EUNREACHABLE after the wait.
 */
export async function knowsManagers(nucleus: Nucleus, sites: number): Promise<void> {
  const known = (): boolean =>
    [PROCESS_MANAGERS, DEVICE_MANAGERS, SOCKET_MANAGERS, IPC_MANAGERS].every(
      (group) => nucleus.ipc.allMembers(group.ui).length >= sites,
    );
  const thread = nucleus.threadCreate(nucleus.kernel, { name: 'boot' });
  await poll(nucleus, thread, () => (known() ? true : undefined));
  nucleus.threadDelete(thread);
}

/** Asks again and again, until there is an answer. Throws K_EUNREACHABLE after ROOT_WAIT_MS. */
async function poll<T>(nucleus: Nucleus, thread: Thread, ask: () => T | undefined): Promise<T> {
  const deadline = nucleus.clock.monotonic() + ROOT_WAIT_MS;
  for (;;) {
    const answer = ask();
    if (answer !== undefined) return answer;
    if (nucleus.clock.monotonic() > deadline) throw new KError('K_EUNREACHABLE');
    await thread.delay(POLL_MS);
  }
}

/**
 * The root File Manager's port: here, or wherever a linked site has it. Throws K_EUNREACHABLE after the wait.
 */
function findRoot(nucleus: Nucleus, thread: Thread): Promise<UI> {
  return poll(nucleus, thread, () => nucleus.ipc.allMembers(ROOT_FILE_SERVER.ui)[0]?.port);
}

async function mountAll(
  nucleus: Nucleus,
  thread: Thread,
  root: UI,
  volumes: readonly ServedVolume[],
  devices: DeviceManager,
  processes: ProcessManager,
  description: SystemDescription,
): Promise<void> {
  const objects = client(nucleus, ObjectProtocol);
  const mount = (path: string, tree: Tree): Promise<void> => mountTree(objects, thread, root, path, tree);
  const inner = volumes.filter((volume) => volume.description.mount !== '/');
  inner.sort((a, b) => a.description.mount.length - b.description.mount.length);
  const mountVolumes = async (wanted: (volume: ServedVolume) => boolean): Promise<void> => {
    for (const { description: volume, manager } of inner.filter(wanted)) {
      const source = sourceOf(volume, nucleus);
      await mount(volume.mount, { port: manager.port, source, type: volume.kind });
    }
  };
  // What a root directory lacks comes first: /dev/pts lies in it.
  await mountVolumes((volume) => volume.description.holds !== undefined);
  if (description.sites[0]?.site === nucleus.site) {
    await mount('/proc', { port: processes.procPort, source: 'proc', type: 'proc' }).catch(() => {});
  }
  if (hasTerminals(description, nucleus.site)) {
    await mount('/dev/pts', { port: devices.ptsPort, source: 'devpts', type: 'devpts' });
  }
  await mountVolumes((volume) => volume.description.holds === undefined);
}
