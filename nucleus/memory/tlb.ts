/**
 * The software TLB of an address space: three tables in site memory, one per kind of access, that the
 * processor reads without asking anybody. Whoever takes a page away clears its entries; a lost entry
 * costs a refill, a stale one would be a hole.
 *
 * An entry is 16 bytes. Read and write tables: {i64 tag: page-aligned guest address, i32 addend: physical
 * minus guest address (mod 2^32)}. Execute table: {i64 tag, i32 address of the page's decoded instructions,
 * i32 generation of those}. The empty tag is -1: no page-aligned address equals it.
 *
 * The entry of an address follows from the bits of its page number, the upper ones folded into the lower: the
 * segments of a program and of its libraries begin at round distances. A page whose entry a read or write
 * table needs for another one goes to the entry's neighbour (TLB_OTHER). Without both, two pages that a shell
 * used in turn cost it a third of its time.
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

/**
 * An entry and its neighbour: where these bits of the address differ. Never those of two pages that follow
 * one another, whose entries differ in some lowest or some highest bits of the index: the processor takes an
 * access that crosses into the next page for one of the page of its last byte, which must not be found.
 */
export const TLB_OTHER = 0xaa * TLB_ENTRY_BYTES;

/**
 * In frame 0, one behind the other: i32 address of the TLB block in use, while translated code runs; i32 that
 * counts what goes away that could be executed. What was remembered of the code at an address holds while
 * both together, an i64, are what they were then.
 */
export const TLB_RUNNING = 0x438;
export const TLB_EPOCH = TLB_RUNNING + 4;

export function tlbNextEpoch(memory: SiteMemory): void {
  memory.i32[TLB_EPOCH >>> 2]! += 1;
}

const PAGE_BYTES = 4096;

const INDEX_BITS = Math.log2(TLB_ENTRIES);

/** Where the entry of an address is in a table. Guest addresses are at most 2^38: page numbers are exact. */
export function tlbEntryOffset(va: number): number {
  const page = Math.floor(va / PAGE_BYTES);
  return ((page ^ (page >>> INDEX_BITS)) & (TLB_ENTRIES - 1)) * TLB_ENTRY_BYTES;
}

/** Empties one table of a block, or the whole block. */
export function tlbFlush(memory: SiteMemory, tlb: number, table = 0, bytes = TLB_BYTES): void {
  memory.u8.fill(0xff, tlb + table, tlb + table + bytes);
  if (table + bytes > TLB_EXECUTE) tlbNextEpoch(memory);
}

/** Fills the entry of `va` in a table: `value` is the addend or the address of decoded instructions. */
export function tlbFill(memory: SiteMemory, tlb: number, table: number, va: number, value: number): void {
  const entry = (tlb + table + tlbEntryOffset(va)) >>> 2;
  const page = va - (va % PAGE_BYTES);
  const low = page | 0;
  const high = Math.floor(page / 0x1_0000_0000);
  const { i32 } = memory;
  if (table !== TLB_EXECUTE) makeWay(i32, entry, low, high);
  else if (i32[entry + 1] !== -1) tlbNextEpoch(memory);
  i32[entry] = low;
  i32[entry + 1] = high;
  i32[entry + 2] = value;
}

/** The physical address of `va`, if a read or write table has it. */
export function tlbFind({ i32 }: SiteMemory, tlb: number, table: number, va: number): number | undefined {
  const page = va - (va % PAGE_BYTES);
  const low = page | 0;
  const high = Math.floor(page / 0x1_0000_0000);
  const first = (tlb + table + tlbEntryOffset(va)) >>> 2;
  const entry = [first, first ^ (TLB_OTHER >>> 2)].find((at) => i32[at] === low && i32[at + 1] === high);
  return entry === undefined ? undefined : (i32[entry + 2]! + (va | 0)) >>> 0;
}

/** What another page has in the entry goes to its neighbour, where nothing of this page may stay. */
function makeWay(i32: Int32Array, entry: number, low: number, high: number): void {
  const other = entry ^ (TLB_OTHER >>> 2);
  const occupied = i32[entry + 1] !== -1 && (i32[entry] !== low || i32[entry + 1] !== high);
  if (occupied) i32.copyWithin(other, entry, entry + 3);
  else clearIf(i32, other, low, high);
}

function clearIf(i32: Int32Array, entry: number, low: number, high: number): boolean {
  if (i32[entry] !== low || i32[entry + 1] !== high) return false;
  i32[entry] = -1;
  i32[entry + 1] = -1;
  return true;
}

/** Clears the entries of one page in all three tables. */
export function tlbDrop(memory: SiteMemory, tlb: number, va: number): void {
  for (let table = TLB_READ; table < TLB_BYTES; table += TLB_TABLE_BYTES) tlbDropFrom(memory, tlb, table, va);
}

/** Clears the entry of one page in one table. */
export function tlbDropFrom(memory: SiteMemory, tlb: number, table: number, va: number): void {
  const page = va - (va % PAGE_BYTES);
  const low = page | 0;
  const high = Math.floor(page / 0x1_0000_0000);
  const entry = (tlb + table + tlbEntryOffset(va)) >>> 2;
  const gone = clearIf(memory.i32, entry, low, high);
  if (table !== TLB_EXECUTE) clearIf(memory.i32, entry ^ (TLB_OTHER >>> 2), low, high);
  else if (gone) tlbNextEpoch(memory);
}
