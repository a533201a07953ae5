/**
 * The local half of IPC: ports of this site, ipcSend, ipcCall, ipcReceive, ipcReply and their kin, groups.
 *
 * The fast path every server relies on: an ipcCall to a port of this site that has a message handler runs the
 * handler in the caller's thread at once: no queue, no turn of the event loop, no encoding.
 *
 * Guarantees: ipcCall is at most once, ends by reply, error, timeout or abort, and an abort reaches the
 * serving thread; one port's messages from one sender are received in the order they were sent.
 */
import type { Actor } from '../actors/actor.ts';
import { type Awaitable, isPromise } from '../awaitable.ts';
import { isKError, KError } from '../errors.ts';
import { WaitQueue } from '../executive/sync.ts';
import type { BlockOptions, Thread } from '../executive/thread.ts';
import type { ProtectionId } from '../ids/capability.ts';
import { isGroupUi, type SiteId, type UI, UiType, uiCreationSite, uiType } from '../ids/ui.ts';
import type { NucleusLimits } from '../limits.ts';
import type { Tracer } from '../trace/tracer.ts';
import { LocalGroups } from './group.ts';
import {
  copyIn,
  type Destination,
  EMPTY_MESSAGE,
  type Message,
  type MessageHead,
  rawBytes,
} from './message.ts';
import type { CallContext, Port } from './port.ts';
import type { CallOptions } from './protocol.ts';
import type { RemoteIpc } from './remote.ts';
import { describe } from './schema.ts';
import { type ReplyTo, Transaction } from './transaction.ts';

/** Counters since boot; `ports` and `top` show them. */
export interface IpcCounters {
  calls: number;
  sends: number;
  received: number;
  dropped: number;
}

export interface Received {
  readonly li: number;
  readonly message: Message;
}

export class Ipc {
  readonly ports = new Map<UI, Port>();
  readonly groups = new LocalGroups();
  readonly counters: IpcCounters = { calls: 0, sends: 0, received: 0, dropped: 0 };
  /** Null on a site with no transport. */
  remote: RemoteIpc | null = null;
  private readonly site: SiteId;
  private readonly limits: NucleusLimits;
  private readonly tracer: Tracer;
  private readonly anyReceivers = new WeakMap<Actor, WaitQueue<Transaction>>();
  private transId = 0;
  private turnOfGroup = 0;

  constructor(site: SiteId, limits: NucleusLimits, tracer: Tracer) {
    this.site = site;
    this.limits = limits;
    this.tracer = tracer;
  }

  // --- sending ---------------------------------------------------------------------------------------------

  /**
   * ipcSend(2K): asynchronous, no guarantee. Local errors only: K_EFULL, K_ESIZE, K_EUNREACHABLE, K_EINVAL.
   */
  send(thread: Thread, message: Message, dest: Destination, srcPort: UI | null = null): Awaitable<void> {
    this.counters.sends += 1;
    const copy = copyIn(message, this.limits);
    if (!isGroupUi(dest.target)) return this.sendToPort(thread, copy, dest.target, srcPort);
    if (dest.mode !== undefined && dest.mode !== 'broadcast') {
      const choice = this.chooseMember(dest);
      const go = (port: UI): void => this.sendToPort(thread, copy, port, srcPort);
      return isPromise(choice) ? choice.then(go) : go(choice);
    }
    for (const { port } of this.allMembers(dest.target)) {
      try {
        this.sendToPort(thread, copy, port, srcPort);
      } catch (error) {
        // A broadcast promises nothing for any one member: a full or vanished one is only counted.
        if (!isKError(error)) throw error;
        this.counters.dropped += 1;
      }
    }
  }

  private sendToPort(thread: Thread, message: Message, target: UI, srcPort: UI | null): void {
    const head = this.headFor(thread, target, srcPort, 0);
    if (this.tracer.active) this.traceMessage('send', thread, target, message);
    if (this.ports.has(target)) this.deliver(head, message, null);
    else if (this.remote) this.remote.send(head, message);
    else throw new KError('K_EUNREACHABLE');
  }

  /** ipcCall(2K). Group UIs need a functional mode: a broadcast call is K_EINVAL. */
  call(
    thread: Thread,
    message: Message,
    dest: Destination,
    options: CallOptions = {},
    srcPort: UI | null = null,
  ): Awaitable<Message> {
    this.counters.calls += 1;
    const copy = message.call ? message : copyIn(message, this.limits);
    if (!this.tracer.active) return this.callAny(thread, copy, dest, options, srcPort);
    return this.tracedCall(thread, copy, dest, options, srcPort);
  }

  private callAny(
    thread: Thread,
    message: Message,
    dest: Destination,
    options: CallOptions,
    srcPort: UI | null,
  ): Awaitable<Message> {
    if (!isGroupUi(dest.target)) return this.callPort(thread, message, dest.target, options, srcPort);
    if (dest.mode === undefined || dest.mode === 'broadcast') throw new KError('K_EINVAL');
    const choice = this.chooseMember(dest);
    const go = (port: UI): Awaitable<Message> => this.callPort(thread, message, port, options, srcPort);
    return isPromise(choice) ? choice.then(go) : go(choice);
  }

  private callPort(
    thread: Thread,
    message: Message,
    target: UI,
    options: CallOptions,
    srcPort: UI | null,
  ): Awaitable<Message> {
    this.transId += 1;
    const port = this.ports.get(target);
    if (port?.handler) return this.runHandler(port, this.contextFor(thread, target, srcPort), message);
    const head = this.headFor(thread, target, srcPort, this.transId);
    if (port === undefined) {
      if (!this.remote) throw new KError('K_EUNREACHABLE');
      return this.remote.call(thread, head, message, options);
    }
    return thread.block<Message>(
      (wait) => {
        const replyTo: ReplyTo = (error, reply) => (error ? wait.fail(error) : wait.wake(reply));
        const transaction = this.deliver(head, message, replyTo);
        return () => this.cancel(transaction);
      },
      { abortable: options.abortable !== false, delayMs: options.delayMs },
    );
  }

  /**
   * Runs a message handler in the context's thread, which executes in the handler's actor meanwhile. A
   * handler that waits is registered, so that deleting the port fails its callers.
   */
  private runHandler(port: Port, context: CallContext, message: Message): Awaitable<Message> {
    const { thread } = context;
    const handler = port.handler;
    if (!handler) throw new KError('K_EUNREACHABLE');
    port.sequence += 1;
    this.counters.received += 1;
    const cameFrom = thread.execution;
    thread.execution = port.actor;
    let reply: Awaitable<Message>;
    try {
      reply = handler(message, context);
    } catch (error) {
      thread.execution = cameFrom;
      throw error;
    }
    if (!isPromise(reply)) {
      thread.execution = cameFrom;
      return reply;
    }
    return this.awaitHandler(port, context, message, reply).finally(() => {
      thread.execution = cameFrom;
    });
  }

  private awaitHandler(
    port: Port,
    head: MessageHead,
    message: Message,
    reply: Promise<Message>,
  ): Promise<Message> {
    return new Promise((resolve, reject) => {
      const transaction = new Transaction(head, message, (error, value) =>
        error ? reject(error) : resolve(value),
      );
      port.handling.add(transaction);
      reply.then(
        (value) => transaction.reply(value),
        (error: Error) => transaction.fail(error),
      );
      reply.finally(() => port.handling.delete(transaction)).catch(() => {});
    });
  }

  // --- delivery --------------------------------------------------------------------------------------------

  /**
   * Puts a message into a port of this site that has no handler. Throws K_EFULL, K_EUNREACHABLE.
   * Used by local senders and, for what arrives from other sites, by the remote half.
   */
  deliver(head: MessageHead, message: Message, replyTo: ReplyTo | null): Transaction {
    const port = this.ports.get(head.target);
    if (!port) throw new KError('K_EUNREACHABLE');
    const transaction = new Transaction(head, message, replyTo);
    if (port.handler) {
      this.runAsynchronously(port, transaction);
      return transaction;
    }
    this.enqueue(port, transaction);
    return transaction;
  }

  /** An ipcSend to a port with a handler: run by a thread of the handler's own actor, not by the sender. */
  private runAsynchronously(port: Port, transaction: Transaction): void {
    const thread = this.spawnThread(port.actor, 'handler');
    transaction.state = 'serving';
    transaction.server = thread;
    const reply = (value: Message): void => {
      this.retireThread(thread);
      transaction.reply(value);
    };
    const fail = (error: unknown): void => {
      this.retireThread(thread);
      transaction.fail(error as Error);
    };
    let result: Awaitable<Message>;
    try {
      result = this.runHandler(port, contextOf(transaction.head, thread), transaction.message);
    } catch (error) {
      fail(error);
      return;
    }
    if (isPromise(result)) result.then(reply, fail);
    else reply(result);
  }

  /** Set by the nucleus: makes and retires threads for handlers that no local client runs. */
  spawnThread: (actor: Actor, name: string) => Thread = () => {
    throw new KError('K_EINVAL');
  };
  retireThread: (thread: Thread) => void = () => {};

  enqueue(port: Port, transaction: Transaction): void {
    if (port.receivers.length === 0 && !(port.enabled && this.anyReceiversOf(port.actor).length > 0)) {
      if (port.queue.length >= this.limits.portQueue) throw new KError('K_EFULL');
      port.queue.push(transaction);
      return;
    }
    this.consume(port);
    if (!port.receivers.wakeOne(transaction)) this.anyReceiversOf(port.actor).wakeOne(transaction);
  }

  /** Takes back a call whose client gave up: out of the queue, or abort to the serving thread. */
  cancel(transaction: Transaction): void {
    const port = this.ports.get(transaction.head.target);
    const index = port?.queue.indexOf(transaction) ?? -1;
    if (port && index >= 0) {
      port.queue.splice(index, 1);
      transaction.fail(new KError('K_EABORT'));
    } else transaction.abort();
  }

  private consume(port: Port): void {
    port.sequence += 1;
    this.counters.received += 1;
  }

  // --- receiving -------------------------------------------------------------------------------------------

  /**
   * ipcReceive(2K) on one port, or with 'any' on every enabled port of the thread's actor, by priority,
   * oldest first. delayMs 0 polls. Throws K_ETIMEOUT, K_EABORT, K_EUNKNOWN, K_EINVAL (port with a handler).
   */
  async receive(
    thread: Thread,
    li: number | 'any',
    options: BlockOptions = { abortable: true },
  ): Promise<Received> {
    const transaction = this.takeQueued(thread, li) ?? (await this.awaitMessage(thread, li, options));
    if (thread.deleted) {
      // Deleted between the message's being handed to it and its running: nobody will reply.
      transaction.fail(new KError('K_ELINKFAILURE'));
      throw new KError('K_EUNKNOWN');
    }
    transaction.serve(thread);
    const port = this.ports.get(transaction.head.target);
    if (this.tracer.active) {
      this.traceMessage('receive', thread, transaction.head.target, transaction.message);
    }
    return { li: port?.li ?? 0, message: transaction.message };
  }

  private takeQueued(thread: Thread, li: number | 'any'): Transaction | undefined {
    const port = li === 'any' ? this.bestEnabled(thread.home) : this.portOf(thread.home, li);
    if (!port) return undefined;
    if (port.handler) throw new KError('K_EINVAL');
    const transaction = port.queue.shift();
    if (transaction) this.consume(port);
    return transaction;
  }

  private awaitMessage(thread: Thread, li: number | 'any', options: BlockOptions): Promise<Transaction> {
    if (options.delayMs === 0) throw new KError('K_ETIMEOUT');
    const queue = li === 'any' ? this.anyReceiversOf(thread.home) : this.portOf(thread.home, li).receivers;
    return queue.wait(thread, options);
  }

  private bestEnabled(actor: Actor): Port | undefined {
    let best: Port | undefined;
    for (const port of actor.ports.values()) {
      if (!port.enabled || port.queue.length === 0) continue;
      if (!best || port.priority < best.priority) best = port;
    }
    return best;
  }

  anyReceiversOf(actor: Actor): WaitQueue<Transaction> {
    let queue = this.anyReceivers.get(actor);
    if (!queue) this.anyReceivers.set(actor, (queue = new WaitQueue()));
    return queue;
  }

  portOf(actor: Actor, li: number): Port {
    const port = actor.ports.get(li);
    if (!port) throw new KError('K_EUNKNOWN');
    return port;
  }

  /** ipcReply(2K) to the thread's current message. Throws K_EINVAL without one. */
  reply(thread: Thread, message: Message): void {
    const transaction = thread.current;
    if (!transaction) throw new KError('K_EINVAL');
    transaction.reply(copyIn(message, this.limits));
    thread.current = null;
  }

  // --- groups ----------------------------------------------------------------------------------------------

  allMembers(group: UI): { port: UI; site: SiteId }[] {
    const here = this.groups.membersOf(group).map((port) => ({ port, site: this.site }));
    return this.remote ? [...here, ...this.remote.groupMembers(group)] : here;
  }

  /**
   * The member that a functional mode addresses. Throws K_EUNREACHABLE when there is none, K_EINVAL without
   * co-target.
   */
  private chooseMember(dest: Destination): Awaitable<UI> {
    if (dest.mode === 'functional') return this.pick(dest.target, () => true);
    if (!dest.coTarget) throw new KError('K_EINVAL');
    const same = dest.mode === 'associative';
    const select = (site: SiteId | undefined): UI =>
      this.pick(dest.target, (member) => (member === site) === same);
    const site = this.siteOf(dest.coTarget);
    return isPromise(site) ? site.then(select) : select(site);
  }

  /** A member here if one fits (no message crosses), else the others in turn. */
  private pick(group: UI, fits: (site: SiteId) => boolean): UI {
    if (fits(this.site)) {
      const here = this.groups.membersOf(group)[0];
      if (here) return here;
    }
    const others = (this.remote?.groupMembers(group) ?? []).filter((member) => fits(member.site));
    this.turnOfGroup += 1;
    const chosen = others[this.turnOfGroup % Math.max(1, others.length)];
    if (!chosen) throw new KError('K_EUNREACHABLE');
    return chosen.port;
  }

  private siteOf(ui: UI): Awaitable<SiteId | undefined> {
    if (uiType(ui) === UiType.site) return uiCreationSite(ui);
    if (this.ports.has(ui)) return this.site;
    return this.remote?.locate(ui);
  }

  // --- heads and traces ------------------------------------------------------------------------------------

  /** What a handler sees: the head of a call by `thread`, made in one go. */
  private contextFor(thread: Thread, target: UI, srcPort: UI | null): CallContext {
    const actorPi = thread.execution.pi;
    const portPi: ProtectionId = (srcPort && this.ports.get(srcPort)?.pi) || actorPi;
    return { srcSite: this.site, srcPort, target, transId: this.transId, actorPi, portPi, thread };
  }

  private headFor(thread: Thread, target: UI, srcPort: UI | null, transId: number): MessageHead {
    const actorPi = thread.execution.pi;
    const portPi: ProtectionId = (srcPort && this.ports.get(srcPort)?.pi) || actorPi;
    return { srcSite: this.site, srcPort, target, transId, actorPi, portPi };
  }

  private async tracedCall(
    thread: Thread,
    message: Message,
    dest: Destination,
    options: CallOptions,
    srcPort: UI | null,
  ): Promise<Message> {
    const startMs = performance.now();
    this.traceMessage('call', thread, dest.target, message);
    const base = { actor: thread.execution.name, port: dest.target, operation: operationName(message) };
    try {
      const reply = await this.callAny(thread, message, dest, options, srcPort);
      const detail = reply.result ? describe(reply.result.value) : undefined;
      this.tracer.emit({ kind: 'reply', ...base, detail, durationMs: performance.now() - startMs });
      return reply;
    } catch (error) {
      const name =
        error instanceof Error && 'code' in error ? String(error.code) : String((error as KError).kname);
      this.tracer.emit({ kind: 'reply', ...base, error: name, durationMs: performance.now() - startMs });
      throw error;
    }
  }

  private traceMessage(
    kind: 'send' | 'call' | 'receive',
    thread: Thread,
    target: UI,
    message: Message,
  ): void {
    this.tracer.emit({
      kind,
      actor: thread.execution.name,
      port: target,
      operation: operationName(message),
      detail: message.call ? describe(message.call.value) : undefined,
      bytes: rawBytes(message),
    });
  }
}

function contextOf(head: MessageHead, thread: Thread): CallContext {
  const { srcSite, srcPort, target, transId, actorPi, portPi } = head;
  return { srcSite, srcPort, target, transId, actorPi, portPi, thread };
}

function operationName(message: Message): string | undefined {
  return message.call ? `${message.call.protocol.name}.${message.call.op.name}` : undefined;
}

export { EMPTY_MESSAGE };
