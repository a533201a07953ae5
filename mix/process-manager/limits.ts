/**
 * Resource limits of the first processes; the rest inherit them. Enforced: nofile, nproc, fsize, cpu; core
 * decides the core bit.
 */
import { Limits as Bounds } from '../../subsystems/unix/constants.ts';
import { SIGQUEUE_MAX } from './pending-signals.ts';
import type { Limit, Limits } from './process.ts';

/** Processes of one user on one site (RLIMIT_NPROC): EAGAIN. Root is exempt, as on Linux. */
export const NPROC_DEFAULT = 4096;
/** Processes on one site, whoever owns them: EAGAIN. */
export const PROCESSES_MAX = 8192;
/** argv strings plus environment strings in one exec or fork state travel in messages: see ARG_MAX. */

const both = (value: number): { soft: number; hard: number } => ({ soft: value, hard: value });

export function defaultLimits(given: Partial<Limits> = {}): Limits {
  return {
    cpu: both(Number.POSITIVE_INFINITY),
    fsize: both(Number.POSITIVE_INFINITY),
    data: both(Number.POSITIVE_INFINITY),
    stack: { soft: 8 * 1024 * 1024, hard: Number.POSITIVE_INFINITY },
    core: { soft: 0, hard: Number.POSITIVE_INFINITY },
    nofile: { soft: Bounds.OPEN_MAX, hard: Bounds.NOFILE_MAX },
    nproc: both(NPROC_DEFAULT),
    as: both(Number.POSITIVE_INFINITY),
    rss: both(Number.POSITIVE_INFINITY),
    memlock: both(8 * 1024 * 1024),
    locks: both(Number.POSITIVE_INFINITY),
    sigpending: both(SIGQUEUE_MAX),
    msgqueue: both(819200),
    nice: both(0),
    rtprio: both(0),
    rttime: both(Number.POSITIVE_INFINITY),
    instructions: both(Number.POSITIVE_INFINITY),
    memory: both(Number.POSITIVE_INFINITY),
    processes: both(PROCESSES_MAX),
    ...given,
  };
}

export function copyLimits(limits: Limits): Limits {
  const copy: Record<string, Limit> = {};
  for (const [name, { soft, hard }] of Object.entries(limits)) copy[name] = { soft, hard };
  return copy as Limits;
}
