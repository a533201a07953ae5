/** `chorus down`: ends every site process of a system and removes its state directory. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Arguments } from './arguments.ts';
import { CliError } from './exit.ts';
import { printLine } from './run.ts';
import { removeState, requireState, type SiteRecord, siteAlive, stateDirectory } from './state.ts';

/** Time for an orderly end; then SIGKILL, and time for that. */
const END_MS = 3000;
const KILLED_MS = 2000;
const POLL_MS = 20;

function signalSites(sites: readonly SiteRecord[], signal: NodeJS.Signals): void {
  for (const { hostPid } of sites.filter(siteAlive)) {
    try {
      process.kill(hostPid, signal);
    } catch {
      // It ended in this moment.
    }
  }
}

async function allEnded(sites: readonly SiteRecord[], withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (sites.some(siteAlive)) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

export async function down({ flags }: Arguments): Promise<number> {
  const { sites, name } = requireState(flags.name);
  // The site with the root volume and init goes last: the others still need it to close in good order.
  const [first, ...others] = sites;
  signalSites(others, 'SIGTERM');
  await allEnded(others, END_MS);
  signalSites(first ? [first] : [], 'SIGTERM');
  if (!(await allEnded(sites, END_MS))) signalSites(sites, 'SIGKILL');
  if (!(await allEnded(sites, KILLED_MS))) throw new CliError(`the sites of '${name}' do not end`);
  removeState(stateDirectory(flags.name));
  if (flags.json)
    await printLine(JSON.stringify(sites.map(({ site, hostPid }) => ({ site, hostPid, state: 'down' }))));
  return 0;
}
