/**
 * The bytes of one file in memory: extents of 64 KiB, each with a bitmap of the 4 KiB pages that were
 * written or allocated. Extents never written are holes, read as zeros and cost nothing; truncation and
 * punching give memory back. Pages may be held beyond the size (allocated ahead).
 */
import { Extent } from './store.ts';

const EXTENT_BYTES = 65536;
export const PAGE_BYTES = 4096;
/** 512-byte units of one page. */
export const BLOCKS_PER_PAGE = PAGE_BYTES / 512;

export class FileBytes {
  size = 0;
  /** 4 KiB pages held. */
  pageCount = 0;
  private readonly extents = new Map<number, Extent>();

  read(offset: number, length: number): Uint8Array {
    const end = Math.min(this.size, offset + length);
    if (offset >= end) return new Uint8Array(0);
    const result = new Uint8Array(end - offset);
    for (let at = offset; at < end; ) {
      const index = Math.floor(at / EXTENT_BYTES);
      const within = at - index * EXTENT_BYTES;
      const count = Math.min(EXTENT_BYTES - within, end - at);
      this.extents.get(index)?.read(result, at - offset, within, count);
      at += count;
    }
    return result;
  }

  /** Pages that a write of `length` bytes at `offset` would add. */
  newPages(offset: number, length: number): number {
    let count = 0;
    const last = Math.floor((offset + length - 1) / PAGE_BYTES);
    for (let page = Math.floor(offset / PAGE_BYTES); page <= last; page++) {
      if (!this.holds(page)) count += 1;
    }
    return count;
  }

  /**
   * The end of the part of [offset, offset + length) that fits when at most `pages` new pages are to be had.
   */
  fitting(offset: number, length: number, pages: number): number {
    let left = pages;
    const last = Math.floor((offset + length - 1) / PAGE_BYTES);
    for (let page = Math.floor(offset / PAGE_BYTES); page <= last; page++) {
      if (this.holds(page)) continue;
      if (left === 0) return Math.max(offset, page * PAGE_BYTES);
      left -= 1;
    }
    return offset + length;
  }

  private holds(page: number): boolean {
    const extent = this.extents.get(page >>> 4);
    return extent !== undefined && (extent.pages & (1 << (page & 15))) !== 0;
  }

  write(offset: number, data: Uint8Array): void {
    const end = offset + data.length;
    for (let at = offset; at < end; ) {
      const index = Math.floor(at / EXTENT_BYTES);
      const within = at - index * EXTENT_BYTES;
      const count = Math.min(EXTENT_BYTES - within, end - at);
      const from = at - offset;
      let extent = this.extents.get(index);
      if (!extent) this.extents.set(index, (extent = new Extent()));
      extent.write(within, count === data.length ? data : data.subarray(from, from + count));
      this.mark(extent, within, count);
      at += count;
    }
    if (end > this.size) this.size = end;
  }

  private mark(extent: Extent, within: number, count: number): void {
    const last = (within + count - 1) >>> 12;
    for (let page = within >>> 12; page <= last; page++) {
      const bit = 1 << page;
      if (extent.pages & bit) continue;
      extent.pages |= bit;
      this.pageCount += 1;
    }
  }

  truncate(length: number): void {
    if (length < this.size) this.cut(length);
    this.size = length;
  }

  /** Counts the pages of a range as held. They cost no memory until they are written. */
  allocate(offset: number, length: number): void {
    const end = offset + length;
    for (let at = offset; at < end; ) {
      const index = Math.floor(at / EXTENT_BYTES);
      const within = at - index * EXTENT_BYTES;
      const count = Math.min(EXTENT_BYTES - within, end - at);
      let extent = this.extents.get(index);
      if (!extent) this.extents.set(index, (extent = new Extent()));
      this.mark(extent, within, count);
      at += count;
    }
  }

  /** The range reads as zeros; its whole pages are held no more. */
  punch(offset: number, length: number): void {
    const end = offset + length;
    for (const [index, extent] of this.extents) {
      const start = index * EXTENT_BYTES;
      if (start + EXTENT_BYTES <= offset || start >= end) continue;
      const from = Math.max(0, offset - start);
      const to = Math.min(EXTENT_BYTES, end - start);
      extent.clear(from, to);
      this.dropPages(extent, (from + PAGE_BYTES - 1) >>> 12, to >>> 12);
      if (extent.pages !== 0) continue;
      this.extents.delete(index);
      extent.free();
    }
  }

  /** The first held byte at or after `offset`; the size when there is none. */
  nextData(offset: number): number {
    return this.next(offset, true);
  }

  nextHole(offset: number): number {
    return this.next(offset, false);
  }

  private next(offset: number, held: boolean): number {
    for (let at = offset; at < this.size; ) {
      const extent = this.extents.get(Math.floor(at / EXTENT_BYTES));
      // A file may be terabytes of holes: they are passed by the extent, data by the page.
      if (!extent && held) at = this.nextExtent(at);
      else if (this.holds(Math.floor(at / PAGE_BYTES)) === held) return at;
      else at = (Math.floor(at / PAGE_BYTES) + 1) * PAGE_BYTES;
    }
    return this.size;
  }

  /** Where the first extent behind `offset` begins. */
  private nextExtent(offset: number): number {
    let first = Number.POSITIVE_INFINITY;
    for (const index of this.extents.keys()) {
      const start = index * EXTENT_BYTES;
      if (start > offset && start < first) first = start;
    }
    return first;
  }

  private cut(length: number): void {
    const boundary = Math.floor(length / EXTENT_BYTES);
    const within = length - boundary * EXTENT_BYTES;
    for (const [index, extent] of this.extents) {
      if (index > boundary || (index === boundary && within === 0)) {
        this.dropPages(extent, 0);
        this.extents.delete(index);
        extent.free();
      } else if (index === boundary) {
        this.dropPages(extent, (within + PAGE_BYTES - 1) >>> 12);
        extent.truncate(within);
      }
    }
  }

  /** Runs of held bytes, in order of offset: [offset, bytes]. */
  *runs(): Generator<[offset: number, bytes: Uint8Array]> {
    for (const index of [...this.extents.keys()].sort((a, b) => a - b)) {
      const { pages } = this.extents.get(index)!;
      for (let page = 0; page < EXTENT_BYTES / PAGE_BYTES; page++) {
        if (!(pages & (1 << page))) continue;
        const offset = index * EXTENT_BYTES + page * PAGE_BYTES;
        yield [offset, this.read(offset, PAGE_BYTES)];
      }
    }
  }

  private dropPages(extent: Extent, from: number, to = EXTENT_BYTES / PAGE_BYTES): void {
    for (let page = from; page < to; page++) {
      if (!(extent.pages & (1 << page))) continue;
      extent.pages &= ~(1 << page);
      this.pageCount -= 1;
    }
  }
}
