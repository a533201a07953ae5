/** One site of a system whose sites are processes: its nucleus, joined to the others over ZeroMQ. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SystemDescription } from '../../mix/boot/description.ts';
import { knowsManagers, type RunningSite, startSite } from '../../mix/boot/site.ts';
import { bootEpoch, makeNucleus } from '../../mix/boot/system.ts';
import { isKError } from '../../nucleus/errors.ts';
import { joinTransport, type Sites } from '../../nucleus/join.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { zeromqTransport } from '../../nucleus/transport/zeromq.ts';
import type { ProgramTable } from '../../subsystems/unix/sys.ts';

export interface JoinOrder {
  description: SystemDescription;
  site: number;
  /** Where this site listens: see `socketAddress`. */
  address: string;
  /** Sites to reach; one is enough, it tells of the others. */
  peers: readonly string[];
}

export interface JoinedSite {
  readonly running: RunningSite;
  readonly links: Sites;
  readonly address: string;
  /** Ends the site's processes, closes its volumes, leaves. */
  close(): Promise<void>;
}

/** A site that joined found no root file system: says which sites it has heard of. */
export class RootUnreachable extends Error {
  constructor(links: Sites) {
    const heard = links.sites().map(({ name, up }) => `${name} ${up ? 'up' : 'down'}`);
    super(`nobody serves the root file system (linked: ${heard.join(', ') || 'to no site'})`);
  }
}

/** Where a site listens whose sockets are in `directory`. */
export const socketAddress = (directory: string, site: number | string): string =>
  `ipc://${join(directory, `site-${site}`)}`;

/** A new directory for the sockets of one system, which only this user can enter. */
export function socketDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'chorus-'));
}

/**
 * Until the sites of the description know one another, a distant fork would find nobody. A site that does not
 * come up in time is taken for down, as it would be later.
 */
async function othersKnown(nucleus: Nucleus, { description, site }: JoinOrder): Promise<void> {
  const described = description.sites.some((entry) => entry.site === site);
  if (!described) return;
  await knowsManagers(nucleus, description.sites.length).catch((error) => {
    if (!isKError(error, 'K_EUNREACHABLE')) throw error;
  });
}

/** A nucleus that listens and reaches out, with nothing on it yet. */
export async function joinNucleus(
  order: JoinOrder,
  programs: ProgramTable,
): Promise<{ nucleus: Nucleus; links: Sites; start(): Promise<JoinedSite> }> {
  const nucleus = makeNucleus(order.description, order.site, { programs, epoch: bootEpoch(Date.now()) });
  const transport = await zeromqTransport({ site: order.site, address: order.address });
  const links = joinTransport(nucleus, transport, { connect: order.peers });
  const start = async (): Promise<JoinedSite> => {
    const running = await startSite({ nucleus, description: order.description, programs }).catch((error) => {
      throw isKError(error, 'K_EUNREACHABLE') ? new RootUnreachable(links) : error;
    });
    await othersKnown(nucleus, order);
    const close = async (): Promise<void> => {
      await running.shutdown();
      await links.close();
    };
    return { running, links, address: transport.address, close };
  };
  return { nucleus, links, start };
}
