/**
 * What the aspects of one Socket Manager share: its tables, the stubs towards other managers, and threads of
 * its own. No policy lives here.
 */
import type { Actor } from '../../nucleus/actors/actor.ts';
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import { ServerThreads } from '../../nucleus/executive/server-threads.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { type Key, newKey } from '../../nucleus/ids/capability.ts';
import { type SiteId, type UI, uiSite } from '../../nucleus/ids/ui.ts';
import type { Client } from '../../nucleus/ipc/protocol.ts';
import { client } from '../../nucleus/ipc/stubs.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { isSysError, SysError } from '../../subsystems/unix/errno.ts';
import { HoldTable } from '../protocols/hold-table.ts';
import { PROCESS_MANAGERS, ProcessProtocol, type ProcessSpecs } from '../protocols/process.ts';
import { type Control, PeerProtocol, type PeerSpecs } from '../protocols/socket.ts';
import { SocketManagerLimits } from './limits.ts';
import type { Socket } from './socket.ts';

/** Where a socket is reached by other sockets: its manager's port, and its endpoint key there. */
export interface EndpointRef {
  readonly owner: UI;
  readonly endpoint: Key;
}

export class SocketServer {
  readonly nucleus: Nucleus;
  readonly actor: Actor;
  readonly site: SiteId;
  /** Where this manager serves; set once when it starts. */
  port!: UI;
  readonly objects: HoldTable<Socket>;
  /** Sockets that others may name: bound ones, and those connected with another site. */
  readonly endpoints = new Map<Key, Socket>();
  readonly peers: Client<PeerSpecs>;
  private readonly processes: Client<ProcessSpecs>;
  private readonly threads: ServerThreads;
  private inFlight = 0;
  private nextIno = 1;

  constructor(nucleus: Nucleus) {
    this.nucleus = nucleus;
    this.site = nucleus.site;
    this.actor = nucleus.actorCreate(null, { name: 'SM', privilege: 'supervisor' });
    this.objects = new HoldTable<Socket>(nucleus.random, SocketManagerLimits.SOCKETS_MAX);
    this.threads = new ServerThreads(nucleus, this.actor, 'socket', Number.POSITIVE_INFINITY);
    this.peers = client(nucleus, PeerProtocol);
    this.processes = client(nucleus, ProcessProtocol);
  }

  newIno(): number {
    return this.nextIno++;
  }

  /** The endpoint key of a socket, made at first need. */
  endpointOf(socket: Socket): Key {
    if (socket.endpoint === null) {
      socket.endpoint = newKey(this.nucleus.random);
      this.endpoints.set(socket.endpoint, socket);
    }
    return socket.endpoint;
  }

  // --- threads ---------------------------------------------------------------------------------------------

  /** Runs `work` with a thread of the manager: returns at once when `work` does. */
  withThread<R>(work: (thread: Thread) => Awaitable<R>): Awaitable<R> {
    return this.threads.run(work);
  }

  /** Work that nobody waits for; that the other side is gone concerns nobody either. */
  background(work: (thread: Thread) => Awaitable<unknown>): void {
    const failed = (error: unknown): void => {
      if (!isKError(error) && !isSysError(error)) this.nucleus.reportBug(error);
    };
    try {
      const result = this.withThread(work);
      if (isPromise(result)) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  // --- descriptors under way -------------------------------------------------------------------------------

  private get processManager() {
    return { target: PROCESS_MANAGERS.ui, mode: 'associative', coTarget: uiSite(this.site) } as const;
  }

  /**
   * References of this site's Process Manager to objects that wait at a socket here. Throws ETOOMANYREFS.
   */
  keep(thread: Thread, control: Control | null): Awaitable<void> {
    const objects = control?.rights ?? [];
    if (objects.length === 0) return;
    if (this.inFlight + objects.length > SocketManagerLimits.RIGHTS_IN_FLIGHT) {
      throw new SysError('ETOOMANYREFS');
    }
    this.inFlight += objects.length;
    const failed = (error: unknown): never => {
      this.inFlight -= objects.length;
      throw error;
    };
    try {
      const kept = this.processes.keepObjects(thread, this.processManager, { objects });
      if (isPromise(kept)) return kept.then(() => {}, failed);
    } catch (error) {
      failed(error);
    }
  }

  /** The receiver has the references now. */
  handedOver(control: Control | null): void {
    this.inFlight -= control?.rights.length ?? 0;
  }

  /** What was under way to a socket that is closed. */
  discard(controls: readonly Control[]): void {
    for (const { rights: objects } of controls) {
      if (objects.length === 0) continue;
      this.inFlight -= objects.length;
      this.background((thread) => this.processes.dropObjects(thread, this.processManager, { objects }));
    }
  }
}
