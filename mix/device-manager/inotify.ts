/**
 * Inotify objects, inotify(7): a queue of events that file servers tell of (mix/protocols/inotify), read as
 * Linux's struct inotify_event. Equal events in a row are one. A full queue ends in one event that says so.
 */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { Key } from '../../nucleus/ids/capability.ts';
import type { SiteId, UI } from '../../nucleus/ids/ui.ts';
import { uiCreationSite } from '../../nucleus/ids/ui.ts';
import { Inotify, Poll } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';
import { PollQueue } from '../protocols/poll-queue.ts';
import { DeviceLimits } from './limits.ts';
import { type Caller, OpenObject } from './open-object.ts';

export interface Notice {
  readonly wd: number;
  readonly mask: number;
  readonly cookie: number;
  readonly name: string;
}

/** A watch as its server has it. */
export interface WatchInfo {
  readonly wd: number;
  readonly ino: number;
  readonly dev: number;
  readonly mask: number;
}

/** {i32 wd; u32 mask, cookie, len}; the name behind it is NUL-padded to a multiple of this. */
const HEAD_BYTES = 16;
const WD_MAX = 0x7fff_ffff;
/** What the overflow event has for a number. */
const NO_WATCH = -1;

export class InotifyFile extends OpenObject {
  readonly kind = 'event';
  readonly changed = new PollQueue();
  private readonly attributes: Stat;
  private readonly unwatch: (server: UI, wd: number | undefined) => void;
  private readonly watchesAt: (server: UI) => Promise<readonly WatchInfo[]>;
  private readonly watches = new Map<number, UI>();
  private queue: Notice[] = [];
  private nextWd = 1;

  /**
   * `unwatch` tells a server that a watch is over; or (undefined) all of them, because the object is
   * closed. `watchesAt` asks a server what it watches for the object.
   */
  constructor(
    flags: number,
    attributes: Stat,
    unwatch: (server: UI, wd: number | undefined) => void,
    watchesAt: (server: UI) => Promise<readonly WatchInfo[]>,
  ) {
    super(flags);
    this.watchesAt = watchesAt;
    this.attributes = attributes;
    this.unwatch = unwatch;
  }

  // --- watches ---------------------------------------------------------------------------------------------

  enter(server: UI): number {
    if (this.watches.size >= DeviceLimits.INOTIFY_WATCHES_MAX) throw new SysError('ENOSPC');
    while (this.watches.has(this.nextWd)) this.nextWd = (this.nextWd % WD_MAX) + 1;
    const wd = this.nextWd;
    this.nextWd = (wd % WD_MAX) + 1;
    this.watches.set(wd, server);
    return wd;
  }

  remove(wd: number): void {
    const server = this.watches.get(wd);
    if (server === undefined) throw new SysError('EINVAL');
    this.ignore(wd);
    this.unwatch(server, wd);
  }

  private ignore(wd: number): void {
    this.watches.delete(wd);
    this.push({ wd, mask: Inotify.IGNORED, cookie: 0, name: '' });
  }

  /** Servers of a lost site watch no more. */
  dropSite(site: SiteId): void {
    for (const [wd, server] of [...this.watches]) {
      if (uiCreationSite(server) !== site) continue;
      this.push({ wd, mask: Inotify.UNMOUNT, cookie: 0, name: '' });
      this.ignore(wd);
    }
  }

  tell(notices: readonly Notice[]): void {
    for (const notice of notices) {
      // A watch that was removed meanwhile has nothing more to say.
      if (!this.watches.has(notice.wd)) {
        if (notice.mask & Inotify.Q_OVERFLOW) this.overflow();
      } else if (notice.mask & Inotify.IGNORED) this.ignore(notice.wd);
      else this.push(notice);
    }
  }

  // --- the queue -------------------------------------------------------------------------------------------

  private push(notice: Notice): void {
    const last = this.queue.at(-1);
    if (last && isSame(last, notice)) return;
    if (this.queue.length >= DeviceLimits.INOTIFY_QUEUE_MAX) {
      this.overflow();
      return;
    }
    this.queue.push(notice);
    this.changed.wakeInput();
  }

  private overflow(): void {
    const last = this.queue.at(-1);
    if (last?.mask === Inotify.Q_OVERFLOW) return;
    this.queue.push({ wd: NO_WATCH, mask: Inotify.Q_OVERFLOW, cookie: 0, name: '' });
    this.changed.wakeInput();
  }

  override read({ thread }: Caller, maxBytes: number): Awaitable<Uint8Array> {
    if (this.queue.length > 0) return this.take(maxBytes);
    if (this.nonblocking) throw new SysError('EAGAIN');
    return this.readWaiting(thread, maxBytes);
  }

  private async readWaiting(thread: Thread, maxBytes: number): Promise<Uint8Array> {
    while (this.queue.length === 0) await this.changed.wait(thread);
    return this.take(maxBytes);
  }

  /** As many whole events as fit. Throws EINVAL when the first does not. */
  private take(maxBytes: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for (const notice of this.queue) {
      const part = encode(notice);
      if (bytes + part.length > maxBytes) break;
      bytes += part.length;
      parts.push(part);
    }
    if (parts.length === 0) throw new SysError('EINVAL');
    this.queue = this.queue.slice(parts.length);
    return Buffer.concat(parts, bytes);
  }

  override write(): never {
    throw new SysError('EBADF');
  }

  /** As on Linux: no position, and no error. */
  override seek(): number {
    return 0;
  }

  override ioctl(_caller: Caller, request: string): Awaitable<unknown> {
    if (request === 'FDINFO') return this.describe();
    if (request !== 'FIONREAD') throw new SysError('ENOTTY');
    return this.queue.reduce((sum, notice) => sum + encode(notice).length, 0);
  }

  /** As fdinfo has it: a line for each watch. */
  private async describe(): Promise<string> {
    const asked = [...new Set(this.watches.values())].map((server) => this.watchesAt(server));
    const all = (await Promise.all(asked)).flat().sort((a, b) => b.wd - a.wd);
    const hex = (value: number): string => value.toString(16);
    return all
      .map(({ wd, ino, dev, mask }) => {
        return `inotify wd:${hex(wd)} ino:${hex(ino)} sdev:${hex(dev)} mask:${hex(mask)} ignored_mask:0 \n`;
      })
      .join('');
  }

  override readiness(): number {
    return this.queue.length > 0 ? Poll.IN : 0;
  }

  override stat(): Stat {
    return this.attributes;
  }

  closed(): void {
    for (const server of new Set(this.watches.values())) this.unwatch(server, undefined);
    this.watches.clear();
    this.changed.wakeAll();
  }
}

const isSame = (a: Notice, b: Notice): boolean =>
  a.wd === b.wd && a.mask === b.mask && a.cookie === b.cookie && a.name === b.name;

function encode({ wd, mask, cookie, name }: Notice): Uint8Array {
  const text = Buffer.from(name);
  const padded = name === '' ? 0 : Math.ceil((text.length + 1) / HEAD_BYTES) * HEAD_BYTES;
  const bytes = Buffer.alloc(HEAD_BYTES + padded);
  bytes.writeInt32LE(wd, 0);
  bytes.writeUInt32LE(mask >>> 0, 4);
  bytes.writeUInt32LE(cookie >>> 0, 8);
  bytes.writeUInt32LE(padded, 12);
  text.copy(bytes, HEAD_BYTES);
  return bytes;
}

/** Which inotify object a key names. Throws EBADF. */
export function inotifyOf(objects: { get(key: Key): OpenObject }, key: Key): InotifyFile {
  const object = objects.get(key);
  if (!(object instanceof InotifyFile)) throw new SysError('EINVAL');
  return object;
}
