/**
 * What every open object of the Device Manager is: a pipe end, an open device, a terminal, a pty master, a
 * directory of /dev/pts. The base class answers with the error that a UNIX gives for what an object does not
 * do.
 *
 * Invariants: an object lives in the object table under one key while at least one site holds it; `closed`
 * runs exactly once, when the last hold is gone. State changes that could make poll answer differently wake
 * `changed`.
 */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { SiteId } from '../../nucleus/ids/ui.ts';
import { O } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { DirEntry, Stat } from '../../subsystems/unix/sys.ts';
import type { ObjectKind } from '../protocols/object.ts';
import type { PollQueue, PollReply, PollRequest } from '../protocols/poll-queue.ts';

/** Who calls: the thread that may wait, and its place in job control (all 0 where a call does not say). */
export interface Caller {
  readonly thread: Thread;
  /** Where the caller runs. */
  readonly site: SiteId;
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  readonly pgid: number;
  readonly sid: number;
  /** SIGTTIN (reads) or SIGTTOU (writes, ioctls) would have no effect on the caller. */
  readonly ignoring: boolean;
}

/** Status flags that fcntl(F_SETFL) changes. */
const SETTABLE = O.APPEND | O.DIRECT | O.NONBLOCK;
/** Status flags that fcntl(F_GETFL) shows. */
const VISIBLE = SETTABLE | O.ACCMODE | O.SYNC | O.PATH | O.DIRECTORY;

export abstract class OpenObject {
  abstract readonly kind: ObjectKind;
  readonly holders = new Set<SiteId>();
  private statusFlags: number;

  constructor(flags: number) {
    this.statusFlags = flags & VISIBLE;
  }

  /** Poll events that hold now (all of them, whatever was asked). */
  abstract readiness(): number;
  /** Woken at every change that poll could see. */
  abstract readonly changed: PollQueue;
  abstract stat(): Stat;
  /** The last hold is gone. */
  abstract closed(): void;

  get flags(): number {
    return this.statusFlags;
  }

  set flags(flags: number) {
    this.statusFlags = (this.statusFlags & ~SETTABLE) | (flags & SETTABLE);
  }

  get nonblocking(): boolean {
    return (this.statusFlags & O.NONBLOCK) !== 0;
  }

  get readable(): boolean {
    return (this.statusFlags & (O.ACCMODE | O.PATH)) !== O.WRONLY && (this.statusFlags & O.PATH) === 0;
  }

  get writable(): boolean {
    return (this.statusFlags & O.ACCMODE) !== O.RDONLY && (this.statusFlags & O.PATH) === 0;
  }

  /** read(2): bytes that now belong to the caller; empty at the end. */
  read(_caller: Caller, _maxBytes: number): Awaitable<Uint8Array> {
    throw new SysError('EINVAL');
  }

  /** write(2): the count taken. Never keeps `data` that is not `owned`. */
  write(_caller: Caller, _data: Uint8Array, _owned: boolean): Awaitable<number> {
    throw new SysError('EINVAL');
  }

  /** lseek(2): most objects have no position. */
  seek(_offset: number, _whence: number): number {
    throw new SysError('ESPIPE');
  }

  readdir(_max: number): DirEntry[] {
    throw new SysError('ENOTDIR');
  }

  chmod(_caller: Caller, _mode: number): void {
    throw new SysError('EPERM');
  }

  chown(_caller: Caller, _uid: number, _gid: number): void {
    throw new SysError('EPERM');
  }

  ioctl(_caller: Caller, _request: string, _argument: unknown): Awaitable<unknown> {
    throw new SysError('ENOTTY');
  }

  /** poll(2) on one object. Throws K_EABORT. */
  poll(thread: Thread, request: PollRequest): Awaitable<PollReply> {
    return this.changed.poll(thread, request, () => this.readiness());
  }
}
