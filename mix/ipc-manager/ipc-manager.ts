/**
 * The IPC Manager of a site: System V message queues, semaphore sets and shared memory segments that were
 * made on it. A supervisor actor; its port speaks `ipc`, a second one, made with the first shared segment, is
 * the mapper of these.
 */
import type { Actor } from '../../nucleus/actors/actor.ts';
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { newKey } from '../../nucleus/ids/capability.ts';
import { type SiteId, type UI, uiSite } from '../../nucleus/ids/ui.ts';
import type { Destination } from '../../nucleus/ipc/message.ts';
import type { Client } from '../../nucleus/ipc/protocol.ts';
import { client, serve, serveAlso } from '../../nucleus/ipc/stubs.ts';
import { SegmentServer } from '../../nucleus/memory/coherence.ts';
import { MapperProtocol } from '../../nucleus/memory/mapper-protocol.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { isSysError, SysError } from '../../subsystems/unix/errno.ts';
import { IPC, type IpcKind, IpcLimits } from '../../subsystems/unix/ipc.ts';
import {
  IPC_MANAGERS,
  IPC_NUMBERS,
  IpcProtocol,
  ipcId,
  ipcSiteOf,
  KEY_SERVER,
  KeyProtocol,
  type KeySpecs,
  keyName,
  QueueProtocol,
} from '../protocols/ipc.ts';
import { ObjectProtocol } from '../protocols/object.ts';
import { PROCESS_MANAGERS, ProcessProtocol, type ProcessSpecs } from '../protocols/process.ts';
import type { IpcObject, Who } from './ipc-object.ts';
import { IpcManagerLimits } from './limits.ts';
import { MessageQueue } from './message-queue.ts';
import { ipcOperations } from './operations.ts';
import { PosixQueues } from './posix-queues.ts';
import { SemaphoreSet } from './semaphore-set.ts';
import { MemoryStore, SharedMemory } from './shared-memory.ts';

const COUNT_MAX: Readonly<Record<IpcKind, number>> = {
  msg: IpcLimits.MSGMNI,
  sem: IpcLimits.SEMMNI,
  shm: IpcLimits.SHMMNI,
};

export interface GetRequest {
  readonly kind: IpcKind;
  readonly value: number;
  readonly flags: number;
  readonly size: number;
  readonly pid: number;
}

export class IpcManager {
  readonly nucleus: Nucleus;
  readonly site: SiteId;
  readonly store = new MemoryStore();
  readonly actor: Actor;
  readonly keys: Client<KeySpecs>;
  private readonly others;
  readonly processes: Client<ProcessSpecs>;
  private readonly objects = new Map<number, IpcObject>();
  private readonly counts: Record<IpcKind, number> = { msg: 0, sem: 0, shm: 0 };
  private semaphores = 0;
  private next = 0;
  private readonly posix: PosixQueues;
  private mapper: { server: SegmentServer; port: UI } | null = null;

  constructor(nucleus: Nucleus) {
    this.nucleus = nucleus;
    this.site = nucleus.site;
    this.actor = nucleus.actorCreate(null, { name: 'IPCM', privilege: 'supervisor' });
    this.keys = client(nucleus, KeyProtocol);
    this.others = client(nucleus, IpcProtocol);
    this.processes = client(nucleus, ProcessProtocol);
    const port = serve(nucleus, this.actor, IpcProtocol, ipcOperations(this));
    this.posix = new PosixQueues(this, port.ui);
    serveAlso(nucleus, port, ObjectProtocol, this.posix.objectOperations());
    serveAlso(nucleus, port, QueueProtocol, this.posix.operations());
    nucleus.grpPortInsert(this.actor, IPC_MANAGERS, port.ui);
    const unsubscribe = nucleus.onSite((site, up) => {
      this.posix.siteChanged(site, up);
      if (!up) this.siteLost(site);
    });
    this.actor.onDelete.add(unsubscribe);
  }

  now = (): number => this.nucleus.clock.now();

  // --- objects ---------------------------------------------------------------------------------------------

  /** Throws EINVAL. */
  object(kind: IpcKind, id: number): IpcObject {
    const object = this.objects.get(id);
    if (object?.kind !== kind) throw new SysError('EINVAL');
    return object;
  }

  queue = (id: number): MessageQueue => this.object('msg', id) as MessageQueue;
  set = (id: number): SemaphoreSet => this.object('sem', id) as SemaphoreSet;
  memory = (id: number): SharedMemory => this.object('shm', id) as SharedMemory;

  list(kind: IpcKind): number[] {
    return [...this.objects.values()].filter((object) => object.kind === kind).map(({ id }) => id);
  }

  /** Throws EINVAL (size), ENOSPC. */
  private create({ kind, value, flags, size, pid }: GetRequest, who: Who): IpcObject {
    const [least, most] = kind === 'sem' ? [1, IpcLimits.SEMMSL] : [1, IpcLimits.SHMMAX];
    if (kind !== 'msg' && (size < least || size > most)) throw new SysError('EINVAL');
    const more = kind === 'sem' ? size : 0;
    if (this.counts[kind] >= COUNT_MAX[kind] || this.semaphores + more > IpcLimits.SEMMNS) {
      throw new SysError('ENOSPC');
    }
    const id = this.newId();
    const object = this.make(id, { kind, value, flags, size, pid }, who);
    this.objects.set(id, object);
    this.counts[kind] += 1;
    this.semaphores += more;
    return object;
  }

  private make(id: number, { kind, value, flags, size, pid }: GetRequest, who: Who): IpcObject {
    const nowMs = this.now();
    if (kind === 'msg') return new MessageQueue(id, value, flags, who, nowMs);
    if (kind === 'sem') return new SemaphoreSet(id, value, flags, who, nowMs, size);
    const key = newKey(this.nucleus.random);
    this.store.add(key, size);
    return new SharedMemory(id, value, flags, who, nowMs, { bytes: size, key, creator: pid });
  }

  /** Numbers come round late, so that the identifier of a removed object means nothing for long. */
  newId(): number {
    for (;;) {
      const id = ipcId(this.site, this.next);
      this.next = (this.next + 1) % IPC_NUMBERS;
      if (!this.objects.has(id) && !this.posix?.has(id)) return id;
    }
  }

  /** IPC_RMID. A shared segment in use goes when it no longer is. Throws EPERM. */
  remove(object: IpcObject, who: Who): Awaitable<void> {
    object.demandOwner(who);
    const { key } = object.permissions;
    if (key !== IPC.PRIVATE) this.freeKey(object, key);
    if (!(object instanceof SharedMemory)) {
      this.delete(object);
      return;
    }
    object.condemn();
    return this.reap(object);
  }

  private freeKey({ kind, id }: IpcObject, value: number): void {
    this.background((thread) => this.keys.forget(thread, KEY_SERVER, { name: keyName(kind, value), id }));
  }

  private delete(object: IpcObject): void {
    const { id, kind } = object;
    if (!this.objects.delete(id)) return;
    this.counts[kind] -= 1;
    if (object instanceof SemaphoreSet) this.semaphores -= object.count;
    if (object instanceof SharedMemory) this.deleteMemory(object);
    object.removed();
  }

  // --- keys ------------------------------------------------------------------------------------------------

  /** msgget, semget, shmget. Throws ENOENT, EEXIST, EACCES, EINVAL, ENOSPC. */
  get(thread: Thread, who: Who, request: GetRequest): Awaitable<number> {
    if (request.value === IPC.PRIVATE) return this.create(request, who).id;
    return this.getByKey(thread, who, request, 0);
  }

  private async getByKey(thread: Thread, who: Who, request: GetRequest, tries: number): Promise<number> {
    const { kind, value, flags, size } = request;
    const created = (flags & IPC.CREAT) !== 0;
    const exclusive = created && (flags & IPC.EXCL) !== 0;
    const name = keyName(kind, value);
    const { id } = await this.keys.find(thread, KEY_SERVER, { name });
    if (id !== undefined) {
      if (exclusive) throw new SysError('EEXIST');
      if (await this.check(thread, who, { kind, id, flags, size })) return id;
      // Its object vanished, and its manager could not say so.
      await this.keys.forget(thread, KEY_SERVER, { name: keyName(kind, value), id });
    } else {
      if (!created) throw new SysError('ENOENT');
      const object = this.create(request, who);
      const owner = await this.keys.enter(thread, KEY_SERVER, { name, id: object.id });
      if (owner.id === object.id) return object.id;
      this.delete(object);
      if (exclusive) throw new SysError('EEXIST');
    }
    if (tries >= IpcManagerLimits.TRIES) throw new SysError(created ? 'EEXIST' : 'ENOENT');
    return this.getByKey(thread, who, request, tries + 1);
  }

  /** False when there is no such object. Throws EACCES, EINVAL (size). */
  private async check(
    thread: Thread,
    { uid, gid, groups }: Who,
    { kind, id, flags, size }: { kind: IpcKind; id: number; flags: number; size: number },
  ): Promise<boolean> {
    const site = ipcSiteOf(id);
    if (site === this.site) {
      const object = this.objects.get(id);
      if (object?.kind !== kind) return false;
      object.checkSize(size);
      object.demand({ uid, gid, groups }, flags & 0o777);
      return true;
    }
    try {
      await this.others.check(thread, managerOf(site), {
        ...{ kind, id, flags, size, uid, gid },
        ...(groups ? { groups: [...groups] } : {}),
      });
      return true;
    } catch (error) {
      if (isKError(error) && !isKError(error, 'K_EABORT')) return false;
      if (isSysError(error, 'EIDRM')) return false;
      throw error;
    }
  }

  // --- shared memory ---------------------------------------------------------------------------------------

  /** Where the mapper of shared segments is served. */
  mapperPort(): UI {
    if (!this.mapper) {
      const { nucleus, actor } = this;
      const server = new SegmentServer(nucleus, actor, this.store, () => this.mapperPort());
      this.mapper = { server, port: serve(nucleus, actor, MapperProtocol, server.operations).ui };
    }
    return this.mapper.port;
  }

  /** How often the segment is attached, on all sites. */
  async attaches({ id }: SharedMemory): Promise<number> {
    const counts = await Promise.all(
      this.nucleus.ipc.allMembers(PROCESS_MANAGERS.ui).map(async ({ port }) => {
        try {
          return (
            await this.withThread((thread) => this.processes.attaches(thread, { target: port }, { id }))
          ).count;
        } catch {
          // Lost, and with it all that it had attached.
          return 0;
        }
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** A condemned segment that nobody has attached any more goes. */
  async reap(memory: SharedMemory): Promise<void> {
    if (memory.isCondemned && (await this.attaches(memory)) === 0) this.delete(memory);
  }

  private deleteMemory({ key }: SharedMemory): void {
    const ended = this.mapper?.server.destroy(key);
    const forget = (): void => this.store.delete(key);
    if (isPromise(ended)) ended.then(forget, forget);
    else forget();
  }

  // --- processes and sites ---------------------------------------------------------------------------------

  exited(pid: number): void {
    for (const object of this.objects.values()) {
      if (object instanceof SemaphoreSet) object.exited(pid);
    }
    this.reapAll();
  }

  private siteLost(site: SiteId): void {
    for (const object of this.objects.values()) {
      if (object instanceof SemaphoreSet) object.siteLost(site);
    }
    this.reapAll();
  }

  /** Condemned segments that nobody has attached any more go. */
  reapAll(): void {
    for (const object of this.objects.values()) {
      if (object instanceof SharedMemory && object.isCondemned) this.background(() => this.reap(object));
    }
  }

  withThread<R>(work: (thread: Thread) => Awaitable<R>): Promise<R> {
    const thread = this.nucleus.threadCreate(this.actor, { name: 'ipc' });
    const run = async (): Promise<R> => work(thread);
    return run().finally(() => this.nucleus.threadDelete(thread));
  }

  background(work: (thread: Thread) => Awaitable<unknown>): void {
    this.withThread(work).catch((error: unknown) => {
      if (!isKError(error) && !isSysError(error)) this.nucleus.reportBug(error);
    });
  }
}

const managerOf = (site: SiteId): Destination => ({
  target: IPC_MANAGERS.ui,
  mode: 'associative',
  coTarget: uiSite(site),
});

/** Starts the IPC Manager of a site. Cheap: tables and mapper come with the first object. */
export function startIpcManager(nucleus: Nucleus): IpcManager {
  return new IpcManager(nucleus);
}
