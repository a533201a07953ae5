/**
 * Float instructions on the processor: the recorded answers of qemu-riscv64, and random operands compared
 * with the exact path (which softfloat.test.ts compares with qemu). Flags that are set before decide which of
 * the interpreter's ways an instruction takes, so each vector runs with several.
 */
import { describe, expect, it } from 'vitest';
import { FLAGS_ALL, Flag, ROUNDING_MAX } from '../../../../../nucleus/supervisor/cpu/float/format.ts';
import { floatOperations } from '../../../../../nucleus/supervisor/cpu/float/softfloat.ts';
import { Exit } from '../../../../../nucleus/supervisor/cpu/state.ts';
import { INSTRUCTIONS } from './driver.mjs';
import { DYNAMIC, Executor } from './executor.ts';
import { almostHalfway, generator, randomRegister, recordedVectors } from './vectors.ts';

const executor = new Executor();
const FLAGS_BEFORE = [0, Flag.inexact, Flag.inexact | Flag.underflow, FLAGS_ALL];

/** One instruction with all flags before, and frm or rm: the first difference, as text. */
function difference(
  name: string,
  operands: readonly bigint[],
  mode: number,
  bits: bigint,
  flags: number,
): string | undefined {
  for (const before of FLAGS_BEFORE)
    for (const rm of [DYNAMIC, mode]) {
      const frm = rm === DYNAMIC ? mode : ROUNDING_MAX - mode;
      const outcome = executor.execute(name, operands, (frm << 5) | before, rm);
      const expected = { exit: Exit.budget, bits, fcsr: (frm << 5) | before | flags };
      if (outcome.exit === expected.exit && outcome.bits === bits && outcome.fcsr === expected.fcsr) continue;
      const show = ({ exit, bits, fcsr }: typeof expected | typeof outcome) =>
        `exit ${exit} ${bits.toString(16)} fcsr ${fcsr.toString(16)}`;
      const call = `${name} ${operands.map((x) => x.toString(16)).join(' ')} frm ${frm} rm ${rm} before ${before}`;
      return `${call}: ${show(outcome)}, expected ${show(expected)}`;
    }
  return undefined;
}

describe('recorded vectors', () => {
  const recorded = recordedVectors();
  it.each(INSTRUCTIONS.map(({ name }) => name))('%s', (name) => {
    const { rounds } = INSTRUCTIONS.find((candidate) => candidate.name === name)!;
    for (const { operands, mode, bits, flags } of recorded.get(name)!)
      expect(difference(name, operands, rounds ? mode : 0, bits, flags)).toBe(undefined);
  });
});

describe('reserved rounding modes', () => {
  it.each(INSTRUCTIONS.filter(({ rounds }) => rounds).map(({ name }) => name))('%s is illegal', (name) => {
    const one = [1n, 1n, 1n];
    for (const frm of [5, 6, 7]) {
      expect(executor.execute(name, one, frm << 5).exit).toBe(Exit.illegal);
      expect(executor.execute(name, one, (frm << 5) | FLAGS_ALL).exit).toBe(Exit.illegal);
      expect(executor.execute(name, one, frm << 5, 0).exit).toBe(Exit.budget);
    }
    for (const rm of [5, 6]) expect(executor.execute(name, one, 0, rm).exit).toBe(Exit.illegal);
  });
});

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
const count = Number(process.env.FLOATS ?? 400);
console.log(`SEED=${seed} FLOATS=${count}`);

describe('random operands', () => {
  it.each(floatOperations.map(({ name }) => name))('%s', (name) => {
    const random = generator(seed);
    const { run, sources, rounds } = floatOperations.find((candidate) => candidate.name === name)!;
    const single = name.endsWith('.s');
    for (let n = 0; n < count; n++) {
      const operands = Array.from(sources, () => randomRegister(random, single));
      const mode = rounds && random() < 0.4 ? Math.floor(random() * (ROUNDING_MAX + 1)) : 0;
      const [a, b = 0n, c = 0n] = operands;
      const { bits, flags } = run(mode, a!, b, c);
      expect(difference(name, operands, mode, bits, flags)).toBe(undefined);
    }
  });
});

describe('sums that lie almost halfway between two floats', () => {
  const FUSED = INSTRUCTIONS.map(({ name }) => name).filter((name) => /^fn?m(add|sub)/.test(name));
  it.each(FUSED)('%s', (name) => {
    const random = generator(seed);
    const { run } = floatOperations.find((candidate) => candidate.name === name)!;
    for (let n = 0; n < count; n++) {
      const operands = almostHalfway(random, name.endsWith('.s'));
      const mode = random() < 0.3 ? Math.floor(random() * (ROUNDING_MAX + 1)) : 0;
      const { bits, flags } = run(mode, ...operands);
      expect(difference(name, operands, mode, bits, flags)).toBe(undefined);
    }
  });
});
