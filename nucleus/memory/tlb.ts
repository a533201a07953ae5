/**
 * The software TLB of an address space: three direct-mapped tables in site memory, one per kind of access,
 * that the processor reads without asking anybody. Whoever takes a page away clears its entries; a lost entry
 * costs a refill, a stale one would be a hole.
 *
 * An entry is 16 bytes. Read and write tables: {i64 tag: page-aligned guest address, i32 addend: physical
 * minus guest address (mod 2^32)}. Execute table: {i64 tag, i32 address of the page's decoded instructions,
 * i32 unused}. The empty tag is -1: no page-aligned address equals it. Entry of an address: (va >>> 12) &
 * (TLB_ENTRIES - 1).
 */
import type { SiteMemory } from './site-memory.ts';

export const TLB_ENTRIES = 512;
export const TLB_ENTRY_BYTES = 16;
export const TLB_TABLE_BYTES = TLB_ENTRIES * TLB_ENTRY_BYTES;

/** Offsets of the tables in a TLB block. */
export const TLB_READ = 0;
export const TLB_WRITE = TLB_TABLE_BYTES;
export const TLB_EXECUTE = 2 * TLB_TABLE_BYTES;
export const TLB_BYTES = 3 * TLB_TABLE_BYTES;

const PAGE_BYTES = 4096;

/** Guest addresses are at most 2^38: the page number is exact. */
const entryOffset = (va: number): number =>
  (Math.floor(va / PAGE_BYTES) & (TLB_ENTRIES - 1)) * TLB_ENTRY_BYTES;

/** Empties one table of a block, or the whole block. */
export function tlbFlush(memory: SiteMemory, tlb: number, table = 0, bytes = TLB_BYTES): void {
  memory.u8.fill(0xff, tlb + table, tlb + table + bytes);
}

/** Fills the entry of `va` in a table: `value` is the addend or the address of decoded instructions. */
export function tlbFill(memory: SiteMemory, tlb: number, table: number, va: number, value: number): void {
  const entry = (tlb + table + entryOffset(va)) >>> 2;
  const page = va - (va % PAGE_BYTES);
  memory.i32[entry] = page | 0;
  memory.i32[entry + 1] = Math.floor(page / 0x1_0000_0000);
  memory.i32[entry + 2] = value;
}

/** Clears the entries of one page in all three tables. */
export function tlbDrop(memory: SiteMemory, tlb: number, va: number): void {
  const page = va - (va % PAGE_BYTES);
  const low = page | 0;
  const high = Math.floor(page / 0x1_0000_0000);
  for (let table = TLB_READ; table < TLB_BYTES; table += TLB_TABLE_BYTES) {
    const entry = (tlb + table + entryOffset(va)) >>> 2;
    if (memory.i32[entry] !== low || memory.i32[entry + 1] !== high) continue;
    memory.i32[entry] = -1;
    memory.i32[entry + 1] = -1;
  }
}
