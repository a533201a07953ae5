/** Replay one: SEED=123 npx vitest run test/nucleus/simulation.test.ts. More of them: SEEDS=10000. */
import { describe, expect, it } from 'vitest';
import { World, type WorldOptions } from './support/world.ts';

const SEEDS = Number(process.env.SEEDS ?? 1000);
const CHUNK = 100;

/** What a seed means: small worlds mostly, every kind of trouble in turn. */
function optionsOf(seed: number): WorldOptions {
  const kind = seed % 5;
  const sites = seed % 100 === 77 ? 20 : seed % 10 === 3 ? 8 : 3 + (seed % 3);
  return {
    seed,
    sites,
    operations: sites > 5 ? 10 : 30,
    faults: {
      delayMs: kind === 0 ? [0.2, 1] : [0.5, 15],
      loss: kind === 0 ? 0 : 0.05,
      duplicate: kind === 0 ? 0 : 0.05,
      crashNoticed: 0.5,
    },
    partitions: kind === 2 || kind === 4,
    crashes: kind === 3 || kind === 4,
  };
}

async function runSeed(seed: number): Promise<string[]> {
  const world = new World(optionsOf(seed));
  await world.run();
  return world.problems;
}

describe('random programs on simulated sites', () => {
  if (process.env.SEED !== undefined) {
    it(`seed ${process.env.SEED}`, async () => {
      expect(await runSeed(Number(process.env.SEED))).toEqual([]);
    });
    return;
  }
  it('a seed replays exactly', async () => {
    const histories = [];
    for (let time = 0; time < 2; time++) {
      const world = new World(optionsOf(24));
      await world.run();
      histories.push([world.network.events, world.network.now(), [...world.sent.values()]]);
    }
    expect(histories[0]).toEqual(histories[1]);
  });
  for (let first = 0; first < SEEDS; first += CHUNK) {
    it(`seeds ${first} to ${first + CHUNK - 1}`, { timeout: 120_000 }, async () => {
      for (let seed = first; seed < first + CHUNK; seed++) {
        const problems = await runSeed(seed);
        expect(problems, `replay: SEED=${seed} npx vitest run test/nucleus/simulation.test.ts`).toEqual([]);
      }
    });
  }
});
