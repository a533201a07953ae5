/**
 * A decoded instruction as the interpreter finds it: 16 bytes in site memory. Entries of instructions that
 * follow one another stand one behind the other, whatever the length of the instructions.
 *
 *   u16 op       number of the operation
 *   u16 rd, rs1, rs2   addresses of registers in frame 0: x or f, SINK when x0 is the destination. What an
 *                instruction does not have is used otherwise: rs1 of jal and rs2 of jalr are the return
 *                address's offset in the page, rs2 of loads and rd of stores the number of bytes
 *   i32 imm      immediate; distance of the target's entry for near branches; for float operations u16 what
 *                float/rounding.ts makes of the rounding mode, u16 rs3
 *   u16 left     instructions from here to the end of the straight line, this one included: what is charged
 *                to the budget when execution enters here, and given back when it leaves early
 *   u16 offset   where the instruction is in its page (4096 behind the last)
 */
export const ENTRY_BYTES = 16;
export const Field = { op: 0, rd: 2, rs1: 4, rs2: 6, imm: 8, rs3: 10, left: 12, offset: 14 } as const;
export type RegisterField = 'rd' | 'rs1' | 'rs2' | 'rs3';

/** The address of the entry of each halfword of a code page, 0 where nothing was decoded: 32 bits each. */
export const INDEX_BYTES = 8192;
