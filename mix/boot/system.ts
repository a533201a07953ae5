/** Boots a whole system in this process: one nucleus per site, joined in process when there are several. */

import type { Clock, RandomSource } from '../../nucleus/clock.ts';
import { seededRandom } from '../../nucleus/clock.ts';
import { EPOCH_MAX } from '../../nucleus/ids/ui.ts';
import type { NucleusLimits } from '../../nucleus/limits.ts';
import { Nucleus } from '../../nucleus/nucleus.ts';
import type { ProgramTable } from '../../subsystems/unix/sys.ts';
import type { SystemDescription } from './description.ts';
import { knowsManagers, type RunningSite, startSite } from './site.ts';

/** How long the links of an in-process system may take to come up, ms. */
const LINK_WAIT_MS = 10_000;

export interface SystemOptions {
  readonly programs: ProgramTable;
  readonly clock?: Clock;
  readonly limits?: Partial<NucleusLimits>;
  /** Epoch of the nuclei (see bootEpoch); default 1: nobody knows an earlier boot of them. */
  readonly epoch?: number;
}

const EPOCH_STEP_MS = 10_000;

/**
 * The epoch of a site that may have been booted before: later boots get later ones (modulo 2^16, as links
 * compare).
 */
export function bootEpoch(nowMs: number): number {
  return 1 + (Math.floor(nowMs / EPOCH_STEP_MS) % EPOCH_MAX);
}

export interface RunningSystem {
  readonly sites: readonly RunningSite[];
  close(): Promise<void>;
}

export function makeNucleus(description: SystemDescription, site: number, options: SystemOptions): Nucleus {
  const entry = description.sites.find((candidate) => candidate.site === site);
  const random: RandomSource | undefined =
    description.seed === undefined ? undefined : seededRandom(description.seed * 0x10001 + site);
  return new Nucleus({
    site,
    name: entry?.name ?? `site${site}`,
    ...(options.epoch ? { epoch: options.epoch } : {}),
    ...(options.clock ? { clock: options.clock } : {}),
    ...(random ? { random } : {}),
    ...(options.limits ? { limits: options.limits } : {}),
  });
}

export async function bootSystem(
  description: SystemDescription,
  options: SystemOptions,
): Promise<RunningSystem> {
  const nuclei = description.sites.map(({ site }) => makeNucleus(description, site, options));
  const leave = await joinAll(nuclei);
  const sites: RunningSite[] = [];
  for (const nucleus of nuclei)
    sites.push(await startSite({ nucleus, description, programs: options.programs }));
  for (const nucleus of nuclei) await knowsManagers(nucleus, nuclei.length);
  return {
    sites,
    close: async () => {
      for (const site of [...sites].reverse()) await site.shutdown();
      await leave();
    },
  };
}

/** A site alone needs no transport at all: start-up time. */
async function joinAll(nuclei: readonly Nucleus[]): Promise<() => Promise<void>> {
  if (nuclei.length === 1) return async () => {};
  const { joinTransport, sitesReady } = await import('../../nucleus/join.ts');
  const { InProcessHub } = await import('../../nucleus/transport/inprocess.ts');
  const hub = new InProcessHub();
  const joined = nuclei.map((nucleus) => joinTransport(nucleus, hub.join(nucleus.site)));
  const numbers = nuclei.map((nucleus) => nucleus.site);
  await Promise.all(joined.map((sites) => sitesReady(sites, numbers, LINK_WAIT_MS)));
  return async () => {
    for (const sites of joined) await sites.close();
  };
}
