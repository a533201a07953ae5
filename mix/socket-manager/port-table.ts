/**
 * The port numbers of the system's network, kept at the registrar: who has claimed which, and who takes what
 * is sent to an address. Several sockets may share a port as socket(7) allows: on different hosts, by
 * SO_REUSEADDR (TCP: unless one listens), by SO_REUSEPORT of one user.
 */
import { type SiteId, uiCreationSite } from '../../nucleus/ids/ui.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Claim, Transport } from '../protocols/socket.ts';
import { SocketManagerLimits } from './limits.ts';
import { ANY4, ANY6, isV4, siteOfHost } from './network.ts';
import type { EndpointRef } from './server.ts';

/** What is asked for: an address, and who asks (for a choice that stays the same). */
export interface PortQuery {
  readonly transport: Transport;
  readonly host: string;
  readonly port: number;
  readonly fromPort: number;
}

/** A claim on any host of a family covers `host`. */
function covers({ host: wildcard, v6only }: Claim, host: string): boolean {
  if (wildcard === ANY4) return isV4(host);
  return wildcard === ANY6 && (!isV4(host) || !v6only);
}

const overlap = (a: Claim, b: Claim): boolean => a.host === b.host || covers(a, b.host) || covers(b, a.host);

function mayShare(a: Claim, b: Claim): boolean {
  if (a.reusePort && b.reusePort && a.uid === b.uid) return true;
  return a.reuseAddress && b.reuseAddress && (a.transport === 'udp' || (!a.listening && !b.listening));
}

/** How well a claim fits an address: 0 not at all; the address itself before any address. */
export function fitOf(claim: Claim, { host }: PortQuery): number {
  if (claim.transport === 'tcp' && !claim.listening) return 0;
  if (claim.host === host) return 3;
  if (!covers(claim, host)) return 0;
  const site = siteOfHost(host);
  if (site !== undefined && site !== claim.site) return 0;
  return claim.host === ANY4 ? 2 : 1;
}

/** The best fit; of equals a choice by the sender's port (SO_REUSEPORT). */
export function bestOf(claims: Iterable<Claim>, query: PortQuery): Claim | undefined {
  let best: Claim[] = [];
  let most = 1;
  for (const claim of claims) {
    const how = fitOf(claim, query);
    if (how > most) best = [];
    if (how >= most) {
      most = how;
      best.push(claim);
    }
  }
  return best[query.fromPort % Math.max(1, best.length)];
}

export class PortTable {
  private readonly tcp = new Map<number, Claim[]>();
  private readonly udp = new Map<number, Claim[]>();
  private next: number;

  constructor(random: number) {
    const { EPHEMERAL_FIRST, EPHEMERAL_LAST } = SocketManagerLimits;
    this.next = EPHEMERAL_FIRST + (random % (EPHEMERAL_LAST - EPHEMERAL_FIRST + 1));
  }

  private of(transport: Transport): Map<number, Claim[]> {
    return transport === 'tcp' ? this.tcp : this.udp;
  }

  /** Returns the port. A socket's new claim replaces its old one. Throws EADDRINUSE. */
  claim(claim: Claim, again: boolean): number {
    const port = claim.port === 0 ? this.freePort(claim) : claim.port;
    const claims = this.of(claim.transport).get(port) ?? [];
    const others = claims.filter(({ endpoint }) => endpoint !== claim.endpoint);
    if (!again && others.some((other) => overlap(other, claim) && !mayShare(other, claim))) {
      throw new SysError('EADDRINUSE');
    }
    this.of(claim.transport).set(port, [...others, { ...claim, port }]);
    return port;
  }

  private freePort(claim: Claim): number {
    const { EPHEMERAL_FIRST, EPHEMERAL_LAST } = SocketManagerLimits;
    const taken = this.of(claim.transport);
    for (let tries = EPHEMERAL_FIRST; tries <= EPHEMERAL_LAST; tries++) {
      const port = this.next;
      this.next = port === EPHEMERAL_LAST ? EPHEMERAL_FIRST : port + 1;
      if (!taken.has(port)) return port;
    }
    throw new SysError('EADDRINUSE');
  }

  drop(transport: Transport, port: number, endpoint: EndpointRef['endpoint']): void {
    const claims = this.of(transport)
      .get(port)
      ?.filter((claim) => claim.endpoint !== endpoint);
    if (claims?.length) this.of(transport).set(port, claims);
    else this.of(transport).delete(port);
  }

  /** Throws ECONNREFUSED. */
  find(query: PortQuery): EndpointRef {
    const best = bestOf(this.of(query.transport).get(query.port) ?? [], query);
    if (!best) throw new SysError('ECONNREFUSED');
    return { owner: best.owner, endpoint: best.endpoint };
  }

  siteLost(site: SiteId): void {
    for (const ports of [this.tcp, this.udp]) {
      for (const [port, claims] of [...ports]) {
        const left = claims.filter(({ owner }) => uiCreationSite(owner) !== site);
        if (left.length > 0) ports.set(port, left);
        else ports.delete(port);
      }
    }
  }
}
