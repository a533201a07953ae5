/** What queues, semaphore sets and shared segments have in common: identifier, owner, rights, the end. */
import { WaitQueue } from '../../nucleus/executive/sync.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { IpcChange, IpcKind, IpcPermissions } from '../../subsystems/unix/ipc.ts';
import { type Credentials, isMember } from '../protocols/credentials.ts';

/** Who asks, as the nucleus stamped it. */
export type Who = Credentials;

export const READ = 0o444;
export const WRITE = 0o222;

export abstract class IpcObject {
  abstract readonly kind: IpcKind;
  readonly id: number;
  readonly permissions: IpcPermissions;
  changeMs: number;
  isRemoved = false;
  /** Everybody who waits here, for whatever. */
  readonly changed = new WaitQueue();

  constructor(id: number, key: number, mode: number, { uid, gid }: Who, nowMs: number) {
    this.id = id;
    this.permissions = { key, uid, gid, cuid: uid, cgid: gid, mode: mode & 0o777 };
    this.changeMs = nowMs;
  }

  /** ipcperms: bits of `mode` in any of its three places. Throws EACCES. */
  demand(who: Who, mode: number): void {
    const { permissions } = this;
    const { uid } = who;
    const wanted = ((mode >> 6) | (mode >> 3) | mode) & 7;
    let granted = permissions.mode;
    if (uid === permissions.uid || uid === permissions.cuid) granted >>= 6;
    else if (isMember(who, permissions.gid) || isMember(who, permissions.cgid)) granted >>= 3;
    if (uid !== 0 && (wanted & ~granted) !== 0) throw new SysError('EACCES');
  }

  /** Throws EPERM for anyone but owner, creator and root. */
  demandOwner({ uid }: Who): void {
    const { permissions } = this;
    if (uid !== 0 && uid !== permissions.uid && uid !== permissions.cuid) throw new SysError('EPERM');
  }

  /** IPC_SET. */
  change(who: Who, { uid, gid, mode }: IpcChange, nowMs: number): void {
    this.demandOwner(who);
    const { permissions } = this;
    permissions.uid = uid;
    permissions.gid = gid;
    permissions.mode = (permissions.mode & ~0o777) | (mode & 0o777);
    this.changeMs = nowMs;
    this.changed.wakeAll();
  }

  /** Waiting ends: those who waited see that it is removed. */
  removed(): void {
    this.isRemoved = true;
    this.changed.wakeAll();
  }

  /** After a wait. Throws EIDRM. */
  checkThere(): void {
    if (this.isRemoved) throw new SysError('EIDRM');
  }

  /** shmget and semget name the least size that will do. Throws EINVAL. */
  abstract checkSize(size: number): void;
}
