/**
 * Joins a nucleus to others.
 *
 *     const hub = new InProcessHub();                       // or zeroMq({...}), or a SimulatedNetwork
 *     const sites = joinTransport(nucleus, hub.join(1));
 *     await sitesReady(sites, [2, 3], 5000);                // optional: wait until these are up
 *     sites.connect('ipc:///run/chorus/2');                 // join a running system by any one of its sites
 *     sites.sites();                                        // [{ site, name, address, up, epoch }]
 *     nucleus.onSite((site, up) => …);                      // comings and goings
 *     await sites.close();                                  // leave: the others know at once
 *
 * A site that joins need know one address only: the sites tell one another of the rest.
 */
import { KError } from './errors.ts';
import type { SiteId } from './ids/ui.ts';
import { Sites, type SitesOptions } from './ipc/sites.ts';
import type { Nucleus } from './nucleus.ts';
import type { Transport } from './transport/transport.ts';

export interface JoinOptions extends SitesOptions {
  /** Addresses of sites to reach at once. */
  connect?: readonly string[];
}

export type { Sites } from './ipc/sites.ts';

/** Gives a nucleus its remote half. Once per nucleus. */
export function joinTransport(nucleus: Nucleus, transport: Transport, options: JoinOptions = {}): Sites {
  const sites = new Sites(nucleus, transport, options);
  nucleus.attachRemote(sites);
  for (const address of options.connect ?? []) sites.connect(address);
  return sites;
}

/** Waits until all of `wanted` are up. Rejects with K_ETIMEOUT. */
export function sitesReady(sites: Sites, wanted: readonly SiteId[], timeoutMs: number): Promise<void> {
  const { nucleus } = sites;
  const missing = (): boolean => {
    const up = new Set(sites.sites().flatMap((site) => (site.up ? [site.site] : [])));
    return wanted.some((site) => site !== nucleus.site && !up.has(site));
  };
  if (!missing()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      stopListening();
      cancelTimer();
      settle();
    };
    const stopListening = nucleus.onSite(() => {
      if (!missing()) finish(resolve);
    });
    const cancelTimer = nucleus.clock.setTimer(timeoutMs, () =>
      finish(() => reject(new KError('K_ETIMEOUT'))),
    );
  });
}
