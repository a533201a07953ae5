/**
 * A system of three sites on the simulated network: real scripts under loss, duplication, reordering and
 * partitions that heal, with the right results; replayed by seed.
 */
import { describe, expect, it } from 'vitest';
import { defaultDescription } from '../../mix/boot/description.ts';
import { type RunningSite, startSite } from '../../mix/boot/site.ts';
import { joinTransport } from '../../nucleus/join.ts';
import { Nucleus } from '../../nucleus/nucleus.ts';
import { type NetworkFaults, SimulatedNetwork } from '../../nucleus/transport/simulated.ts';
import { hostProgram } from '../../shell/api/host-program.ts';
import { startChild } from '../../shell/api/launch.ts';
import { programTable } from '../../shell/programs.ts';
import type { Sys } from '../../subsystems/unix/sys.ts';

const FAULTS: Partial<NetworkFaults> = { delayMs: [0.2, 6], loss: 0.08, duplicate: 0.08 };
const SITES = 3;
/** Real time that a script may take, and the virtual time between two looks at it, ms. */
const PATIENCE_MS = 20_000;
const SLICE_MS = 20;

class Simulation {
  readonly network: SimulatedNetwork;
  readonly sites: RunningSite[] = [];

  constructor(seed: number) {
    this.network = new SimulatedNetwork(seed, {});
  }

  /** Lets virtual time pass until `work` is done; programs are loaded in real time, so some of that too. */
  async drive<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const finish = (): void => {
      done = true;
    };
    work.then(finish, finish);
    const endMs = performance.now() + PATIENCE_MS;
    while (!(await this.network.run(SLICE_MS, () => done))) {
      if (performance.now() > endMs) throw new Error(`not done after ${PATIENCE_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return work;
  }

  async boot(): Promise<void> {
    const description = defaultDescription(SITES);
    const nuclei = description.sites.map(({ site }) => {
      const machine = this.network.boot(site);
      const nucleus = new Nucleus({
        site,
        epoch: machine.epoch,
        clock: machine.clock,
        random: machine.random,
        name: `site${site}`,
      });
      joinTransport(nucleus, machine.transport);
      return nucleus;
    });
    for (const nucleus of nuclei) {
      const programs = programTable([]);
      this.sites.push(await this.drive(startSite({ nucleus, description, programs })));
    }
  }

  /** Runs a script on site 1; its output. */
  async script(text: string): Promise<string> {
    const make = (): Sys => this.sites[0]!.processes.hostProcess('host', { program: hostProgram });
    return this.drive(
      (async () => {
        const env = { PATH: '/bin', HOME: '/root' };
        const child = await startChild(make, {
          argv: ['sh', '-c', `exec 2>&1; ${text}`],
          path: '/bin/sh',
          env,
          cwd: '/root',
        });
        await child.io.closeAll([child.stdin]);
        const output = await child.io.readAll(child.stdout);
        const { exitCode } = await child.ended;
        return `${new TextDecoder().decode(output)}status ${exitCode}`;
      })(),
    );
  }
}

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
