/**
 * Generators of snippets: vectors for every instruction with operands at the edges, and random sequences.
 * Everything follows from a seed.
 */
import { COMPRESSED } from '../../../../nucleus/supervisor/cpu/compressed.ts';
import { decode, newDecoded } from '../../../../nucleus/supervisor/cpu/decoder.ts';
import { INSTRUCTIONS, type Instruction } from '../../../../nucleus/supervisor/cpu/instructions.ts';
import { encode, type Operands } from './assembler.ts';
import { BLOCK_BYTES, F_AT, FCSR_AT, MEMORY_AT, type Snippet } from './snippets.ts';

/** Numbers 0 ≤ r < 1 (mulberry32). */
export type Random = () => number;
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
const below = (random: Random, limit: number): number => Math.floor(random() * limit);
const pick = <T>(random: Random, from: readonly T[]): T => from[below(random, from.length)]!;

const X_EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  -1n,
  -2n,
  7n,
  31n,
  32n,
  63n,
  64n,
  0x7fn,
  0x80n,
  0x7fffn,
  0x8000n,
  0x7fffffffn,
  0x80000000n,
  -0x80000000n,
  -0x80000001n,
  0xffffffffn,
  0x100000000n,
  0x7fffffffffffffffn,
  -0x8000000000000000n,
  0x123456789abcdef0n,
  0x5555555555555555n,
];
const D_EDGES: readonly bigint[] = [
  0n,
  0x8000000000000000n,
  0x3ff0000000000000n,
  0xbff0000000000000n,
  0x4000000000000000n,
  0x3fe0000000000000n,
  0x7ff0000000000000n,
  0xfff0000000000000n,
  0x7ff8000000000000n,
  0x7ff0000000000001n,
  0xfff8000000000001n,
  0x1n,
  0x800fffffffffffffn,
  0x10000000000000n,
  0x7fefffffffffffffn,
  0x3ff0000000000001n,
  0x41dfffffffc00000n,
  0x43e0000000000000n,
  0xc3e0000000000000n,
  0x41f0000000000000n,
  0x400921fb54442d18n,
  0x3fb999999999999an,
];
const S_EDGES: readonly bigint[] = [
  0n,
  0x80000000n,
  0x3f800000n,
  0xbf800000n,
  0x40000000n,
  0x3f000000n,
  0x7f800000n,
  0xff800000n,
  0x7fc00000n,
  0x7f800001n,
  0xffc00001n,
  0x1n,
  0x807fffffn,
  0x800000n,
  0x7f7fffffn,
  0x3f800001n,
  0x4f000000n,
  0x5f000000n,
  0xdf000000n,
  0x4f800000n,
  0x40490fdbn,
  0x3dcccccdn,
];
const BOXED = 0xffffffff00000000n;

function randomWord(random: Random): bigint {
  return (BigInt(below(random, 0x1_0000_0000)) << 32n) | BigInt(below(random, 0x1_0000_0000));
}

export function randomX(random: Random): bigint {
  const kind = random();
  if (kind < 0.5) return pick(random, X_EDGES);
  return kind < 0.75
    ? randomWord(random)
    : BigInt.asIntN(64, randomWord(random)) >> BigInt(below(random, 64));
}

export function randomF(random: Random): bigint {
  const kind = random();
  if (kind < 0.3) return pick(random, D_EDGES);
  if (kind < 0.6) return BOXED | pick(random, S_EDGES);
  // Near 1, where additions and products do something.
  if (kind < 0.75) return 0x3f00000000000000n + (randomWord(random) & 0x01ffffffffffffffn);
  if (kind < 0.9) return BOXED | (0x3d000000n + (randomWord(random) & 0x05ffffffn));
  return randomWord(random);
}

/** A snippet with a random block. */
function snippet(random: Random, name: string, code: readonly number[]): Snippet {
  const seed = below(random, 0x1_0000_0000);
  return { name, code, seed, block: randomBlock(seed) };
}

/** The block of a seed: registers and memory of all kinds. */
export function randomBlock(seed: number): Uint8Array {
  const random = seeded(seed);
  const block = new Uint8Array(BLOCK_BYTES);
  const view = new DataView(block.buffer);
  for (let n = 1; n < 31; n++) view.setBigUint64(n * 8, BigInt.asUintN(64, randomX(random)), true);
  for (let n = 0; n < 32; n++) view.setBigUint64(F_AT + n * 8, randomF(random), true);
  view.setBigUint64(FCSR_AT, BigInt(pick(random, [0, 0, 0, 1, 2, 3, 4]) << 5), true);
  for (let at = MEMORY_AT; at < BLOCK_BYTES; at++) block[at] = below(random, 256);
  return block;
}

/** What these generators leave out: no defined result, or not comparable with qemu. */
const EXCLUDED = new Set(['ecall', 'ebreak', 'fence.i', 'jalr']);
const usable = INSTRUCTIONS.filter(({ mnemonic }) => !EXCLUDED.has(mnemonic));
const CSR_NUMBERS = [1, 2, 3];
const ROUNDING = [0, 1, 2, 3, 4, 7, 7, 7];

/** Registers of a random instruction: x31 is never written. */
function operandsFor(random: Random, row: Instruction): Operands {
  const { format } = row;
  const { imm } = format;
  const operands: Operands = {
    rd: below(random, format.rd === 'f' ? 32 : 31),
    rs1: below(random, 32),
    rs2: below(random, 32),
    rs3: below(random, 32),
    rm: pick(random, ROUNDING),
  };
  if (imm === 'i') operands.imm = below(random, 4096) - 2048;
  if (imm === 'u') operands.imm = below(random, 0x100000) << 12;
  if (imm === 'shift6') operands.imm = below(random, 64);
  if (imm === 'shift5') operands.imm = below(random, 32);
  if (imm === 'csr') operands.imm = pick(random, CSR_NUMBERS);
  if (imm === 'fence') operands.imm = below(random, 256);
  return operands;
}

/** A random instruction with what it needs around it: one to four words. */
function randomInstruction(random: Random, row: Instruction): number[] {
  const { mnemonic, format } = row;
  const operands = operandsFor(random, row);
  if (format.memory === 'atomic') {
    const pointer = 1 + below(random, 30);
    const offset = mnemonic.endsWith('.d') ? below(random, 8) * 8 - 32 : below(random, 16) * 4 - 32;
    const place = encode('addi', { rd: pointer, rs1: 31, imm: offset });
    const use = encode(mnemonic, { ...operands, rs1: pointer });
    if (!mnemonic.startsWith('sc.')) return [place, use];
    return [place, encode(mnemonic.replace('sc', 'lr'), { rd: below(random, 31), rs1: pointer }), place, use];
  }
  if (format.memory) return [encode(mnemonic, { ...operands, rs1: 31, imm: below(random, 57) - 32 })];
  if (format.imm === 'b' || format.imm === 'j') {
    const skipped = encode('addi', {
      rd: below(random, 31),
      rs1: below(random, 32),
      imm: below(random, 4096),
    });
    return [encode(mnemonic, { ...operands, imm: 8 }), skipped];
  }
  return [encode(mnemonic, operands)];
}

/** A compressed instruction that neither jumps, nor traps, nor touches memory, nor writes x31. */
function randomCompressed(random: Random): number {
  const decoded = newDecoded();
  for (;;) {
    const half = below(random, 0x10000);
    if ((half & 3) === 3) continue;
    decode(half, decoded);
    if (decoded.id < 0 || decoded.rd === 31) continue;
    const { mnemonic, format } = INSTRUCTIONS[decoded.id]!;
    if (EXCLUDED.has(mnemonic) || format.memory || format.imm === 'b' || format.imm === 'j') continue;
    return half;
  }
}

/**
 * A CSR access after which the rounding mode is one that exists: an invalid one would make the float
 * instructions behind it illegal.
 */
function randomCsr(random: Random): number {
  const rd = below(random, 31);
  const kind = random();
  if (kind < 0.3) return encode('csrrwi', { rd, imm: 2, rs1: below(random, 5) });
  if (kind < 0.6) return encode('csrrs', { rd, imm: pick(random, CSR_NUMBERS), rs1: 0 });
  return encode(pick(random, ['csrrw', 'csrrs', 'csrrc', 'csrrsi']), { rd, imm: 1, rs1: below(random, 32) });
}

/** `count` random instructions. */
export function randomSequence(random: Random, count: number, name: string): Snippet {
  const code: number[] = [];
  for (let i = 0; i < count; i++) {
    const row = pick(random, usable);
    if (random() < 0.25) code.push(randomCompressed(random));
    else if (row.format.imm === 'csr') code.push(randomCsr(random));
    else code.push(...randomInstruction(random, row));
  }
  return snippet(random, name, code);
}

/** `each` vectors for every instruction, of both lengths, with operands at the edges. */
export function vectors(random: Random, each: number): Snippet[] {
  const snippets: Snippet[] = [];
  for (const row of usable)
    for (let i = 0; i < each; i++)
      snippets.push(snippet(random, row.mnemonic, randomInstruction(random, row)));
  for (const row of COMPRESSED) snippets.push(...compressedVectors(random, row, each));
  return snippets;
}

type CompressedRow = (typeof COMPRESSED)[number];

/** A jump over one instruction is one encoding of 2048. */
const TRIES_MAX = 40_000;

/** Vectors for one row: memory rows get a base register that points to the block's memory. */
function compressedVectors(random: Random, row: CompressedRow, each: number): Snippet[] {
  const found: Snippet[] = [];
  const decoded = newDecoded();
  if (row.base === undefined) return found;
  const { mnemonic, format } = INSTRUCTIONS[row.base]!;
  if (EXCLUDED.has(mnemonic)) return found;
  for (let tries = 0; found.length < each && tries < TRIES_MAX; tries++) {
    const half = (row.match | (below(random, 0x10000) & ~row.mask)) >>> 0;
    decode(half, decoded);
    if (decoded.id !== row.base || decoded.rd === 31 || !named(row, half)) continue;
    const code: number[] = [half];
    if (format.memory) {
      if (decoded.rs1 === 31 || decoded.rs2 === decoded.rs1) continue;
      // The base is so that base + offset lies in the block's memory.
      code.unshift(encode('addi', { rd: decoded.rs1, rs1: 31, imm: below(random, 57) - 32 - decoded.imm }));
    } else if (format.imm === 'b' || format.imm === 'j') {
      if (decoded.imm !== 6) continue;
      code.push(encode('addi', { rd: 5, rs1: 5, imm: 77 }));
    }
    found.push(snippet(random, row.name, code));
  }
  return found;
}

/** Is this row the first that matches? */
const named = (row: CompressedRow, half: number): boolean =>
  COMPRESSED.find(({ match, mask }) => (half & mask) === match && (match & 3) === (half & 3)) === row;
