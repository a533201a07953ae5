/**
 * What a system is booted from: its sites, the servers each runs, the volumes and where they are mounted.
 * Plain JSON, because it also travels to the processes of other sites and is what `chorus up --config` reads.
 */

import { SITE_MAX } from '../../nucleus/ids/ui.ts';
import { Limits } from '../../subsystems/unix/constants.ts';

export type VolumeKind = 'memfs' | 'host' | 'durable';
/** How a host directory is mounted: overlay keeps changes in memory and discards them on exit. */
export type HostMode = 'ro' | 'rw' | 'overlay';

export interface VolumeDescription {
  kind: VolumeKind;
  /** Absolute guest path. '/' is the root volume: exactly one in a system. */
  mount: string;
  /** Host directory: for 'host' the tree itself, for 'durable' where the store is kept. */
  directory?: string;
  mode?: HostMode;
  /** Largest content, bytes: ENOSPC beyond. */
  sizeBytes?: number;
  /**
   * What a fresh memory volume is filled with, beside a root that is somebody's own directory: device files,
   * or the native programs (in its bin). Nothing, when absent.
   */
  holds?: VolumeContent;
}

export type VolumeContent = 'devices' | 'programs' | 'temporary';

export interface SiteDescription {
  site: number;
  /** What hostname prints there. Default: site<N>. */
  name?: string;
  volumes?: VolumeDescription[];
  /** The site that has the terminals (one in a system; default: the first). */
  terminals?: boolean;
  /** Host directories that mount(2) on this site may attach, as `host:NAME`. */
  sources?: HostSource[];
}

/** A host directory that is not mounted at boot, but may be later. */
export interface HostSource {
  name: string;
  directory: string;
  /** Default: overlay. */
  mode?: HostMode;
}

export interface SystemDescription {
  sites: SiteDescription[];
  /** Seeds what would be random (keys, mktemp, $RANDOM): equal runs draw equal numbers. */
  seed?: number;
}

/** A mistake in a description: one line that names the field. */
export class DescriptionError extends Error {}

/** Most sites of one system. */
export const SITES_MAX = 64;

/**
 * Site 1 has the root volume, the terminals and init; every other site a memory volume of its own under /fs.
 */
export function defaultDescription(
  sites: number,
  volumes: readonly VolumeDescription[] = [],
): SystemDescription {
  if (!Number.isInteger(sites) || sites < 1 || sites > SITES_MAX) {
    throw new DescriptionError(`sites: ${sites} is not a number from 1 to ${SITES_MAX}`);
  }
  const rooted = volumes.some((volume) => volume.mount === '/');
  return {
    sites: Array.from({ length: sites }, (_, i): SiteDescription => {
      if (i > 0) return { site: i + 1, volumes: [{ kind: 'memfs', mount: `/fs/site${i + 1}` }] };
      return { site: 1, terminals: true, volumes: [...(rooted ? [] : [rootVolume()]), ...volumes] };
    }),
  };
}

/**
 * The root is a directory of the host: devices and native programs get volumes of their own, and so do
 * temporary files when the directory itself is not to be changed by them.
 */
export function rootedVolumes(directory: string, mode: HostMode): VolumeDescription[] {
  return [
    { kind: 'host', mount: '/', directory, mode },
    { kind: 'memfs', mount: '/dev', holds: 'devices' },
    { kind: 'memfs', mount: NATIVE_DIRECTORY, holds: 'programs' },
    ...(mode === 'overlay' ? [] : [{ kind: 'memfs', mount: '/tmp', holds: 'temporary' } as const]),
  ];
}

/** Where native programs are (in its bin) when /bin is a root directory's own. */
const NATIVE_DIRECTORY = '/chorus';

/** The directory of native programs when it is not /bin. */
export function programsDirectory({ sites }: SystemDescription): string | undefined {
  const volume = sites.flatMap((site) => site.volumes ?? []).find(({ holds }) => holds === 'programs');
  return volume && `${volume.mount}/bin`;
}

function rootVolume(): VolumeDescription {
  return { kind: 'memfs', mount: '/' };
}

/** Checks what JSON.parse returned. Throws DescriptionError. */
export function parseDescription(value: unknown): SystemDescription {
  const top = record(value, 'description');
  onlyKeys(top, ['sites', 'seed'], 'description');
  if (!Array.isArray(top.sites) || top.sites.length === 0)
    throw new DescriptionError('sites: expected a list');
  if (top.sites.length > SITES_MAX) throw new DescriptionError(`sites: more than ${SITES_MAX}`);
  const sites = top.sites.map((site, i) => parseSite(site, `sites[${i}]`));
  if (top.seed !== undefined && !Number.isInteger(top.seed))
    throw new DescriptionError('seed: expected an integer');
  checkSystem(sites);
  return { sites, ...(top.seed === undefined ? {} : { seed: top.seed as number }) };
}

function checkSystem(sites: readonly SiteDescription[]): void {
  const numbers = new Set(sites.map((site) => site.site));
  if (numbers.size !== sites.length) throw new DescriptionError('sites: the same site number twice');
  const roots = sites.flatMap((site) => site.volumes ?? []).filter((volume) => volume.mount === '/');
  if (roots.length !== 1)
    throw new DescriptionError(`volumes: ${roots.length} are mounted at /, expected one`);
  const terminals = sites.filter((site) => site.terminals);
  if (terminals.length > 1) throw new DescriptionError('terminals: on more than one site');
}

function parseSite(value: unknown, where: string): SiteDescription {
  const fields = record(value, where);
  onlyKeys(fields, ['site', 'name', 'volumes', 'terminals', 'sources'], where);
  const { site, name, volumes, terminals, sources } = fields;
  if (!Number.isInteger(site) || (site as number) < 1 || (site as number) > SITE_MAX) {
    throw new DescriptionError(`${where}.site: expected a number from 1 to ${SITE_MAX}`);
  }
  if (name !== undefined && (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name))) {
    throw new DescriptionError(`${where}.name: expected letters, digits, '.', '_' or '-'`);
  }
  if (terminals !== undefined && typeof terminals !== 'boolean') {
    throw new DescriptionError(`${where}.terminals: expected true or false`);
  }
  if (volumes !== undefined && !Array.isArray(volumes))
    throw new DescriptionError(`${where}.volumes: expected a list`);
  if (sources !== undefined && !Array.isArray(sources))
    throw new DescriptionError(`${where}.sources: expected a list`);
  return {
    site: site as number,
    ...(name === undefined ? {} : { name: name as string }),
    ...(terminals === undefined ? {} : { terminals }),
    volumes: (volumes ?? []).map((volume: unknown, i: number) =>
      parseVolume(volume, `${where}.volumes[${i}]`),
    ),
    ...(sources === undefined
      ? {}
      : {
          sources: sources.map((source: unknown, i: number) => parseSource(source, `${where}.sources[${i}]`)),
        }),
  };
}

function parseSource(value: unknown, where: string): HostSource {
  const fields = record(value, where);
  onlyKeys(fields, ['name', 'directory', 'mode'], where);
  const { name, directory, mode } = fields;
  if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name)) {
    throw new DescriptionError(`${where}.name: expected letters, digits, '.', '_' or '-'`);
  }
  if (typeof directory !== 'string') throw new DescriptionError(`${where}.directory: expected a path`);
  return { name, directory, ...(mode === undefined ? {} : { mode: parseMode(mode, where) }) };
}

function parseMode(mode: unknown, where: string): HostMode {
  if (mode !== 'ro' && mode !== 'rw' && mode !== 'overlay') {
    throw new DescriptionError(`${where}.mode: expected ro, rw or overlay`);
  }
  return mode;
}

function parseContent(holds: unknown, kind: unknown, where: string): VolumeContent {
  const known = holds === 'devices' || holds === 'programs' || holds === 'temporary';
  if (known && kind === 'memfs') return holds;
  throw new DescriptionError(`${where}.holds: expected devices, programs or temporary, of a memfs volume`);
}

function parseVolume(value: unknown, where: string): VolumeDescription {
  const fields = record(value, where);
  onlyKeys(fields, ['kind', 'mount', 'directory', 'mode', 'sizeBytes', 'holds'], where);
  const { kind, mount, directory, mode, sizeBytes, holds } = fields;
  if (kind !== 'memfs' && kind !== 'host' && kind !== 'durable') {
    throw new DescriptionError(`${where}.kind: expected memfs, host or durable`);
  }
  if (typeof mount !== 'string' || !mount.startsWith('/') || mount.length >= Limits.PATH_MAX) {
    throw new DescriptionError(`${where}.mount: expected an absolute path`);
  }
  if (kind !== 'memfs' && typeof directory !== 'string') {
    throw new DescriptionError(`${where}.directory: a ${kind} volume needs one`);
  }
  if (sizeBytes !== undefined && !(Number.isSafeInteger(sizeBytes) && (sizeBytes as number) > 0)) {
    throw new DescriptionError(`${where}.sizeBytes: expected a positive integer`);
  }
  return {
    kind,
    mount,
    ...(directory === undefined ? {} : { directory: directory as string }),
    ...(mode === undefined ? {} : { mode: parseMode(mode, where) }),
    ...(sizeBytes === undefined ? {} : { sizeBytes: sizeBytes as number }),
    ...(holds === undefined ? {} : { holds: parseContent(holds, kind, where) }),
  };
}

function record(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DescriptionError(`${where}: expected an object`);
  }
  return value as Record<string, unknown>;
}

function onlyKeys(value: Record<string, unknown>, keys: readonly string[], where: string): void {
  for (const name of Object.keys(value)) {
    if (!keys.includes(name)) throw new DescriptionError(`${where}.${name}: unknown field`);
  }
}
