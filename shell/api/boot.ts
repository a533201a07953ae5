/** `boot`: from options to a running system. */
import { posix } from 'node:path';
import { bootSystem } from '../../mix/boot/system.ts';
import { programTable } from '../programs.ts';
import { type Carrier, programsOf, rootHost } from './carrier.ts';
import { Files } from './files.ts';
import { Host } from './host.ts';
import { type BootOptions, type BootPlan, planFrom } from './options.ts';
import { System } from './system.ts';

/** All sites as nuclei of this process. */
async function bootHere(plan: BootPlan): Promise<Carrier> {
  const programs = programTable(plan.programs);
  const running = await bootSystem(plan.description, { programs });
  const sites = plan.description.sites.map(({ site, name }) => ({
    site,
    name: name ?? `site${site}`,
    up: true,
  }));
  return {
    programs,
    home: running.sites[0]!,
    programsIn: programsOf(plan.description),
    sites: () => sites,
    close: () => running.close(),
  };
}

/** A process per site; this process has the first one. */
async function bootProcesses(plan: BootPlan): Promise<Carrier> {
  const { bootCluster } = await import('./cluster.ts');
  return bootCluster(plan.description, programTable(plan.programs), plan);
}

/** Writes the files that the options name. */
async function writeFiles(carrier: Carrier, plan: BootPlan): Promise<void> {
  if (plan.files.size === 0) return;
  const host = new Host(rootHost(carrier.home));
  const files = new Files(host);
  for (const [path, { content, mode }] of plan.files) {
    await files.mkdir(posix.dirname(path), { recursive: true, mode: 0o755 });
    await files.writeFile(path, content);
    await files.chmod(path, mode);
    // What lies in the user's home is the user's.
    if (path.startsWith(`${plan.user.home}/`)) await files.chown(path, plan.user.uid, plan.user.gid);
  }
  host.end();
}

/** Boots what a plan says and puts its files there. */
export async function openCarrier(plan: BootPlan): Promise<Carrier> {
  plan.signal?.throwIfAborted();
  const carrier = plan.processes ? await bootProcesses(plan) : await bootHere(plan);
  try {
    await writeFiles(carrier, plan);
    plan.signal?.throwIfAborted();
    return carrier;
  } catch (error) {
    await carrier.close();
    throw error;
  }
}

/**
 * Boots a system. Throws TypeError for a wrong option. Dispose of it (`await using`, or close()): a system
 * keeps timers and, with `processes`, child processes.
 */
export async function boot(options: BootOptions = {}): Promise<System> {
  const plan = planFrom(options);
  return new System(await openCarrier(plan), plan);
}
