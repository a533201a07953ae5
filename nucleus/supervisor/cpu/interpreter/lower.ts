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
const plain = INSTRUCTIONS.map(({ mnemonic }) => operation(mnemonic));
const widths = INSTRUCTIONS.map(({ mnemonic, format }) =>
  format.memory === 'load' || format.memory === 'store' ? accessBytes(mnemonic) : 0,
);
const illegal = operation('illegal');

/** The special case that an instruction is, with its operands moved to where the case has them. */
type Special = (d: Decoded) => string | undefined;

const special: (Special | undefined)[] = [];
const specialise = (mnemonic: string, choose: Special): void => {
  special[instruction(mnemonic).id] = choose;
};

specialise('lui', () => 'li');
specialise('addi', (d) => {
  if (d.rd === 0) return 'nop';
  if (d.rs1 === 0) return 'li';
  return d.imm === 0 ? 'mv' : undefined;
});
specialise('addiw', (d) => {
  if (d.rs1 === 0) return 'li';
  return d.imm === 0 ? 'sext.w' : undefined;
});
specialise('add', (d) => {
  if (d.rs2 === 0) return 'mv';
  if (d.rs1 !== 0) return undefined;
  d.rs1 = d.rs2;
  return 'mv';
});
specialise('jal', (d) => (d.rd === 0 ? 'j' : undefined));
specialise('jalr', (d) => (d.rd === 0 ? 'jr' : undefined));

/** Branches against x0: [x0 second, x0 first]. */
const AGAINST_ZERO: Readonly<Record<string, readonly [string, string | undefined]>> = {
  beq: ['beqz', 'beqz'],
  bne: ['bnez', 'bnez'],
  blt: ['bltz', 'bgtz'],
  bge: ['bgez', 'blez'],
};
for (const [mnemonic, [second, first]] of Object.entries(AGAINST_ZERO))
  specialise(mnemonic, (d) => {
    if (d.rs2 === 0) return second;
    if (d.rs1 !== 0) return undefined;
    d.rs1 = d.rs2;
    return first;
  });

/** Behind these, execution goes on elsewhere or not at all. */
const terminators = new Set(
  ['jal', 'jalr', 'ecall', 'ebreak', 'fence.i'].map((name) => instruction(name).id),
);
const JAL = instruction('jal').id;
const JALR = instruction('jalr').id;

export const isTerminator = (id: number): boolean => id === ILLEGAL || terminators.has(id);
/** Does the next instruction, if any, begin a new straight line? */
export const endsLine = (id: number): boolean => isTerminator(id) || isBranch(id);
export const isBranch = (id: number): boolean => id >= 0 && INSTRUCTIONS[id]!.format.imm === 'b';
export const isJump = (id: number): boolean => id === JAL;

/** CSR accesses that user mode may not make are no instructions. */
function csrAllowed(d: Decoded, row: Instruction): boolean {
  if (!CSRS.has(d.imm)) return false;
  const writes = d.rs1 !== 0 || row.mnemonic === 'csrrw' || row.mnemonic === 'csrrwi';
  return d.imm < CSR_READ_ONLY || !writes;
}

/** cycle counts instructions here. */
const csrNumber = (csr: number): number => (csr === Csr.cycle ? Csr.instret : csr);

function operationOf(d: Decoded, row: Instruction): number {
  const name = special[d.id]?.(d);
  const { imm } = row.format;
  if (imm === 'b' || imm === 'j') return operation((name ?? row.mnemonic) + FAR);
  if (imm === 'csr') {
    if (!csrAllowed(d, row)) return illegal;
    d.imm = csrNumber(d.imm);
  }
  return name === undefined ? plain[d.id]! : operation(name);
}

const register = (file: 'x' | 'f' | undefined, n: number): number => RUNNING + (file === 'f' ? F : X) + n * 8;

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
  let rd = format.rd === 'x' && d.rd === 0 ? RUNNING + SINK : register(format.rd, d.rd);
  let rs1 = format.zimm ? d.rs1 : register(format.rs1, d.rs1);
  let rs2 = register(format.rs2, d.rs2);
  if (format.memory === 'load') rs2 = widths[d.id]!;
  else if (format.memory === 'store') rd = widths[d.id]!;
  else if (d.id === JAL) rs1 = offset + d.length;
  else if (d.id === JALR) rs2 = offset + d.length;
  u16[half + Field.rd / 2] = rd;
  u16[half + Field.rs1 / 2] = rs1;
  u16[half + Field.rs2 / 2] = rs2;
  if (format.rm) d.imm = roundingImmediate(d.rm) | (register('f', d.rs3) << 16);
  memory.i32[(at + Field.imm) >>> 2] = d.imm;
}

/** For statistics and tests. */
export const operationName = (number: number): string => OPERATIONS[number]?.name ?? `operation ${number}`;
