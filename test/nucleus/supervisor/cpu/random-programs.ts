/**
 * Random programs for a machine: blocks of arithmetic, loads, stores and floats that end in branches, jumps,
 * calls and returns to one another. They never end, and touch only their data.
 */
import { PAGE_BYTES } from '../../../../nucleus/memory/site-memory.ts';
import * as cpu from '../../../../nucleus/supervisor/cpu/state.ts';
import { encode } from './assembler.ts';
import type { Random } from './generate.ts';
import { type Machine, READ, WRITE } from './harness.ts';

export const CODE = 0x40_0000;
export const DATA = 0x80_0000;

export const addi = (rd: number, rs1: number, imm: number): number => encode('addi', { rd, rs1, imm });
export const branch = (mnemonic: string, rs1: number, rs2: number, imm: number): number =>
  encode(mnemonic, { rs1, rs2, imm });
export const jump = (imm: number, rd = 0): number => encode('jal', { rd, imm });
export const RETURN = encode('jalr', { rd: 0, rs1: 1 });
export const EBREAK = encode('ebreak');

/** pc, count and all registers. */
export function stateOf({ state }: Machine): unknown {
  const halves = Array.from({ length: 32 }, (_, n) => [
    cpu.getXHigh(state, n),
    cpu.getXLow(state, n),
    cpu.getFHigh(state, n),
    cpu.getFLow(state, n),
  ]);
  return { pc: cpu.getPc(state).toString(16), count: cpu.getInstret(state), halves };
}

/** Registers that random instructions use; x8 and x9 point to data, x1 is for calls. */
const REGISTERS = [5, 6, 7, 10, 11, 12, 13, 14];
const ARITHMETIC = [
  'add',
  'sub',
  'xor',
  'or',
  'and',
  'sll',
  'srl',
  'sra',
  'slt',
  'mul',
  'addw',
  'subw',
  'divu',
];
const BRANCHES = ['beq', 'bne', 'blt', 'bge', 'bltu', 'bgeu'];

export const below = (random: Random, n: number): number => Math.floor(random() * n);
const pick = <T>(random: Random, from: readonly T[]): T => from[below(random, from.length)]!;

function plainInstruction(random: Random): number {
  const [rd, rs1, rs2] = [0, 1, 2].map(() => pick(random, REGISTERS)) as [number, number, number];
  const pointer = pick(random, [8, 9]);
  const imm = below(random, 64) * 8 - 256;
  switch (below(random, 8)) {
    case 0:
      return encode(pick(random, ['ld', 'lw', 'lbu', 'lhu']), { rd, rs1: pointer, imm });
    case 1:
      return encode(pick(random, ['sd', 'sw', 'sb']), { rs1: pointer, rs2, imm });
    case 2:
      return encode('fadd.d', { rd: below(random, 4), rs1: below(random, 4), rs2: below(random, 4), rm: 7 });
    case 3:
      return encode('fcvt.d.l', { rd: below(random, 4), rs1, rm: 7 });
    case 4:
      return addi(rd, rs1, below(random, 100) - 50);
    case 5:
      return addi(rd, 0, below(random, 4));
    default:
      return encode(pick(random, ARITHMETIC), { rd, rs1, rs2 });
  }
}

/** Blocks that end in branches, jumps and calls to one another, in any direction: it never ends. */
export function randomProgram(random: Random): number[] {
  const lengths = Array.from({ length: 24 }, () => 1 + below(random, 6));
  const starts = lengths.map((_, i) => lengths.slice(0, i).reduce((sum, n) => sum + n + 1, 0));
  const code: number[] = [];
  for (const length of lengths) {
    for (let i = 0; i < length; i++) code.push(plainInstruction(random));
    const away = (pick(random, starts) - code.length) * 4;
    const kind = below(random, 8);
    if (kind === 0) code.push(jump(away));
    else if (kind === 1) code.push(jump(away, 1));
    else if (kind === 2) code.push(encode('jalr', { rd: 0, rs1: 1 }));
    else
      code.push(
        branch(pick(random, BRANCHES), pick(random, REGISTERS), pick(random, [0, ...REGISTERS]), away),
      );
  }
  code.push(jump(-code.length * 4));
  return code;
}

/** Data of which the second page is behind the first, so accesses cross; x8 and x9 stand near that. */
export function prepare(machine: Machine): Machine {
  machine.space.map(DATA, 2 * PAGE_BYTES, READ | WRITE);
  cpu.setX(machine.state, 1, CODE);
  cpu.setX(machine.state, 8, DATA + PAGE_BYTES - 260);
  cpu.setX(machine.state, 9, DATA + 1024);
  for (const n of REGISTERS) cpu.setX(machine.state, n, n);
  return machine;
}
