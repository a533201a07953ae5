/**
 * What mount(2) may attach: a boot description decides, never the caller. Beside the volumes of the
 * description, which can be unmounted and mounted elsewhere, these are fresh memory volumes and the host
 * directories that the description names for this site. A tree made by mount(2) goes when it is unmounted.
 *
 *   memfs (or tmpfs)   any source      a new, empty memory volume
 *   host:NAME                          a host directory of the description's `sources`
 *   site:N                             the first volume of site N
 *   what `mount` prints as its source  a volume of this site's description
 *
 * A tree hangs at one place at a time: mounting it again is EBUSY.
 */
import { memoryVolume } from '../../drivers/memfs-volume/volume.ts';
import type { Volume } from '../../drivers/volume.ts';
import type { UI } from '../../nucleus/ids/ui.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { type FileManager, startFileManager } from '../file-manager/file-manager.ts';
import { FILE_MANAGERS } from '../protocols/process.ts';
import type { SiteDescription, VolumeDescription } from './description.ts';
import { openVolume } from './volumes.ts';

/** Trees made by mount(2) on one site: ENOSPC. */
export const MOUNTED_TREES_MAX = 256;

const MEMORY_TYPES: readonly string[] = ['memfs', 'tmpfs'];
const HOST = 'host:';
const SITE = 'site:';

/** A volume of the description and its File Manager. */
export interface ServedVolume {
  readonly description: VolumeDescription;
  readonly manager: FileManager;
}

export interface MountSources {
  /** The tree that a source names. Throws ENODEV (type), ENOENT (source), EBUSY, EINVAL, ENOSPC. */
  find(source: string, type: string, readOnly: boolean): Promise<{ port: UI; type: string }>;
  /** Closes the trees that are still mounted. */
  close(): Promise<void>;
}

/** The source of a volume as mount and df show it. */
export function sourceOf(volume: VolumeDescription, nucleus: Nucleus): string {
  return volume.directory ?? `${volume.kind}:${nucleus.name}`;
}

/** `served`: the volumes of this site's description, in its order. `root`: the File Manager of the root. */
export function mountSources(
  nucleus: Nucleus,
  site: SiteDescription,
  served: readonly ServedVolume[],
  root: UI,
): MountSources {
  const made = new Set<FileManager>();
  const now = (): number => nucleus.clock.now();

  function serve(name: string, volume: Volume): UI {
    const manager = startFileManager(nucleus, {
      name: `FM:${name}`,
      volume,
      onUnmounted: () => {
        made.delete(manager);
        void manager.close();
      },
    });
    made.add(manager);
    return manager.port;
  }

  async function hostTree(source: string, readOnly: boolean): Promise<{ port: UI; type: string }> {
    const known = site.sources?.find(({ name }) => name === source.slice(HOST.length));
    if (!known) throw new SysError('ENOENT');
    const { directory, mode = 'overlay' } = known;
    const volume = await openVolume(
      { kind: 'host', mount: '/', directory, mode: readOnly ? 'ro' : mode },
      now,
    );
    return { port: serve(source, volume), type: 'host' };
  }

  async function find(source: string, type: string, readOnly: boolean): Promise<{ port: UI; type: string }> {
    if (made.size >= MOUNTED_TREES_MAX) throw new SysError('ENOSPC');
    if (source.startsWith(HOST) && (type === '' || type === 'host')) return hostTree(source, readOnly);
    if (MEMORY_TYPES.includes(type)) {
      return { port: serve(source, memoryVolume({ now, readOnly })), type: 'memfs' };
    }
    if (type !== '' && !['host', 'durable', 'site'].includes(type)) throw new SysError('ENODEV');
    const tree = source.startsWith(SITE)
      ? volumeOfSite(nucleus, source)
      : served.find(({ description }) => sourceOf(description, nucleus) === source)?.manager.port;
    if (tree === undefined) throw new SysError('ENOENT');
    if (tree === root) throw new SysError('EBUSY');
    // The volume decides for itself whether it can be written: another place does not change that.
    if (readOnly) throw new SysError('EINVAL');
    return { port: tree, type: type === '' ? 'site' : type };
  }

  const close = async (): Promise<void> => {
    for (const manager of made) await manager.close();
    made.clear();
  };
  return { find, close };
}

/** UIs of one site rise with time, so its first File Manager has the lowest. */
function volumeOfSite(nucleus: Nucleus, source: string): UI | undefined {
  const number = Number(source.slice(SITE.length));
  const ports = nucleus.ipc
    .allMembers(FILE_MANAGERS.ui)
    .filter(({ site }) => site === number)
    .map(({ port }) => port);
  return ports.sort()[0];
}
