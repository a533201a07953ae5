/**
 * Migration of a port to an actor of another site, in two phases, so that at no time two sites have the port:
 *
 *     source                          destination
 *     freeze the port, hold its mail
 *     migrate {port, queue}    ->     check; hold its mail
 *                              <-     prepared {0 or an error}
 *     commit {go}              ->     take over, install, deliver what was held
 *     send back what was held
 *                              <-     installed {li}
 *
 * Until the commit is sent the source may call it off, and the port is where it was: a lost link then means
 * K_EUNREACHABLE. After that it may not: a lost link means K_ELINKFAILURE, and the port is at the destination
 * or gone. Calls in the queue are then the destination's: the source relays their replies and aborts.
 */
import { isKError, KError, kerrorFromCode } from '../errors.ts';
import { type SiteId, type UI, UiType, uiCreationSite, uiType } from '../ids/ui.ts';
import type { ClientCalls, PendingCall, ServedCalls } from './calls.ts';
import type { Location } from './location.ts';
import type { Net } from './net.ts';
import { Port } from './port.ts';
import type { Post } from './post.ts';
import type { Routes } from './routes.ts';
import type { Transaction } from './transaction.ts';
import type { HeldItem, Transit } from './transit.ts';
import { makePost, type Packets, pack } from './wire.ts';

export interface Migrated {
  readonly li: number;
  readonly sequence: number;
}

interface Departure {
  readonly port: Port;
  readonly to: SiteId;
  readonly sequence: number;
  readonly relays: readonly { transaction: Transaction; call: PendingCall }[];
  committed: boolean;
  readonly resolve: (result: Migrated) => void;
  readonly reject: (error: Error) => void;
}

interface Arrival {
  readonly from: SiteId;
  readonly packet: Packets['migrate'];
  readonly aborted: Set<number>;
}

/** Puts one held item to those who would have had it, now that the port is, or is not, here. */
export type Replay = (target: UI, item: HeldItem) => void;

export interface MigrationParts {
  readonly net: Net;
  readonly calls: ClientCalls;
  readonly served: ServedCalls;
  readonly location: Location;
  readonly routes: Routes;
  readonly transit: Transit;
  readonly replay: Replay;
}

const arrivalKey = (site: SiteId, id: number): string => `${site}.${id}`;

export class Migrations {
  private readonly parts: MigrationParts;
  private readonly departures = new Map<number, Departure>();
  private readonly arrivals = new Map<string, Arrival>();
  private nextId = 1;

  constructor(parts: MigrationParts) {
    this.parts = parts;
  }

  // --- the source ------------------------------------------------------------------------------------------

  /** Throws (rejects) K_EUNREACHABLE, K_EINVAL, K_EUNKNOWN (no such actor), K_ENOMEM, K_ELINKFAILURE. */
  depart(port: Port, actor: UI, follow: boolean): Promise<Migrated> {
    const { net, transit } = this.parts;
    const to = uiCreationSite(actor);
    if (uiType(actor) !== UiType.actor) return Promise.reject(new KError('K_EINVAL'));
    if (to === net.nucleus.site) return Promise.reject(new KError('K_EUNKNOWN'));
    if (!net.isUp(to)) return Promise.reject(new KError('K_EUNREACHABLE'));
    return new Promise((resolve, reject) => {
      const id = this.nextId;
      this.nextId += 1;
      net.nucleus.leaveActor(port, follow);
      net.nucleus.ipc.ports.delete(port.ui);
      transit.begin(port.ui, 'leaving');
      const relays: { transaction: Transaction; call: PendingCall }[] = [];
      const departure: Departure = {
        port,
        to,
        sequence: port.sequence + 1,
        relays,
        committed: false,
        resolve,
        reject,
      };
      this.departures.set(id, departure);
      try {
        const queue = port.queue.map((transaction) => this.followPost(transaction, to, relays));
        const { ui, groups, pi } = port;
        net.transmit(to, pack('migrate', { id, port: ui, actor, pi, groups: [...groups], queue }));
      } catch (error) {
        this.callOff(id, departure, isKError(error) ? error : new KError('K_EFAULT'));
      }
    });
  }

  /** A queued message as the destination gets it; a call becomes a call of this site, relayed. */
  private followPost(
    transaction: Transaction,
    to: SiteId,
    relays: { transaction: Transaction; call: PendingCall }[],
  ): Post {
    const { calls, net } = this.parts;
    let id = 0;
    if (transaction.replyTo) {
      const call = calls.create(transaction.message, (error, reply) => {
        transaction.onAbort = null;
        if (error) transaction.fail(error);
        else transaction.reply(reply);
      });
      call.site = to;
      transaction.onAbort = () => calls.giveUp(call);
      relays.push({ transaction, call });
      id = call.id;
    }
    return makePost(transaction.head, id, transaction.message, net.nucleus.limits);
  }

  prepared(from: SiteId, { id, code }: Packets['prepared']): void {
    const departure = this.departures.get(id);
    if (!departure || departure.to !== from || departure.committed) return;
    if (code !== 0) {
      this.callOff(id, departure, kerrorFromCode(code));
      return;
    }
    const { net, location, routes, transit, replay } = this.parts;
    const { port } = departure;
    departure.committed = true;
    net.tell(from, 'commit', { id, go: true });
    port.queue.length = 0;
    location.noteMoved(port.ui, from);
    const items = transit.end(port.ui);
    routes.redirect(port.ui, from);
    for (const item of items) replay(port.ui, item);
  }

  installed(from: SiteId, { id, code, li }: Packets['installed']): void {
    const departure = this.departures.get(id);
    if (!departure?.committed || departure.to !== from) return;
    this.departures.delete(id);
    this.parts.net.nucleus.detachPort(departure.port, from);
    if (code === 0) departure.resolve({ li, sequence: departure.sequence });
    else departure.reject(kerrorFromCode(code));
  }

  /** The port stays: as it was, but for the receivers that were woken. */
  private callOff(id: number, departure: Departure, error: KError): void {
    const { net, calls, transit, replay } = this.parts;
    const { port } = departure;
    this.departures.delete(id);
    for (const { transaction, call } of departure.relays) {
      transaction.onAbort = null;
      const given = calls.get(call.id);
      calls.forget(call);
      // Its client gave up meanwhile: nobody is to run it.
      if (!given) port.queue.splice(port.queue.indexOf(transaction), 1);
    }
    net.nucleus.returnToActor(port);
    for (const item of transit.end(port.ui)) replay(port.ui, item);
    departure.reject(error);
  }

  // --- the destination -------------------------------------------------------------------------------------

  announced(from: SiteId, packet: Packets['migrate']): void {
    const code = this.objection(packet);
    if (code === 0) {
      this.parts.transit.begin(packet.port, 'prepared');
      this.arrivals.set(arrivalKey(from, packet.id), { from, packet, aborted: new Set() });
    }
    this.parts.net.tell(from, 'prepared', { id: packet.id, code });
  }

  private objection(packet: Packets['migrate']): number {
    const { nucleus } = this.parts.net;
    if (!nucleus.actors.has(packet.actor)) return new KError('K_EUNKNOWN').kcode;
    if (nucleus.ipc.ports.has(packet.port) || this.parts.transit.phaseOf(packet.port)) {
      return new KError('K_EBUSY').kcode;
    }
    if (nucleus.ipc.ports.size >= nucleus.limits.ports) return new KError('K_ENOMEM').kcode;
    return packet.groups.length > nucleus.limits.groupsPerPort ? new KError('K_ENOMEM').kcode : 0;
  }

  decided(from: SiteId, { id, go }: Packets['commit']): void {
    const arrival = this.arrivals.get(arrivalKey(from, id));
    if (!arrival) return;
    const { routes, transit } = this.parts;
    const { port } = arrival.packet;
    if (!go) {
      this.dismiss(id, arrival);
      return;
    }
    transit.setPhase(port, 'arriving');
    routes.takeOver(port, (own) => this.install(id, arrival, own));
  }

  private install(id: number, arrival: Arrival, own: readonly Post[]): void {
    const { net, served, transit, replay } = this.parts;
    const { packet, from } = arrival;
    const { nucleus } = net;
    this.arrivals.delete(arrivalKey(from, id));
    const actor = nucleus.actors.get(packet.actor);
    if (!actor) {
      for (const post of packet.queue) served.refuse(from, post, new KError('K_ELINKFAILURE'));
      net.tell(from, 'installed', { id, code: new KError('K_EUNKNOWN').kcode, li: 0 });
    } else {
      const port = new Port(packet.port, actor, 0, packet.pi);
      for (const group of packet.groups) port.groups.add(group);
      for (const post of packet.queue) if (!arrival.aborted.has(post.call)) this.requeue(port, from, post);
      const li = nucleus.attachPort(port, actor);
      net.tell(from, 'installed', { id, code: 0, li });
    }
    const items = transit.end(packet.port);
    for (const post of own) replay(packet.port, { kind: 'post', from: null, post });
    for (const item of items) replay(packet.port, item);
  }

  private requeue(port: Port, from: SiteId, post: Post): void {
    const { served } = this.parts;
    try {
      const transaction = served.queued(from, post);
      port.queue.push(transaction);
    } catch (error) {
      served.refuse(from, post, error);
    }
  }

  /** A queued call that is on its way here was given up by its client. */
  aborted(from: SiteId, call: number): void {
    for (const arrival of this.arrivals.values()) if (arrival.from === from) arrival.aborted.add(call);
  }

  private dismiss(id: number, arrival: Arrival): void {
    this.arrivals.delete(arrivalKey(arrival.from, id));
    const { port } = arrival.packet;
    for (const item of this.parts.transit.end(port)) this.parts.replay(port, item);
  }

  // --- failure ---------------------------------------------------------------------------------------------

  /** Called before the calls posted to the site are failed: a port that stays keeps its queue. */
  siteDown(site: SiteId): void {
    for (const [id, departure] of [...this.departures]) {
      if (departure.to !== site) continue;
      if (!departure.committed) {
        this.callOff(id, departure, new KError('K_EUNREACHABLE'));
        continue;
      }
      this.departures.delete(id);
      this.parts.net.nucleus.detachPort(departure.port, site);
      departure.reject(new KError('K_ELINKFAILURE'));
    }
    for (const [key, arrival] of [...this.arrivals]) {
      if (arrival.from !== site) continue;
      const phase = this.parts.transit.phaseOf(arrival.packet.port);
      if (phase === 'prepared') this.dismiss(Number(key.split('.')[1]), arrival);
    }
  }
}
