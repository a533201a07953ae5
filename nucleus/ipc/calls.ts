/**
 * Calls that cross sites, seen from both ends.
 *
 * Client end: a call is pending from the moment it is made until its reply, an error, or its client's giving
 * up; it is *posted* to at most one site at a time. A posted call is never sent again, so it runs at most
 * once; when the site's link fails, the calls posted to it fail at once, and only they.
 *
 * Server end: what runs here for other sites, so that an abort, or the death of the client's site, reaches
 * it.
 */
import { isKError, KError } from '../errors.ts';
import type { SiteId } from '../ids/ui.ts';
import { EMPTY_MESSAGE, type Message } from './message.ts';
import type { Net } from './net.ts';
import type { Post } from './post.ts';
import { type ReplyTo, Transaction } from './transaction.ts';
import { decodeMessage, decodeReply, encodeReply, headOf, type Packets } from './wire.ts';

export interface PendingCall {
  readonly id: number;
  readonly request: Message;
  /** The site that has it; null while it is held, came back, or looks for its port. */
  site: SiteId | null;
  /** Set when its port came here and the call runs on this site after all. */
  onGiveUp?: () => void;
  /** Set while the answer to an abort is awaited: no longer. */
  stopWaiting?: () => void;
  readonly finish: ReplyTo;
}

export class ClientCalls {
  private readonly net: Net;
  private readonly abortAnswerMs: number;
  private readonly pending = new Map<number, PendingCall>();
  private nextId = 1;

  /**
   * `abortAnswerMs`: how long the answer to an abort is awaited. Longer than a link can take to carry the
   * abort and the answer without being given up: what ends the wait before is the link's failure.
   */
  constructor(net: Net, abortAnswerMs: number) {
    this.net = net;
    this.abortAnswerMs = abortAnswerMs;
  }

  get size(): number {
    return this.pending.size;
  }

  /** Throws K_EFULL. */
  create(request: Message, finish: ReplyTo): PendingCall {
    if (this.pending.size >= this.net.nucleus.limits.remoteCalls) throw new KError('K_EFULL');
    const call: PendingCall = { id: this.nextId, request, site: null, finish };
    this.nextId += 1;
    this.pending.set(call.id, call);
    return call;
  }

  get(id: number): PendingCall | undefined {
    return this.pending.get(id);
  }

  /**
   * The client was aborted. A site that has the call is told, and its answer awaited: it alone knows whether
   * the call was carried out before the abort reached it, and a client that took K_EABORT for "nothing
   * happened" would do it twice. False: nobody has the call, it can end at once.
   */
  abort(call: PendingCall, wait: { fail(error: Error): void }): boolean {
    if (call.site === null) return false;
    this.net.tell(call.site, 'abort', { call: call.id });
    const giveUp = (): void => wait.fail(new KError('K_EABORT'));
    call.stopWaiting = this.net.nucleus.clock.setTimer(this.abortAnswerMs, giveUp);
    return true;
  }

  /** The client no longer waits: the serving site is told. */
  giveUp(call: PendingCall): void {
    if (!this.take(call)) return;
    if (call.site !== null) this.net.tell(call.site, 'abort', { call: call.id });
    call.onGiveUp?.();
  }

  /** Takes a call out without a word to anyone. */
  forget(call: PendingCall): void {
    this.take(call);
  }

  private take(call: PendingCall): boolean {
    call.stopWaiting?.();
    return this.pending.delete(call.id);
  }

  fail(id: number, error: Error): void {
    const call = this.pending.get(id);
    if (!call) return;
    this.take(call);
    call.finish(error, EMPTY_MESSAGE);
  }

  replied(from: SiteId, packet: Packets['reply']): void {
    const call = this.pending.get(packet.call);
    if (call?.site !== from) return;
    this.take(call);
    try {
      call.finish(null, decodeReply(packet, call.request.call, this.net.nucleus.limits));
    } catch (error) {
      call.finish(error as Error, EMPTY_MESSAGE);
    }
  }

  siteDown(site: SiteId): void {
    for (const call of [...this.pending.values()]) {
      if (call.site === site) this.fail(call.id, new KError('K_ELINKFAILURE'));
    }
  }
}

export class ServedCalls {
  private readonly net: Net;
  private readonly bySite = new Map<SiteId, Map<number, Transaction>>();

  constructor(net: Net) {
    this.net = net;
  }

  /** Delivers a post of another site to a port that is here; an error goes back as the call's reply. */
  deliver(from: SiteId, post: Post): void {
    try {
      const transaction = this.transaction(from, post, (message, replyTo) =>
        this.net.nucleus.ipc.deliver(headOf(post, from), message, replyTo),
      );
      this.note(from, post.call, transaction);
    } catch (error) {
      this.refuse(from, post, error);
    }
  }

  /** A message that followed its port here: to be queued as it is. Throws KError. */
  queued(from: SiteId, post: Post): Transaction {
    const transaction = this.transaction(
      from,
      post,
      (message, replyTo) => new Transaction(headOf(post), message, replyTo),
    );
    this.note(from, post.call, transaction);
    return transaction;
  }

  /** Answers a post that could not be delivered. */
  refuse(from: SiteId, post: Post, error: unknown): void {
    if (!isKError(error)) this.net.nucleus.reportBug(error);
    const kerror = isKError(error) ? error : new KError('K_EFAULT');
    if (post.call === 0) this.net.dropped(kerror.kname, from);
    else this.net.tell(from, 'reply', { call: post.call, code: kerror.kcode, result: null });
  }

  /** Decodes a post and makes its transaction by `make`, with the way back to `from`. Throws KError. */
  private transaction(
    from: SiteId,
    post: Post,
    make: (message: Message, replyTo: ReplyTo | null) => Transaction,
  ): Transaction {
    const { nucleus } = this.net;
    const message = decodeMessage(post.message, nucleus.protocols, nucleus.limits);
    return make(message, post.call === 0 ? null : this.replyTo(from, post.call, message));
  }

  /** Remembers a transaction that an abort may have to reach. */
  note(from: SiteId, call: number, transaction: Transaction): void {
    if (call === 0 || transaction.state === 'done') return;
    let calls = this.bySite.get(from);
    if (!calls) this.bySite.set(from, (calls = new Map()));
    calls.set(call, transaction);
  }

  private replyTo(from: SiteId, call: number, request: Message): ReplyTo {
    return (error, reply) => {
      this.bySite.get(from)?.delete(call);
      try {
        this.net.transmit(from, encodeReply(call, request, error, reply, this.net.nucleus.limits));
      } catch (failure) {
        const code = isKError(failure) ? failure.kcode : new KError('K_EFAULT').kcode;
        this.net.tell(from, 'reply', { call, code, result: null });
      }
    };
  }

  aborted(from: SiteId, call: number): void {
    const transaction = this.bySite.get(from)?.get(call);
    if (transaction) this.net.nucleus.ipc.cancel(transaction);
  }

  /** The clients on that site are gone: what serves them is aborted, what is queued is taken back. */
  siteDown(site: SiteId): void {
    const calls = this.bySite.get(site);
    this.bySite.delete(site);
    for (const transaction of calls?.values() ?? []) this.net.nucleus.ipc.cancel(transaction);
  }
}
