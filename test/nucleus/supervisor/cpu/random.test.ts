/**
 * Random sequences of instructions, register by register: against qemu-riscv64 where it is installed, and in
 * slices of different lengths against each other.
 */
import { describe, expect, it } from 'vitest';
import { randomSequence, seeded } from './generate.ts';
import { compare, qemuMissing, runOnEngine, runOnQemu } from './programs.ts';
import { BLOCK_BYTES, type Snippet } from './snippets.ts';

const SEQUENCES = 400;
const LENGTH = 16;
const seed = Number(process.env.CHORUS_SEED ?? Math.floor(Math.random() * 0x1_0000_0000));

const sequences = (from: number, count: number): Snippet[] => {
  const random = seeded(from);
  return Array.from({ length: count }, (_, i) => randomSequence(random, LENGTH, `sequence ${i}`));
};
const blocks = (output: Uint8Array) => (i: number) => output.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES);

if (qemuMissing) console.log('qemu-riscv64 is not installed: no comparison with it');

describe(`random sequences (CHORUS_SEED=${seed})`, () => {
  it.skipIf(qemuMissing)('give what qemu gives', () => {
    const snippets = sequences(seed, SEQUENCES);
    expect(compare(snippets, blocks(runOnQemu(snippets)), runOnEngine(snippets))).toEqual([]);
  });

  it('do not depend on where time slices end', () => {
    const snippets = sequences(seed ^ 1, 40);
    const whole = runOnEngine(snippets);
    for (const slice of [1, 2, 3, 7, 50])
      expect(compare(snippets, blocks(whole), runOnEngine(snippets, slice))).toEqual([]);
  });
});
