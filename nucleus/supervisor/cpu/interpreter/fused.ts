/**
 * The fused operations: sequences of instructions that are frequent in what was measured.
 */
const SEQUENCES = `
  add add, add addi, add beqz, add j, add jr, add lbu, add ld, add lh, add li, add lw, add sb, add srli,
  addi add, addi addi, addi beq, addi bge, addi blt, addi bne, addi j, addi jr, addi ld, addi lwu,
  addi mv, addi sd, addi sub, addi xor, addiw addi, addiw addw, addiw andi, addiw srli, addiw subw,
  addw add, addw addw, addw bne, addw mulw, addw sext.w, addw xor, and addw, and slli, andi addiw,
  andi andi, andi beqz, andi mulw, andi slli, andi xor, lbu addi, lbu andi, lbu bne, lbu lbu, lbu li,
  lbu lw, lbu mv, ld add, ld addi, ld beqz, ld lbu, ld ld, ld lh, ld li, ld mv, ld sd, ld slli, lh addiw,
  lh lh, li addi, li beq, li li, li mv, li sd, lw add, lw addi, lw bge, lw bltu, lw ld, lw lw, lwu bgeu,
  mul add, mulw addw, mulw sraiw, mv bge, mv blez, mv bltu, mv bnez, mv jal, mv ld, mv li, mv mv, or or,
  sb bne, sd addi, sd ld, sd li, sd mv, sd sd, sext.w sext.w, slli add, slli addi, slli sb, slli slli,
  slli srli, slliw or, slliw slliw, slliw srliw, sraiw andi, sraiw sraiw, srli add, srli addi, srli andi,
  srli beqz, srli srli, srliw andi, srliw or, srliw slli, srliw slliw, srliw srliw, srliw xor, sub beq,
  subw bge, sw addi, sw sw, xor addiw, xor addw, xor and, xor bne, xor srli, xor xor, add add lh,
  add lbu lbu, add ld ld, add lh lh, add lw add, add sb bne, add srli addi, addi add ld, addi add sb,
  addi addi j, addi sd sd, addi sub beq, addi xor bne, addiw addw bne, addiw addw mulw, addiw srli andi,
  addw add lbu, addw xor xor, andi addiw subw, andi andi xor, andi slli add, lbu addi add, lbu addi sub,
  lbu lbu addi, lbu lbu lbu, lbu lbu lw, lbu lw bltu, ld addi jr, ld ld addi, ld ld ld, ld ld mv,
  ld ld slli, ld mv mv, ld sd mv, ld slli add, ld slli addi, lh addiw addw, lh lh addiw, li addi bge,
  li mv bge, lw add jr, lw addi blt, lw lw bge, mul add srli, mulw addw bne, mv ld ld, mv ld sd,
  mv mv mv, sd ld ld, sd li mv, sd mv bnez, sd sd ld, sd sd li, sd sd mv, sd sd sd, sext.w sext.w sext.w,
  slli add lw, slli addi add, slli slli srli, slli srli add, slli srli srli, srli add add, srli addi xor,
  srli andi andi, srli srli add, sw addi addi, sw sw addi, xor addiw srli
`;

/** Each begins with another one of the list, or with one instruction. */
export const FUSED: readonly (readonly string[])[] = SEQUENCES.split(',').map((text) =>
  text.trim().split(' '),
);
