/**
 * Shared memory segments, shmop(2), and the store that their bytes come from and go back to.
 *
 * A segment is one for the nucleus: sites that map it get its pages from the mapper here, which keeps them
 * coherent (SegmentServer). Pages that nobody has written are zero and not kept. A removed segment lives
 * until nobody has it attached.
 */
import type { Key } from '../../nucleus/ids/capability.ts';
import type { SegmentStore } from '../../nucleus/memory/coherence.ts';
import { MapperFault } from '../../nucleus/memory/mapper-protocol.ts';
import { PAGE_BYTES } from '../../nucleus/memory/site-memory.ts';
import { Errno, SysError } from '../../subsystems/unix/errno.ts';
import { SHM_DEST } from '../../subsystems/unix/ipc.ts';
import type { Pid } from '../../subsystems/unix/sys.ts';
import { IpcObject, type Who } from './ipc-object.ts';
import { IpcManagerLimits } from './limits.ts';

export class SharedMemory extends IpcObject {
  readonly kind = 'shm';
  readonly bytes: number;
  readonly key: Key;
  readonly creator: Pid;
  lastUser: Pid = 0;
  attachMs = 0;
  detachMs = 0;

  constructor(
    id: number,
    key: number,
    mode: number,
    who: Who,
    nowMs: number,
    segment: { bytes: number; key: Key; creator: Pid },
  ) {
    super(id, key, mode, who, nowMs);
    this.bytes = segment.bytes;
    this.key = segment.key;
    this.creator = segment.creator;
  }

  checkSize(size: number): void {
    if (size > this.bytes) throw new SysError('EINVAL');
  }

  /** IPC_RMID with attaches left: it has no key any more, and goes with the last of them. */
  condemn(): void {
    this.permissions.mode |= SHM_DEST;
    this.permissions.key = 0;
  }

  get isCondemned(): boolean {
    return (this.permissions.mode & SHM_DEST) !== 0;
  }
}

/** Bytes of segments, by page: what caches have written back. */
export class MemoryStore implements SegmentStore {
  private readonly segments = new Map<Key, { size: number; pages: Map<number, Uint8Array> }>();
  private pageCount = 0;

  add(key: Key, size: number): void {
    this.segments.set(key, { size, pages: new Map() });
  }

  delete(key: Key): void {
    this.pageCount -= this.segments.get(key)?.pages.size ?? 0;
    this.segments.delete(key);
  }

  /** Pages that are kept here. */
  pagesOf(key: Key): number {
    return this.segments.get(key)?.pages.size ?? 0;
  }

  private segment(key: Key) {
    const segment = this.segments.get(key);
    if (!segment) throw new MapperFault(Errno.EIDRM);
    return segment;
  }

  pull(key: Key, offset: number, size: number): { data: Uint8Array; end: number } {
    const { size: bytes, pages } = this.segment(key);
    const end = Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
    const data = new Uint8Array(Math.max(0, Math.min(size, end - offset)));
    for (let at = 0; at < data.length; at += PAGE_BYTES) {
      const page = pages.get((offset + at) / PAGE_BYTES);
      if (page) data.set(page.subarray(0, data.length - at), at);
    }
    return { data, end };
  }

  push(key: Key, offset: number, data: Uint8Array): void {
    const { pages } = this.segment(key);
    for (let at = 0; at < data.length; at += PAGE_BYTES) {
      const number = Math.floor((offset + at) / PAGE_BYTES);
      let page = pages.get(number);
      if (!page) {
        if ((this.pageCount + 1) * PAGE_BYTES > IpcManagerLimits.MEMORY_BYTES) {
          throw new MapperFault(Errno.ENOMEM);
        }
        this.pageCount += 1;
        pages.set(number, (page = new Uint8Array(PAGE_BYTES)));
      }
      page.set(data.subarray(at, at + PAGE_BYTES));
    }
  }
}
