/** `chorus sites`: the sites of the system that is up, dead ones included. */

import { survey } from '../api/survey.ts';
import type { Arguments } from './arguments.ts';
import { asGuest } from './guest.ts';
import { printLine } from './run.ts';
import { requireState, siteAlive } from './state.ts';
import { printTable } from './tabulate.ts';

interface Row {
  site: number;
  name: string;
  state: 'up' | 'down';
  hostPid: number;
  address: string;
  actors: number;
  ports: number;
}

export async function sites({ flags }: Arguments): Promise<number> {
  const state = requireState(flags.name);
  const numbers = state.sites.filter(siteAlive).map(({ site }) => site);
  const accounts = await asGuest(state, (guest) => survey(guest.home.nucleus, numbers));
  const rows = state.sites.map(({ site, name, hostPid, address }): Row => {
    const account = accounts.get(site);
    const { actors = 0, ports = 0 } = account ?? {};
    return { site, name, state: account ? 'up' : 'down', hostPid, address, actors, ports };
  });
  if (flags.json) await printLine(JSON.stringify(rows));
  else await printTable(['site', 'name', 'state', 'hostPid', 'actors', 'ports', 'address'], rows);
  return 0;
}
