/**
 * The remote half of IPC: ties the aspects together (links, mail, calls, routes, directory, migration) and
 * hands arriving packets to them. One per nucleus.
 *
 * Order of events when a site is lost: its group members are forgotten, migrations decide, routes turn away
 * from it, the calls posted to it fail, what ran for it is aborted, and the nucleus is told.
 */

import type { Awaitable } from '../awaitable.ts';
import { KError } from '../errors.ts';
import type { Thread } from '../executive/thread.ts';
import { type SiteId, type UI, UiType, uiCreationSite, uiType } from '../ids/ui.ts';
import type { Nucleus } from '../nucleus.ts';
import type { Transport } from '../transport/transport.ts';
import { ClientCalls, type PendingCall, ServedCalls } from './calls.ts';
import { GroupDirectory } from './directory.ts';
import { type Arrived, decodeHead, type Packed } from './frame.ts';
import type { GroupMember } from './group.ts';
import { DEFAULT_TIMING, Link, type LinkCounters, type LinkHost, type LinkTiming } from './link.ts';
import { Location } from './location.ts';
import { Mail } from './mail.ts';
import type { Message, MessageHead } from './message.ts';
import { Migrations } from './migrate.ts';
import type { Net } from './net.ts';
import type { Port } from './port.ts';
import type { CallOptions } from './protocol.ts';
import type { RemoteIpc, RemoteSite } from './remote.ts';
import { Routes } from './routes.ts';
import { Transit } from './transit.ts';
import {
  dispatch,
  handlerTable,
  makePost,
  type PacketName,
  type Packets,
  pack,
  type SiteRecord,
} from './wire.ts';

export interface SitesOptions {
  timing?: Partial<LinkTiming>;
}

/** Sites that one nucleus remembers, up or not. */
const SITES_MAX = 8192;

/** Newcomers are announced to the others together. */
const NEWS_DELAY_MS = 10;

interface Peer {
  readonly link: Link;
  name: string;
  address: string;
  /** The session's directory has arrived: the nucleus was told that the site is up. */
  announced: boolean;
}

export class Sites implements RemoteIpc, Net {
  readonly nucleus: Nucleus;
  readonly transport: Transport;
  /** Frames and packets that made no sense, since boot. */
  malformed = 0;
  private readonly peers = new Map<SiteId, Peer>();
  private readonly calls: ClientCalls;
  private readonly served: ServedCalls;
  private readonly directory: GroupDirectory;
  private readonly location: Location;
  private readonly routes: Routes;
  private readonly transit = new Transit();
  private readonly mail: Mail;
  private readonly migrations: Migrations;
  private readonly host: LinkHost;
  private lastSession = 0;
  private turn = 0;
  private readonly news: SiteId[] = [];
  private closed = false;

  constructor(nucleus: Nucleus, transport: Transport, options: SitesOptions = {}) {
    this.nucleus = nucleus;
    this.transport = transport;
    const timing = { ...DEFAULT_TIMING, ...options.timing };
    this.calls = new ClientCalls(this, 2 * timing.deadMs + timing.retryMaxMs);
    this.served = new ServedCalls(this);
    this.directory = new GroupDirectory(this);
    this.location = new Location(this);
    this.routes = new Routes(this, this.calls, this.location, (post) => this.mail.deliverOwn(post));
    const { calls, served, location, routes, transit } = this;
    this.mail = new Mail({ net: this, calls, served, location, routes, transit });
    this.migrations = new Migrations({
      net: this,
      calls,
      served,
      location,
      routes,
      transit,
      replay: (target, item) => this.mail.replay(target, item),
    });
    this.host = this.linkHost(timing);
    transport.listen({
      onFrames: (from, frames) => this.onFrames(from, frames),
      onPeer: (site, reachable) => this.onPeer(site, reachable),
    });
  }

  // --- links -----------------------------------------------------------------------------------------------

  private linkHost(timing: LinkTiming): LinkHost {
    const { nucleus } = this;
    return {
      clock: nucleus.clock,
      epoch: nucleus.epoch,
      linkBytes: nucleus.limits.linkBytes,
      timing,
      nextSession: () => {
        this.lastSession = Math.max(this.lastSession + 1, Math.floor(nucleus.clock.now()));
        return this.lastSession;
      },
      turn: () => this.turn,
      stamp: () => nucleus.tracer.stamp(),
      transmit: (to, frames) => this.transport.send(to, frames),
      onUp: (link) => this.linkUp(link),
      onDown: (link) => this.linkDown(link),
      onPacket: (link, packet) => this.onPacket(link, packet),
    };
  }

  private peerOf(site: SiteId): Peer | undefined {
    const known = this.peers.get(site);
    if (known || site === this.nucleus.site || this.peers.size >= SITES_MAX) return known;
    const peer: Peer = {
      link: new Link(site, this.host),
      name: `site${site}`,
      address: '',
      announced: false,
    };
    this.peers.set(site, peer);
    return peer;
  }

  private onPeer(site: SiteId, reachable: boolean): void {
    if (this.closed) return;
    const peer = reachable ? this.peerOf(site) : this.peers.get(site);
    peer?.link.setReachable(reachable);
  }

  private onFrames(from: SiteId, frames: readonly Uint8Array[]): void {
    if (this.closed) return;
    this.turn += 1;
    const { scheduler } = this.nucleus;
    const gathers = scheduler.gather();
    try {
      const head = decodeHead(frames);
      this.nucleus.tracer.witness(head.stamp);
      this.peerOf(from)?.link.receive(head, frames);
    } catch (error) {
      this.reportMalformed(from, error);
    }
    if (gathers) scheduler.release();
  }

  private onPacket(link: Link, packet: Arrived): void {
    try {
      dispatch(this.handlers, link, packet);
    } catch (error) {
      this.reportMalformed(link.peer, error);
    }
  }

  private reportMalformed(from: SiteId, error: unknown): void {
    this.malformed += 1;
    if (!this.nucleus.tracer.active) return;
    this.nucleus.tracer.emit({ kind: 'drop', peer: from, operation: 'malformed', error: String(error) });
  }

  private linkUp(link: Link): void {
    this.mail.forget(link.peer);
    const { name } = this.nucleus;
    const known = [...this.peers].filter(([site, other]) => other.announced && site !== link.peer);
    const sites = known.map(([site]) => this.recordOf(site));
    this.tell(link.peer, 'intro', { name, address: this.transport.address, sites });
    this.directory.introduce(link.peer);
  }

  private linkDown(link: Link): void {
    const site = link.peer;
    const peer = this.peers.get(site)!;
    const wasAnnounced = peer.announced;
    peer.announced = false;
    this.mail.forget(site);
    this.transit.siteDown(site);
    this.directory.siteDown(site);
    this.location.siteDown(site);
    this.migrations.siteDown(site);
    this.routes.siteDown(site);
    this.calls.siteDown(site);
    this.served.siteDown(site);
    if (wasAnnounced) this.nucleus.siteChanged(site, false);
  }

  // --- Net -------------------------------------------------------------------------------------------------

  upSites(): SiteId[] {
    const sites: SiteId[] = [];
    for (const [site, peer] of this.peers) if (peer.link.up) sites.push(site);
    return sites;
  }

  isUp(site: SiteId): boolean {
    return this.peers.get(site)?.link.up === true;
  }

  epochOf(site: SiteId): number | undefined {
    return this.peers.get(site)?.link.peerEpoch;
  }

  transmit(site: SiteId, packet: Packed): void {
    const peer = this.peers.get(site);
    if (!peer) throw new KError('K_ELINKFAILURE');
    peer.link.send(packet);
  }

  tell<N extends PacketName>(site: SiteId, name: N, value: Packets[N]): void {
    const link = this.peers.get(site)?.link;
    if (link?.up) link.send(pack(name, value), true);
  }

  dropped(reason: string, site: SiteId | undefined): void {
    this.nucleus.ipc.counters.dropped += 1;
    if (this.nucleus.tracer.active) this.nucleus.tracer.emit({ kind: 'drop', peer: site, error: reason });
  }

  // --- RemoteIpc -------------------------------------------------------------------------------------------

  send(head: MessageHead, message: Message): void {
    this.mail.postOwn(makePost(head, 0, message, this.nucleus.limits));
  }

  call(thread: Thread, head: MessageHead, message: Message, options: CallOptions): Promise<Message> {
    let call: PendingCall;
    return thread.block<Message>(
      (wait) => {
        call = this.calls.create(message, (error, reply) => (error ? wait.fail(error) : wait.wake(reply)));
        try {
          this.mail.postOwn(makePost(head, call.id, message, this.nucleus.limits));
        } catch (error) {
          this.calls.forget(call);
          throw error;
        }
        return () => this.calls.giveUp(call);
      },
      {
        abortable: options.abortable !== false,
        delayMs: options.delayMs,
        onAbort: (wait) => this.calls.abort(call, wait),
      },
    );
  }

  groupMembers(group: UI): readonly GroupMember[] {
    return this.directory.membersOf(group);
  }

  groupChanged(group: UI, port: UI, present: boolean): void {
    this.directory.changed(group, port, present);
  }

  locate(ui: UI): Awaitable<SiteId | undefined> {
    const type = uiType(ui);
    if (type !== UiType.port && type !== UiType.staticPort) {
      const site = uiCreationSite(ui);
      return site === this.nucleus.site || this.isUp(site) ? site : undefined;
    }
    return this.location.find(ui);
  }

  migrate(port: Port, destination: UI, follow: boolean): Promise<{ li: number; sequence: number }> {
    return this.migrations.depart(port, destination, follow);
  }

  portGone(port: UI, movedTo: SiteId | null): void {
    if (movedTo === null) this.location.noteDeleted(port);
    else this.location.noteMoved(port, movedTo);
  }

  portHere(port: UI): void {
    this.location.noteHere(port);
  }

  sites(): readonly RemoteSite[] {
    return [...this.peers].map(([site, { link, name, address, announced }]) => ({
      site,
      name,
      address,
      up: announced,
      epoch: link.peerEpoch,
    }));
  }

  /** Tries to reach a site by its address, and through it those that it knows. */
  connect(address: string): void {
    this.transport.connect(address);
  }

  /** Traffic of the link to a site, for displays and tests. */
  linkCounters(site: SiteId): LinkCounters | undefined {
    return this.peers.get(site)?.link.counters;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    for (const { link } of this.peers.values()) link.close();
    this.closed = true;
    await this.transport.close();
  }

  // --- packets ---------------------------------------------------------------------------------------------

  private introduced(link: Link, { name, address, sites }: Packets['intro']): void {
    const peer = this.peers.get(link.peer)!;
    peer.name = name;
    peer.address = address;
    for (const record of sites) this.heardOf(record);
  }

  /** A site that somebody knows: of two that do not know each other the one with the higher number calls. */
  private heardOf(record: SiteRecord): void {
    const peer = this.peerOf(record.site);
    if (!peer || peer.link.up) return;
    peer.name = record.name;
    peer.address = record.address;
    if (this.nucleus.site > record.site) this.transport.connect(record.address);
  }

  private directoryHeard(link: Link, packet: Packets['groups']): void {
    this.directory.heardAll(link.peer, packet);
    const peer = this.peers.get(link.peer)!;
    if (!packet.last || peer.announced) return;
    peer.announced = true;
    this.spread(link.peer);
    this.nucleus.siteChanged(link.peer, true);
  }

  /** Tells the others of a new site: of several that come together in one packet. */
  private spread(site: SiteId): void {
    this.news.push(site);
    if (this.news.length > 1) return;
    this.nucleus.clock.setTimer(NEWS_DELAY_MS, () => {
      const sites = this.news.splice(0).map((each) => this.recordOf(each));
      for (const each of this.upSites()) this.tell(each, 'news', { sites });
    });
  }

  private recordOf(site: SiteId): SiteRecord {
    const { name, address } = this.peers.get(site)!;
    return { site, name, address };
  }

  private readonly handlers = handlerTable<Link>({
    intro: (link, packet) => this.introduced(link, packet),
    groups: (link, packet) => this.directoryHeard(link, packet),
    groupChange: (link, packet) => this.directory.heard(link.peer, packet),
    news: (_link, { sites }) => {
      for (const record of sites) this.heardOf(record);
    },
    post: (link, packet) => this.mail.arrived(link.peer, packet),
    reply: (link, packet) => this.calls.replied(link.peer, packet),
    abort: (link, { call }) => {
      if (this.transit.cancel(link.peer, call)) return;
      this.migrations.aborted(link.peer, call);
      this.served.aborted(link.peer, call);
    },
    bounce: (link, packet) => this.routes.bounced(link.peer, packet),
    mark: (link, { target }) => this.mail.marked(link.peer, target),
    markAck: (link, { target }) => this.routes.marked(link.peer, target),
    locate: (link, { query, target }) => this.mail.asked(link.peer, query, target),
    located: (link, packet) => this.location.answered(link.peer, packet),
    migrate: (link, packet) => this.migrations.announced(link.peer, packet),
    prepared: (link, packet) => this.migrations.prepared(link.peer, packet),
    commit: (link, packet) => this.migrations.decided(link.peer, packet),
    installed: (link, packet) => this.migrations.installed(link.peer, packet),
  });
}
