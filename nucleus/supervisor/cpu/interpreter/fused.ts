/**
 * The fused operations: sequences of instructions, chosen by how often they were executed in sqlite, lua,
 * CoreMark, a SHA-256, an LZ77 search, sorting and a byte-code loop, longest first where several apply. With
 * them a step through the jump table does 1.5 to 2.3 instructions, and these programs take 0.65 to 0.85 times
 * as long as without.
 *
 * How many there may be is bounded: V8 compiles a function of more than 8192 virtual registers with an
 * allocator that keeps everything in memory, which made `interpret` slower than without any fusion. With 200
 * sequences it was below, with 220 above; a test watches the size of the function. Sequences with float
 * operations cost most: their bodies are long.
 */
const SEQUENCES = `
  add add, add addi, add j, add jr, add lbu, add ld, add lh, add li, add lw, add sb, add srli, addi add,
  addi addi, addi beq, addi bge, addi blt, addi bne, addi j, addi jr, addi ld, addi mv, addi sd,
  addi sub, addi xor, addiw addi, addiw addw, addiw andi, addiw srli, addiw subw, addw add, addw addw,
  addw bne, addw mulw, addw sext.w, addw xor, and addw, and slli, andi addiw, andi andi, andi beqz,
  andi slli, andi xor, lbu addi, lbu andi, lbu bne, lbu lbu, lbu li, lbu lw, ld add, ld addi, ld beqz,
  ld lbu, ld ld, ld li, ld mv, ld sd, ld slli, lh addiw, lh lh, li addi, li beq, li li, li mv, li sd,
  lw add, lw addi, lw bltu, lw ld, lw lw, lw srliw, mul add, mulw addw, mv bge, mv blez, mv bnez, mv jal,
  mv ld, mv li, mv mv, or and, or or, or slliw, sb bne, sd ld, sd li, sd mv, sd sd, sext.w sext.w,
  slli add, slli addi, slli sb, slli slli, slli srli, slliw or, slliw slliw, slliw srliw, slliw xor,
  srli add, srli addi, srli andi, srli beqz, srli srli, srliw andi, srliw or, srliw slli, srliw slliw,
  srliw srliw, srliw xor, sub beq, sw addi, sw sw, xor addiw, xor addw, xor and, xor bne, xor slliw,
  xor srli, xor xor, add add lh, add lbu lbu, add lh lh, add lw add, add sb bne, add srli addi,
  addi add ld, addi add sb, addi ld addi, addi sd sd, addi sub beq, addi xor bne, addiw addw mulw,
  addiw srli andi, addw add lbu, addw addw addw, addw xor xor, andi andi xor, andi slli add,
  andi xor srli, lbu addi add, lbu addi sub, lbu lbu addi, lbu lbu lbu, lbu lw bltu,
  ld addi jr, ld ld addi, ld ld ld, ld ld mv, ld mv mv, ld sd mv, ld slli add, lh addiw addw,
  lh lh addiw, li addi bge, lw add jr, lw addi blt, mul add srli, mulw addw bne, mv ld ld, mv ld sd,
  mv mv mv, or or or, or slliw or, sd ld ld, sd li mv, sd mv bnez, sd sd ld, sd sd li, sd sd mv,
  sd sd sd, sext.w sext.w sext.w, slli add lw, slli addi add, slli slli srli, slli srli add,
  slli srli srli, slliw or or, slliw slliw srliw, slliw xor and, srli add add, srli addi xor,
  srli andi andi, srli srli add, srliw srliw srliw, srliw xor xor, sw addi addi, xor addiw srli,
  xor addw addw, xor xor addw
`;

/** Each begins with another one of the list, or with one instruction. */
export const FUSED: readonly (readonly string[])[] = SEQUENCES.split(',').map((text) =>
  text.trim().split(' '),
);
