/** The exact float path against qemu-riscv64: recorded edge vectors, and random operands where qemu is. */
import { describe, expect, it } from 'vitest';
import { ROUNDING_MAX } from '../../../../../nucleus/supervisor/cpu/float/format.ts';
import { floatOperations } from '../../../../../nucleus/supervisor/cpu/float/softfloat.ts';
import { INSTRUCTIONS, openOracle, oracleMissing, type Request } from './driver.mjs';
import { generator, randomRegister, recordedVectors } from './vectors.ts';

const operation = (name: string) => floatOperations.find((candidate) => candidate.name === name)!;

const shown = (name: string, mode: number, operands: readonly bigint[], bits: bigint, flags: number) =>
  `${name} mode ${mode} ${operands.map((x) => x.toString(16)).join(' ')} = ${bits.toString(16)} flags ${flags}`;

describe('recorded vectors', () => {
  const recorded = recordedVectors();
  it('knows the instructions of the oracle', () => {
    const ours = floatOperations.map(({ name, sources, result, rounds }) => ({
      name,
      sources,
      result,
      rounds,
    }));
    expect(new Set(ours)).toEqual(new Set(INSTRUCTIONS));
    expect([...recorded.keys()]).toEqual(INSTRUCTIONS.map(({ name }) => name));
  });

  it.each(INSTRUCTIONS.map(({ name }) => name))('%s', (name) => {
    const { run } = operation(name);
    const vectors = recorded.get(name)!;
    expect(vectors.length).toBeGreaterThan(10);
    for (const { operands, mode, bits, flags } of vectors) {
      const [a, b = 0n, c = 0n] = operands;
      const outcome = run(mode, a!, b, c);
      if (outcome.bits !== bits || outcome.flags !== flags)
        expect(shown(name, mode, operands, outcome.bits, outcome.flags)).toBe(
          shown(name, mode, operands, bits, flags),
        );
    }
  });
});

const missing = oracleMissing();
if (missing) console.log(`random floats are not compared: ${missing}`);

describe.skipIf(missing !== undefined)('random operands', () => {
  it('equals the oracle', () => {
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
    const count = Number(process.env.FLOATS ?? 20_000);
    console.log(`SEED=${seed} FLOATS=${count}`);
    const random = generator(seed);
    const requests: Request[] = Array.from({ length: count }, () => {
      const instruction = Math.floor(random() * INSTRUCTIONS.length);
      const single = INSTRUCTIONS[instruction]!.name.endsWith('.s');
      const fcsr = Math.floor(random() * (ROUNDING_MAX + 1)) << 5;
      const [a, b, c] = [0, 1, 2].map(() => randomRegister(random, single));
      return { instruction, fcsr, a: a!, b: b!, c: c! };
    });
    const oracle = openOracle();
    const answers = oracle.ask(requests);
    oracle.close();
    requests.forEach(({ instruction, fcsr, a, b, c }, n) => {
      const { name } = INSTRUCTIONS[instruction]!;
      const outcome = operation(name).run(fcsr >> 5, a, b, c);
      const expected = answers[n]!;
      expect(shown(name, fcsr >> 5, [a, b, c], outcome.bits, outcome.flags)).toBe(
        shown(name, fcsr >> 5, [a, b, c], expected.bits, expected.fcsr & 31),
      );
    });
  });
});
