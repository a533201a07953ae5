/** What `boot` takes, checked, and made into what a system is booted from. */
import { resolve } from 'node:path';
import {
  DescriptionError,
  defaultDescription,
  parseDescription,
  type SiteDescription,
  type SystemDescription,
} from '../../mix/boot/description.ts';
import type { Environment, Program } from '../../subsystems/unix/sys.ts';
import type { Abortable } from './abort.ts';
import { type Limits, limitsFrom } from './limits.ts';
import { findUser, type User } from './users.ts';
import { rootFrom, type VolumeOption, volumeFrom } from './volumes.ts';

/** A file put into the system at boot: its text or bytes, with mode and owner when those matter. */
export type FileOption = string | Uint8Array | { content: string | Uint8Array; mode?: number };

export interface BootOptions extends Abortable {
  /** How many sites (default 1, at most 64), or what they are. */
  sites?: number | SiteDescription[];
  /** Volumes mounted into the tree: 'HOST:GUEST[:ro|:rw|:overlay]' or objects. */
  volumes?: readonly (string | VolumeOption)[];
  /**
   * A host directory that is the root file system: 'DIR[:ro|:rw|:overlay]'. Native programs are then in
   * /chorus/bin.
   */
  root?: string;
  /** Files to write at boot: absolute path → content. Missing directories are made. */
  files?: Readonly<Record<string, FileOption>>;
  /** Added to the clean environment of every process. */
  env?: Environment;
  /** Directory in which processes start; default: the user's home. */
  cwd?: string;
  /** 'root' (default), 'user' (uid 1000), or 'UID[:GID]'. */
  user?: string;
  limits?: Partial<Limits>;
  /** Equal seeds, equal random numbers. */
  seed?: number;
  /** Programs of your own (see defineProgram): files in /bin like any other. */
  programs?: readonly Program[];
  /** One OS process per site, joined over ZeroMQ, instead of all sites in this process. */
  processes?: boolean;
}

/** Boot options, checked and complete. */
export interface BootPlan {
  description: SystemDescription;
  files: ReadonlyMap<string, { content: Uint8Array; mode: number }>;
  env: Environment;
  cwd: string | undefined;
  user: User;
  limits: Limits;
  programs: readonly Program[];
  processes: boolean;
  signal: AbortSignal | undefined;
  /** Where the processes of other sites write their trace; not an option of `boot`. */
  trace?: string | undefined;
}

const KNOWN = [
  'sites',
  'root',
  'volumes',
  'files',
  'env',
  'cwd',
  'user',
  'limits',
  'seed',
  'programs',
  'processes',
  'signal',
];

const FILE_MODE = 0o644;

/** Throws TypeError with one line that names the option. */
export function planFrom(options: BootOptions): BootPlan {
  if (typeof options !== 'object' || options === null)
    throw new TypeError('boot: expected an options object');
  for (const name of Object.keys(options)) {
    if (!KNOWN.includes(name))
      throw new TypeError(`boot: unknown option '${name}' (known: ${KNOWN.join(', ')})`);
  }
  const limits = limitsFrom(options.limits);
  const user = findUser(options.user ?? 'root');
  if (!user) throw new TypeError(`user: unknown: '${options.user}' (root, user, or UID[:GID])`);
  if (options.cwd !== undefined && !options.cwd.startsWith('/')) {
    throw new TypeError(`cwd: expected an absolute path, not '${options.cwd}'`);
  }
  return {
    description: describe(options, limits),
    files: filesFrom(options.files ?? {}),
    env: environmentFrom(options.env ?? {}),
    cwd: options.cwd,
    user,
    limits,
    programs: options.programs ?? [],
    processes: options.processes ?? false,
    signal: options.signal,
  };
}

/** The description of the system; its mistakes are TypeErrors here. */
function describe(options: BootOptions, limits: Limits): SystemDescription {
  const volumes = (options.volumes ?? []).map((volume, i) => volumeFrom(volume, `volumes[${i}]`));
  if (options.root !== undefined) volumes.unshift(...rootFrom(options.root));
  const { sites = 1, seed } = options;
  try {
    const description =
      typeof sites === 'number' ? defaultDescription(sites, volumes) : { sites: withVolumes(sites, volumes) };
    for (const site of description.sites) {
      for (const volume of site.volumes ?? []) {
        if (volume.directory !== undefined) volume.directory = resolve(volume.directory);
        if (volume.mount === '/' && Number.isFinite(limits.diskBytesMax))
          volume.sizeBytes ??= limits.diskBytesMax;
      }
    }
    return parseDescription({ ...description, ...(seed === undefined ? {} : { seed }) });
  } catch (error) {
    if (error instanceof DescriptionError) throw new TypeError(error.message);
    throw error;
  }
}

/** Volumes given beside a list of sites belong to the first site; a root volume is added where none is. */
function withVolumes(
  sites: readonly SiteDescription[],
  volumes: readonly ReturnType<typeof volumeFrom>[],
): SiteDescription[] {
  if (!Array.isArray(sites)) throw new TypeError('sites: expected a number or a list');
  const all = sites.map((site: SiteDescription) => ({ ...site, volumes: [...(site.volumes ?? [])] }));
  const first = all[0];
  if (!first) throw new TypeError('sites: the list is empty');
  first.volumes.push(...volumes);
  const rooted = all.some((site) => site.volumes.some((volume) => volume.mount === '/'));
  if (!rooted) first.volumes.unshift({ kind: 'memfs', mount: '/' });
  return all;
}

function filesFrom(files: Readonly<Record<string, FileOption>>): BootPlan['files'] {
  const encoder = new TextEncoder();
  const result = new Map<string, { content: Uint8Array; mode: number }>();
  for (const [path, file] of Object.entries(files)) {
    if (!path.startsWith('/')) throw new TypeError(`files: expected absolute paths, not '${path}'`);
    const { content, mode = FILE_MODE } =
      typeof file === 'string' || file instanceof Uint8Array ? { content: file } : file;
    const bytes = typeof content === 'string' ? encoder.encode(content) : content;
    if (!(bytes instanceof Uint8Array))
      throw new TypeError(`files['${path}']: expected a string or a Uint8Array`);
    result.set(path, { content: bytes, mode });
  }
  return result;
}

/** Environment as POSIX wants it: names without '=', no NUL. Throws TypeError. */
export function environmentFrom(env: Environment): Environment {
  for (const [name, value] of Object.entries(env)) {
    if (name === '' || /[=\0]/.test(name)) throw new TypeError(`env: not a variable name: '${name}'`);
    if (typeof value !== 'string' || value.includes('\0')) {
      throw new TypeError(`env.${name}: expected a string without NUL`);
    }
  }
  return { ...env };
}
