/**
 * Writing back (MpPushOut), and taking rights away (lcFlush in its five modes).
 *
 * A flush first takes the rights, so that nothing changes under it, then writes back what is dirty, then lets
 * go of the pages. It waits for pushes that are under way, and for threads that have just been given a page
 * that they waited for (LocalCache.hold), but never for a request to the mapper: the mapper may be serving
 * this flush before it serves the request.
 */
import { type Awaitable, isPromise } from '../awaitable.ts';
import type { Thread } from '../executive/thread.ts';
import type { LocalCache } from './cache.ts';
import { CLUSTER_BYTES, DIAG_STALE, type FlushMode, MapperFault } from './mapper-protocol.ts';
import { DIRTY, FRAME, FROZEN, SLOT, WRITABLE } from './pages.ts';
import { Access, PAGE_BYTES } from './site-memory.ts';
import { Transfer } from './transfer.ts';

const CLUSTER_PAGES = CLUSTER_BYTES / PAGE_BYTES;
const ALL = Access.read | Access.write;
/** The ordinal of flushes that no mapper asked for: later than all grants. */
const OWN = Number.POSITIVE_INFINITY;
/** A grant that is on its way is waited for so long, ms. */
const GRANT_MS = 100;

/** What each mode leaves of the rights. */
const RIGHTS_LEFT: Readonly<Record<FlushMode, number>> = {
  copyBack: ALL,
  writable: ALL,
  readable: Access.read,
  freeze: 0,
  noAccess: 0,
};

/** What a flush is to do. */
export interface FlushOrder {
  readonly cache: LocalCache;
  /** Pages [from, to). */
  readonly from: number;
  readonly to: number;
  readonly mode: FlushMode;
  /** The mapper's; none for a flush of the nucleus's own. */
  readonly ordinal?: number;
  /** Ordinal of the grant that is taken back. */
  readonly granted?: number;
  readonly thread: Thread;
}

/**
 * lcFlush. Throws what the mapper answered to the last push that failed; what could not be written back stays
 * dirty.
 */
export function flush(order: FlushOrder): Awaitable<void> {
  const { cache, from, to, granted = 0 } = order;
  const request = cache.requestFor(from, to, granted);
  if (request === undefined) return begin(order);
  return soon(cache, request.settled()).then(() => begin(order));
}

/** Waits for a promise, but not for long: a grant that was lost with its link never comes. */
function soon(cache: LocalCache, promise: Awaitable<unknown>): Promise<unknown> {
  return new Promise((resolve) => {
    const cancel = cache.vm.clock.setTimer(GRANT_MS, () => resolve(undefined));
    void Promise.resolve(promise).then((value) => {
      cancel();
      resolve(value);
    });
  });
}

function begin(order: FlushOrder): Awaitable<void> {
  const { cache, from, to, mode, ordinal = OWN } = order;
  if (RIGHTS_LEFT[mode] !== ALL) cache.withdraw(from, to, ordinal, RIGHTS_LEFT[mode]);
  const obstacle = obstacleTo(order);
  return obstacle === null ? carryOut(order) : afterwards(order, obstacle);
}

/** What must end before a flush can begin. */
function obstacleTo({ cache, from, to, mode }: FlushOrder): Awaitable<unknown> | null {
  if (RIGHTS_LEFT[mode] !== ALL && cache.heldWithin(from, to)) return cache.vm.holdsEnded.settled();
  for (const transfer of cache.transfers.values()) {
    if (transfer.access === 0 && transfer.from < to && from < transfer.to) return transfer.settled();
  }
  return null;
}

async function afterwards(order: FlushOrder, first: Awaitable<unknown>): Promise<void> {
  for (let obstacle: Awaitable<unknown> | null = first; obstacle !== null; obstacle = obstacleTo(order)) {
    await obstacle;
  }
  await carryOut(order);
}

function carryOut(order: FlushOrder): Awaitable<void> {
  const { cache, from, to, mode, ordinal = OWN } = order;
  const rights = RIGHTS_LEFT[mode];
  const pages: number[] = [];
  cache.pages.forEach(from, to, (page, entry) => {
    if ((entry & SLOT) === 0 && !cache.grantedSince(page, ordinal)) pages.push(page);
  });
  for (const page of pages) restrict(cache, page, rights);
  if (rights !== ALL) shootDownAll(cache, pages);
  const wanted = mode === 'copyBack' ? pages : pages.filter((page) => (cache.pages.get(page) & DIRTY) !== 0);
  const finish = (error: Error | null): void => {
    if (mode === 'noAccess') dropFrozen(cache, pages);
    if (error) throw error;
  };
  const pushed = pushAll(cache, wanted, order.thread);
  return isPromise(pushed) ? pushed.then(finish) : finish(pushed);
}

/** What could not be written back stays, inaccessible, for a later try. */
function dropFrozen(cache: LocalCache, pages: readonly number[]): void {
  for (const page of pages) {
    if ((cache.pages.get(page) & (FROZEN | DIRTY)) === FROZEN) cache.pages.drop(page);
  }
  cache.vm.pager.framesFreed();
  cache.vm.caches.settle(cache);
}

/** Takes rights of one page; what is left is at most `rights`. */
export function restrict(cache: LocalCache, page: number, rights: number): void {
  const entry = cache.pages.get(page);
  if ((rights & Access.read) === 0) cache.pages.set(page, (entry | FROZEN) & ~WRITABLE);
  else if ((rights & Access.write) === 0) cache.pages.set(page, entry & ~WRITABLE);
}

/** Shoots down a sorted list of pages, run by run. */
export function shootDownAll(cache: LocalCache, pages: readonly number[]): void {
  for (const { from, to } of runsOf(pages, Number.POSITIVE_INFINITY)) cache.shootDown(from, to);
}

/** Writes pages back, as they are now, cluster by cluster; the last error. */
function pushAll(cache: LocalCache, pages: readonly number[], thread: Thread): Awaitable<Error | null> {
  const clusters = runsOf(pages, CLUSTER_PAGES);
  let failure: Error | null = null;
  const next = (): Awaitable<Error | null> => {
    for (let cluster = clusters.shift(); cluster; cluster = clusters.shift()) {
      try {
        const pushed = push(cache, cluster.from, cluster.to, thread);
        if (isPromise(pushed)) return pushed.catch(failed).then(next);
      } catch (error) {
        failed(error as Error);
      }
    }
    return failure;
  };
  const failed = (error: Error): void => {
    failure = error;
  };
  return next();
}

function runsOf(pages: readonly number[], limit: number): { from: number; to: number }[] {
  const runs: { from: number; to: number }[] = [];
  for (const page of pages) {
    const last = runs.at(-1);
    if (last && last.to === page && page - last.from < limit) last.to = page + 1;
    else runs.push({ from: page, to: page + 1 });
  }
  return runs;
}

/**
 * MpPushOut of the pages [from, to), at most a cluster, as far as they are here. They are clean from now on;
 * a write during the push makes them dirty again, and so does its failure. Throws what the mapper answered.
 */
export function push(cache: LocalCache, from: number, to: number, thread: Thread): Awaitable<void> {
  for (let page = from; page < to; page++) {
    const entry = cache.pages.get(page);
    if (entry !== 0 && (entry & SLOT) === 0) continue;
    // Gone since the caller looked: the pages around it.
    const rest = (): Awaitable<void> => (page + 1 < to ? push(cache, page + 1, to, thread) : undefined);
    const before = page > from ? push(cache, from, page, thread) : undefined;
    return isPromise(before) ? before.then(rest) : rest();
  }
  const data = takeData(cache, from, to);
  if (data.length === 0) return undefined;
  const transfer = new Transfer(from, to, 0);
  for (let page = from; page < to; page++) {
    // A request for rights keeps its claim: it does not mind the push.
    if (!cache.transfers.has(page)) cache.transfers.set(page, transfer);
  }
  const ended = (error: Error | null): void => endPush(cache, transfer, error);
  const { key, ui } = cache.segment!;
  const request = { key, cache: cache.vm.caches.capabilityOf(cache), offset: from * PAGE_BYTES, data };
  const target = { target: ui, mode: 'functional' } as const;
  let reply: Awaitable<unknown>;
  try {
    reply = cache.vm.mapper.pushOut(thread, target, request, { abortable: false });
  } catch (error) {
    ended(error as Error);
    throw error;
  }
  if (!isPromise(reply)) {
    ended(null);
    return undefined;
  }
  return reply.then(
    () => ended(null),
    (error: Error) => {
      ended(error);
      throw error;
    },
  );
}

/** The bytes of pages, up to the end of the segment; marks them clean. */
function takeData(cache: LocalCache, from: number, to: number): Uint8Array {
  const bytes = Math.max(0, Math.min(to * PAGE_BYTES, cache.end) - from * PAGE_BYTES);
  const data = new Uint8Array(bytes);
  for (let page = from; page < to; page++) {
    const entry = cache.pages.get(page);
    cache.pages.set(page, entry & ~DIRTY);
    const at = (entry & FRAME) * PAGE_BYTES;
    const start = (page - from) * PAGE_BYTES;
    const length = Math.min(PAGE_BYTES, bytes - start);
    if (length > 0) data.set(cache.site.u8.subarray(at, at + length), start);
  }
  cache.shootDown(from, to);
  return data;
}

function endPush(cache: LocalCache, transfer: Transfer, error: Error | null): void {
  const stale = error instanceof MapperFault && error.diag === DIAG_STALE;
  for (let page = transfer.from; page < transfer.to; page++) {
    if (cache.transfers.get(page) === transfer) cache.transfers.delete(page);
    if (error === null) continue;
    const entry = cache.pages.get(page);
    if (entry === 0 || (entry & SLOT) !== 0) continue;
    if (stale) cache.pages.drop(page);
    else cache.pages.set(page, entry | DIRTY);
  }
  if (stale) cache.shootDown(transfer.from, transfer.to);
  transfer.end(1, error);
  cache.vm.caches.settle(cache);
}
