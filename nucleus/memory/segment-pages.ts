/**
 * One segment as its mapper sees it: which caches hold which pages with which rights, and the order of the
 * requests that concern them. Pages that no cache holds take no room.
 */
import type { Awaitable } from '../awaitable.ts';
import type { Capability } from '../ids/capability.ts';
import { Access } from './site-memory.ts';

export interface Holder {
  readonly cache: Capability;
}

interface PageRights {
  /** With the ordinals of their grants. */
  readonly readers: Map<Holder, number>;
  /** Also among the readers. */
  writer: Holder | null;
}

/** A request in its turn: it has the pages [from, to) to itself. */
export class PageOrder {
  from: number;
  to: number;
  /** Settles when it may go on; undefined when at once. */
  turn: Awaitable<void> = undefined;
  private readonly listeners: (() => void)[] = [];

  constructor(from: number, to: number) {
    this.from = from;
    this.to = to;
  }

  overlaps(from: number, to: number): boolean {
    return this.from < to && from < this.to;
  }

  ended(): Promise<void> {
    return new Promise((resolve) => this.listeners.push(resolve));
  }

  end(): void {
    for (const listener of this.listeners) listener();
  }
}

export class SegmentPages {
  readonly holders = new Map<string, Holder>();
  ordinal = 0;
  private readonly pages = new Map<number, PageRights>();
  /** Requests under way, in order of arrival. */
  private readonly orders = new Set<PageOrder>();

  get idle(): boolean {
    return this.orders.size === 0 && this.holders.size === 0;
  }

  // --- order -----------------------------------------------------------------------------------------------

  begin(from: number, to: number): PageOrder {
    const order = new PageOrder(from, to);
    const before = [...this.orders].filter((other) => other.overlaps(from, to));
    this.orders.add(order);
    if (before.length > 0) order.turn = Promise.all(before.map((other) => other.ended())).then(() => {});
    return order;
  }

  end(order: PageOrder): void {
    this.orders.delete(order);
    order.end();
  }

  /** Lets a request that has its turn take in pages around its own, free ones that it can `accept`. */
  extend(order: PageOrder, from: number, to: number, accept: (page: number) => boolean): void {
    const others = [...this.orders].filter((other) => other !== order && other.overlaps(from, to));
    const isFree = (page: number): boolean =>
      accept(page) && !others.some((other) => other.overlaps(page, page + 1));
    while (order.from > from && isFree(order.from - 1)) order.from -= 1;
    while (order.to < to && isFree(order.to)) order.to += 1;
  }

  // --- rights ----------------------------------------------------------------------------------------------

  /** The holder that a cache is, a new one if need be. */
  holderOf(cache: Capability): Holder {
    const name = nameOf(cache);
    let holder = this.holders.get(name);
    if (!holder) this.holders.set(name, (holder = { cache }));
    return holder;
  }

  /** Calls `visit` for the pages of [from, to) that somebody holds. */
  private each(from: number, to: number, visit: (page: number, rights: PageRights) => void): void {
    if (to - from > this.pages.size) {
      for (const [page, rights] of this.pages) if (page >= from && page < to) visit(page, rights);
      return;
    }
    for (let page = from; page < to; page++) {
      const rights = this.pages.get(page);
      if (rights) visit(page, rights);
    }
  }

  holdersOf(from: number, to: number): Holder[] {
    const found = new Set<Holder>();
    this.each(from, to, (_page, { readers }) => {
      for (const reader of readers.keys()) found.add(reader);
    });
    return [...found];
  }

  holds(holder: Holder, page: number): boolean {
    return this.pages.get(page)?.readers.has(holder) === true;
  }

  /** Ordinal of the last grant to a holder that concerns the range; 0 when it has nothing there. */
  grantedTo(holder: Holder, from: number, to: number): number {
    let last = 0;
    this.each(from, to, (_page, { readers }) => {
      last = Math.max(last, readers.get(holder) ?? 0);
    });
    return last;
  }

  /** Whether a cache holds every page of the range. */
  holdsAll(cache: Capability, from: number, to: number): boolean {
    const holder = this.holders.get(nameOf(cache));
    for (let page = from; page < to; page++) if (!holder || !this.holds(holder, page)) return false;
    return true;
  }

  writesWithin(holder: Holder, from: number, to: number): boolean {
    let writes = false;
    this.each(from, to, (_page, { writer }) => {
      if (writer === holder) writes = true;
    });
    return writes;
  }

  /** Whether a page can be granted without taking anything from the others. */
  isOpenTo(holder: Holder, page: number, access: number): boolean {
    const rights = this.pages.get(page);
    if (!rights) return true;
    if (access !== Access.write) return rights.writer === null || rights.writer === holder;
    return rights.readers.size === 0 || (rights.readers.size === 1 && rights.readers.has(holder));
  }

  /** Notes a grant, the one with the current ordinal. */
  note(holder: Holder, page: number, access: number): void {
    let rights = this.pages.get(page);
    if (!rights) this.pages.set(page, (rights = { readers: new Map(), writer: null }));
    rights.readers.set(holder, this.ordinal);
    if (access === Access.write) rights.writer = holder;
  }

  /** Notes that a holder has only `left` of its rights to the pages [from, to). */
  take(holder: Holder, from: number, to: number, left: number): void {
    this.each(from, to, (page, rights) => {
      if (rights.writer === holder) rights.writer = null;
      if (left === 0) rights.readers.delete(holder);
      if (rights.readers.size === 0) this.pages.delete(page);
    });
  }

  /** A cache is gone. */
  drop(cache: Capability): void {
    const name = nameOf(cache);
    const holder = this.holders.get(name);
    if (!holder) return;
    this.holders.delete(name);
    this.take(holder, 0, Number.POSITIVE_INFINITY, 0);
  }
}

const nameOf = (cache: Capability): string => `${cache.ui}${cache.key}`;
