/**
 * What carries a system: all sites in this process, or a process per site. Whoever holds one can make host
 * processes on a site of this process and end the whole.
 */
import { programsDirectory, type SystemDescription } from '../../mix/boot/description.ts';
import type { RunningSite } from '../../mix/boot/site.ts';
import { O, type Resource } from '../../subsystems/unix/constants.ts';
import type { Environment, Program, Sys } from '../../subsystems/unix/sys.ts';
import { hostProgram } from './host-program.ts';
import type { Limits } from './limits.ts';
import { findUser, type User } from './users.ts';

const ROOT = findUser('root')!;

/** One site as it is known here. */
export interface SiteState {
  readonly site: number;
  readonly name: string;
  readonly up: boolean;
}

export interface Carrier {
  /** Programs of the sites in this process; may grow. */
  readonly programs: Map<string, () => Promise<Program>>;
  /** The site of this process that host processes live on. */
  readonly home: RunningSite;
  /** The directory of the native programs: /bin, but for a root directory of somebody's own. */
  readonly programsIn: string;
  sites(): readonly SiteState[];
  close(): Promise<void>;
}

/** The directory of the native programs in a system. */
export const programsOf = (description: SystemDescription): string =>
  programsDirectory(description) ?? '/bin';

/** Descriptors that a host process may have: it holds those of all that is under way. */
const HOST_FILES_MAX = 65536;

/** A host process on `site`, running as `user`. */
export function makeHost(site: RunningSite, user: User, cwd: string, env: Environment = {}): Sys {
  const { uid, gid } = user;
  const limits = { nofile: { soft: HOST_FILES_MAX, hard: HOST_FILES_MAX } };
  return site.processes.hostProcess('host', { program: hostProgram, uid, gid, cwd, env, limits });
}

/** Makes host processes that may do everything: for starting and signalling. */
export const rootHost = (site: RunningSite): Sys => makeHost(site, ROOT, '/');

/** What the limits of a system mean for each process. */
export function resourceLimits(limits: Limits): [Resource, number][] {
  return [
    ['nofile', limits.openFilesMax],
    ['fsize', limits.fileBytesMax],
    ['cpu', limits.cpuSecondsMax],
    ['processes', limits.processesMax],
    ['memory', limits.memoryBytesMax],
    ['instructions', limits.instructionsMax],
  ];
}

/** A file of /bin that stands for a native program. */
export const PROGRAM_MARK = {
  flags: O.WRONLY | O.CREAT | O.TRUNC | O.CLOEXEC,
  content: (name: string): Uint8Array => new TextEncoder().encode(`\x7fNATIVE ${name}\n`),
} as const;
