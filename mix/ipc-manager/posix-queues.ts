/**
 * The POSIX message queues of an IPC Manager. Names are the system's, at the Key Manager; a queue lives where
 * it was made, until it is unlinked and nobody has it open. An open one is an open object.
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { Key } from '../../nucleus/ids/capability.ts';
import { type SiteId, type UI, uiSite } from '../../nucleus/ids/ui.ts';
import type { CallContext } from '../../nucleus/ipc/port.ts';
import type { Implementation, ReplyOf, RequestOf } from '../../nucleus/ipc/protocol.ts';
import { O } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { IpcLimits } from '../../subsystems/unix/ipc.ts';
import { HoldTable } from '../protocols/hold-table.ts';
import { ipcSiteOf, KEY_SERVER, type QueueSpecs, queueName } from '../protocols/ipc.ts';
import type { ObjectSpecs } from '../protocols/object.ts';
import { PROCESS_MANAGERS } from '../protocols/process.ts';
import { unsupported } from '../protocols/unsupported.ts';
import type { IpcManager } from './ipc-manager.ts';
import type { Who } from './ipc-object.ts';
import { IpcManagerLimits } from './limits.ts';
import { type Notice, PosixQueue, QueueHandle, queueLimits } from './posix-queue.ts';

const EMPTY_REPLY = {};
const encoder = new TextEncoder();

/** Access of an open, as bits of a mode. */
const ACCESS: Readonly<Record<number, number>> = { [O.RDONLY]: 4, [O.WRONLY]: 2, [O.RDWR]: 6 };

type OpenRequest = RequestOf<QueueSpecs['open']>;
type OpenReply = ReplyOf<QueueSpecs['open']>;

export class PosixQueues {
  readonly port: UI;
  private readonly manager: IpcManager;
  private readonly handles: HoldTable<QueueHandle>;
  private readonly byId = new Map<number, PosixQueue>();
  /** Those that still have their name. */
  private readonly byName = new Map<string, PosixQueue>();
  private bytes = 0;

  constructor(manager: IpcManager, port: UI) {
    this.manager = manager;
    this.port = port;
    this.handles = new HoldTable(manager.nucleus.random, IpcManagerLimits.OPEN_QUEUES_MAX);
  }

  has(id: number): boolean {
    return this.byId.has(id);
  }

  siteChanged(site: SiteId, up: boolean): void {
    if (up) this.handles.siteUp(site);
    else this.handles.dropSite(site);
  }

  // --- opening ---------------------------------------------------------------------------------------------

  private async find(thread: Thread, name: string): Promise<{ site?: SiteId }> {
    if (this.byName.has(name)) return { site: this.manager.site };
    const { id } = await this.manager.keys.find(thread, KEY_SERVER, { name: queueName(name) });
    return id === undefined ? {} : { site: ipcSiteOf(id) };
  }

  private open(request: OpenRequest, context: CallContext): Awaitable<OpenReply> {
    const { name, flags } = request;
    const queue = this.byName.get(name);
    if (!queue) {
      if (!(flags & O.CREAT)) throw new SysError('ENOENT');
      return this.create(request, context);
    }
    if (flags & O.CREAT && flags & O.EXCL) throw new SysError('EEXIST');
    const access = ACCESS[flags & O.ACCMODE];
    if (access === undefined) throw new SysError('EINVAL');
    queue.demand(context.actorPi, access);
    return { key: this.handle(queue, flags, context) };
  }

  private handle(queue: PosixQueue, flags: number, { srcSite }: CallContext): Key {
    this.handles.reserve(1);
    const handle = new QueueHandle(queue, flags, () => this.retire(queue));
    return this.handles.add(handle, srcSite);
  }

  /** Throws EINVAL, ENOSPC, EMFILE. The reply names another site when the name was given meanwhile. */
  private async create(request: OpenRequest, context: CallContext): Promise<OpenReply> {
    const { name, flags, mode } = request;
    const limits = queueLimits(request.messages, request.bytes, context.actorPi);
    if (this.byId.size >= IpcManagerLimits.QUEUES_MAX) throw new SysError('ENOSPC');
    const bytes = limits.messages * limits.bytes;
    if (this.bytes + bytes > IpcManagerLimits.QUEUES_BYTES) throw new SysError('EMFILE');
    const { keys, nucleus } = this.manager;
    const id = this.manager.newId();
    const queue = new PosixQueue(id, name, limits, mode, context.actorPi, nucleus.clock.now());
    this.byId.set(id, queue);
    this.bytes += bytes;
    queue.handles += 1;
    try {
      const owner = await keys.enter(context.thread, KEY_SERVER, { name: queueName(name), id });
      if (owner.id !== id) {
        queue.isLinked = false;
        if (flags & O.EXCL) throw new SysError('EEXIST');
        return { site: ipcSiteOf(owner.id) };
      }
      this.byName.set(name, queue);
      return { key: this.handle(queue, flags, context) };
    } finally {
      queue.handles -= 1;
      this.retire(queue);
    }
  }

  /** Nobody has it open, and it has no name: it ends. */
  private retire(queue: PosixQueue): void {
    if (queue.handles > 0 || queue.isLinked || !this.byId.delete(queue.id)) return;
    this.bytes -= queue.maxMessages * queue.maxBytes;
  }

  /** Throws ENOENT, EPERM: the names are in a sticky directory, as it were. */
  private unlink(name: string, { uid }: Who): void {
    const queue = this.byName.get(name);
    if (!queue) throw new SysError('ENOENT');
    if (uid !== 0 && uid !== queue.attributes.uid) throw new SysError('EPERM');
    this.byName.delete(name);
    queue.isLinked = false;
    const { id } = queue;
    this.manager.background((thread) =>
      this.manager.keys.forget(thread, KEY_SERVER, { name: queueName(name), id }),
    );
    this.retire(queue);
  }

  // --- messages --------------------------------------------------------------------------------------------

  private send(
    { key, data, priority, limitMs }: RequestOf<QueueSpecs['send']>,
    { thread, actorPi }: CallContext,
  ): Awaitable<Record<never, never>> {
    const { queue, writable, nonblocking } = this.handles.get(key);
    if (!writable) throw new SysError('EBADF');
    if (priority >= IpcLimits.MQ_PRIORITIES) throw new SysError('EINVAL');
    if (data.length > queue.maxBytes) throw new SysError('EMSGSIZE');
    const told = (notice: Notice): void => this.tell(notice, actorPi.domain, actorPi.uid);
    const wait = { nonblocking, limitMs };
    const sent = queue.send(thread, { data, priority }, wait, this.manager.nucleus, told);
    return isPromise(sent) ? sent.then(() => EMPTY_REPLY) : EMPTY_REPLY;
  }

  private receive(
    { key, max, limitMs }: RequestOf<QueueSpecs['receive']>,
    { thread }: CallContext,
  ): Awaitable<ReplyOf<QueueSpecs['receive']>> {
    const { queue, readable, nonblocking } = this.handles.get(key);
    if (!readable) throw new SysError('EBADF');
    if (max < queue.maxBytes) throw new SysError('EMSGSIZE');
    return queue.receive(thread, { nonblocking, limitMs }, this.manager.nucleus);
  }

  private notify(
    { key, on, pid, signal, value }: RequestOf<QueueSpecs['notify']>,
    { srcSite }: CallContext,
  ): Record<never, never> {
    const handle = this.handles.get(key);
    const { queue } = handle;
    if (!on) {
      if (queue.notice?.pid === pid) queue.notice = null;
      return EMPTY_REPLY;
    }
    if (queue.notice) throw new SysError('EBUSY');
    queue.notice = { handle, pid, site: srcSite, signal, value };
    return EMPTY_REPLY;
  }

  private tell({ pid, site, signal, value }: Notice, sender: number, uid: number): void {
    if (signal === 0) return;
    const dest = { target: PROCESS_MANAGERS.ui, mode: 'associative', coTarget: uiSite(site) } as const;
    const notice = { pid, signal, sender, uid, ...(value ? { value } : {}) };
    this.manager.background((thread) => this.manager.processes.queueNotice(thread, dest, notice));
  }

  // --- protocols -------------------------------------------------------------------------------------------

  operations(): Implementation<QueueSpecs> {
    return {
      find: ({ name }, { thread }) => this.find(thread, name),
      open: (request, context) => this.open(request, context),
      unlink: ({ name }, { actorPi }) => {
        this.unlink(name, actorPi);
        return EMPTY_REPLY;
      },
      send: (request, context) => this.send(request, context),
      receive: (request, context) => this.receive(request, context),
      attributes: ({ key }) => {
        const { queue, flags } = this.handles.get(key);
        const { maxMessages, maxBytes, messages } = queue;
        return { flags: flags & O.NONBLOCK, messages: maxMessages, bytes: maxBytes, count: messages.length };
      },
      notify: (request, context) => this.notify(request, context),
    };
  }

  objectOperations(): Implementation<ObjectSpecs> {
    const { handles } = this;
    return {
      ...unsupported,
      /** A line about the queue, as in the mqueue file system. */
      read: ({ key, max }) => {
        const handle = handles.get(key);
        if (!handle.readable) throw new SysError('EBADF');
        const data = encoder.encode(handle.queue.describe()).slice(handle.offset, handle.offset + max);
        handle.offset += data.length;
        return { data };
      },
      write: () => {
        throw new SysError('EINVAL');
      },
      poll: (request, { thread }) => {
        const handle = handles.get(request.key);
        return handle.queue.changed.poll(thread, request, () => handle.readiness());
      },
      fstat: ({ key }) => ({ stat: handles.get(key).queue.attributes }),
      getFlags: ({ key }) => ({ flags: handles.get(key).flags }),
      setFlags: ({ key, flags }) => {
        const handle = handles.get(key);
        handle.flags = (handle.flags & O.ACCMODE) | (flags & O.NONBLOCK);
        return EMPTY_REPLY;
      },
      hold: ({ keys }, { srcSite }) => {
        handles.hold(keys, srcSite);
        return EMPTY_REPLY;
      },
      release: ({ key }, { srcSite }) => {
        handles.release(key, srcSite);
        return EMPTY_REPLY;
      },
      sync: () => EMPTY_REPLY,
    };
  }
}
