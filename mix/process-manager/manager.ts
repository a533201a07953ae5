/**
 * What the aspects of a Process Manager share: the tables of its site, the stubs towards other servers,
 * threads of its own, and the identity switch. No policy lives here.
 *
 * A system call runs in the caller's u_thread. Towards servers of objects it acts with the process'
 * protection identifier, which is what they check; where the manager speaks for itself (releases, other
 * managers) it takes its own identity for the length of that call: `asManager`.
 */
import type { Actor } from '../../nucleus/actors/actor.ts';
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { KError } from '../../nucleus/errors.ts';
import { ServerThreads } from '../../nucleus/executive/server-threads.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { SITE_MAX, type SiteId, type UI, uiSite } from '../../nucleus/ids/ui.ts';
import type { Destination } from '../../nucleus/ipc/message.ts';
import type { Client } from '../../nucleus/ipc/protocol.ts';
import { client } from '../../nucleus/ipc/stubs.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { UNDISCIPLINED } from '../../subsystems/unix/linux/adjtimex.ts';
import type { Pid, Program, ProgramTable } from '../../subsystems/unix/sys.ts';
import { EpollProtocol, type EpollSpecs } from '../protocols/epoll.ts';
import { InotifyProtocol } from '../protocols/inotify.ts';
import { IpcProtocol, type IpcSpecs, QueueProtocol, type QueueSpecs } from '../protocols/ipc.ts';
import { ObjectProtocol, type ObjectSpecs } from '../protocols/object.ts';
import { PROCESS_MANAGERS, ProcessProtocol, type ProcessSpecs } from '../protocols/process.ts';
import { SocketProtocol, type SocketSpecs } from '../protocols/socket.ts';
import type { Arrival } from './distant-exec.ts';
import type { GuestRuntime } from './guest/runtime.ts';
import { ImageCache } from './image-cache.ts';
import { ObjectTable, OpenObject } from './objects.ts';
import type { Parcel } from './parcel.ts';
import { PidFds } from './pidfd.ts';
import { PidAllocator } from './pids.ts';
import type { Limits, Process } from './process.ts';
import { SignalFds } from './signalfd.ts';

/** How long a linked site may take to show its Process Manager, ms. */
const MANAGER_WAIT_MS = 5000;
const MANAGER_POLL_MS = 5;

/** An unforeseen error of a native program, for whoever boots the system. */
export interface ProgramError {
  readonly pid: Pid;
  readonly program: string;
  readonly error: unknown;
}

export interface ProcessManagerOptions {
  /** Port of the File Manager whose root is every process' first root. */
  root: UI;
  programs: ProgramTable;
  /** What uname calls this site. */
  nodename: string;
  /** Whether init of the whole system (pid 1) lives here. */
  init: boolean;
  /** Limits of the first processes, by resource; the rest are the defaults. */
  limits?: Partial<Limits>;
  onProgramError?: (error: ProgramError) => void;
  /** Sources that mount(2) knows: answers the root port of the tree to attach. Throws SysError. */
  mountSource?: (source: string, type: string, readOnly: boolean) => Awaitable<{ port: UI; type: string }>;
}

/** Whose code ran last on this site, for CPU times. */
interface CpuMeter {
  current: Process | null;
  sinceMs: number;
  /** The turn's end will close the account. */
  closing: boolean;
}

export class Manager {
  readonly nucleus: Nucleus;
  readonly site: SiteId;
  readonly options: ProcessManagerOptions;
  readonly actor: Actor;
  /** Where this manager serves the process protocol; set once when it starts. */
  port!: UI;
  /** Where it serves /proc. */
  procPort!: UI;
  /** Where it serves epoll instances. */
  epollPort!: UI;
  readonly servers: Client<ObjectSpecs>;
  readonly inotifies: Client<(typeof InotifyProtocol)['specs']>;
  readonly epolls: Client<EpollSpecs>;
  readonly peers: Client<ProcessSpecs>;
  readonly sockets: Client<SocketSpecs>;
  readonly ipc: Client<IpcSpecs>;
  readonly queues: Client<QueueSpecs>;
  /** Processes of this site, zombies included. */
  readonly processes = new Map<Pid, Process>();
  /** Members of each group on this site; no empty sets. */
  readonly groups = new Map<Pid, Set<Process>>();
  /** Processes created here that live on another site. */
  readonly moved = new Map<Pid, SiteId>();
  /** Processes on their way here by exec: built, their control port not yet arrived. */
  readonly arriving = new Map<Pid, Arrival>();
  /** Cargo that arrived ahead of its request. */
  readonly parcels = new Map<string, Parcel>();
  readonly objects: ObjectTable;
  readonly pids: PidAllocator;
  readonly rootObject: OpenObject;
  readonly images = new ImageCache();
  readonly programs = new Map<string, Program>();
  readonly cpu: CpuMeter = { current: null, sinceMs: 0, closing: false };
  /** What uname says: sethostname(2), setdomainname(2). */
  readonly names: { nodename: string; domainname: string };
  discipline = UNDISCIPLINED;
  /** By the clock of the host. */
  private readonly bootedHostMs: number;
  private readonly bootedMonotonicMs: number;
  init: Process | null = null;
  /** Port of the Device Manager that has the terminals, once found. */
  terminalManager: UI | null = null;
  forks = 0;
  /** CPU time of children that nobody waited for. */
  unclaimedMs = 0;
  readonly pidfds = new PidFds(this);
  readonly signalfds = new SignalFds(this);
  /** What guests need; null until the first ELF program starts. */
  guests: GuestRuntime | null = null;
  private readonly threads: ServerThreads;

  constructor(nucleus: Nucleus, options: ProcessManagerOptions) {
    this.nucleus = nucleus;
    this.site = nucleus.site;
    this.options = options;
    this.actor = nucleus.actorCreate(null, { name: 'PM', privilege: 'supervisor' });
    this.threads = new ServerThreads(nucleus, this.actor, 'pm', Number.POSITIVE_INFINITY);
    this.servers = client(nucleus, ObjectProtocol);
    this.inotifies = client(nucleus, InotifyProtocol);
    this.epolls = client(nucleus, EpollProtocol);
    this.peers = client(nucleus, ProcessProtocol);
    this.sockets = client(nucleus, SocketProtocol);
    this.ipc = client(nucleus, IpcProtocol);
    this.queues = client(nucleus, QueueProtocol);
    this.objects = new ObjectTable((object) =>
      this.withThread((thread) => asVoid(this.servers.release(thread, object.dest, { key: object.key! }))),
    );
    this.pids = new PidAllocator(this.site, (pid) => this.inUse(pid));
    this.rootObject = new OpenObject(options.root, undefined, 'directory', '/');
    this.names = { nodename: options.nodename, domainname: '(none)' };
    this.bootedHostMs = nucleus.clock.now() - nucleus.clock.offsetMs;
    this.bootedMonotonicMs = nucleus.clock.monotonic();
  }

  /** ms since the site began. */
  get upMs(): number {
    return this.nucleus.clock.monotonic() - this.bootedMonotonicMs;
  }

  /** When that was, by the time of day as it is now. */
  get bootedMs(): number {
    return this.bootedHostMs + this.nucleus.clock.offsetMs;
  }

  private inUse(pid: Pid): boolean {
    return (
      this.processes.has(pid) ||
      this.moved.has(pid) ||
      this.groups.has(pid) ||
      this.guests?.threadIds.has(pid) === true
    );
  }

  // --- threads and identity
  // ----------------------------------------------------------------------------------

  /** Runs `work` with a thread of the manager: returns at once when `work` does. */
  withThread<R>(work: (thread: Thread) => Awaitable<R>): Awaitable<R> {
    return this.threads.run(work);
  }

  /** Runs `call` in a process' thread with the manager's own protection identifier. */
  asManager<R>(thread: Thread, call: () => Awaitable<R>): Awaitable<R> {
    const cameFrom = thread.execution;
    thread.execution = this.actor;
    let result: Awaitable<R>;
    try {
      result = call();
    } catch (error) {
      thread.execution = cameFrom;
      throw error;
    }
    if (!isPromise(result)) {
      thread.execution = cameFrom;
      return result;
    }
    return result.finally(() => {
      thread.execution = cameFrom;
    });
  }

  /** Work that nobody waits for; its failure concerns nobody either (the other side is gone). */
  background(work: (thread: Thread) => Awaitable<unknown>): void {
    try {
      const result = this.withThread(work);
      if (isPromise(result)) result.catch(() => {});
    } catch {
      // As above.
    }
  }

  // --- tables
  // ------------------------------------------------------------------------------------------------

  enter(process: Process): void {
    this.processes.set(process.pid, process);
    this.joinGroup(process, process.pgid);
  }

  joinGroup(process: Process, pgid: Pid): void {
    this.leaveGroup(process);
    process.pgid = pgid;
    let members = this.groups.get(pgid);
    if (!members) this.groups.set(pgid, (members = new Set()));
    members.add(process);
  }

  leaveGroup(process: Process): void {
    const members = this.groups.get(process.pgid);
    if (members?.delete(process) && members.size === 0) this.groups.delete(process.pgid);
  }

  /** A live process of this site. */
  find(pid: Pid): Process | undefined {
    const process = this.processes.get(pid);
    return process?.state === 'running' ? process : undefined;
  }

  // --- other managers
  // ----------------------------------------------------------------------------------------

  /** Throws K_EUNREACHABLE for what is no site number: other sites and programs may name anything. */
  managerOf(site: SiteId): Destination {
    if (!(site >= 0 && site <= SITE_MAX)) throw new KError('K_EUNREACHABLE');
    return { target: PROCESS_MANAGERS.ui, mode: 'associative', coTarget: uiSite(site) };
  }

  /**
   * The manager of a site, once it is known: a site is linked a moment before the news of its groups arrive.
   * Throws EHOSTDOWN for a site that is not linked, or does not show its manager within MANAGER_WAIT_MS.
   */
  async reach(thread: Thread, site: SiteId): Promise<Destination> {
    const dest = this.managerOf(site);
    const { clock } = this.nucleus;
    const deadlineMs = clock.monotonic() + MANAGER_WAIT_MS;
    while (!this.others().some((other) => other.site === site)) {
      if (!this.isLinked(site) || clock.monotonic() > deadlineMs) throw new SysError('EHOSTDOWN');
      await thread.delay(MANAGER_POLL_MS);
    }
    return dest;
  }

  /** Ports of the Process Managers of other sites. */
  others(): { port: UI; site: SiteId }[] {
    return this.nucleus.ipc.allMembers(PROCESS_MANAGERS.ui).filter(({ site }) => site !== this.site);
  }

  /** False for a site that is lost, from the moment when its loss is told. */
  isUp(site: SiteId): boolean {
    return site === this.site || this.others().some((other) => other.site === site);
  }

  /** Whether this site is linked with others now. */
  get hasNeighbours(): boolean {
    return this.nucleus.ipc.remote?.sites().some(({ site, up }) => up && site !== this.site) ?? false;
  }

  private isLinked(site: SiteId): boolean {
    return this.nucleus.ipc.remote?.sites().some((other) => other.site === site && other.up) ?? false;
  }

  /** Asks every other site; those that fail or are gone do not answer. */
  async askOthers<R>(ask: (thread: Thread, dest: Destination) => Awaitable<R>): Promise<R[]> {
    const answers = await Promise.all(
      this.others().map(async ({ port }) => {
        try {
          return await this.withThread((thread) => ask(thread, { target: port }));
        } catch {
          return undefined;
        }
      }),
    );
    return answers.filter((answer) => answer !== undefined);
  }
}

export function asVoid(value: Awaitable<unknown>): Awaitable<void> {
  if (isPromise(value)) return value.then(() => {});
}
