/**
 * A decoded instruction as the interpreter finds it: 16 bytes in site memory, one for every halfword of a
 * code page, in the order of the code.
 *
 *   u16 op       number of the body to execute; 0: not decoded yet
 *   u16 rd, rs1, rs2   addresses of registers in frame 0: x or f, SINK when x0 is the destination
 *   i32 imm      immediate; rounding mode of float operations; distance in entries' bytes of near branches
 *   u16 left     instructions from here to the end of the straight line, this one included: what is charged
 *                to the budget when execution enters here, and given back when it leaves early
 *   u16 aux      rs3 of fused multiply-adds; number of bytes of memory accesses
 *
 * A page's entries are followed by one more, whose op leads to the next page.
 */
export const ENTRY_BYTES = 16;
export const ENTRY_SHIFT = 4;
export const Field = { op: 0, rd: 2, rs1: 4, rs2: 6, imm: 8, left: 12, aux: 14 } as const;
export type RegisterField = 'rd' | 'rs1' | 'rs2' | 'aux';

/** Entries of a code page: its halfwords. */
export const PAGE_ENTRIES = 2048;
export const PAGE_ENTRY_BYTES = PAGE_ENTRIES * ENTRY_BYTES;
/** From one page of entries to the next in the arena: the entry at the end, and 64 bytes keep lines whole. */
export const PAGE_STRIDE = PAGE_ENTRY_BYTES + 64;
/** From a distance in code bytes to one in entries' bytes: 2 → 16. */
export const CODE_SHIFT = 3;
