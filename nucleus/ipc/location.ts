/**
 * Asking where a UI's object is: one site that should know, then everybody. Answers are "here", or "not here"
 * with the site it went to if that is known. No answer is waited for beyond `LOCATE_MS`, nor from a site that
 * is down.
 */
import { SITE_MAX, type SiteId, type UI, UiType, uiCreationSite, uiEpoch, uiType } from '../ids/ui.ts';
import type { Net } from './net.ts';
import type { Packets } from './wire.ts';

/** A site that is up and says nothing for so long is left out. */
const LOCATE_MS = 3000;
/** Ports known to have left this site: the oldest are forgotten first. */
const MOVED_MAX = 65536;

/** Where a deleted port "went": nobody else need be asked. No site has this number. */
export const DEAD: SiteId = SITE_MAX + 1;

interface Query {
  readonly target: UI;
  readonly awaited: Set<SiteId>;
  hint: SiteId | undefined;
  readonly resolve: (site: SiteId | undefined) => void;
  readonly cancelTimer: () => void;
}

export class Location {
  private readonly net: Net;
  private readonly queries = new Map<number, Query>();
  private readonly moved = new Map<UI, SiteId>();
  private nextQuery = 1;

  constructor(net: Net) {
    this.net = net;
  }

  /** Where a port that was here went, if known; DEAD if it was deleted here. */
  wentTo(target: UI): SiteId | undefined {
    return this.moved.get(target);
  }

  noteDeleted(target: UI): void {
    // A static port may be declared again, anywhere.
    if (uiType(target) === UiType.port) this.noteMoved(target, DEAD);
  }

  noteMoved(target: UI, site: SiteId): void {
    this.moved.delete(target);
    this.moved.set(target, site);
    if (this.moved.size <= MOVED_MAX) return;
    for (const oldest of this.moved.keys()) {
      this.moved.delete(oldest);
      break;
    }
  }

  noteHere(target: UI): void {
    this.moved.delete(target);
  }

  /**
   * A site that may well have the port, without asking: it went there, or was created there in this epoch.
   */
  likelySite(target: UI): SiteId | undefined {
    const went = this.moved.get(target);
    if (went !== undefined && this.net.isUp(went)) return went;
    const creation = uiCreationSite(target);
    if (this.net.isUp(creation) && this.net.epochOf(creation) === uiEpoch(target)) return creation;
    return undefined;
  }

  /** Asks everybody. Resolves to the site, or undefined when nobody has it. */
  search(target: UI): Promise<SiteId | undefined> {
    if (this.moved.get(target) === DEAD) return Promise.resolve(undefined);
    return this.ask(target, this.net.upSites());
  }

  /** Asks the likely site, then everybody. */
  async find(target: UI): Promise<SiteId | undefined> {
    if (this.moved.get(target) === DEAD) return undefined;
    const likely = this.likelySite(target);
    if (likely !== undefined) {
      const found = await this.ask(target, [likely]);
      if (found !== undefined) return found;
    }
    return this.search(target);
  }

  private ask(target: UI, sites: readonly SiteId[]): Promise<SiteId | undefined> {
    const { nucleus } = this.net;
    if (sites.length === 0) return Promise.resolve(undefined);
    if (nucleus.tracer.active) nucleus.tracer.emit({ kind: 'locate', port: target, operation: 'locate' });
    return new Promise((resolve) => {
      const id = this.nextQuery;
      this.nextQuery += 1;
      const cancelTimer = nucleus.clock.setTimer(LOCATE_MS, () => this.settle(id, undefined));
      const query: Query = { target, awaited: new Set(sites), hint: undefined, resolve, cancelTimer };
      this.queries.set(id, query);
      for (const site of sites) this.net.tell(site, 'locate', { query: id, target });
    });
  }

  answered(from: SiteId, packet: Packets['located']): void {
    const query = this.queries.get(packet.query);
    if (!query?.awaited.delete(from)) return;
    if (packet.here) this.settle(packet.query, from);
    else if (packet.hint === DEAD) this.settle(packet.query, undefined);
    else {
      query.hint ??= packet.hint;
      this.checkDone(packet.query, query);
    }
  }

  private checkDone(id: number, query: Query): void {
    if (query.awaited.size > 0) return;
    const { hint, target } = query;
    const { nucleus } = this.net;
    const here = hint === nucleus.site && nucleus.ipc.ports.has(target);
    this.settle(id, hint !== undefined && (here || this.net.isUp(hint)) ? hint : undefined);
  }

  private settle(id: number, site: SiteId | undefined): void {
    const query = this.queries.get(id);
    if (!query) return;
    this.queries.delete(id);
    query.cancelTimer();
    query.resolve(site);
  }

  siteDown(site: SiteId): void {
    for (const [id, query] of [...this.queries]) {
      if (query.awaited.delete(site)) this.checkDone(id, query);
    }
  }
}
