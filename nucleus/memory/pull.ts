/**
 * Asking a mapper: for pages (MpPullIn), and for rights to pages that are here (MpGetAccess). Both claim the
 * pages that they ask for, so that each is asked for once, and apply what is granted to the pages they
 * claimed only; a mapper, which may be anybody's program, can do no other harm than give wrong bytes.
 *
 * With a mapper on this site whose handler answers at once, so does the call here: no wait, no turn.
 */
import { type Awaitable, isPromise } from '../awaitable.ts';
import type { Thread } from '../executive/thread.ts';
import type { ReplyOf } from '../ipc/protocol.ts';
import type { LocalCache } from './cache.ts';
import type { MapperProtocol } from './mapper-protocol.ts';
import { DIRTY, FROZEN, REFERENCED, SLOT, WRITABLE } from './pages.ts';
import { CLUSTER_PAGES } from './read-ahead.ts';
import { Access, Fault, PAGE_BYTES } from './site-memory.ts';
import { type Awaited, Transfer } from './transfer.ts';

type Grant = ReplyOf<typeof MapperProtocol.specs.getAccess>;
type Pulled = ReplyOf<typeof MapperProtocol.specs.pullIn>;

/** A request under way, and what to do with its answer. */
interface Request<Reply> {
  readonly cache: LocalCache;
  readonly transfer: Transfer;
  readonly required: number;
  /** Applies the answer; what became of the required page. */
  readonly apply: (reply: Reply) => number;
  /** In any case, at the end. */
  readonly cleanUp: () => void;
}

/** Brings a page that is not in the cache: 1 when it is here now, or a Fault code. */
export function pullFromMapper(cache: LocalCache, page: number, access: number): number {
  const running = cache.transfers.get(page);
  if (running) return waitFor(cache, running);
  // The frame is taken before the data is asked for: an answer never meets a full memory.
  const frame = cache.take(true);
  if (frame <= 0) return frame;
  const spare = { frame };
  const here = cache.vm.isHere(cache.segment!.ui);
  const to = runOf(cache, page, here ? CLUSTER_PAGES : cache.readAhead.window(page), (entry) => entry === 0);
  cache.readAhead.pulled(to);
  const transfer = claim(cache, page, to, access);
  const request: Request<Pulled> = {
    cache,
    transfer,
    required: page,
    apply: (reply) => install(cache, transfer, page, spare, reply),
    cleanUp: () => {
      if (spare.frame !== 0) cache.frames.release(spare.frame);
    },
  };
  return perform(request, (thread) => cache.vm.mapper.pullIn(thread, ...message(cache, transfer, page)));
}

/** Asks for the right to access a page that is in the cache: 1 when it is granted now, or a Fault code. */
export function askMapper(cache: LocalCache, page: number, access: number): number {
  const running = cache.transfers.get(page);
  if (running) return waitFor(cache, running);
  const lacks = (entry: number): boolean =>
    entry !== 0 && (entry & SLOT) === 0 && ((entry & FROZEN) !== 0 || (entry & WRITABLE) === 0);
  const to = runOf(cache, page, CLUSTER_PAGES, lacks);
  const transfer = claim(cache, page, to, access);
  const request: Request<Grant> = {
    cache,
    transfer,
    required: page,
    apply: (reply) => allow(cache, transfer, page, reply),
    cleanUp: () => {},
  };
  return perform(request, (thread) => cache.vm.mapper.getAccess(thread, ...message(cache, transfer, page)));
}

// --- asking ------------------------------------------------------------------------------------------------

/** The end of the run of pages from `page` on that are like it and in no transfer; so many at most. */
function runOf(cache: LocalCache, page: number, most: number, alike: (entry: number) => boolean): number {
  const last = Math.min(page + most, Math.max(page + 1, Math.ceil(cache.end / PAGE_BYTES)));
  let to = page + 1;
  while (to < last && alike(cache.pages.get(to)) && !cache.transfers.has(to)) to += 1;
  return to;
}

function claim(cache: LocalCache, from: number, to: number, access: number): Transfer {
  const transfer = new Transfer(from, to, access);
  for (let page = from; page < to; page++) cache.transfers.set(page, transfer);
  return transfer;
}

function message(cache: LocalCache, transfer: Transfer, page: number) {
  const { from, to, access } = transfer;
  const request = {
    key: cache.segment!.key,
    cache: cache.vm.caches.capabilityOf(cache),
    access,
    offset: from * PAGE_BYTES,
    size: (to - from) * PAGE_BYTES,
    requiredOffset: page * PAGE_BYTES,
    requiredSize: PAGE_BYTES,
  };
  return [{ target: cache.segment!.ui, mode: 'functional' }, request, { abortable: false }] as const;
}

function perform<Reply>(request: Request<Reply>, call: (thread: Thread) => Awaitable<Reply>): number {
  const { cache, transfer } = request;
  let reply: Awaitable<Reply>;
  try {
    reply = cache.vm.threads.run(call);
  } catch (error) {
    return failed(request, error as Error);
  }
  if (!isPromise(reply)) return answered(request, reply, false);
  reply.then(
    (value) => answered(request, value, true),
    (error: Error) => failed(request, error),
  );
  return waitFor(cache, transfer);
}

function waitFor(cache: LocalCache, awaited: Awaited): number {
  cache.vm.awaited = awaited;
  return Fault.absent;
}

function failed<Reply>(request: Request<Reply>, error: Error): number {
  request.cache.vm.failure = error;
  return finish(request, Fault.bus, error);
}

function answered<Reply>(request: Request<Reply>, reply: Reply, late: boolean): number {
  const { cache, transfer, required } = request;
  cache.vm.failure = null;
  const outcome = request.apply(reply);
  if (late && outcome > 0 && transfer.awaited) cache.hold(required);
  if (outcome !== VOID) return finish(request, outcome, null);
  // Granted and taken back in one go: who waits tries again, but never in the same turn.
  finish(request, 1, null);
  return late ? 1 : waitFor(cache, cache.vm.nextTurn);
}

function finish<Reply>(request: Request<Reply>, outcome: number, error: Error | null): number {
  const { cache, transfer } = request;
  for (let page = transfer.from; page < transfer.to; page++) {
    if (cache.transfers.get(page) === transfer) cache.transfers.delete(page);
  }
  request.cleanUp();
  transfer.end(outcome, error);
  cache.vm.caches.settle(cache);
  return outcome;
}

// --- applying the answer -----------------------------------------------------------------------------------

/** The outcome of a grant that a withdrawal has overtaken. */
const VOID = 0;

/** The pages of an answer that were claimed: [from, to); empty when the answer makes no sense. */
function grantedPages(cache: LocalCache, transfer: Transfer, reply: Grant): { from: number; to: number } {
  const from = Math.max(transfer.from, Math.ceil(reply.offset / PAGE_BYTES));
  const to = Math.min(transfer.to, Math.floor((reply.offset + reply.size) / PAGE_BYTES));
  if (from < to) cache.noteGrant(from, to, reply.ordinal);
  return { from, to };
}

function install(
  cache: LocalCache,
  transfer: Transfer,
  required: number,
  spare: { frame: number },
  reply: Pulled,
): number {
  cache.end = reply.end;
  const { from, to } = grantedPages(cache, transfer, reply);
  if (required * PAGE_BYTES >= reply.end || required < from || required >= to) return Fault.bus;
  if ((reply.granted & transfer.access) === 0) return Fault.bus;
  let outcome: number = VOID;
  for (let page = from; page < to && page * PAGE_BYTES < reply.end; page++) {
    const rights = transfer.rightsLeft(page, reply.granted, reply.ordinal);
    if (cache.pages.get(page) !== 0) {
      if (page === required) outcome = 1;
      continue;
    }
    if ((rights & Access.read) === 0) continue;
    const frame = page === required ? spare.frame : cache.vm.pager.takeExtra();
    if (frame === 0) continue;
    if (!fillFrame(cache, frame, page, transfer, reply)) {
      if (page !== required) cache.frames.release(frame);
      else outcome = Fault.bus;
      continue;
    }
    if (page === required) {
      spare.frame = 0;
      outcome = 1;
    }
    // What another cache sent may never have been written back.
    const dirty = transfer.arrived?.has(page) ? DIRTY : 0;
    const flags = (rights & Access.write ? WRITABLE : 0) | (page === required ? REFERENCED : 0) | dirty;
    cache.pages.set(page, frame | flags);
  }
  return outcome;
}

/** Puts the bytes of a page into a frame, and zeros where there are none; false when they did not come. */
function fillFrame(
  cache: LocalCache,
  frame: number,
  page: number,
  transfer: Transfer,
  reply: Pulled,
): boolean {
  const { u8 } = cache.site;
  const at = frame * PAGE_BYTES;
  let data = transfer.arrived?.get(page);
  if (data === undefined) {
    if (reply.pushed) return false;
    const start = page * PAGE_BYTES - reply.offset;
    data = reply.data.subarray(start, start + PAGE_BYTES);
  }
  const bytes = Math.max(0, Math.min(data.length, reply.end - page * PAGE_BYTES));
  u8.set(bytes === data.length ? data : data.subarray(0, bytes), at);
  if (bytes < PAGE_BYTES) u8.fill(0, at + bytes, at + PAGE_BYTES);
  return true;
}

function allow(cache: LocalCache, transfer: Transfer, required: number, reply: Grant): number {
  const { from, to } = grantedPages(cache, transfer, reply);
  if (required < from || required >= to || (reply.granted & transfer.access) === 0) return Fault.bus;
  let outcome: number = VOID;
  for (let page = from; page < to; page++) {
    const entry = cache.pages.get(page);
    // Taken away meanwhile: the next access pulls it.
    if (entry === 0 || (entry & SLOT) !== 0) continue;
    const rights = transfer.rightsLeft(page, reply.granted, reply.ordinal);
    if ((rights & Access.read) === 0) continue;
    cache.pages.set(page, (entry & ~FROZEN) | (rights & Access.write ? WRITABLE : 0));
    if (page === required && (rights & transfer.access) !== 0) outcome = 1;
  }
  return outcome;
}
