/**
 * What a mapper needs to keep the caches of its segments coherent: many readers or one writer per page.
 * The File Manager and distributed shared memory use it alike.
 *
 *     const server = new SegmentServer(nucleus, actor, store);      // store: reads and writes the bytes
 *     const port = serve(nucleus, actor, MapperProtocol, server.operations);
 *     server.read(key, offset, size, thread, () => …);              // the mapper's own look at the bytes
 *     server.change(key, { offset, size }, thread, () => …);        // and its own changes
 *
 * For every page of a segment that some cache holds: who may read it, and who may write it. A request is
 * served when the requests before it that concern the same pages are done; it first takes from the others
 * (lcFlush) what stands against it, and then grants. Pages around the required ones are granted too when that
 * takes nothing from anybody. Ordinals count up per segment, in the order of these steps.
 *
 * MpPushOut never waits: it is how a cache answers a flush, in the middle of a request. It is taken only from
 * a cache that holds the page; what comes from one that was given up for lost is refused (DIAG_STALE).
 *
 * When a site is lost, so is what it had changed and not written back; its pages are free for the others.
 */
import type { Actor } from '../actors/actor.ts';
import { type Awaitable, isPromise } from '../awaitable.ts';
import { KError } from '../errors.ts';
import { ServerThreads } from '../executive/server-threads.ts';
import type { Thread } from '../executive/thread.ts';
import type { Capability, Key } from '../ids/capability.ts';
import { type SiteId, uiCreationSite } from '../ids/ui.ts';
import type { Implementation, RequestOf } from '../ipc/protocol.ts';
import { client } from '../ipc/stubs.ts';
import type { Nucleus } from '../nucleus.ts';
import { andAfter, chain, together } from './awaiting.ts';
import {
  CacheProtocol,
  CLUSTER_BYTES,
  DIAG_STALE,
  type FlushMode,
  MapperFault,
  type MapperProtocol,
} from './mapper-protocol.ts';
import { type Holder, type PageOrder, SegmentPages } from './segment-pages.ts';
import { Access, PAGE_BYTES } from './site-memory.ts';

/** Where the bytes of segments are. Errors that are not MapperFaults or KErrors are bugs. */
export interface SegmentStore {
  /** Bytes from `offset` on, at most `size`, fewer at the end; and the size of the segment. */
  pull(key: Key, offset: number, size: number, thread: Thread): Awaitable<{ data: Uint8Array; end: number }>;
  push(key: Key, offset: number, data: Uint8Array, thread: Thread): Awaitable<void>;
  /** Throws MapperFault when the segment must not be accessed so (1 read, 2 write). */
  check?(key: Key, access: number): void;
  /** A temporary segment for swap; left out by what is no default mapper. */
  create?(size: number, thread: Thread): Awaitable<Key>;
  /** No cache holds the segment any more. */
  released?(key: Key): void;
}

/** A change that a mapper makes itself. Bytes. */
export interface Change {
  readonly offset: number;
  readonly size: number;
  /** When the segment's size changes with it. */
  readonly resize?: { readonly from: number; readonly to: number };
}

type Wanted = RequestOf<typeof MapperProtocol.specs.getAccess>;
type Operations = Implementation<typeof MapperProtocol.specs>;

const ALL_PAGES = 2 ** 31;
const CLUSTER_PAGES = CLUSTER_BYTES / PAGE_BYTES;

export class SegmentServer {
  readonly operations: Operations;
  private readonly store: SegmentStore;
  private readonly port: () => Capability['ui'];
  private readonly segments = new Map<Key, SegmentPages>();
  /** Temporary segments, and the site whose memory they extend: one user, so nothing to keep coherent. */
  private readonly temporary = new Map<Key, SiteId>();
  private readonly caches: ReturnType<typeof client<typeof CacheProtocol.specs>>;
  private readonly threads: ServerThreads;

  /** `port` tells the port that the operations are served at, for segments that are created. */
  constructor(nucleus: Nucleus, actor: Actor, store: SegmentStore, port: () => Capability['ui']) {
    this.store = store;
    this.port = port;
    this.caches = client(nucleus, CacheProtocol);
    this.threads = new ServerThreads(nucleus, actor, 'coherence');
    const forget = nucleus.onSite((site, up) => {
      if (!up) this.siteLost(site);
    });
    actor.onDelete.add(forget);
    this.operations = {
      create: ({ size }, { thread, srcSite }) => this.create(size, srcSite, thread),
      getAccess: (wanted) => this.getAccess(wanted),
      pullIn: (wanted, { thread }) => this.pullIn(wanted, thread),
      pushOut: (request, { thread }) => this.pushOut(request, thread),
      release: ({ key, cache }) => this.release(key, cache),
    };
  }

  // --- the mapper's own access -----------------------------------------------------------------------------

  /** Runs `work` when what caches have changed of the range has been written back. They keep their rights. */
  read<T>(key: Key, offset: number, size: number, work: () => Awaitable<T>): Awaitable<T> {
    const { from, to } = pagesOf(offset, size);
    return this.inOrder(key, from, to, (segment) => {
      const writers = segment.holdersOf(from, to).filter((holder) => segment.writesWithin(holder, from, to));
      return chain(this.flushAll(segment, writers, from, to, 'writable'), work);
    });
  }

  /** Runs `work`, which changes the range, when no cache has a copy of it. */
  change<T>(key: Key, change: Change, work: () => Awaitable<T>): Awaitable<T> {
    const { from, to } = pagesOf(change.offset, change.size);
    const { resize } = change;
    const tail = resize ? Math.floor(Math.min(resize.from, resize.to) / PAGE_BYTES) : from;
    return this.inOrder(key, Math.min(from, tail), resize ? ALL_PAGES : to, (segment) => {
      const flushed = this.takeFromAll(segment, segment.holdersOf(from, to), from, to);
      if (!resize) return chain(flushed, work);
      const tell = (): Awaitable<void> => this.tellEnd(segment, resize.to);
      if (resize.to < resize.from) return chain(chain(flushed, tell), work);
      return chain(chain(flushed, work), (result) => chain(tell(), () => result));
    });
  }

  /** The segment ends: its caches are emptied, and nothing of them is written back. */
  destroy(key: Key): Awaitable<void> {
    if (!this.segments.has(key)) return undefined;
    return this.inOrder(key, 0, ALL_PAGES, (segment) => this.tellEnd(segment, 0));
  }

  /** Whether some cache holds pages of a segment. */
  isHeld(key: Key): boolean {
    return (this.segments.get(key)?.holders.size ?? 0) > 0;
  }

  // --- requests of caches ----------------------------------------------------------------------------------

  private create(size: number, site: SiteId, thread: Thread): Awaitable<{ segment: Capability }> {
    if (!this.store.create) throw new KError('K_EINVAL');
    return chain(this.store.create(size, thread), (key) => {
      this.temporary.set(key, site);
      return { segment: { ui: this.port(), key } };
    });
  }

  private getAccess(wanted: Wanted) {
    return this.serve(
      wanted,
      (segment, holder, page) => segment.holds(holder, page),
      (segment, holder, order) => this.grant(segment, holder, order, wanted.access),
    );
  }

  private pullIn(wanted: Wanted, thread: Thread) {
    if (this.temporary.has(wanted.key)) return this.pullTemporary(wanted, thread);
    return this.serve(
      wanted,
      () => true,
      (segment, holder, order) => {
        const [offset, size] = [order.from * PAGE_BYTES, (order.to - order.from) * PAGE_BYTES];
        return chain(this.store.pull(wanted.key, offset, size, thread), ({ data, end }) => {
          order.to = Math.max(order.from, Math.min(order.to, Math.ceil(end / PAGE_BYTES)));
          return { ...this.grant(segment, holder, order, wanted.access), data, end, pushed: false };
        });
      },
    );
  }

  private pullTemporary({ key, access, offset, size }: Wanted, thread: Thread) {
    const wanted = Math.min(size, CLUSTER_BYTES);
    return chain(this.store.pull(key, offset, wanted, thread), ({ data, end }) => {
      return { granted: access, ordinal: 0, offset, size: wanted, data, end, pushed: false };
    });
  }

  /**
   * Waits for the turn of a request, takes from the others what stands against it, takes in pages around it
   * that are open to it and `fit`, and does `work`.
   */
  private serve<T>(
    wanted: Wanted,
    fits: (segment: SegmentPages, holder: Holder, page: number) => boolean,
    work: (segment: SegmentPages, holder: Holder, order: PageOrder) => Awaitable<T>,
  ): Awaitable<T> {
    const { key, access, requiredOffset, requiredSize, offset, size } = wanted;
    this.store.check?.(key, access);
    const required = pagesOf(requiredOffset, Math.min(requiredSize, PAGE_BYTES));
    const desired = pagesOf(offset, Math.min(size, CLUSTER_BYTES));
    return this.inOrder(key, required.from, required.to, (segment, order) => {
      const holder = segment.holderOf(wanted.cache);
      const others = segment.holdersOf(required.from, required.to).filter((other) => other !== holder);
      const taken =
        access === Access.write
          ? this.takeFromAll(segment, others, required.from, required.to)
          : this.downgrade(segment, others, required.from, required.to);
      return chain(taken, () => {
        const open = (page: number): boolean =>
          segment.isOpenTo(holder, page, access) && fits(segment, holder, page);
        const from = Math.max(desired.from, required.to - CLUSTER_PAGES);
        segment.extend(order, from, Math.min(desired.to, from + CLUSTER_PAGES), open);
        return work(segment, holder, order);
      });
    });
  }

  private grant(segment: SegmentPages, holder: Holder, order: PageOrder, access: number) {
    segment.ordinal += 1;
    for (let page = order.from; page < order.to; page++) segment.note(holder, page, access);
    const [offset, size] = [order.from * PAGE_BYTES, (order.to - order.from) * PAGE_BYTES];
    return { granted: access, ordinal: segment.ordinal, offset, size };
  }

  private pushOut(
    request: RequestOf<typeof MapperProtocol.specs.pushOut>,
    thread: Thread,
  ): Awaitable<object> {
    const { key, cache, offset, data } = request;
    const segment = this.segments.get(key);
    const { from, to } = pagesOf(offset, data.length);
    if (!this.temporary.has(key) && !segment?.holdsAll(cache, from, to)) throw new MapperFault(DIAG_STALE);
    return chain(this.store.push(key, offset, data, thread), () => ({}));
  }

  private release(key: Key, cache: Capability): object {
    this.temporary.delete(key);
    const segment = this.segments.get(key);
    if (segment) {
      segment.drop(cache);
      this.settle(key, segment);
    } else this.store.released?.(key);
    return {};
  }

  // --- taking back -----------------------------------------------------------------------------------------

  private takeFromAll(
    segment: SegmentPages,
    holders: readonly Holder[],
    from: number,
    to: number,
  ): Awaitable<void> {
    return chain(this.flushAll(segment, holders, from, to, 'noAccess'), () => {
      for (const holder of holders) segment.take(holder, from, to, 0);
    });
  }

  private downgrade(
    segment: SegmentPages,
    holders: readonly Holder[],
    from: number,
    to: number,
  ): Awaitable<void> {
    const writers = holders.filter((holder) => segment.writesWithin(holder, from, to));
    return chain(this.flushAll(segment, writers, from, to, 'readable'), () => {
      for (const holder of writers) segment.take(holder, from, to, Access.read);
    });
  }

  /** lcFlush at several caches at once. A cache that cannot be reached is lost, and holds nothing more. */
  private flushAll(
    segment: SegmentPages,
    holders: readonly Holder[],
    from: number,
    to: number,
    mode: FlushMode,
  ): Awaitable<void> {
    return together(holders, (holder) => {
      segment.ordinal += 1;
      const granted = segment.grantedTo(holder, from, to);
      const range = { key: holder.cache.key, offset: from * PAGE_BYTES, size: (to - from) * PAGE_BYTES };
      const request = { ...range, ordinal: segment.ordinal, mode, granted };
      return this.call(segment, holder, (thread, target) => this.caches.lcFlush(thread, target, request));
    });
  }

  /** lcTrunc at all caches of a segment. */
  private tellEnd(segment: SegmentPages, end: number): Awaitable<void> {
    return together([...segment.holders.values()], (holder) => {
      segment.ordinal += 1;
      const request = { key: holder.cache.key, offset: end, size: 0, ordinal: segment.ordinal };
      segment.take(holder, Math.ceil(end / PAGE_BYTES), ALL_PAGES, 0);
      return this.call(segment, holder, (thread, target) => this.caches.lcTrunc(thread, target, request));
    });
  }

  private call(
    segment: SegmentPages,
    holder: Holder,
    request: (thread: Thread, target: { target: Capability['ui'] }) => Awaitable<object>,
  ): Awaitable<void> {
    const lost = (error: unknown): void => {
      // The store refused what the cache wrote back: the request that caused it fails with that.
      if (error instanceof MapperFault && error.diag !== DIAG_STALE) throw error;
      segment.drop(holder.cache);
    };
    try {
      const done = this.threads.run((thread) => request(thread, { target: holder.cache.ui }));
      return isPromise(done) ? done.then(() => {}, lost) : undefined;
    } catch (error) {
      return lost(error);
    }
  }

  private siteLost(site: SiteId): void {
    for (const [key, owner] of this.temporary) {
      if (owner !== site) continue;
      this.temporary.delete(key);
      this.store.released?.(key);
    }
    for (const [key, segment] of [...this.segments]) {
      for (const { cache } of [...segment.holders.values()]) {
        if (uiCreationSite(cache.ui) === site) segment.drop(cache);
      }
      this.settle(key, segment);
    }
  }

  // --- order -----------------------------------------------------------------------------------------------

  /** Runs `work` when everything that was begun before on pages of [from, to) is done. */
  private inOrder<T>(
    key: Key,
    from: number,
    to: number,
    work: (segment: SegmentPages, order: PageOrder) => Awaitable<T>,
  ): Awaitable<T> {
    let segment = this.segments.get(key);
    if (!segment) this.segments.set(key, (segment = new SegmentPages()));
    const pages = segment;
    const order = pages.begin(from, to);
    return andAfter(
      () => chain(order.turn, () => work(pages, order)),
      () => {
        pages.end(order);
        this.settle(key, pages);
      },
    );
  }

  private settle(key: Key, segment: SegmentPages): void {
    if (!segment.idle || this.segments.get(key) !== segment) return;
    this.segments.delete(key);
    this.store.released?.(key);
  }
}

function pagesOf(offset: number, size: number): { from: number; to: number } {
  const from = Math.min(ALL_PAGES, Math.floor(offset / PAGE_BYTES));
  return { from, to: Math.min(ALL_PAGES, Math.max(from + 1, Math.ceil((offset + size) / PAGE_BYTES))) };
}
