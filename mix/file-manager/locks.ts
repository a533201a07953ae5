/**
 * Advisory record locks, fcntl(2). Owned by process and file, so that any close of the file by its owner
 * drops them all; or (F_OFD_SETLK) by an open file description, until its last close. A file's locks are a
 * list of ranges sorted by start; ranges of one owner never overlap, and touching ranges of one kind are
 * merged.
 *
 * A blocked request of a process is checked for a cycle of waiting processes first: EDEADLK. Descriptions are
 * shared, so nothing can be said of who waits for whom.
 */
import type { Ino } from '../../drivers/volume.ts';
import { WaitQueue } from '../../nucleus/executive/sync.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { Key } from '../../nucleus/ids/capability.ts';
import type { SiteId } from '../../nucleus/ids/ui.ts';
import { Lock } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { LockRange } from '../protocols/object.ts';

/** Most ranges locked on one server: ENOLCK. */
export const LOCKS_MAX = 65536;

/** A process by its number, or an open file description by its key. */
export type LockOwner = number | Key;

/** What F_GETLK says of the owner when it is no process. */
const NO_PID = -1;

interface Held {
  readonly owner: LockOwner;
  readonly site: SiteId;
  readonly type: number;
  readonly start: number;
  /** Exclusive; Infinity = to the end of the file, wherever that is. */
  readonly end: number;
}

interface FileLocks {
  held: Held[];
  readonly waiters: WaitQueue<void>;
}

export class LockTable {
  private readonly files = new Map<Ino, FileLocks>();
  /** Who waits, and for whom. */
  private readonly waitsFor = new Map<LockOwner, LockOwner[]>();
  private count = 0;

  /** F_GETLK: a lock in the way of `wanted`, or `wanted` with type F_UNLCK. */
  query(ino: Ino, wanted: LockRange, owner: LockOwner): LockRange {
    const request = heldFrom(wanted, owner, 0);
    const other = this.files.get(ino)?.held.find((held) => conflicts(held, request));
    if (!other) return { ...wanted, type: Lock.UNLCK };
    const length = other.end === Number.POSITIVE_INFINITY ? 0 : other.end - other.start;
    const pid = typeof other.owner === 'number' ? other.owner : NO_PID;
    return { type: other.type, start: other.start, length, pid };
  }

  /**
   * F_SETLK, or F_SETLKW when `thread` is given to wait in. Throws EAGAIN, EDEADLK, ENOLCK; K_EABORT from the
   * wait.
   */
  set(
    ino: Ino,
    wanted: LockRange,
    owner: LockOwner,
    site: SiteId,
    thread: Thread | null,
  ): undefined | Promise<void> {
    const request = heldFrom(wanted, owner, site);
    if (wanted.type !== Lock.UNLCK && this.blockersOf(ino, request).length > 0) {
      if (!thread) throw new SysError('EAGAIN');
      return this.waitAndSet(ino, request, thread);
    }
    this.apply(ino, request);
    return undefined;
  }

  private async waitAndSet(ino: Ino, request: Held, thread: Thread): Promise<void> {
    for (;;) {
      const blockers = this.blockersOf(ino, request);
      if (blockers.length === 0) break;
      if (this.wouldDeadlock(request.owner, blockers)) throw new SysError('EDEADLK');
      if (typeof request.owner === 'number') this.waitsFor.set(request.owner, blockers);
      try {
        await this.fileOf(ino).waiters.wait(thread, { abortable: true });
      } finally {
        this.waitsFor.delete(request.owner);
        this.dropIfIdle(ino);
      }
    }
    this.apply(ino, request);
  }

  private blockersOf(ino: Ino, request: Held): LockOwner[] {
    const held = this.files.get(ino)?.held ?? [];
    return [...new Set(held.filter((lock) => conflicts(lock, request)).map((lock) => lock.owner))];
  }

  private wouldDeadlock(owner: LockOwner, blockers: readonly LockOwner[]): boolean {
    const seen = new Set<LockOwner>();
    const open = [...blockers];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next === owner) return true;
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...(this.waitsFor.get(next) ?? []));
    }
    return false;
  }

  private fileOf(ino: Ino): FileLocks {
    let file = this.files.get(ino);
    if (!file) this.files.set(ino, (file = { held: [], waiters: new WaitQueue() }));
    return file;
  }

  /** Replaces what the owner has in the range: parts outside stay (a split), equal neighbours merge. */
  private apply(ino: Ino, request: Held): void {
    const file = this.fileOf(ino);
    const next: Held[] = [];
    let { start, end } = request;
    for (const held of file.held) {
      const touches = held.start <= end && start <= held.end;
      if (held.owner !== request.owner || !touches) next.push(held);
      else if (held.type === request.type) {
        start = Math.min(start, held.start);
        end = Math.max(end, held.end);
      } else {
        if (held.start < request.start) next.push({ ...held, end: Math.min(held.end, request.start) });
        if (held.end > request.end) next.push({ ...held, start: Math.max(held.start, request.end) });
      }
    }
    if (request.type !== Lock.UNLCK) next.push({ ...request, start, end });
    if (this.count + next.length - file.held.length > LOCKS_MAX) throw new SysError('ENOLCK');
    this.replace(
      ino,
      file,
      next.sort((a, b) => a.start - b.start),
    );
  }

  private replace(ino: Ino, file: FileLocks, next: Held[]): void {
    this.count += next.length - file.held.length;
    file.held = next;
    file.waiters.wakeAll();
    this.dropIfIdle(ino);
  }

  /** A process closed the file, or ended. */
  unlockAll(ino: Ino, pid: number): void {
    this.dropWhere(ino, (held) => held.owner === pid);
  }

  /** The last close of an open file description. */
  descriptionClosed(ino: Ino, key: Key): void {
    this.dropWhere(ino, (held) => held.owner === key);
  }

  /** The locks of processes of a lost site go. Those of descriptions go when nobody holds them any more. */
  siteLost(site: SiteId): void {
    const gone = (held: Held): boolean => held.site === site && typeof held.owner === 'number';
    for (const ino of [...this.files.keys()]) this.dropWhere(ino, gone);
  }

  private dropWhere(ino: Ino, gone: (held: Held) => boolean): void {
    const file = this.files.get(ino);
    if (!file?.held.some(gone)) return;
    this.replace(
      ino,
      file,
      file.held.filter((held) => !gone(held)),
    );
  }

  private dropIfIdle(ino: Ino): void {
    const file = this.files.get(ino);
    if (file && file.held.length === 0 && file.waiters.length === 0) this.files.delete(ino);
  }
}

function heldFrom({ type, start, length }: LockRange, owner: LockOwner, site: SiteId): Held {
  return { owner, site, type, start, end: length === 0 ? Number.POSITIVE_INFINITY : start + length };
}

function conflicts(held: Held, request: Held): boolean {
  if (held.owner === request.owner || held.start >= request.end || request.start >= held.end) return false;
  return held.type === Lock.WRLCK || request.type === Lock.WRLCK;
}
