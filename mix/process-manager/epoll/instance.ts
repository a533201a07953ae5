/**
 * An epoll instance: interests in open objects, and what is ready of them (epoll(7)).
 *
 * Nothing is registered at the servers: a wait asks all of them, as poll does, and remembers for
 * edge-triggered interests which edges it has told. An interest goes when its object is closed everywhere:
 * its server does not know it any more.
 */
import { type Awaitable, isPromise } from '../../../nucleus/awaitable.ts';
import { WaitQueue } from '../../../nucleus/executive/sync.ts';
import type { Thread } from '../../../nucleus/executive/thread.ts';
import type { Key } from '../../../nucleus/ids/capability.ts';
import type { SiteId, UI } from '../../../nucleus/ids/ui.ts';
import { Epoll, Poll } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { EpollEvent } from '../../../subsystems/unix/sys.ts';
import type { HeldObject } from '../../protocols/hold-table.ts';
import type { Edge, PollReply } from '../../protocols/poll-queue.ts';
import type { Manager } from '../manager.ts';
import { anyReady, askAll, eventsTold, type Question, waitForAny } from '../poll.ts';

/** Interests of one instance: ENOSPC. */
const INTERESTS_MAX = 65536;

const FLAGS = Epoll.ET | Epoll.ONESHOT | Epoll.WAKEUP | Epoll.EXCLUSIVE;
const NOTHING_SEEN: Edge = { input: -1, output: -1 };

export interface Target {
  readonly fd: number;
  readonly port: UI;
  readonly key: Key;
}

/** An object that somebody wants to hear of. A change makes a new one: late answers are recognised. */
interface Interest extends Question {
  readonly name: string;
  readonly object: { readonly dest: { readonly target: UI }; readonly key: Key };
  /** Poll bits. */
  readonly events: number;
  /** Epoll bits. */
  readonly flags: number;
  readonly data: Uint8Array;
  edge: Edge | undefined;
  /** Its one event was told. */
  silent: boolean;
}

export class EpollInstance implements HeldObject {
  readonly holders = new Set<SiteId>();
  private readonly pm: Manager;
  private readonly interests = new Map<string, Interest>();
  /** Woken when interests change while somebody waits. */
  private readonly changed = new WaitQueue();

  constructor(pm: Manager) {
    this.pm = pm;
  }

  // --- interests

  /** Throws EEXIST, ENOSPC. */
  add(target: Target, { events, data }: EpollEvent): void {
    const name = nameOf(target);
    if (this.interests.has(name)) throw new SysError('EEXIST');
    if (this.interests.size >= INTERESTS_MAX) throw new SysError('ENOSPC');
    this.set(target, events, data);
  }

  /** Throws ENOENT; EINVAL for an exclusive interest. */
  modify(target: Target, { events, data }: EpollEvent): void {
    const interest = this.interest(target);
    if ((interest.flags | events) & Epoll.EXCLUSIVE) throw new SysError('EINVAL');
    this.set(target, events, data);
  }

  /** Throws ENOENT. */
  delete(target: Target): void {
    this.interests.delete(this.interest(target).name);
    this.changed.wakeAll();
  }

  private interest(target: Target): Interest {
    const interest = this.interests.get(nameOf(target));
    if (!interest) throw new SysError('ENOENT');
    return interest;
  }

  private set(target: Target, events: number, data: Uint8Array): void {
    const name = nameOf(target);
    this.interests.set(name, {
      name,
      object: { dest: { target: target.port }, key: target.key },
      events: events & ~FLAGS,
      flags: events & FLAGS,
      data: data.slice(),
      edge: events & Epoll.ET ? NOTHING_SEEN : undefined,
      exclusive: (events & Epoll.EXCLUSIVE) !== 0,
      silent: false,
    });
    this.changed.wakeAll();
  }

  /** Objects of a server that are watched: for the search of loops. */
  *watchedAt(port: UI): Iterable<Key> {
    for (const { object } of this.interests.values()) if (object.dest.target === port) yield object.key;
  }

  // --- what is ready

  /** Events that are ready, at most `max`; none after timeoutMs (-1 = never). Throws K_EABORT. */
  wait(thread: Thread, max: number, timeoutMs: number): Awaitable<EpollEvent[]> {
    const asked = this.questions();
    const replies = askAll(this.pm, asked);
    const first = (now: readonly PollReply[]): Awaitable<EpollEvent[]> => {
      const ready = this.collect(asked, now, max);
      if (ready.length > 0 || timeoutMs === 0) return ready;
      const { clock } = this.pm.nucleus;
      return this.waitOn(
        thread,
        max,
        timeoutMs < 0 ? Number.POSITIVE_INFINITY : clock.monotonic() + timeoutMs,
      );
    };
    return isPromise(replies) ? replies.then(first) : first(replies);
  }

  private async waitOn(thread: Thread, max: number, deadlineMs: number): Promise<EpollEvent[]> {
    const { clock } = this.pm.nucleus;
    for (;;) {
      let asked: readonly Interest[] = [];
      const replies = await waitForAny(
        this.pm,
        thread,
        deadlineMs,
        () => (asked = this.questions()),
        this.changed,
      );
      const ready = this.collect(asked, replies, max);
      if (ready.length > 0 || clock.monotonic() >= deadlineMs) return ready;
    }
  }

  /** poll(2) of the instance itself: readable when an event is ready. Throws K_EABORT. */
  poll(thread: Thread, wait: boolean): Awaitable<boolean> {
    const replies = askAll(this.pm, this.questions());
    const first = (now: readonly PollReply[]): Awaitable<boolean> => {
      if (anyReady(now) || !wait) return anyReady(now);
      const never = Number.POSITIVE_INFINITY;
      return waitForAny(this.pm, thread, never, () => this.questions(), this.changed).then(anyReady);
    };
    return isPromise(replies) ? replies.then(first) : first(replies);
  }

  private questions(): readonly Interest[] {
    const asked: Interest[] = [];
    for (const interest of this.interests.values()) if (!interest.silent) asked.push(interest);
    return asked;
  }

  /** Turns answers into events, and remembers what was told. */
  private collect(asked: readonly Interest[], replies: readonly PollReply[], max: number): EpollEvent[] {
    const ready: EpollEvent[] = [];
    const told: Interest[] = [];
    for (let i = 0; i < asked.length; i++) {
      const interest = asked[i]!;
      const { revents, edge } = replies[i]!;
      if (revents === 0 || this.interests.get(interest.name) !== interest) continue;
      if (revents & Poll.NVAL) {
        this.interests.delete(interest.name);
        continue;
      }
      if (ready.length === max) break;
      const events = eventsTold(revents, interest.events);
      if (events === 0) continue;
      ready.push({ events, data: interest.data });
      told.push(interest);
      if (interest.edge !== undefined) interest.edge = edge;
      if (interest.flags & Epoll.ONESHOT) interest.silent = true;
    }
    if (ready.length === max && ready.length < asked.length) this.putLast(told);
    return ready;
  }

  /** So that every interest has its turn when there are more events than a wait takes. */
  private putLast(told: readonly Interest[]): void {
    for (const interest of told) {
      this.interests.delete(interest.name);
      this.interests.set(interest.name, interest);
    }
  }

  /** As fdinfo has it: a line for each interest. */
  async describe(): Promise<string> {
    const lines = [...this.interests.values()].map(async ({ name, object, events, flags, data }) => {
      const { ino, dev } = await this.inodeOf(object);
      const hex = (value: number): string => value.toString(16);
      const mask = hex((events | flags | Poll.ERR | Poll.HUP) >>> 0).padStart(8);
      const value = new DataView(data.buffer, data.byteOffset, 8).getBigUint64(0, true).toString(16);
      const fd = name.slice(0, name.indexOf(' ')).padStart(8);
      const place = `pos:0 ino:${hex(ino)} sdev:${hex(dev)}`;
      return `tfd: ${fd} events: ${mask} data: ${value.padStart(16)}  ${place}\n`;
    });
    return (await Promise.all(lines)).join('');
  }

  private async inodeOf({ dest, key }: Interest['object']): Promise<{ ino: number; dev: number }> {
    try {
      return (await this.pm.withThread((thread) => this.pm.servers.fstat(thread, dest, { key }))).stat;
    } catch {
      return { ino: 0, dev: 0 };
    }
  }

  closed(): void {
    this.interests.clear();
    this.changed.wakeAll();
  }
}

const nameOf = ({ fd, port, key }: Target): string => `${fd} ${port}${key}`;
