/** Booted systems of one or more sites, with host processes that talk to each other by sockets. */
import { afterEach, beforeEach } from 'vitest';
import { bootSystem, type RunningSystem } from '../../../mix/boot/system.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Program, Sys } from '../../../subsystems/unix/sys.ts';
import { settle } from '../support.ts';

export { pending, settle } from '../support.ts';

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (data: Uint8Array): string => new TextDecoder().decode(data);

export interface World {
  readonly system: RunningSystem;
  /** A process on a site. */
  process(site?: number, options?: { uid?: number; program?: Program }): Sys;
  /** The site is gone for the others, all of a sudden. */
  lose(site: number): Promise<void>;
  close(): Promise<void>;
}

export async function bootSites(count = 1, programs: readonly Program[] = []): Promise<World> {
  const sites = Array.from({ length: count }, (_, i) => ({
    site: i + 1,
    ...(i === 0 ? { volumes: [{ mount: '/', kind: 'memfs' as const }] } : {}),
  }));
  const table = new Map(programs.map((program) => [program.name, async () => program]));
  const system = await bootSystem({ sites }, { programs: table });
  const bugs: unknown[] = [];
  for (const { nucleus } of system.sites) nucleus.onBug((bug) => bugs.push(bug));
  return {
    system,
    process: (site = 1, options = {}) =>
      system.sites[site - 1]!.processes.hostProcess('test', { cwd: '/tmp', ...options }),
    lose: async (site) => {
      await system.sites[site - 1]!.nucleus.ipc.remote?.close();
      await settle();
    },
    close: async () => {
      await system.close();
      if (bugs.length > 0) throw bugs[0];
    },
  };
}

/** A fresh system of one site for each test of the block, and a process on it. */
export function inWorld(): { world: World; sys: Sys } {
  let world: World;
  let sys: Sys;
  beforeEach(async () => {
    world = await bootSites();
    sys = world.process();
  });
  afterEach(() => world.close());
  return { world: latest(() => world), sys: latest(() => sys) };
}

/** Stands for what `current` gives when it is used. */
function latest<T extends object>(current: () => T): T {
  return new Proxy({} as T, { get: (_, name) => Reflect.get(current(), name) });
}

/** Name of the error that a call fails with; 'ok' when it does not fail. */
export async function errorOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'ok';
  } catch (error) {
    if (error instanceof SysError) return error.code;
    throw error;
  }
}
