/**
 * Volume specifications: docker's spelling HOST:GUEST[:ro|:rw|:overlay] and the object form, to what a system
 * is booted from. A host directory is an overlay unless said otherwise: what runs inside cannot change it.
 */
import { statSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import { type HostMode, rootedVolumes, type VolumeDescription } from '../../mix/boot/description.ts';

/** One volume of the system. */
export interface VolumeOption {
  /** Absolute path inside the system. */
  mount: string;
  /** Host directory: the tree itself, or for a durable volume the place of its store. */
  directory?: string;
  /** 'host' when there is a directory, else 'memfs'. */
  kind?: 'memfs' | 'host' | 'durable';
  /** Host directories only; default 'overlay': changes are kept in memory and discarded. */
  mode?: HostMode;
  /** Largest content, bytes. */
  sizeBytes?: number;
}

const MODES: readonly string[] = ['ro', 'rw', 'overlay'];

/** A mistake in a volume specification, in one line. */
export class VolumeError extends TypeError {}

/**
 * Reads HOST:GUEST[:MODE]. The host path may hold colons: the guest path is the last part that begins with
 * '/'.
 */
export function parseVolume(spec: string): VolumeDescription {
  const parts = spec.split(':');
  const last = parts.at(-1)!;
  const mode = parts.length > 2 && !last.startsWith('/') ? parts.pop()! : 'overlay';
  if (!MODES.includes(mode)) {
    throw new VolumeError(`volume '${spec}': mode '${mode}' is not ro, rw or overlay`);
  }
  const guest = parts.length > 1 ? parts.pop()! : undefined;
  const host = parts.join(':');
  if (guest === undefined || host === '')
    throw new VolumeError(`volume '${spec}': expected HOST:GUEST[:ro|:rw|:overlay]`);
  return volumeFrom({ mount: guest, directory: host, mode: mode as HostMode }, `volume '${spec}'`);
}

/**
 * Checks one volume and completes it. Throws VolumeError: a relative mount point, a directory that is none.
 */
export function volumeFrom(option: VolumeOption | string, where = 'volume'): VolumeDescription {
  if (typeof option === 'string') return parseVolume(option);
  const { mount, directory, mode, sizeBytes } = option;
  const kind = option.kind ?? (directory === undefined ? 'memfs' : 'host');
  if (typeof mount !== 'string' || !mount.startsWith('/')) {
    throw new VolumeError(`${where}: the path inside must be absolute, not '${mount}'`);
  }
  if (kind !== 'memfs' && directory === undefined)
    throw new VolumeError(`${where}: ${kind} needs a directory`);
  const path = directory === undefined ? undefined : resolve(directory);
  if (kind === 'host' && path !== undefined) checkDirectory(path, where);
  return {
    kind,
    mount: posix.normalize(mount).replace(/(.)\/+$/, '$1'),
    ...(path === undefined ? {} : { directory: path }),
    ...(kind === 'host' ? { mode: mode ?? 'overlay' } : {}),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
  };
}

/** The root file system of 'DIR[:ro|:rw|:overlay]'. Throws VolumeError. */
export function rootFrom(spec: string): VolumeDescription[] {
  const mode = MODES.find((name) => spec.endsWith(`:${name}`)) as HostMode | undefined;
  const directory = resolve(mode === undefined ? spec : spec.slice(0, -mode.length - 1));
  checkDirectory(directory, `root '${spec}'`);
  const volumes = rootedVolumes(directory, mode ?? 'overlay');
  if (mode === 'ro') {
    const absent = ['/proc', ...volumes.map(({ mount }) => mount)].find(
      (mount) => !statSync(join(directory, mount), { throwIfNoEntry: false })?.isDirectory(),
    );
    if (absent !== undefined) {
      throw new VolumeError(`root '${spec}': read-only, and without a directory ${absent} to mount on`);
    }
  }
  return volumes;
}

function checkDirectory(path: string, where: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new VolumeError(`${where}: no such directory on the host: ${path}`);
  if (!stats.isDirectory()) throw new VolumeError(`${where}: not a directory on the host: ${path}`);
}
