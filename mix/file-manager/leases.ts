/**
 * Leases, fcntl(2) F_SETLEASE: whoever has one is told when others open or truncate the file, and they wait
 * until it is given up or lowered, or BREAK_MS are over. A lease belongs to an open file description; reading
 * is for many, writing for one who alone has the file open.
 */
import type { Ino } from '../../drivers/volume.ts';
import type { Actor } from '../../nucleus/actors/actor.ts';
import { isKError } from '../../nucleus/errors.ts';
import { ServerThreads } from '../../nucleus/executive/server-threads.ts';
import { WaitQueue } from '../../nucleus/executive/sync.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { type SiteId, uiSite } from '../../nucleus/ids/ui.ts';
import { client } from '../../nucleus/ipc/stubs.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { Limits, Lock, O } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { PROCESS_MANAGERS, ProcessProtocol } from '../protocols/process.ts';
import type { Handle, HandleTable } from './handles.ts';

const BREAK_MS = Limits.LEASE_BREAK_SECONDS * 1000;

interface Lease {
  readonly handle: Handle;
  /** Whose manager tells of a break. */
  site: SiteId;
  /** Lock.RDLCK or Lock.WRLCK. */
  type: number;
  /** What it is to become, and by when (monotonic ms): it is being broken. */
  target: number;
  dueMs: number;
}

interface LeasedFile {
  readonly leases: Map<Handle, Lease>;
  readonly changed: WaitQueue<void>;
}

export class LeaseTable {
  private readonly files = new Map<Ino, LeasedFile>();
  private readonly nucleus: Nucleus;
  private readonly handles: HandleTable;
  private readonly threads: ServerThreads;
  private readonly processes;

  constructor(nucleus: Nucleus, actor: Actor, handles: HandleTable) {
    this.nucleus = nucleus;
    this.handles = handles;
    this.threads = new ServerThreads(nucleus, actor, 'leases');
    this.processes = client(nucleus, ProcessProtocol);
  }

  /** F_GETLEASE: what it is, or is to become. */
  typeOf(handle: Handle): number {
    return this.files.get(handle.ino)?.leases.get(handle)?.target ?? Lock.UNLCK;
  }

  /** F_SETLEASE. Throws EAGAIN. */
  set(handle: Handle, type: number, site: SiteId): void {
    const mine = this.files.get(handle.ino)?.leases.get(handle);
    if (type === Lock.UNLCK) {
      if (!mine) throw new SysError('EAGAIN');
      this.drop(handle);
      return;
    }
    this.checkFree(handle, type);
    if (!mine) {
      this.fileOf(handle.ino).leases.set(handle, { handle, site, type, target: type, dueMs: 0 });
      return;
    }
    // A break that asked for less than this goes on.
    if (mine.target === mine.type) mine.target = type;
    mine.type = type;
    mine.site = site;
    this.files.get(handle.ino)!.changed.wakeAll();
  }

  /** Whether nobody else's opens or leases stand against it. Throws EAGAIN. */
  private checkFree(handle: Handle, type: number): void {
    const { ino, flags } = handle;
    const others = [...(this.files.get(ino)?.leases.values() ?? [])].filter((one) => one.handle !== handle);
    const broken = others.some(({ target }) => target === Lock.UNLCK);
    if (broken || (type === Lock.WRLCK && others.length > 0)) throw new SysError('EAGAIN');
    const free = type === Lock.RDLCK ? !this.handles.hasWriter(ino) : this.handles.openCount(ino) === 1;
    if (!free || (type === Lock.RDLCK && (flags & O.ACCMODE) !== O.RDONLY)) throw new SysError('EAGAIN');
  }

  /**
   * Somebody opens or truncates a file: leases that forbid it are broken first. Undefined when none does;
   * else the wait, in `thread`. Throws EAGAIN without a thread; the wait K_EABORT.
   */
  demand(ino: Ino, writes: boolean, thread: Thread | null): undefined | Promise<void> {
    const file = this.files.get(ino);
    if (!file) return undefined;
    const against = [...file.leases.values()].filter(({ type }) => writes || type === Lock.WRLCK);
    if (against.length === 0) return undefined;
    for (const lease of against) this.break(lease, writes ? Lock.UNLCK : Lock.RDLCK);
    if (!thread) throw new SysError('EAGAIN');
    return this.wait(ino, file, writes, thread);
  }

  private break(lease: Lease, target: number): void {
    if (lease.target !== lease.type && lease.target >= target) return;
    if (lease.target === lease.type) lease.dueMs = this.nucleus.clock.monotonic() + BREAK_MS;
    lease.target = target;
    const { site, handle } = lease;
    const dest = { target: PROCESS_MANAGERS.ui, mode: 'associative', coTarget: uiSite(site) } as const;
    this.nucleus.clock.defer(() => {
      const told = this.threads.run((thread) =>
        this.processes.leaseBroken(thread, dest, { key: handle.key }),
      );
      // A site that is lost has nobody to tell.
      if (told instanceof Promise) told.catch(() => {});
    });
  }

  private async wait(ino: Ino, file: LeasedFile, writes: boolean, thread: Thread): Promise<void> {
    for (;;) {
      const against = [...file.leases.values()].filter(({ type }) => writes || type === Lock.WRLCK);
      if (against.length === 0 || this.files.get(ino) !== file) return;
      const dueMs = Math.min(...against.map((lease) => lease.dueMs));
      const delayMs = Math.max(0, dueMs - this.nucleus.clock.monotonic());
      try {
        await file.changed.wait(thread, { abortable: true, delayMs });
      } catch (error) {
        if (!isKError(error, 'K_ETIMEOUT')) throw error;
        for (const lease of against) this.expire(lease);
      }
    }
  }

  /** Nobody answered in time: the lease is what it was to become. */
  private expire(lease: Lease): void {
    if (lease.target === Lock.UNLCK) this.drop(lease.handle);
    else lease.type = lease.target;
  }

  /** Also at the last close of a description. */
  drop(handle: Handle): void {
    const file = this.files.get(handle.ino);
    if (!file?.leases.delete(handle)) return;
    if (file.leases.size === 0) this.files.delete(handle.ino);
    file.changed.wakeAll();
  }

  private fileOf(ino: Ino): LeasedFile {
    let file = this.files.get(ino);
    if (!file) this.files.set(ino, (file = { leases: new Map(), changed: new WaitQueue() }));
    return file;
  }
}
