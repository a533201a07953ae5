/**
 * The nucleus of one site: actors, threads, ports, groups, IPC. One per site, single-threaded; several may
 * live in one process (the simulator, the one-shot commands). It knows nothing of UNIX.
 *
 * Calls carry the names of the ChorusOS manuals (section 2K). Where a manual passes the caller implicitly,
 * the calling thread is the first argument. Failed calls throw KError.
 */
import { ABORT_HANDLERS_MAX, type AbortHandler, Actor, type Privilege } from './actors/actor.ts';
import type { Awaitable } from './awaitable.ts';
import { type Clock, hostClock, hostRandom, type RandomSource, SettableClock } from './clock.ts';
import { KError } from './errors.ts';
import { Scheduler } from './executive/scheduler.ts';
import { type BlockOptions, type Executive, Thread } from './executive/thread.ts';
import { type Capability, newKey, type ProtectionId, SYSTEM_PI } from './ids/capability.ts';
import { type SiteId, type UI, UiIssuer, UiType, uiType } from './ids/ui.ts';
import { allocateGroup, checkGroupKey, type GroupKind } from './ipc/group.ts';
import { Ipc, type Received } from './ipc/ipc.ts';
import type { Destination, Message, MessageHead } from './ipc/message.ts';
import { type MessageHandler, Port } from './ipc/port.ts';
import type { CallOptions, Protocol } from './ipc/protocol.ts';
import type { RemoteIpc, SiteListener } from './ipc/remote.ts';
import type { Transaction } from './ipc/transaction.ts';
import { DEFAULT_LIMITS, type NucleusLimits } from './limits.ts';
import { VirtualMemory } from './memory/virtual-memory.ts';
import { Tracer } from './trace/tracer.ts';

export interface NucleusOptions {
  site: SiteId;
  /** Grows with every boot of the same site number. */
  epoch?: number;
  name?: string;
  clock?: Clock;
  random?: RandomSource;
  limits?: Partial<NucleusLimits>;
}

export interface ThreadOptions {
  name?: string;
  priority?: number;
  /** K_INACTIVE: the thread is created suspended. */
  inactive?: boolean;
}

export class Nucleus implements Executive {
  readonly site: SiteId;
  readonly epoch: number;
  readonly name: string;
  readonly clock: SettableClock;
  readonly random: RandomSource;
  readonly limits: NucleusLimits;
  readonly scheduler: Scheduler;
  readonly tracer: Tracer;
  readonly ipc: Ipc;
  readonly uis: UiIssuer;
  readonly actors = new Map<UI, Actor>();
  /** Protocols known here: the border decodes by name. */
  readonly protocols = new Map<string, Protocol>();
  /** The nucleus' own actor: home of threads that serve for nobody else. */
  readonly kernel: Actor;
  private virtualMemory: VirtualMemory | null = null;
  private readonly siteListeners = new Set<SiteListener>();
  private readonly bugListeners = new Set<(error: unknown) => void>();

  constructor(options: NucleusOptions) {
    this.site = options.site;
    this.epoch = options.epoch ?? 1;
    this.name = options.name ?? `site${options.site}`;
    this.clock = new SettableClock(options.clock ?? hostClock);
    this.random = options.random ?? hostRandom;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.scheduler = new Scheduler(this.clock, this.limits.quantumMs);
    this.tracer = new Tracer(this.site, () => this.clock.now());
    this.ipc = new Ipc(this.site, this.limits, this.tracer);
    this.ipc.spawnThread = (actor, name) => this.threadCreate(actor, { name });
    this.ipc.retireThread = (thread) => this.threadDelete(thread);
    this.uis = new UiIssuer(this.site, this.epoch);
    this.kernel = this.actorCreate(null, { name: 'nucleus', privilege: 'supervisor' });
  }

  // --- actors ----------------------------------------------------------------------------------------------

  /**
   * actorCreate(2K): inherits the creator's PI; born with one port, K_DEFAULTPORT. Throws K_ENOMEM, K_EPRIV.
   */
  actorCreate(
    creator: Actor | null,
    options: { name: string; privilege?: Privilege; pi?: ProtectionId },
  ): Actor {
    if (this.actors.size >= this.limits.actors) throw new KError('K_ENOMEM');
    const privilege = options.privilege ?? 'user';
    if (creator && !creator.trusted && privilege !== 'user') throw new KError('K_EPRIV');
    const capability: Capability = { ui: this.uis.next(UiType.actor), key: newKey(this.random) };
    const actor = new Actor(capability, options.name, privilege, options.pi ?? creator?.pi ?? SYSTEM_PI);
    this.actors.set(capability.ui, actor);
    actor.defaultPort = this.portCreate(actor).li;
    if (this.tracer.active) this.tracer.emit({ kind: 'actor', actor: actor.name, operation: 'actorCreate' });
    return actor;
  }

  /** actorDelete(2K): frees ports (failing the calls that wait on them) and threads. */
  actorDelete(actor: Actor): void {
    if (actor.deleted) return;
    actor.deleted = true;
    this.actors.delete(actor.capability.ui);
    for (const port of [...actor.ports.values()]) this.dropPort(port);
    for (const transaction of actor.savedMessages.values()) transaction.fail(new KError('K_ELINKFAILURE'));
    actor.savedMessages.clear();
    for (const thread of [...actor.threads.values()]) {
      this.threadDelete(thread);
    }
    if (this.tracer.active) this.tracer.emit({ kind: 'actor', actor: actor.name, operation: 'actorDelete' });
    for (const fn of actor.onDelete) fn();
  }

  /** actorStop / actorStart(2K): freeze and thaw all threads. */
  actorStop(actor: Actor): void {
    actor.stopped = true;
  }

  actorStart(actor: Actor): void {
    actor.stopped = false;
    for (const thread of actor.threads.values()) thread.releaseHeld();
  }

  /** actorStat(2K). */
  actorStat(actor: Actor): { threads: number; ports: number; stopped: boolean; privilege: Privilege } {
    const { threads, ports, stopped, privilege } = actor;
    return { threads: threads.size, ports: ports.size, stopped, privilege };
  }

  /** actorPi(2K): changes the protection identifier. The caller's actor must be trusted: K_EPRIV. */
  actorPi(caller: Actor, actor: Actor, pi: ProtectionId): ProtectionId {
    if (!caller.trusted) throw new KError('K_EPRIV');
    const old = actor.pi;
    actor.pi = pi;
    return old;
  }

  /** actorPrivilege(2K): user <-> system only, by a trusted caller. */
  actorPrivilege(caller: Actor, actor: Actor, privilege: 'user' | 'system'): Privilege {
    if (!caller.trusted || actor.privilege === 'supervisor') throw new KError('K_EPRIV');
    const old = actor.privilege;
    actor.privilege = privilege;
    return old;
  }

  /** svActorAbortHandlerConnect(2K). Throws K_EINVAL for a bad index, K_EBUSY for a taken one. */
  actorAbortHandlerConnect(actor: Actor, index: number, handler: AbortHandler): void {
    if (index < 0 || index >= ABORT_HANDLERS_MAX) throw new KError('K_EINVAL');
    if (actor.abortHandlers[index]) throw new KError('K_EBUSY');
    actor.abortHandlers[index] = handler;
  }

  // --- threads ---------------------------------------------------------------------------------------------

  /** threadCreate(2K). The code that runs in it is whoever passes it to nucleus calls. Throws K_ENOMEM. */
  threadCreate(actor: Actor, options: ThreadOptions = {}): Thread {
    if (actor.threads.size >= this.limits.threadsPerActor) throw new KError('K_ENOMEM');
    const li = actor.nextLi++;
    const thread = new Thread(this, actor, li, options.name ?? `t${li}`, options.priority);
    actor.threads.set(li, thread);
    if (options.inactive) thread.suspend();
    return thread;
  }

  /** threadDelete(2K): the call that it serves, if any, fails with K_ELINKFAILURE. */
  threadDelete(thread: Thread): void {
    thread.home.threads.delete(thread.li);
    thread.current?.fail(new KError('K_ELINKFAILURE'));
    thread.delete();
  }

  /**
   * A thread comes home from a trap or message handler: an abort that nothing consumed runs the home actor's
   * abort handlers (the state is cleared before). Returns true when handlers ran.
   */
  threadComeHome(thread: Thread): boolean {
    thread.execution = thread.home;
    if (!thread.takeAborted()) return false;
    for (const handler of thread.home.abortHandlers) handler?.(thread);
    return true;
  }

  // --- ports -----------------------------------------------------------------------------------------------

  /** portCreate(2K): created disabled. Throws K_ENOMEM. */
  portCreate(actor: Actor): Port {
    return this.addPort(actor, this.uis.next(UiType.port));
  }

  /**
   * portDeclare(2K): the caller chose the UI, and answers for its uniqueness. Throws K_EPRIV, K_EBUSY,
   * K_EINVAL.
   */
  portDeclare(actor: Actor, ui: UI): Port {
    if (!actor.trusted) throw new KError('K_EPRIV');
    if (uiType(ui) !== UiType.staticPort) throw new KError('K_EINVAL');
    if (this.ipc.ports.has(ui)) throw new KError('K_EBUSY');
    return this.addPort(actor, ui);
  }

  private addPort(actor: Actor, ui: UI): Port {
    if (actor.deleted) throw new KError('K_EUNKNOWN');
    if (this.ipc.ports.size >= this.limits.ports) throw new KError('K_ENOMEM');
    const port = new Port(ui, actor, actor.nextLi++, actor.pi);
    actor.ports.set(port.li, port);
    this.ipc.ports.set(ui, port);
    this.ipc.remote?.portHere(ui);
    return port;
  }

  /** portDelete(2K): queued messages are lost, and the calls behind them fail with K_ELINKFAILURE. */
  portDelete(actor: Actor, li: number): void {
    this.dropPort(this.ipc.portOf(actor, li));
  }

  private dropPort(port: Port): void {
    this.detachPort(port, null);
    if (port.queue.length > 0 || port.handling.size > 0) this.failCalls(port);
    if (port.receivers.length > 0) port.receivers.failAll(new KError('K_EUNKNOWN'));
  }

  private failCalls(port: Port): void {
    const gone = new KError('K_ELINKFAILURE');
    for (const transaction of port.queue.splice(0)) transaction.fail(gone);
    for (const transaction of port.handling) {
      transaction.fail(gone);
      transaction.abort();
    }
  }

  /** Takes a port out of its actor, the site's table and the site's groups. The remote half hears of it. */
  detachPort(port: Port, movedTo: SiteId | null): void {
    port.actor.ports.delete(port.li);
    this.ipc.ports.delete(port.ui);
    for (const group of port.groups) {
      this.ipc.groups.remove(group, port.ui);
      this.ipc.remote?.groupChanged(group, port.ui, false);
    }
    this.ipc.remote?.portGone(port.ui, movedTo);
  }

  /**
   * Gives a detached or newly arrived port to an actor of this site: disabled, sequence restarted, groups
   * kept.
   */
  attachPort(port: Port, actor: Actor): number {
    port.actor = actor;
    port.li = actor.nextLi++;
    port.enabled = false;
    port.sequence = 0;
    actor.ports.set(port.li, port);
    this.ipc.ports.set(port.ui, port);
    this.ipc.remote?.portHere(port.ui);
    for (const group of port.groups) {
      this.ipc.groups.insert(group, port.ui);
      this.ipc.remote?.groupChanged(group, port.ui, true);
    }
    return port.li;
  }

  /** portEnable(2K): joins the set that receive-on-any looks at. Low priority value first. */
  portEnable(actor: Actor, li: number, priority = 0): void {
    const port = this.ipc.portOf(actor, li);
    port.enabled = true;
    port.priority = priority;
    const waiting = this.ipc.anyReceiversOf(actor);
    while (port.queue.length > 0 && waiting.length > 0) this.ipc.enqueue(port, port.queue.shift()!);
  }

  portDisable(actor: Actor, li: number): void {
    this.ipc.portOf(actor, li).enabled = false;
  }

  /** portGetSeqNum(2K): messages received on the port since it was created or migrated. */
  portGetSeqNum(actor: Actor, li: number): number {
    return this.ipc.portOf(actor, li).sequence;
  }

  /**
   * portMigrate(2K) to another actor, on this site or another. `follow`: queued messages go with the port;
   * else they are deleted and their calls fail with K_EMOVED. Threads blocked on the port get K_EABORT.
   * The port arrives disabled. Returns the new LI and the old count of received messages + 1.
   * Throws K_EINVAL for static ports and ports with a handler.
   */
  portMigrate(
    actor: Actor,
    li: number,
    destination: Actor | UI,
    options: { follow: boolean },
  ): Awaitable<{ li: number; sequence: number }> {
    const port = this.ipc.portOf(actor, li);
    if (uiType(port.ui) === UiType.staticPort || port.handler) throw new KError('K_EINVAL');
    if (this.tracer.active) {
      this.tracer.emit({ kind: 'migrate', actor: actor.name, port: port.ui, operation: 'portMigrate' });
    }
    const target = destination instanceof Actor ? destination : this.actors.get(destination);
    if (!target) {
      if (!this.ipc.remote) throw new KError('K_EUNREACHABLE');
      return this.ipc.remote.migrate(port, destination as UI, options.follow);
    }
    const sequence = port.sequence + 1;
    this.leaveActor(port, options.follow);
    return { li: this.attachPort(port, target), sequence };
  }

  /**
   * The first half of a migration: blocked receivers are aborted, queued messages dropped unless they follow.
   */
  leaveActor(port: Port, follow: boolean): void {
    port.receivers.failAll(new KError('K_EABORT'));
    if (!follow) {
      for (const transaction of port.queue.splice(0)) transaction.fail(new KError('K_EMOVED'));
    }
    port.actor.ports.delete(port.li);
  }

  /** A migration was called off: the port is where it was, unless its actor is gone. */
  returnToActor(port: Port): void {
    if (port.actor.deleted) {
      this.dropPort(port);
      return;
    }
    port.actor.ports.set(port.li, port);
    this.ipc.ports.set(port.ui, port);
    this.ipc.remote?.portHere(port.ui);
  }

  // --- groups ----------------------------------------------------------------------------------------------

  grpAllocate(caller: Actor, kind: GroupKind, stamp = 0): Capability {
    return allocateGroup(caller, kind, stamp, this.site, this.random);
  }

  /**
   * grpPortInsert(2K): the port must be here; idempotent. Throws K_EUNKNOWN, K_EINVAL (key), K_EPRIV,
   * K_ENOMEM.
   */
  grpPortInsert(caller: Actor, group: Capability, portUi: UI): void {
    const port = this.groupPort(caller, group, portUi);
    if (port.groups.has(group.ui)) return;
    if (port.groups.size >= this.limits.groupsPerPort) throw new KError('K_ENOMEM');
    port.groups.add(group.ui);
    this.ipc.groups.insert(group.ui, portUi);
    this.ipc.remote?.groupChanged(group.ui, portUi, true);
    if (this.tracer.active) {
      this.tracer.emit({ kind: 'group', actor: caller.name, port: portUi, operation: 'grpPortInsert' });
    }
  }

  /** grpPortRemove(2K). Removing a port that is no member is K_EUNKNOWN. */
  grpPortRemove(caller: Actor, group: Capability, portUi: UI): void {
    const port = this.groupPort(caller, group, portUi);
    if (!port.groups.delete(group.ui)) throw new KError('K_EUNKNOWN');
    this.ipc.groups.remove(group.ui, portUi);
    this.ipc.remote?.groupChanged(group.ui, portUi, false);
  }

  private groupPort(caller: Actor, group: Capability, portUi: UI): Port {
    checkGroupKey(group, caller);
    const port = this.ipc.ports.get(portUi);
    if (!port) throw new KError('K_EUNKNOWN');
    return port;
  }

  // --- IPC -------------------------------------------------------------------------------------------------

  ipcSend(thread: Thread, message: Message, dest: Destination, srcPort: UI | null = null): Awaitable<void> {
    return this.ipc.send(thread, message, dest, srcPort);
  }

  ipcCall(
    thread: Thread,
    message: Message,
    dest: Destination,
    options?: CallOptions,
    srcPort: UI | null = null,
  ): Awaitable<Message> {
    return this.ipc.call(thread, message, dest, options, srcPort);
  }

  ipcReceive(thread: Thread, li: number | 'any', options?: BlockOptions): Promise<Received> {
    return this.ipc.receive(thread, li, options);
  }

  ipcReply(thread: Thread, message: Message): void {
    this.ipc.reply(thread, message);
  }

  /** ipcGetData(2K): the body of the current message. */
  ipcGetData(thread: Thread): Uint8Array | undefined {
    return this.currentOf(thread).message.body;
  }

  /** ipcSysInfo(2K): the head that the nucleus stamped on the current message. */
  ipcSysInfo(thread: Thread): MessageHead {
    return this.currentOf(thread).head;
  }

  /** ipcSave(2K): puts the current message aside. Throws K_EINVAL, K_ENOMEM. */
  ipcSave(thread: Thread): number {
    const { savedMessages } = thread.home;
    const transaction = this.currentOf(thread);
    if (savedMessages.size >= this.limits.savedMessages) throw new KError('K_ENOMEM');
    const id = thread.home.nextSaved++;
    savedMessages.set(id, transaction);
    thread.current = null;
    transaction.server = null;
    return id;
  }

  /** ipcRestore(2K): makes a saved message the current one, for any thread of the actor. Throws K_EINVAL. */
  ipcRestore(thread: Thread, id: number): void {
    const transaction = thread.home.savedMessages.get(id);
    if (!transaction) throw new KError('K_EINVAL');
    thread.home.savedMessages.delete(id);
    transaction.serve(thread);
  }

  private currentOf(thread: Thread): Transaction {
    if (!thread.current) throw new KError('K_EINVAL');
    return thread.current;
  }

  /**
   * svMsgHandler(2K): supervisor actors only. Messages already queued are handled first. Throws K_EPRIV,
   * K_EBUSY.
   */
  svMsgHandler(actor: Actor, li: number, handler: MessageHandler): void {
    if (actor.privilege !== 'supervisor') throw new KError('K_EPRIV');
    const port = this.ipc.portOf(actor, li);
    if (port.handler) throw new KError('K_EBUSY');
    port.handler = handler;
    for (const transaction of port.queue.splice(0)) {
      this.ipc.deliver(transaction.head, transaction.message, transaction.replyTo);
    }
  }

  // --- sites -----------------------------------------------------------------------------------------------

  attachRemote(remote: RemoteIpc): void {
    this.ipc.remote = remote;
  }

  /** Subscribes to sites coming and going (svLinkFailure). Returns the function that ends it. */
  onSite(listener: SiteListener): () => void {
    this.siteListeners.add(listener);
    return () => this.siteListeners.delete(listener);
  }

  /** Called by the remote half. */
  siteChanged(site: SiteId, up: boolean): void {
    if (this.tracer.active) {
      this.tracer.emit({ kind: 'failure', peer: site, operation: up ? 'siteUp' : 'siteDown' });
    }
    for (const listener of [...this.siteListeners]) listener(site, up);
  }

  // --- memory ----------------------------------------------------------------------------------------------

  /** The virtual memory of the site; made when the first actor needs an address space. */
  get vm(): VirtualMemory {
    this.virtualMemory ??= new VirtualMemory(this);
    return this.virtualMemory;
  }

  // --- bugs ------------------------------------------------------------------------------------------------

  /** A server threw something that is neither a fault nor a nucleus error. */
  reportBug(error: unknown): void {
    if (this.tracer.active) this.tracer.emit({ kind: 'failure', operation: 'bug', error: String(error) });
    for (const listener of this.bugListeners) listener(error);
  }

  onBug(listener: (error: unknown) => void): () => void {
    this.bugListeners.add(listener);
    return () => this.bugListeners.delete(listener);
  }
}
