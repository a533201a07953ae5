/**
 * Where the bytes of memory volumes lie: memfs files without names, one per extent. memfs keeps bytes and
 * nothing else for us: names, permissions, times, holes and inode numbers are the volume's own, because memfs
 * gets several of them wrong (docs/dependencies.md).
 *
 * memfs takes longer to load than everything else that a short script needs, so it is loaded when the first
 * large extent is written; and small extents (the files of /bin and /etc) never leave the `inline` buffer.
 */
import { createRequire } from 'node:module';
import type { Volume } from 'memfs';
import { SysError } from '../../subsystems/unix/errno.ts';

/** An extent moves to memfs when it grows beyond this. */
const INLINE_BYTES = 4096;
const FIRST_CAPACITY_BYTES = 128;

/** One memfs keeps 10000 files open; EMFILE beyond. So there are as many of them as are needed. */
const FILES_PER_STORE = 8192;

interface Store {
  readonly volume: Volume;
  open: number;
}

const stores: Store[] = [];
let filling: Store | undefined;
let nextName = 0;

function storeWithRoom(): Store {
  if (filling && filling.open < FILES_PER_STORE) return filling;
  filling = stores.find(({ open }) => open < FILES_PER_STORE);
  if (filling) return filling;
  const { Volume: MemoryFiles } = createRequire(import.meta.url)('memfs') as typeof import('memfs');
  filling = { volume: new MemoryFiles(), open: 0 };
  stores.push(filling);
  return filling;
}

/** A nameless memfs file: its bytes go when it is closed. */
class Nameless {
  private readonly store = storeWithRoom();
  private readonly fd: number;

  constructor() {
    const name = `/${nextName++}`;
    const { volume } = this.store;
    this.fd = volume.openSync(name, 'w+');
    volume.unlinkSync(name);
    this.store.open += 1;
  }

  read(target: Uint8Array, at: number, count: number, offset: number): void {
    this.store.volume.readSync(this.fd, target, at, count, offset);
  }

  /** Throws ENOSPC when the host has no memory for it. */
  write(data: Uint8Array, offset: number): void {
    const { volume } = this.store;
    try {
      for (let done = 0; done < data.length; ) {
        done += volume.writeSync(this.fd, data, done, data.length - done, offset + done);
      }
    } catch (error) {
      throw error instanceof RangeError ? new SysError('ENOSPC') : error;
    }
  }

  truncate(length: number): void {
    this.store.volume.ftruncateSync(this.fd, length);
  }

  close(): void {
    this.store.volume.closeSync(this.fd);
    this.store.open -= 1;
  }
}

/**
 * A run of bytes that grows. Bytes never written read as zeros.
 * Invariant: what lies beyond `length` is zero, so that growing needs no clearing.
 */
export class Extent {
  /** Bit i: page i holds data. Kept by FileBytes. */
  pages = 0;
  private length = 0;
  private inline: Uint8Array = new Uint8Array(0);
  private file: Nameless | undefined;

  /**
   * Copies what there is of [offset, offset + count) to target[at …]; the rest of target is left as it is.
   */
  read(target: Uint8Array, at: number, offset: number, count: number): void {
    const there = Math.min(count, this.length - offset);
    if (there <= 0) return;
    if (this.file) this.file.read(target, at, there, offset);
    else target.set(this.inline.subarray(offset, offset + there), at);
  }

  write(offset: number, data: Uint8Array): void {
    const end = offset + data.length;
    if (!this.file && end > INLINE_BYTES) this.moveToStore();
    if (this.file) this.file.write(data, offset);
    else {
      this.growInline(end);
      this.inline.set(data, offset);
    }
    if (end > this.length) this.length = end;
  }

  truncate(length: number): void {
    if (length >= this.length) return;
    this.length = length;
    if (this.file) this.file.truncate(length);
    else this.inline = this.inline.slice(0, length);
  }

  /** Makes [from, to) zero. */
  clear(from: number, to: number): void {
    if (to >= this.length) this.truncate(from);
    else if (this.file) this.file.write(new Uint8Array(to - from), from);
    else this.inline.fill(0, from, to);
  }

  /** Gives the memory back; the extent is not used again. */
  free(): void {
    this.file?.close();
    this.file = undefined;
    this.length = 0;
    this.inline = new Uint8Array(0);
  }

  private moveToStore(): void {
    this.file = new Nameless();
    if (this.length > 0) this.file.write(this.inline.subarray(0, this.length), 0);
    this.inline = new Uint8Array(0);
  }

  private growInline(bytes: number): void {
    if (this.inline.length >= bytes) return;
    let capacity = Math.max(this.inline.length * 2, FIRST_CAPACITY_BYTES);
    while (capacity < bytes) capacity *= 2;
    const buffer = new Uint8Array(capacity);
    buffer.set(this.inline.subarray(0, this.length));
    this.inline = buffer;
  }
}
