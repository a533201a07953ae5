/**
 * The fused operations: sequences of instructions that are frequent in what was measured.
 */
const SEQUENCES = `
  add add, add addi, add beqz, add bgeu, add j, add jr, add lbu, add ld, add lh, add li, add lw, add mv,
  add sb, add srli, addi add, addi addi, addi addw, addi beq, addi bge, addi blt, addi bne, addi fmul.d,
  addi fnmsub.d, addi fsd, addi fsub.d, addi j, addi jr, addi ld, addi lwu, addi mv, addi sd,
  addi sext.w, addi sub, addi xor, addiw addi, addiw addw, addiw andi, addiw srli, addiw srliw,
  addiw subw, addw add, addw addi, addw addw, addw bne, addw mulw, addw or, addw sext.w, addw xor,
  and addw, and and, and slli, and xor, andi add, andi addiw, andi andi, andi beqz, andi mulw, andi slli,
  andi xor, fld addi, fld fld, fld fmul.d, fld ld, fmadd.d bne, fmadd.d fsd, fmul.d addi, fmul.d fmadd.d,
  fnmsub.d fsd, fsd bne, fsd fld, fsd fmadd.d, fsub.d addi, lbu addi, lbu addw, lbu andi, lbu bne,
  lbu lbu, lbu li, lbu lw, lbu mv, ld add, ld addi, ld beqz, ld lbu, ld ld, ld lh, ld li, ld mv, ld sd,
  ld slli, lh addiw, lh lh, li addi, li beq, li j, li li, li mv, li sd, lw add, lw addi, lw bltu, lw ld,
  lw lw, lw srliw, lwu bgeu, mul add, mulw addw, mulw sraiw, mv bge, mv blez, mv bltu, mv bnez, mv jal,
  mv ld, mv li, mv mv, mv slliw, or addw, or and, or or, or slliw, or xori, sb bne, sd addi, sd ld,
  sd li, sd mv, sd sd, sext.w addi, sext.w sext.w, slli add, slli addi, slli sb, slli slli, slli srli,
  slliw lw, slliw or, slliw slliw, slliw srliw, slliw xor, sraiw andi, sraiw sraiw, srli add, srli addi,
  srli andi, srli beqz, srli srli, srliw andi, srliw or, srliw slli, srliw slliw, srliw srliw, srliw xor,
  sub beq, subw bge, sw addi, sw sw, xor addiw, xor addw, xor and, xor bne, xor or, xor slliw, xor srli,
  xor xor, xori srliw, add add lh, add lbu lbu, add lh lh, add lw add, add sb bne, add srli addi,
  addi add ld, addi add sb, addi addi fsd, addi fmul.d addi, addi fnmsub.d fsd, addi fsd fmadd.d,
  addi fsub.d addi, addi ld addi, addi sd sd, addi sub beq, addi xor bne, addiw addw mulw,
  addiw srli andi, addw add lbu, addw addw addi, addw addw addw, addw or or, addw sext.w sext.w,
  addw xor xor, and addw xor, and and addw, andi andi xor, andi slli add, andi xor srli, fld addi fmul.d,
  fld fld addi, fld fld fld, fld fld fmul.d, fld fld ld, fld fmul.d fmadd.d, fld ld addi,
  fmadd.d fsd bne, fmul.d addi ld, fmul.d fmadd.d fsd, fnmsub.d fsd fld, fsd fld fld, fsd fmadd.d bne,
  fsub.d addi addi, lbu addi add, lbu addi sub, lbu lbu addi, lbu lbu lbu, lbu lbu lw, lbu lw bltu,
  ld addi fnmsub.d, ld addi fsub.d, ld addi jr, ld ld addi, ld ld ld, ld ld mv, ld ld slli, ld mv mv,
  ld sd mv, ld slli add, lh addiw addw, lh lh addiw, li addi bge, lw add jr, lw addi blt, mul add srli,
  mulw addw bne, mv ld ld, mv ld sd, mv mv mv, or addw xor, or and and, or or and, or or or, or slliw or,
  sd ld ld, sd li mv, sd mv bnez, sd sd ld, sd sd li, sd sd mv, sd sd sd, sext.w sext.w addi,
  sext.w sext.w sext.w, slli add ld, slli add lw, slli addi add, slli slli srli, slli srli add,
  slli srli srli, slliw or or, slliw slliw srliw, slliw srliw or, slliw xor and, sraiw andi andi,
  srli add add, srli addi xor, srli andi andi, srli srli add, srliw srliw srliw, srliw xor xor,
  sw addi addi, xor addiw srli, xor addw addw, xor or addw, xor srli beqz, xor xor addw, xor xor or
`;

/** Each begins with another one of the list, or with one instruction. */
export const FUSED: readonly (readonly string[])[] = SEQUENCES.split(',').map((text) =>
  text.trim().split(' '),
);
