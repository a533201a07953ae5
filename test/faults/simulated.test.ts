/**
 * A system of three sites on the simulated network: real scripts under loss, duplication, reordering and
 * partitions that heal, with the right results; replayed by seed.
 */
import { describe, expect, it } from 'vitest';
import type { NetworkFaults } from '../../nucleus/transport/simulated.ts';
import { Simulation } from './simulation.ts';

const FAULTS: Partial<NetworkFaults> = { delayMs: [0.2, 6], loss: 0.08, duplicate: 0.08 };

const SCRIPT = `
csite 2; seq 2000 | (csite 3; sort -rn) | (csite 2; tail -1)
hostname; csite 3; hostname > /fs/site2/name; cat /fs/site2/name
i=0; while [ $((i += 1)) -le 6 ]; do csite $((i % 3 + 1)); echo "$i $(hostname)" >> /fs/site3/log; done
csite 2; cat /fs/site3/log; sh -c 'csite 3; sh -c "exit 5"; echo $?; kill -9 $$'; echo $?
csite 3; sleep 100 & kill $!; wait $!; echo $?
`;
const EXPECTED = `1\nsite2\nsite3\n1 site2\n2 site3\n3 site1\n4 site2\n5 site3\n6 site1\n5\nKilled\n137\nTerminated\n143\nstatus 0`;

describe('a system on a bad network', () => {
  for (const seed of [1, 2, 3, 4]) {
    it(`loss, duplication, reordering: seed ${seed}`, { timeout: 60_000 }, async () => {
      const simulation = new Simulation(seed);
      await simulation.boot();
      simulation.network.faults = { ...simulation.network.faults, ...FAULTS };
      expect(await simulation.script(SCRIPT)).toBe(EXPECTED);
    });
  }

  it('a short partition delays, and loses nothing', { timeout: 60_000 }, async () => {
    const simulation = new Simulation(7);
    await simulation.boot();
    const { network } = simulation;
    network.faults = { ...network.faults, ...FAULTS };
    for (let n = 1; n < 8; n++) {
      network.at(n * 60, () => network.cut([1], [2, 3]));
      network.at(n * 60 + 25, () => network.heal());
    }
    expect(await simulation.script(SCRIPT)).toBe(EXPECTED);
  });

  it('a long partition is the loss of the other side; healed, the sites work together again', {
    timeout: 60_000,
  }, async () => {
    const simulation = new Simulation(8);
    await simulation.boot();
    const { network } = simulation;
    const script = simulation.script('csite 2; sleep 1000; echo "lost $?"');
    network.at(500, () => network.cut([1, 3], [2]));
    expect(await script).toMatch(/lost 137\nstatus 0$/);
    network.heal();
    await network.run(20_000);
    expect(await simulation.script('csite 2; hostname; csite 3; hostname')).toBe('site2\nsite3\nstatus 0');
  });
});
