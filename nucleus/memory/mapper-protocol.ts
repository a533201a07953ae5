/**
 * The two halves of the mapper protocol (ChorusOS: Mp* transactions and lc* calls).
 *
 * `MapperProtocol` is what a nucleus asks of a segment's mapper, at the port that the segment's capability
 * names. A request tells the range that is *desired* and, within it, the one that is *required*; the mapper
 * answers for any range between the two. `cache` names the cache that asks (the port of its site's nucleus,
 * and its key there), so that the mapper knows who holds what and can call it back.
 *
 * `CacheProtocol` is what a mapper asks of a cache, on whatever site it is, at `cache.ui` with `cache.key`.
 *
 * Order. Replies of the one and requests of the other may overtake each other. Every grant and every
 * withdrawal therefore carries an ordinal number, which the mapper counts up per segment (or for all of its
 * segments): when a withdrawal with a higher ordinal arrives before a grant, the grant is void when it comes,
 * and the nucleus asks again; a withdrawal that is older than the grant it meets is done already.
 *
 * Ranges of access are whole pages. Data may be shorter: it ends where the segment ends, and what follows in
 * the last page is zero. A page that lies wholly beyond the end does not exist (Fault.bus).
 */
import { type Faults, operation, protocol } from '../ipc/protocol.ts';
import { bool, bytes, key, oneOf, rec, ui, uint } from '../ipc/schema.ts';

/** Page data in one message. */
export const CLUSTER_BYTES = 65_536;

/** A mapper's "diag": why it refused. The number means something to it and to the subsystem only. */
export class MapperFault extends Error {
  readonly diag: number;

  constructor(diag: number) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(`mapper: ${diag}`);
    Error.stackTraceLimit = limit;
    this.diag = diag;
  }
}

/** The diag of a mapper that has a bug. */
export const DIAG_BUG = 0x7fff;
/** The diag of a push that comes too late: the cache was given up for lost, and others have the page. */
export const DIAG_STALE = 0x7ffe;

const mapperFaults: Faults = {
  toCode: (error) => (error instanceof MapperFault ? error.diag : undefined),
  fromCode: (code) => new MapperFault(code),
  bugFault: DIAG_BUG,
};

const capability = rec({ ui, key });
/** Access bits: 1 read, 2 write (which implies read); 0 none. */
const rights = uint;

/** What asks for access to pages: offsets and sizes are bytes and whole pages. */
const wanted = {
  /** Of the segment. */
  key,
  /** The cache that asks. */
  cache: capability,
  access: rights,
  offset: uint,
  size: uint,
  requiredOffset: uint,
  requiredSize: uint,
};

/** What was granted; it covers the required range, unless the segment ends before that. */
const grant = { granted: rights, ordinal: uint, offset: uint, size: uint };

export const MapperProtocol = protocol('mapper', mapperFaults, {
  /** MpCreate, to a default mapper: a temporary segment of at most `size` bytes, for swap. */
  create: operation({ size: uint }, { segment: capability }),
  /** MpGetAccess: rights only; the data is in the cache. */
  getAccess: operation(wanted, grant),
  /**
   * MpPullIn: rights and data. `data` begins at `offset`; `end` is the size of the segment. With `pushed` the
   * data is empty here: another cache was told to send it (lcPushData), and it has arrived.
   */
  pullIn: operation(wanted, { ...grant, data: bytes, end: uint, pushed: bool }),
  /** MpPushOut: writes back. The rights stay as they are: the mapper knows what it asked the cache for. */
  pushOut: operation({ key, cache: capability, offset: uint, data: bytes }, {}),
  /** MpRelease: a temporary segment is no longer used, or a cache is gone (it holds nothing any more). */
  release: operation({ key, cache: capability }, {}),
});

/**
 * What lcFlush leaves: copyBack writes back all pages, even clean ones, and keeps the rights; the others
 * write back what is dirty. writable: keeps the rights; readable: for reading only from now; freeze: the data
 * stays, not accessible until rights are granted again; noAccess: nothing stays.
 */
export const FLUSH_MODES = ['copyBack', 'writable', 'readable', 'freeze', 'noAccess'] as const;
export type FlushMode = (typeof FLUSH_MODES)[number];

/** A range of a cache, bytes; whole pages unless said otherwise. */
const range = { key, offset: uint, size: uint, ordinal: uint };

export const CacheProtocol = protocol('cache', mapperFaults, {
  /**
   * lcFlush: by MpPushOut calls, which the mapper must take while it waits. Replies when all is done.
   * `granted` is the ordinal of the last grant to this cache that the flush is about (0: not told): when that
   * grant is still on its way, the flush waits for it, so that who asked has the page for once.
   */
  lcFlush: operation({ ...range, mode: oneOf(...FLUSH_MODES), granted: uint }, {}),
  /** lcSetRights: grants or takes rights of pages that are present; nothing is written back. */
  lcSetRights: operation({ ...range, rights }, {}),
  /**
   * lcPushData: the cache sends its pages of the range to the cache `target`, which has a pull for them under
   * way, and then keeps them for reading only or not at all. `missing` when it did not have them all.
   */
  lcPushData: operation(
    { ...range, mode: oneOf('readable', 'noAccess'), target: capability },
    { missing: bool },
  ),
  /** The other end of lcPushData. */
  lcTakeData: operation({ key, offset: uint, data: bytes }, {}),
  /** lcTrunc: the segment ends at `offset` (a byte) now; pages beyond it go, the tail of its page is zero. */
  lcTrunc: operation(range, {}),
  /** lcFillZero: pages of zeros, writable and dirty, without any data being sent. */
  lcFillZero: operation(range, {}),
});
