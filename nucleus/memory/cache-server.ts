/**
 * What a nucleus does for mappers: the CacheProtocol. A key that names no cache is one that has gone: it
 * holds nothing, so whatever should be withdrawn is withdrawn.
 */
import { type Awaitable, isPromise } from '../awaitable.ts';
import { KError } from '../errors.ts';
import type { Thread } from '../executive/thread.ts';
import type { Key } from '../ids/capability.ts';
import type { Client, Implementation, RequestOf } from '../ipc/protocol.ts';
import { type LocalCache, SEGMENT_PAGES_MAX } from './cache.ts';
import type { Caches } from './caches.ts';
import { flush, restrict } from './flush.ts';
import { type CacheProtocol, CLUSTER_BYTES } from './mapper-protocol.ts';
import { DIRTY, FRAME, FROZEN, REFERENCED, SLOT, WRITABLE } from './pages.ts';
import { Access, PAGE_BYTES } from './site-memory.ts';

type Specs = typeof CacheProtocol.specs;
type PushRequest = RequestOf<Specs['lcPushData']>;
type RightsRequest = RequestOf<Specs['lcSetRights']>;
type RangeRequest = RequestOf<Specs['lcTrunc']>;

export function cacheServer(caches: Caches, others: Client<Specs>): Implementation<Specs> {
  const withCache = (key: Key, work: (cache: LocalCache) => Awaitable<void>): Awaitable<object> => {
    const cache = caches.get(key);
    if (!cache) return {};
    const done = work(cache);
    return isPromise(done) ? done.then(() => ({})) : {};
  };
  return {
    lcFlush: ({ key, offset, size, ordinal, mode, granted }, { thread }) =>
      withCache(key, (cache) => flush({ cache, ...pagesOf(offset, size), mode, ordinal, granted, thread })),
    lcSetRights: (request) => withCache(request.key, (cache) => setRights(cache, request)),
    lcPushData: (request, { thread }) => pushData(caches, others, request, thread),
    lcTakeData: ({ key, offset, data }) => withCache(key, (cache) => takeData(cache, offset, data)),
    lcTrunc: (request) => withCache(request.key, (cache) => truncate(cache, request)),
    lcFillZero: (request) => withCache(request.key, (cache) => fillZero(cache, request)),
  };
}

/** The pages [from, to) that a range of bytes touches. */
function pagesOf(offset: number, size: number): { from: number; to: number } {
  const from = Math.floor(offset / PAGE_BYTES);
  const to = Math.ceil((offset + size) / PAGE_BYTES);
  if (to > SEGMENT_PAGES_MAX) return { from: Math.min(from, SEGMENT_PAGES_MAX), to: SEGMENT_PAGES_MAX };
  return { from, to };
}

function setRights(cache: LocalCache, { offset, size, rights, ordinal }: RightsRequest): void {
  const { from, to } = pagesOf(offset, size);
  const left = (rights & Access.write) !== 0 ? rights | Access.read : rights;
  cache.withdraw(from, to, ordinal, left);
  cache.pages.forEach(from, to, (page, entry) => {
    if ((entry & SLOT) !== 0 || cache.grantedSince(page, ordinal)) return;
    if ((left & Access.read) === 0 && !cache.transfers.has(page)) cache.pages.drop(page);
    else if ((left & Access.write) === 0) {
      restrict(cache, page, left);
      if (left !== 0) cache.pages.set(page, cache.pages.get(page) & ~FROZEN);
    } else cache.pages.set(page, (entry & ~FROZEN) | WRITABLE);
  });
  cache.shootDown(from, to);
  if ((left & Access.write) !== 0) cache.noteGrant(from, to, ordinal);
  cache.vm.pager.framesFreed();
  cache.vm.caches.settle(cache);
}

/** lcPushData: page data goes from cache to cache; the mapper sees none of it. */
async function pushData(
  caches: Caches,
  others: Client<Specs>,
  request: PushRequest,
  thread: Thread,
): Promise<{ missing: boolean }> {
  const { key, offset, size, ordinal, mode, target } = request;
  const cache = caches.get(key);
  if (!cache || size > CLUSTER_BYTES) return { missing: true };
  const { from, to } = pagesOf(offset, size);
  const rights = mode === 'readable' ? Access.read : 0;
  cache.withdraw(from, to, ordinal, rights);
  while (cache.heldWithin(from, to)) await cache.vm.holdsEnded.settled();
  const data = new Uint8Array((to - from) * PAGE_BYTES);
  for (let page = from; page < to; page++) {
    const entry = cache.pages.get(page);
    if (entry === 0 || (entry & SLOT) !== 0) return { missing: true };
    restrict(cache, page, rights);
    const at = (entry & FRAME) * PAGE_BYTES;
    data.set(cache.site.u8.subarray(at, at + PAGE_BYTES), (page - from) * PAGE_BYTES);
  }
  cache.shootDown(from, to);
  await others.lcTakeData(
    thread,
    { target: target.ui },
    { key: target.key, offset: from * PAGE_BYTES, data },
  );
  if (mode === 'noAccess') for (let page = from; page < to; page++) cache.pages.drop(page);
  caches.settle(cache);
  return { missing: false };
}

/** Page data for a pull that is under way: kept with it until the mapper's answer says what it is worth. */
function takeData(cache: LocalCache, offset: number, data: Uint8Array): void {
  const { from, to } = pagesOf(offset, data.length);
  for (let page = from; page < to; page++) {
    const transfer = cache.transfers.get(page);
    if (!transfer || transfer.access === 0) throw new KError('K_EUNKNOWN');
    transfer.arrived ??= new Map();
    const at = page * PAGE_BYTES - offset;
    transfer.arrived.set(page, data.slice(at, at + PAGE_BYTES));
  }
}

/** lcTrunc: the segment ends at a byte now; earlier than before, or later. */
function truncate(cache: LocalCache, { offset: end, ordinal }: RangeRequest): void {
  const beyond = Math.ceil(end / PAGE_BYTES);
  cache.end = end;
  cache.withdraw(beyond, SEGMENT_PAGES_MAX, ordinal, 0);
  cache.pages.forEach(beyond, SEGMENT_PAGES_MAX, (page) => cache.pages.drop(page));
  const last = cache.pages.get(beyond - 1);
  const tail = end % PAGE_BYTES;
  if (tail !== 0 && last !== 0 && (last & SLOT) === 0) {
    const at = (last & FRAME) * PAGE_BYTES;
    cache.site.u8.fill(0, at + tail, at + PAGE_BYTES);
    cache.frames.contentChanged(last & FRAME);
  }
  cache.shootDown(beyond, SEGMENT_PAGES_MAX);
  cache.vm.pager.framesFreed();
  cache.vm.caches.settle(cache);
}

/** lcFillZero: as many of the pages as there is memory for; the others are asked for when they are used. */
function fillZero(cache: LocalCache, { offset, size, ordinal }: RangeRequest): void {
  const { from, to } = pagesOf(offset, size);
  cache.noteGrant(from, to, ordinal);
  for (let page = from; page < to; page++) {
    const frame = cache.vm.pager.takeExtra(false);
    if (frame === 0) return;
    cache.pages.drop(page);
    cache.pages.set(page, frame | WRITABLE | DIRTY | REFERENCED);
    cache.shootDown(page, page + 1);
  }
}
