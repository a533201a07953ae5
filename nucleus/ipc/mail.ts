/**
 * Messages for ports, at the border of a site: those of this site that leave it, those of others that arrive,
 * and what is held while a port is in transit. Whose port is not here gets its message back, and all that
 * follow until it marks the end of them (see routes.ts).
 */
import { KError } from '../errors.ts';
import type { SiteId, UI } from '../ids/ui.ts';
import type { ClientCalls, ServedCalls } from './calls.ts';
import type { Location } from './location.ts';
import type { Message } from './message.ts';
import type { Net } from './net.ts';
import type { Post } from './post.ts';
import type { Routes } from './routes.ts';
import type { HeldItem, Transit } from './transit.ts';
import { asWire, decodeMessage, headOf } from './wire.ts';

export interface MailParts {
  readonly net: Net;
  readonly calls: ClientCalls;
  readonly served: ServedCalls;
  readonly location: Location;
  readonly transit: Transit;
  readonly routes: Routes;
}

export class Mail {
  private readonly net: Net;
  private readonly calls: ClientCalls;
  private readonly served: ServedCalls;
  private readonly location: Location;
  private readonly transit: Transit;
  private readonly routes: Routes;
  /** By site, the ports whose messages are sent back until it marks the end of them. */
  private readonly bouncing = new Map<SiteId, Set<UI>>();

  constructor({ net, calls, served, location, transit, routes }: MailParts) {
    this.net = net;
    this.calls = calls;
    this.served = served;
    this.location = location;
    this.transit = transit;
    this.routes = routes;
  }

  /** A message of this site for a port that is not here, or in transit. Throws K_EFULL, K_EINVAL. */
  postOwn(post: Post): void {
    const phase = this.transit.phaseOf(post.target);
    if (phase === 'leaving') this.transit.hold(post.target, { kind: 'post', from: null, post });
    else this.routes.post(post);
  }

  /** A message of this site whose port came here meanwhile. */
  deliverOwn(post: Post): boolean {
    const { nucleus } = this.net;
    if (!nucleus.ipc.ports.has(post.target)) return false;
    const call = post.call === 0 ? undefined : this.calls.get(post.call);
    if (post.call !== 0 && !call) return true;
    try {
      const message = decodeMessage(post.message, nucleus.protocols, nucleus.limits);
      if (!call) nucleus.ipc.deliver(headOf(post), message, null);
      else this.deliverOwnCall(post, message, call.id);
    } catch (error) {
      const kerror = error instanceof KError ? error : new KError('K_EFAULT');
      if (call) this.calls.fail(call.id, kerror);
      else this.net.dropped(kerror.kname, undefined);
    }
    return true;
  }

  private deliverOwnCall(post: Post, message: Message, id: number): void {
    const call = this.calls.get(id);
    if (!call) return;
    const transaction = this.net.nucleus.ipc.deliver(headOf(post), message, (error, reply) => {
      this.calls.forget(call);
      call.finish(error, reply);
    });
    call.onGiveUp = () => this.net.nucleus.ipc.cancel(transaction);
  }

  arrived(from: SiteId, post: Post): void {
    const bouncing = this.bouncing.get(from);
    if (bouncing?.has(post.target)) this.bounce(from, post);
    else if (this.transit.phaseOf(post.target)) this.holdArrived(from, post);
    else if (this.net.nucleus.ipc.ports.has(post.target)) this.served.deliver(from, post);
    else {
      if (bouncing) bouncing.add(post.target);
      else this.bouncing.set(from, new Set([post.target]));
      this.bounce(from, post);
    }
  }

  private holdArrived(from: SiteId, post: Post): void {
    try {
      this.transit.hold(post.target, { kind: 'post', from, post });
    } catch (error) {
      this.served.refuse(from, post, error);
    }
  }

  private bounce(from: SiteId, post: Post): void {
    const here = this.net.nucleus.ipc.ports.has(post.target);
    const hint = here ? this.net.nucleus.site : this.location.wentTo(post.target);
    this.net.tell(from, 'bounce', { hint, post: asWire(post) });
  }

  /** What was held while a port was in transit, now that it is, or is not, here. */
  replay(target: UI, item: HeldItem): void {
    if (item.kind === 'mark') this.marked(item.from, target);
    else if (item.kind === 'locate') this.asked(item.from, item.query, target);
    else if (item.from !== null) this.arrived(item.from, item.post);
    else if (!this.deliverOwn(item.post)) this.postOwnLater(item.post);
  }

  private postOwnLater(post: Post): void {
    try {
      this.postOwn(post);
    } catch (error) {
      const kerror = error instanceof KError ? error : new KError('K_EFAULT');
      if (post.call === 0) this.net.dropped(kerror.kname, undefined);
      else this.calls.fail(post.call, kerror);
    }
  }

  marked(from: SiteId, target: UI): void {
    if (this.transit.hold(target, { kind: 'mark', from })) return;
    this.bouncing.get(from)?.delete(target);
    this.net.tell(from, 'markAck', { target });
  }

  asked(from: SiteId, query: number, target: UI): void {
    if (this.transit.hold(target, { kind: 'locate', from, query })) return;
    const here = this.net.nucleus.ipc.ports.has(target);
    this.net.tell(from, 'located', { query, here, hint: here ? undefined : this.location.wentTo(target) });
  }

  /** A session with a site begins, or ends: nothing of the one before comes back. */
  forget(site: SiteId): void {
    this.bouncing.delete(site);
  }
}
