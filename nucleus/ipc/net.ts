/**
 * What the aspects of the remote half (calls, location, directory, migration) share: the way to the other
 * sites.
 */
import type { SiteId } from '../ids/ui.ts';
import type { Nucleus } from '../nucleus.ts';
import type { Packed } from './frame.ts';
import type { PacketName, Packets } from './wire.ts';

export interface Net {
  readonly nucleus: Nucleus;
  /** Sites that this one has a session with now. */
  upSites(): SiteId[];
  isUp(site: SiteId): boolean;
  /** Epoch of a site that is up. */
  epochOf(site: SiteId): number | undefined;
  /** Sends, after everything sent to the site before. Throws K_EFULL, K_ELINKFAILURE. */
  transmit(site: SiteId, packet: Packed): void;
  /** Sends a packet of the nuclei's own: not bound by limits, lost when the site is down. */
  tell<N extends PacketName>(site: SiteId, name: N, value: Packets[N]): void;
  /** A message could not be delivered, and nobody waits for an answer. */
  dropped(reason: string, site: SiteId | undefined): void;
}
