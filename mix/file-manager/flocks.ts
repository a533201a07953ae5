/**
 * BSD locks, flock(2): owned by the open file description, whoever shares it, and independent of record
 * locks. They end with an unlock or with the description's last close.
 *
 * A change of kind (shared to exclusive) gives up the old lock first, as flock(2) warns: another may get in
 * between, and a failed try leaves none.
 */
import type { Ino } from '../../drivers/volume.ts';
import { WaitQueue } from '../../nucleus/executive/sync.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Handle } from './handles.ts';

export type FlockKind = 'shared' | 'exclusive' | 'unlock';

interface FileLocks {
  readonly owners: Map<Handle, FlockKind>;
  readonly waiters: WaitQueue<void>;
}

export class FlockTable {
  private readonly files = new Map<Ino, FileLocks>();

  /** Waits in `thread` when given. Throws EAGAIN (EWOULDBLOCK); K_EABORT from the wait. */
  set(handle: Handle, kind: FlockKind, thread: Thread | null): undefined | Promise<void> {
    if (this.files.get(handle.ino)?.owners.get(handle) === kind) return undefined;
    this.drop(handle);
    if (kind === 'unlock') return undefined;
    if (this.isFree(handle.ino, kind)) {
      this.fileOf(handle.ino).owners.set(handle, kind);
      return undefined;
    }
    if (!thread) throw new SysError('EAGAIN');
    return this.waitAndSet(handle, kind, thread);
  }

  private async waitAndSet(handle: Handle, kind: FlockKind, thread: Thread): Promise<void> {
    const { ino } = handle;
    while (!this.isFree(ino, kind)) {
      try {
        await this.fileOf(ino).waiters.wait(thread, { abortable: true });
      } finally {
        this.dropIfIdle(ino);
      }
    }
    // The description was closed meanwhile by all who had it: nobody is left to own the lock.
    if (handle.holders.size === 0) throw new SysError('EBADF');
    this.fileOf(ino).owners.set(handle, kind);
  }

  private isFree(ino: Ino, kind: FlockKind): boolean {
    const kinds = [...(this.files.get(ino)?.owners.values() ?? [])];
    return kind === 'exclusive' ? kinds.length === 0 : !kinds.includes('exclusive');
  }

  /** Also at the last close of a description. */
  drop(handle: Handle): void {
    const file = this.files.get(handle.ino);
    if (!file?.owners.delete(handle)) return;
    file.waiters.wakeAll();
    this.dropIfIdle(handle.ino);
  }

  private fileOf(ino: Ino): FileLocks {
    let file = this.files.get(ino);
    if (!file) this.files.set(ino, (file = { owners: new Map(), waiters: new WaitQueue() }));
    return file;
  }

  private dropIfIdle(ino: Ino): void {
    const file = this.files.get(ino);
    if (file && file.owners.size === 0 && file.waiters.length === 0) this.files.delete(ino);
  }
}
