/**
 * A queue of bytes: what pipes and terminals are made of. Unbounded by itself; its user keeps the limit.
 *
 * Bytes are copied once, when they come in, if at all. Large pieces become chunks of their own, which a
 * reader is given as they are; small ones that meet others are gathered in blocks, so that a million one-byte
 * writes do not make a million arrays. What `take` returns belongs to the caller: the queue never touches
 * those bytes again.
 */

/** Small pieces are gathered in blocks of this size. */
const BLOCK_BYTES = 4096;

export class ByteQueue {
  private queuedBytes = 0;
  /** Filled parts of blocks, oldest first. */
  private readonly chunks: Uint8Array[] = [];
  /** The block that the last chunk lies in, when more can be gathered behind it. */
  private gathering: Uint8Array | null = null;

  get length(): number {
    return this.queuedBytes;
  }

  /** Copies `data` to the end of the queue; `owned`: large pieces are kept as they are. */
  append(data: Uint8Array, owned = false): void {
    if (data.length === 0) return;
    this.queuedBytes += data.length;
    if (this.appendToBlock(data)) return;
    if (data.length >= BLOCK_BYTES / 2 || this.chunks.length === 0) {
      this.gathering = null;
      this.chunks.push(owned && data.length >= BLOCK_BYTES / 2 ? data : data.slice());
      return;
    }
    this.gathering = new Uint8Array(BLOCK_BYTES);
    this.gathering.set(data);
    this.chunks.push(this.gathering.subarray(0, data.length));
  }

  /** Gathers into the block of the last chunk when the data fits behind it. */
  private appendToBlock(data: Uint8Array): boolean {
    const block = this.gathering;
    const last = this.chunks[this.chunks.length - 1];
    if (!block || !last) return false;
    const end = last.byteOffset + last.length;
    if (end + data.length > block.length) return false;
    block.set(data, end);
    this.chunks[this.chunks.length - 1] = block.subarray(last.byteOffset, end + data.length);
    return true;
  }

  /** Removes and returns up to `maxBytes` bytes. */
  take(maxBytes: number): Uint8Array {
    if (this.queuedBytes === 0 || maxBytes <= 0) return new Uint8Array(0);
    const first = this.chunks[0]!;
    const single = first.length >= maxBytes || this.chunks.length === 1;
    const data = single ? this.takeOne(first, maxBytes) : this.gather(maxBytes);
    this.queuedBytes -= data.length;
    if (this.chunks.length === 0) this.gathering = null;
    return data;
  }

  /** A copy of the first up to `maxBytes` bytes, which stay. */
  peek(maxBytes: number): Uint8Array {
    const result = new Uint8Array(Math.max(0, Math.min(maxBytes, this.queuedBytes)));
    let filled = 0;
    for (const chunk of this.chunks) {
      if (filled === result.length) break;
      const part = chunk.subarray(0, result.length - filled);
      result.set(part, filled);
      filled += part.length;
    }
    return result;
  }

  private takeOne(first: Uint8Array, maxBytes: number): Uint8Array {
    if (first.length <= maxBytes) return this.chunks.shift()!;
    this.chunks[0] = first.subarray(maxBytes);
    return first.slice(0, maxBytes);
  }

  private gather(maxBytes: number): Uint8Array {
    const result = new Uint8Array(Math.min(maxBytes, this.queuedBytes));
    let filled = 0;
    let used = 0;
    while (filled < result.length) {
      const chunk = this.chunks[used]!;
      const part = chunk.length <= result.length - filled ? chunk : chunk.subarray(0, result.length - filled);
      result.set(part, filled);
      filled += part.length;
      if (part.length < chunk.length) this.chunks[used] = chunk.subarray(part.length);
      else used += 1;
    }
    this.chunks.splice(0, used);
    return result;
  }

  /** Removes everything. */
  clear(): void {
    this.chunks.length = 0;
    this.queuedBytes = 0;
    this.gathering = null;
  }
}
