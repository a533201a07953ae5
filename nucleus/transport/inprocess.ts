/**
 * Transport between nuclei of one process: the one-shot commands with several sites, and tests.
 *
 * A hub joins the sites. Frames are encoded and decoded as between machines, so nothing is shared; they are
 * handed over in a microtask, several at a time: quicker than any socket, and the executive's quantum sees to
 * it that the event loop gets its turns all the same.
 */
import type { SiteId } from '../ids/ui.ts';
import type { Transport, TransportListener } from './transport.ts';

type Parcel = readonly [from: SiteId, frames: readonly Uint8Array[]];

/** Frames that may wait for one site: beyond, they are lost (and sent again by the link). */
const INBOX_MAX = 65536;

/** Joins the sites of one process: every member reaches every other as soon as both have joined. */
export class InProcessHub {
  private readonly members = new Map<SiteId, InProcessTransport>();

  /** Makes a site's transport. Throws RangeError when the site number is taken. */
  join(site: SiteId): Transport {
    if (this.members.has(site)) throw new RangeError(`site ${site} has joined already`);
    return new InProcessTransport(this, site);
  }

  add(transport: InProcessTransport): void {
    for (const other of this.members.values()) {
      other.tell(transport.site, true);
      transport.tell(other.site, true);
    }
    this.members.set(transport.site, transport);
  }

  remove(transport: InProcessTransport): void {
    if (this.members.get(transport.site) !== transport) return;
    this.members.delete(transport.site);
    for (const other of this.members.values()) other.tell(transport.site, false);
  }

  find(site: SiteId): InProcessTransport | undefined {
    return this.members.get(site);
  }

  sites(): SiteId[] {
    return [...this.members.keys()];
  }
}

class InProcessTransport implements Transport {
  readonly site: SiteId;
  readonly address: string;
  lost = 0;
  private readonly hub: InProcessHub;
  private listener: TransportListener | null = null;
  private inbox: Parcel[] = [];

  constructor(hub: InProcessHub, site: SiteId) {
    this.hub = hub;
    this.site = site;
    this.address = `inprocess://${site}`;
  }

  listen(listener: TransportListener): void {
    this.listener = listener;
    this.hub.add(this);
  }

  send(to: SiteId, frames: readonly Uint8Array[]): void {
    if (!this.hub.find(to)?.accept(this.site, frames)) this.lost += 1;
  }

  accept(from: SiteId, frames: readonly Uint8Array[]): boolean {
    if (this.inbox.length >= INBOX_MAX) return false;
    if (this.inbox.length === 0) queueMicrotask(() => this.deliver());
    this.inbox.push([from, frames]);
    return true;
  }

  private deliver(): void {
    const parcels = this.inbox;
    this.inbox = [];
    for (const [from, frames] of parcels) this.listener?.onFrames(from, frames);
  }

  /** A peer came or went: told in a turn of its own, as a network would. */
  tell(site: SiteId, reachable: boolean): void {
    queueMicrotask(() => this.listener?.onPeer(site, reachable));
  }

  connect(): void {
    // Members of a hub reach one another without being told.
  }

  peers(): readonly SiteId[] {
    return this.hub.sites().filter((site) => site !== this.site);
  }

  async close(): Promise<void> {
    this.listener = null;
    this.hub.remove(this);
  }
}
