/** A system of sites on the simulated network: what happens follows from the seed. */
import { defaultDescription } from '../../mix/boot/description.ts';
import { type RunningSite, startSite } from '../../mix/boot/site.ts';
import { joinTransport } from '../../nucleus/join.ts';
import { Nucleus } from '../../nucleus/nucleus.ts';
import { SimulatedNetwork } from '../../nucleus/transport/simulated.ts';
import { hostProgram } from '../../shell/api/host-program.ts';
import { startChild } from '../../shell/api/launch.ts';
import { programTable } from '../../shell/programs.ts';
import type { Program, Sys } from '../../subsystems/unix/sys.ts';

export const SITES = 3;
/** Real time that a script may take, and the virtual time between two looks at it, ms. */
const PATIENCE_MS = 20_000;
const SLICE_MS = 20;

export class Simulation {
  readonly network: SimulatedNetwork;
  readonly sites: RunningSite[] = [];

  private readonly programs: readonly Program[];

  constructor(seed: number, programs: readonly Program[] = []) {
    this.network = new SimulatedNetwork(seed, {});
    this.programs = programs;
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
      const programs = programTable(this.programs);
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
