/**
 * From a decoded instruction to the entry that the interpreter executes: the operation is chosen (with its
 * special cases) and registers become addresses in frame 0. Branches are far; code-cache.ts makes them near
 * when their target is decoded.
 */
import type { SiteMemory } from '../../../memory/site-memory.ts';
import { type Decoded, ILLEGAL } from '../decoder.ts';
import { roundingImmediate } from '../float/index.ts';
import { Csr, INSTRUCTIONS, type Instruction, instruction } from '../instructions.ts';
import { F, RUNNING, SINK, X } from '../state.ts';
import { accessBytes } from './access.ts';
import { FAR } from './control.ts';
import { Field } from './entry.ts';
import { OPERATIONS, operation } from './operations.ts';

const CSRS = new Set<number>(Object.values(Csr));
/** From here on CSRs are read-only. */
const CSR_READ_ONLY = 0xc00;

/** Numbers of the plain operations by instruction id. */
const plain = INSTRUCTIONS.map(({ mnemonic, format }) =>
  operation(format.imm === 'b' || format.imm === 'j' ? mnemonic + FAR : mnemonic),
);
const widths = INSTRUCTIONS.map(({ mnemonic, format }) =>
  format.memory === 'load' || format.memory === 'store' ? accessBytes(mnemonic) : 0,
);
const illegal = operation('illegal');
const END = operation('end');

/** The special case that an instruction is, with its operands moved to where the case has them; 0: none. */
type Special = (d: Decoded) => number;

const special: (Special | undefined)[] = INSTRUCTIONS.map(() => undefined);
const specialise = (mnemonic: string, choose: Special): void => {
  special[instruction(mnemonic).id] = choose;
};

const NOP = operation('nop');
const LI = operation('li');
const MV = operation('mv');
const SEXT_W = operation('sext.w');
const J = operation(`j${FAR}`);
const JR = operation('jr');

specialise('lui', () => LI);
specialise('addi', (d) => {
  if (d.rd === 0) return NOP;
  if (d.rs1 === 0) return LI;
  return d.imm === 0 ? MV : 0;
});
specialise('addiw', (d) => {
  if (d.rs1 === 0) return LI;
  return d.imm === 0 ? SEXT_W : 0;
});
specialise('add', (d) => {
  if (d.rs2 === 0) return MV;
  if (d.rs1 !== 0) return 0;
  d.rs1 = d.rs2;
  return MV;
});
specialise('jal', (d) => (d.rd === 0 ? J : 0));
specialise('jalr', (d) => (d.rd === 0 ? JR : 0));

/** Branches against x0: [x0 second, x0 first]. */
const AGAINST_ZERO: Readonly<Record<string, readonly [string, string]>> = {
  beq: ['beqz', 'beqz'],
  bne: ['bnez', 'bnez'],
  blt: ['bltz', 'bgtz'],
  bge: ['bgez', 'blez'],
};
for (const [mnemonic, names] of Object.entries(AGAINST_ZERO)) {
  const [second, first] = names.map((name) => operation(name + FAR)) as [number, number];
  specialise(mnemonic, (d) => {
    if (d.rs2 === 0) return second;
    if (d.rs1 !== 0) return 0;
    d.rs1 = d.rs2;
    return first;
  });
}

/** What the instructions of a line are to the decoder of lines: see the functions below. */
const Kind = { terminator: 1, branch: 2, jump: 4 } as const;
const JAL = instruction('jal').id;
const JALR = instruction('jalr').id;
const TERMINATORS = new Set(['jal', 'jalr', 'ecall', 'ebreak', 'fence.i']);
const kinds = Uint8Array.from(INSTRUCTIONS, ({ id, mnemonic, format }) => {
  if (id === JAL) return Kind.terminator | Kind.jump;
  if (format.imm === 'b') return Kind.branch;
  return TERMINATORS.has(mnemonic) ? Kind.terminator : 0;
});
const kindOf = (id: number): number => (id < 0 ? Kind.terminator : kinds[id]!);

/** Behind these, execution goes on elsewhere or not at all. */
export const isTerminator = (id: number): boolean => (kindOf(id) & Kind.terminator) !== 0;
/** Does the next instruction, if any, begin a new straight line? */
export const endsLine = (id: number): boolean => (kindOf(id) & (Kind.terminator | Kind.branch)) !== 0;
export const isBranch = (id: number): boolean => (kindOf(id) & Kind.branch) !== 0;
export const isJump = (id: number): boolean => (kindOf(id) & Kind.jump) !== 0;
/** May it become near? */
export const hasTarget = (id: number): boolean => (kindOf(id) & (Kind.branch | Kind.jump)) !== 0;

/** CSR accesses that user mode may not make are no instructions. */
function csrAllowed(d: Decoded, row: Instruction): boolean {
  if (!CSRS.has(d.imm)) return false;
  const writes = d.rs1 !== 0 || row.mnemonic === 'csrrw' || row.mnemonic === 'csrrwi';
  return d.imm < CSR_READ_ONLY || !writes;
}

/** cycle counts instructions here. */
const csrNumber = (csr: number): number => (csr === Csr.cycle ? Csr.instret : csr);

/** The operation of an instruction; `d` changes. */
export function operationFor(d: Decoded): number {
  return d.id === ILLEGAL ? illegal : operationOf(d, INSTRUCTIONS[d.id]!);
}

/** Writes the entry behind a run's last instruction: execution goes on at this offset. */
export function putEnd({ u16 }: SiteMemory, at: number, offset: number): void {
  u16[at >>> 1] = END;
  u16[(at + Field.left) >>> 1] = 0;
  u16[(at + Field.offset) >>> 1] = offset;
}

function operationOf(d: Decoded, row: Instruction): number {
  const choose = special[d.id];
  const number = choose ? choose(d) : 0;
  if (number !== 0) return number;
  if (row.format.imm === 'csr') {
    if (!csrAllowed(d, row)) return illegal;
    d.imm = csrNumber(d.imm);
  }
  return plain[d.id]!;
}

const fileOf = (file: 'x' | 'f' | undefined): number => RUNNING + (file === 'f' ? F : X);
/** Where the registers of each instruction's operands begin. */
const rdFile = INSTRUCTIONS.map(({ format }) => fileOf(format.rd));
const rs1File = INSTRUCTIONS.map(({ format }) => fileOf(format.rs1));
const rs2File = INSTRUCTIONS.map(({ format }) => fileOf(format.rs2));
const R = 8;

/** Writes the entry at a physical address, of the instruction at `offset` of its page; `d` changes. */
export function lower(memory: SiteMemory, at: number, d: Decoded, offset: number): void {
  const { u16 } = memory;
  const half = at >>> 1;
  u16[half + Field.offset / 2] = offset;
  if (d.id === ILLEGAL) {
    u16[half] = illegal;
    return;
  }
  const row = INSTRUCTIONS[d.id]!;
  const { format } = row;
  u16[half] = operationOf(d, row);
  let rd = d.rd === 0 && format.rd !== 'f' ? RUNNING + SINK : rdFile[d.id]! + d.rd * R;
  let rs1 = format.zimm ? d.rs1 : rs1File[d.id]! + d.rs1 * R;
  let rs2 = rs2File[d.id]! + d.rs2 * R;
  if (format.memory === 'load') rs2 = widths[d.id]!;
  else if (format.memory === 'store') rd = widths[d.id]!;
  else if (d.id === JAL) rs1 = offset + d.length;
  else if (d.id === JALR) rs2 = offset + d.length;
  u16[half + Field.rd / 2] = rd;
  u16[half + Field.rs1 / 2] = rs1;
  u16[half + Field.rs2 / 2] = rs2;
  if (format.rm) d.imm = roundingImmediate(d.rm) | ((RUNNING + F + d.rs3 * R) << 16);
  memory.i32[(at + Field.imm) >>> 2] = d.imm;
}

/** For statistics and tests. */
export const operationName = (number: number): string => OPERATIONS[number]?.name ?? `operation ${number}`;
