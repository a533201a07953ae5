/**
 * From a decoded instruction to the entry that the interpreter executes: the operation is chosen (with its
 * special cases), registers become addresses in frame 0, branches become near or far.
 */
import type { SiteMemory } from '../../../memory/site-memory.ts';
import { type Decoded, ILLEGAL } from '../decoder.ts';
import { Csr, INSTRUCTIONS, type Instruction, instruction } from '../instructions.ts';
import { F, RUNNING, SINK, X } from '../state.ts';
import { accessBytes } from './access.ts';
import { FAR } from './control.ts';
import { CODE_SHIFT, Field } from './entry.ts';
import { OPERATIONS, operation } from './operations.ts';

const PAGE_BYTES = 4096;
const CSRS = new Set<number>(Object.values(Csr));
/** From here on CSRs are read-only. */
const CSR_READ_ONLY = 0xc00;

/** Numbers of the plain operations by instruction id, for lengths 4 and 2. */
const long = INSTRUCTIONS.map(({ mnemonic }) => operation(mnemonic, 4));
const short = INSTRUCTIONS.map(({ mnemonic }) => operation(mnemonic, 2));
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

const terminators = new Set(['ecall', 'ebreak', 'fence.i', 'jalr'].map((name) => instruction(name).id));

/** Does execution not simply go on behind it? */
export function endsLine(id: number): boolean {
  if (id === ILLEGAL || terminators.has(id)) return true;
  const { imm } = INSTRUCTIONS[id]!.format;
  return imm === 'b' || imm === 'j';
}

/** CSR accesses that user mode may not make are no instructions. */
function csrAllowed(d: Decoded, row: Instruction): boolean {
  if (!CSRS.has(d.imm)) return false;
  const writes = d.rs1 !== 0 || row.mnemonic === 'csrrw' || row.mnemonic === 'csrrwi';
  return d.imm < CSR_READ_ONLY || !writes;
}

/** cycle counts instructions here. */
const csrNumber = (csr: number): number => (csr === Csr.cycle ? Csr.instret : csr);

function operationOf(d: Decoded, row: Instruction, offset: number): number {
  const { imm } = row.format;
  const name = special[d.id]?.(d);
  if (imm === 'b' || imm === 'j') {
    const target = offset + d.imm;
    const near = offset >= 0 && target >= 0 && target < PAGE_BYTES;
    if (near) d.imm <<= CODE_SHIFT;
    return operation((name ?? row.mnemonic) + (near ? '' : FAR), d.length);
  }
  if (imm === 'csr') {
    if (!csrAllowed(d, row)) return illegal;
    d.imm = csrNumber(d.imm);
  }
  if (name !== undefined) return operation(name, d.length);
  return (d.length === 4 ? long : short)[d.id]!;
}

const register = (file: 'x' | 'f' | undefined, n: number): number => RUNNING + (file === 'f' ? F : X) + n * 8;

/**
 * Writes the entry at a physical address; `d` is changed on the way. `offset`: where the instruction is in
 * its page; -1 when the entry does not stand among those of its page, so that every branch must be far.
 */
export function lower(memory: SiteMemory, at: number, d: Decoded, offset: number, left: number): void {
  const { u16 } = memory;
  const half = at >>> 1;
  if (d.id === ILLEGAL) {
    u16[half] = illegal;
    u16[half + Field.left / 2] = left;
    return;
  }
  const row = INSTRUCTIONS[d.id]!;
  const { format } = row;
  const number = operationOf(d, row, offset);
  u16[half + Field.rd / 2] = format.rd === 'x' && d.rd === 0 ? RUNNING + SINK : register(format.rd, d.rd);
  u16[half + Field.rs1 / 2] = format.zimm ? d.rs1 : register(format.rs1, d.rs1);
  u16[half + Field.rs2 / 2] = register(format.rs2, d.rs2);
  memory.i32[(at + Field.imm) >>> 2] = format.rm ? d.rm : d.imm;
  u16[half + Field.left / 2] = left;
  u16[half + Field.aux / 2] = format.rs3 ? register('f', d.rs3) : widths[d.id]!;
  u16[half] = number;
}

/** For statistics and tests. */
export const operationName = (number: number): string => {
  const found = OPERATIONS[number];
  return found ? `${found.name}/${found.length}` : `operation ${number}`;
};
