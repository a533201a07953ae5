/**
 * Watches, inotify(7): who wants to hear of which changes. Events go to the inotify object of each watch,
 * which may be on another site; on this one it has heard when the operation that caused the event ends.
 *
 * What nobody watches costs one look at an empty table: callers ask `active` first. A watched inode stays
 * (`remember`) until the watch ends.
 *
 * Events for a slow site wait in its outbox, bounded: what does not fit is told of as an overflow.
 */
import type { Ino, Volume } from '../../drivers/volume.ts';
import type { Actor } from '../../nucleus/actors/actor.ts';
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { ServerThreads } from '../../nucleus/executive/server-threads.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { Capability } from '../../nucleus/ids/capability.ts';
import { type SiteId, type UI, uiCreationSite } from '../../nucleus/ids/ui.ts';
import type { Client } from '../../nucleus/ipc/protocol.ts';
import type { TypeOf } from '../../nucleus/ipc/schema.ts';
import { client } from '../../nucleus/ipc/stubs.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { Inotify } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { InotifyProtocol, NOTICES_MAX, type notice } from '../protocols/inotify.ts';

/** Watches of one server: ENOSPC. */
export const WATCHES_MAX = 262_144;
/** Events that wait for one inotify object of another site. */
const OUTBOX_MAX = 4096;

type Notice = TypeOf<typeof notice>;

interface Watch {
  readonly ino: Ino;
  readonly wd: number;
  /** Events and flags, as inotify_add_watch takes them. */
  mask: number;
  readonly box: Outbox;
}

/** What is on its way to one inotify object. */
interface Outbox {
  readonly instance: Capability;
  readonly watches: Set<Watch>;
  notices: Notice[];
  sending: boolean;
}

/** Flags of a mask that are kept with a watch. */
const KEPT_FLAGS = Inotify.EXCL_UNLINK | Inotify.ONESHOT;
/** Told whatever the mask says. */
const ALWAYS = Inotify.IGNORED | Inotify.UNMOUNT;
const SELF = Inotify.DELETE_SELF | Inotify.MOVE_SELF;

export class Watches {
  private readonly volume: Volume;
  private readonly objects: Client<(typeof InotifyProtocol)['specs']>;
  private readonly threads: ServerThreads;
  private readonly byIno = new Map<Ino, Watch[]>();
  private readonly boxes = new Map<string, Outbox>();
  private count = 0;
  private cookie = 0;

  constructor(nucleus: Nucleus, actor: Actor, volume: Volume) {
    this.volume = volume;
    this.objects = client(nucleus, InotifyProtocol);
    this.threads = new ServerThreads(nucleus, actor, 'inotify');
  }

  get active(): boolean {
    return this.count > 0;
  }

  /** Adds a watch, or changes the one that is there. `server`: where the object finds this manager. */
  add(ino: Ino, instance: Capability, mask: number, server: UI, thread: Thread): Awaitable<number> {
    const known = this.byIno.get(ino)?.find(({ box }) => isSame(box.instance, instance));
    if (known) {
      if (mask & Inotify.MASK_CREATE) throw new SysError('EEXIST');
      known.mask = kept(mask) | (mask & Inotify.MASK_ADD ? known.mask : 0);
      return known.wd;
    }
    if (this.count >= WATCHES_MAX) throw new SysError('ENOSPC');
    const entered = this.objects.enter(thread, { target: instance.ui }, { key: instance.key, server });
    const add = ({ wd }: { wd: number }): number => {
      this.enter(ino, instance, wd, kept(mask));
      return wd;
    };
    return isPromise(entered) ? entered.then(add) : add(entered);
  }

  private enter(ino: Ino, instance: Capability, wd: number, mask: number): void {
    const name = `${instance.ui}${instance.key}`;
    let box = this.boxes.get(name);
    if (!box) this.boxes.set(name, (box = { instance, watches: new Set(), notices: [], sending: false }));
    this.volume.remember(ino);
    const watch: Watch = { ino, wd, mask, box };
    box.watches.add(watch);
    const list = this.byIno.get(ino);
    if (list) list.push(watch);
    else this.byIno.set(ino, [watch]);
    this.count += 1;
  }

  /** What an object watches here. */
  of(instance: Capability): { wd: number; ino: Ino; mask: number }[] {
    const box = this.boxes.get(`${instance.ui}${instance.key}`);
    return [...(box?.watches ?? [])].map(({ wd, ino, mask }) => ({ wd, ino, mask: mask >>> 0 }));
  }

  /** The object ended a watch, or (no number) all of its watches. */
  remove(instance: Capability, wd?: number): void {
    const box = this.boxes.get(`${instance.ui}${instance.key}`);
    for (const watch of box?.watches ?? []) if (wd === undefined || watch.wd === wd) this.drop(watch);
  }

  private drop(watch: Watch): void {
    const { box, ino } = watch;
    if (!box.watches.delete(watch)) return;
    if (box.watches.size === 0) this.boxes.delete(`${box.instance.ui}${box.instance.key}`);
    const rest = this.byIno.get(ino)!.filter((other) => other !== watch);
    if (rest.length > 0) this.byIno.set(ino, rest);
    else this.byIno.delete(ino);
    this.count -= 1;
    this.volume.forget(ino);
  }

  siteLost(site: SiteId): void {
    for (const box of [...this.boxes.values()]) {
      if (uiCreationSite(box.instance.ui) === site) this.abandon(box);
    }
  }

  private abandon(box: Outbox): void {
    box.notices = [];
    for (const watch of [...box.watches]) this.drop(watch);
  }

  // --- events ----------------------------------------------------------------------------------------------

  has(ino: Ino): boolean {
    return this.byIno.has(ino);
  }

  nextCookie(): number {
    this.cookie = (this.cookie + 1) >>> 0 || 1;
    return this.cookie;
  }

  /** Something happened to an inode itself. */
  inode(ino: Ino, mask: number): void {
    const list = this.byIno.get(ino);
    if (list)
      for (const watch of [...list]) this.tell(watch, mask & SELF ? mask & ~Inotify.ISDIR : mask, 0, '');
  }

  /** Something happened to an entry of a directory. `unlinked`: it has no name any more. */
  entry(directory: Ino, name: string, mask: number, cookie = 0, unlinked = false): void {
    const list = this.byIno.get(directory);
    if (!list) return;
    for (const watch of [...list]) {
      if (!unlinked || !(watch.mask & Inotify.EXCL_UNLINK)) this.tell(watch, mask, cookie, name);
    }
  }

  /** The inode is over, and its watches with it. */
  gone(ino: Ino): void {
    this.inode(ino, Inotify.DELETE_SELF);
    for (const watch of this.byIno.get(ino) ?? []) this.end(watch);
  }

  /** The volume goes. */
  unmounted(): void {
    for (const list of [...this.byIno.values()]) {
      for (const watch of list) {
        this.post(watch.box, { wd: watch.wd, mask: Inotify.UNMOUNT, cookie: 0, name: '' });
        this.end(watch);
      }
    }
  }

  private end(watch: Watch): void {
    this.post(watch.box, { wd: watch.wd, mask: Inotify.IGNORED, cookie: 0, name: '' });
    this.drop(watch);
  }

  private tell(watch: Watch, mask: number, cookie: number, name: string): void {
    if (!(mask & (watch.mask | ALWAYS) & ~Inotify.ISDIR)) return;
    this.post(watch.box, { wd: watch.wd, mask, cookie, name });
    if (watch.mask & Inotify.ONESHOT) this.end(watch);
  }

  private post(box: Outbox, notice: Notice): void {
    if (box.notices.length < OUTBOX_MAX) box.notices.push(notice);
    else if (box.notices.length === OUTBOX_MAX)
      box.notices.push({ wd: 0, mask: Inotify.Q_OVERFLOW, cookie: 0, name: '' });
    if (!box.sending) this.send(box);
  }

  /** One message after another: events stay in order. */
  private send(box: Outbox): void {
    const { key, ui } = box.instance;
    while (box.notices.length > 0) {
      const notices = box.notices.splice(0, NOTICES_MAX);
      const done = (): void => {
        box.sending = false;
        this.send(box);
      };
      const failed = (): void => {
        box.sending = false;
        this.abandon(box);
      };
      try {
        const told = this.threads.run((thread) =>
          this.objects.tell(thread, { target: ui }, { key, notices }),
        );
        if (!isPromise(told)) continue;
        box.sending = true;
        told.then(done, failed);
        return;
      } catch {
        failed();
      }
    }
  }
}

const kept = (mask: number): number => mask & (Inotify.ALL_EVENTS | KEPT_FLAGS);

const isSame = (a: Capability, b: Capability): boolean => a.ui === b.ui && a.key === b.key;
