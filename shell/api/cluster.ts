/**
 * A system with a process per site: the first site in this process, the others as children, joined over
 * ZeroMQ.
 */
import { rm } from 'node:fs/promises';
import type { SystemDescription } from '../../mix/boot/description.ts';
import type { Program } from '../../subsystems/unix/sys.ts';
import { type Carrier, programsOf, type SiteState } from './carrier.ts';
import { type JoinedSite, joinNucleus, socketAddress, socketDirectory } from './joined-site.ts';
import { SiteProcess } from './site-process.ts';

export interface Cluster extends Carrier {
  readonly joined: JoinedSite;
  /** The children, by site. */
  readonly children: ReadonlyMap<number, SiteProcess>;
}

export interface ClusterOptions {
  signal?: AbortSignal | undefined;
  /** Hears of each site that is up. */
  onReady?: (site: { site: number; name: string; pid: number; address: string }) => void;
  /** Children write their events there. */
  trace?: string | undefined;
}

/** Boots a description over several processes. Throws SiteError; nothing is left running then. */
export async function bootCluster(
  description: SystemDescription,
  programs: Map<string, () => Promise<Program>>,
  options: ClusterOptions = {},
): Promise<Cluster> {
  const [first, ...others] = description.sites;
  const directory = socketDirectory();
  const address = socketAddress(directory, first!.site);
  const children = new Map<number, SiteProcess>();
  for (const { site } of others) {
    const own = socketAddress(directory, site);
    const order = { description, site, address: own, peers: [address], stays: false, directory };
    children.set(site, new SiteProcess({ ...order, ...(options.trace ? { trace: options.trace } : {}) }));
  }
  const end = async (): Promise<void> => {
    await Promise.all([...children.values()].map((child) => child.stop()));
    await rm(directory, { recursive: true, force: true });
  };
  const nameOf = new Map(description.sites.map(({ site, name }) => [site, name ?? `site${site}`]));
  try {
    const ready = [...children.values()].map(async (child) => {
      const report = await child.ready(options.signal);
      options.onReady?.({ ...report, name: nameOf.get(report.site)! });
    });
    // A child may fail before this process comes to wait for it.
    for (const promise of ready) promise.catch(() => {});
    const { start } = await joinNucleus({ description, site: first!.site, address, peers: [] }, programs);
    const [joined] = await Promise.all([start(), ...ready]);
    options.onReady?.({ site: first!.site, name: nameOf.get(first!.site)!, pid: process.pid, address });
    return {
      programs,
      home: joined.running,
      programsIn: programsOf(description),
      joined,
      children,
      sites: () => sitesOf(description, joined),
      close: async () => {
        await joined.running.shutdown();
        await end();
        await joined.links.close();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The sites of the description, and those that joined since. */
function sitesOf(description: SystemDescription, joined: JoinedSite): SiteState[] {
  const { nucleus } = joined.running;
  const heard = new Map(joined.links.sites().map((peer) => [peer.site, peer]));
  const known = description.sites.map(({ site, name }): SiteState => {
    const up = site === nucleus.site || heard.get(site)?.up === true;
    heard.delete(site);
    return { site, name: name ?? `site${site}`, up };
  });
  const guests = [...heard.values()].filter((peer) => peer.up);
  return [...known, ...guests.map(({ site, name, up }): SiteState => ({ site, name, up }))];
}
