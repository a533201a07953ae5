/**
 * Routes: where this site sends the messages for a port that is elsewhere, in order, also while the port
 * moves.
 *
 * A route is *open* towards a site, and messages follow one another on that link. A site that does not have
 * the port sends them back ("not here"). The first one that comes back makes the route *draining*: new
 * messages are held, and a mark is sent after the old ones; once the mark is acknowledged everything sent
 * before was either delivered or is back here, in order. The site keeps sending back until it sees the mark,
 * even if the port returns meanwhile: so what is sent first arrives first, and once. Then the route is open
 * again towards the port's new site, after *seeking* it if need be: what came back goes first, then what was
 * held.
 */
import { isKError, KError } from '../errors.ts';
import type { SiteId, UI } from '../ids/ui.ts';
import type { ClientCalls } from './calls.ts';
import { DEAD, type Location } from './location.ts';
import type { Net } from './net.ts';
import type { Post } from './post.ts';
import { type Packets, pack, reread } from './wire.ts';

/** Messages held for one port while it is looked for: K_EFULL. */
const HELD_MAX = 4096;
/** Ports that this site remembers the way to. */
const ROUTES_MAX = 65536;
/** A port that is missed this often without a pause is declared unreachable. */
const HOPS_MAX = 16;
const HOPS_PAUSE_MS = 1000;

interface Route {
  readonly target: UI;
  state: 'open' | 'draining' | 'seeking';
  site: SiteId;
  hint: SiteId | undefined;
  back: Post[];
  held: Post[];
  hops: number;
  missedMs: number;
  /** The port is about to be installed here: it takes over what came back and what is held. */
  takeOver: ((posts: Post[]) => void) | null;
}

export class Routes {
  private readonly net: Net;
  private readonly calls: ClientCalls;
  private readonly location: Location;
  /** Delivers a post of this site to a port that is, or is arriving, here; false if it is not. */
  private readonly deliverHere: (post: Post) => boolean;
  private readonly routes = new Map<UI, Route>();

  constructor(net: Net, calls: ClientCalls, location: Location, deliverHere: (post: Post) => boolean) {
    this.net = net;
    this.calls = calls;
    this.location = location;
    this.deliverHere = deliverHere;
  }

  /** Sends on a message of this site. Throws K_EFULL, K_EINVAL; later failures go to the call. */
  post(post: Post): void {
    const route = this.routes.get(post.target) ?? this.create(post.target);
    if (route.state === 'open') {
      this.forward(route, post);
      return;
    }
    if (route.held.length >= HELD_MAX) throw new KError('K_EFULL');
    route.held.push(post);
  }

  private create(target: UI): Route {
    this.evict();
    const likely = this.location.likelySite(target);
    const route: Route = {
      target,
      state: 'open',
      site: likely ?? 0,
      hint: undefined,
      back: [],
      held: [],
      hops: 0,
      missedMs: Number.NEGATIVE_INFINITY,
      takeOver: null,
    };
    this.routes.set(target, route);
    if (likely === undefined) this.seek(route);
    return route;
  }

  private evict(): void {
    if (this.routes.size < ROUTES_MAX) return;
    for (const [target, route] of this.routes) {
      if (route.state !== 'open') continue;
      this.routes.delete(target);
      return;
    }
  }

  private forward(route: Route, post: Post): void {
    const call = post.call === 0 ? undefined : this.calls.get(post.call);
    if (post.call !== 0 && !call) return;
    this.net.transmit(route.site, pack('post', post));
    if (call) call.site = route.site;
  }

  /** For messages whose sender has gone on: failures go to the call, or are counted. */
  private forwardLater(route: Route, post: Post): void {
    try {
      this.forward(route, post);
    } catch (error) {
      this.undeliverable(post, isKError(error) ? error : new KError('K_EFAULT'));
    }
  }

  private undeliverable(post: Post, error: KError): void {
    if (post.call === 0) this.net.dropped(error.kname, undefined);
    else this.calls.fail(post.call, error);
  }

  // --- not here --------------------------------------------------------------------------------------------

  bounced(from: SiteId, packet: Packets['bounce']): void {
    const post = reread(packet.post);
    const call = this.calls.get(post.call);
    if (call?.site === from) call.site = null;
    const route = this.routes.get(post.target) ?? this.create(post.target);
    if (route.site !== from || route.state === 'seeking') {
      this.net.dropped('stray', from);
      return;
    }
    if (route.state === 'open') this.drain(route);
    route.hint = packet.hint;
    route.back.push(post);
  }

  private drain(route: Route): void {
    const now = this.net.nucleus.clock.monotonic();
    if (now - route.missedMs > HOPS_PAUSE_MS) route.hops = 0;
    route.missedMs = now;
    route.hops += 1;
    route.state = 'draining';
    route.hint = undefined;
    this.net.tell(route.site, 'mark', { target: route.target });
  }

  marked(from: SiteId, target: UI): void {
    const route = this.routes.get(target);
    if (route?.state === 'draining' && route.site === from) this.drained(route);
  }

  private drained(route: Route): void {
    if (route.takeOver) {
      this.routes.delete(route.target);
      route.takeOver([...route.back, ...route.held]);
      return;
    }
    if (route.back.length + route.held.length === 0) {
      this.routes.delete(route.target);
      return;
    }
    const { hint } = route;
    if (route.hops > HOPS_MAX || hint === DEAD) this.unreachable(route);
    else if (hint !== undefined) this.open(route, hint);
    else this.seek(route);
  }

  private seek(route: Route): void {
    route.state = 'seeking';
    const done = (site: SiteId | undefined): void => {
      if (this.routes.get(route.target) !== route || route.state !== 'seeking') return;
      if (route.takeOver) this.drained(route);
      else if (site === undefined) this.unreachable(route);
      else this.open(route, site);
    };
    void this.location.search(route.target).then(done);
  }

  /** Sends everything that waited towards `site`: what came back first. */
  private open(route: Route, site: SiteId): void {
    const posts = [...route.back, ...route.held];
    route.back = [];
    route.held = [];
    if (this.isHere(route.target)) {
      this.routes.delete(route.target);
      for (const post of posts)
        if (!this.deliverHere(post)) this.undeliverable(post, new KError('K_EUNREACHABLE'));
      return;
    }
    route.state = 'open';
    route.site = site;
    if (!this.net.isUp(site)) {
      route.held = posts;
      this.seek(route);
      return;
    }
    for (const post of posts) this.forwardLater(route, post);
  }

  private isHere(target: UI): boolean {
    return this.net.nucleus.ipc.ports.has(target);
  }

  private unreachable(route: Route): void {
    this.routes.delete(route.target);
    for (const post of [...route.back, ...route.held]) this.undeliverable(post, new KError('K_EUNREACHABLE'));
  }

  // --- migration and failure -------------------------------------------------------------------------------

  /** This site gave the port away: its own messages follow it. */
  redirect(target: UI, site: SiteId): void {
    const route = this.routes.get(target) ?? this.create(target);
    route.hint = site;
    if (route.state === 'open') route.site = site;
    else this.open(route, site);
  }

  /**
   * The port arrives here. `install` is called, with this site's own messages for it, once none of them is on
   * its way any more.
   */
  takeOver(target: UI, install: (posts: Post[]) => void): void {
    const route = this.routes.get(target);
    if (!route) {
      install([]);
      return;
    }
    route.takeOver = install;
    if (route.state === 'open') this.drain(route);
    else if (route.state === 'seeking') this.drained(route);
  }

  siteDown(site: SiteId): void {
    for (const route of [...this.routes.values()]) {
      if (route.site !== site) continue;
      if (route.hint === site) route.hint = undefined;
      if (route.state === 'draining') this.drained(route);
      else if (route.state === 'open') this.routes.delete(route.target);
    }
  }
}
