/**
 * Chunks of site memory that are given out in pieces and taken back all at once: room for decoded code.
 */
import { KError } from '../../errors.ts';
import type { SiteMemory } from '../../memory/site-memory.ts';

/** An arena grows by so much. */
const CHUNK_BYTES = 64 * 1024;

export class Arena {
  private readonly memory: SiteMemory;
  private readonly chunks: number[] = [];
  private limit: number;
  /** The chunk in use and what of it is free. */
  private current = -1;
  private at = 0;
  private end = 0;

  constructor(memory: SiteMemory, limitBytes: number) {
    this.memory = memory;
    this.limit = Math.floor(limitBytes / CHUNK_BYTES);
  }

  /** The address of `bytes` of room, of which `take` then takes some; 0: full. */
  room(bytes: number): number {
    if (this.at + bytes > this.end && !this.next()) return 0;
    return this.at;
  }

  take(bytes: number): void {
    this.at += bytes;
  }

  reset(): void {
    this.current = -1;
    this.at = this.end = 0;
  }

  private next(): boolean {
    if (this.current + 1 === this.chunks.length && !this.grow()) return false;
    this.current += 1;
    this.at = this.chunks[this.current]!;
    this.end = this.at + CHUNK_BYTES;
    return true;
  }

  private grow(): boolean {
    if (this.chunks.length >= this.limit) return false;
    try {
      this.chunks.push(this.memory.allocateRun(CHUNK_BYTES));
      return true;
    } catch (error) {
      if (!(error instanceof KError)) throw error;
      // The site's memory is used up: what there is must do.
      this.limit = this.chunks.length;
      return false;
    }
  }
}
