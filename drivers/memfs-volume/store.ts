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

/** An extent moves to memfs when it grows beyond this. */
const INLINE_BYTES = 4096;
const FIRST_CAPACITY_BYTES = 128;

let store: Volume | undefined;
let nextName = 0;

/** A nameless memfs file: its bytes go when it is closed. */
function openNameless(): number {
  store ??= new (createRequire(import.meta.url)('memfs') as typeof import('memfs')).Volume();
  const name = `/${nextName++}`;
  const fd = store.openSync(name, 'w+');
  store.unlinkSync(name);
  return fd;
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
  private fd = -1;

  /**
   * Copies what there is of [offset, offset + count) to target[at …]; the rest of target is left as it is.
   */
  read(target: Uint8Array, at: number, offset: number, count: number): void {
    const there = Math.min(count, this.length - offset);
    if (there <= 0) return;
    if (this.fd >= 0) store!.readSync(this.fd, target, at, there, offset);
    else target.set(this.inline.subarray(offset, offset + there), at);
  }

  write(offset: number, data: Uint8Array): void {
    const end = offset + data.length;
    if (this.fd < 0 && end > INLINE_BYTES) this.moveToStore();
    if (this.fd >= 0) {
      for (let done = 0; done < data.length; ) {
        done += store!.writeSync(this.fd, data, done, data.length - done, offset + done);
      }
    } else {
      this.growInline(end);
      this.inline.set(data, offset);
    }
    if (end > this.length) this.length = end;
  }

  truncate(length: number): void {
    if (length >= this.length) return;
    this.length = length;
    if (this.fd >= 0) store!.ftruncateSync(this.fd, length);
    else this.inline = this.inline.slice(0, length);
  }

  /** Makes [from, to) zero. */
  clear(from: number, to: number): void {
    if (to >= this.length) this.truncate(from);
    else if (this.fd >= 0) store!.writeSync(this.fd, new Uint8Array(to - from), 0, to - from, from);
    else this.inline.fill(0, from, to);
  }

  /** Gives the memory back; the extent is not used again. */
  free(): void {
    if (this.fd >= 0) store!.closeSync(this.fd);
    this.fd = -1;
    this.length = 0;
    this.inline = new Uint8Array(0);
  }

  private moveToStore(): void {
    this.fd = openNameless();
    if (this.length > 0) store!.writeSync(this.fd, this.inline, 0, this.length, 0);
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
