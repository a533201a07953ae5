/** `chorus ps`: every process of the system that is up, whichever site it lives on. */
import { PROCESS_MANAGERS, ProcessProtocol } from '../../mix/protocols/process.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { type SiteId, uiSite } from '../../nucleus/ids/ui.ts';
import { client } from '../../nucleus/ipc/stubs.ts';
import type { Arguments } from './arguments.ts';
import { asGuest, type Guest } from './guest.ts';
import { printLine } from './run.ts';
import { requireState, siteAlive } from './state.ts';
import { printTable } from './tabulate.ts';

/** A site that does not answer within this is left out, ms. */
const ANSWER_MS = 2000;

interface Row {
  pid: number;
  ppid: number;
  site: number;
  uid: number;
  state: string;
  command: string;
}

/** What a Process Manager tells of one process; the fields that are shown here. */
interface ProcessInfo {
  pid: number;
  ppid: number;
  creds: { uid: number };
  state: string;
  comm: string;
  argv: readonly string[];
}

async function processesOf(guest: Guest, thread: Thread, site: SiteId): Promise<Row[]> {
  const dest = { target: PROCESS_MANAGERS.ui, mode: 'associative', coTarget: uiSite(site) } as const;
  const managers = client(guest.home.nucleus, ProcessProtocol);
  const options = { delayMs: ANSWER_MS };
  const rows: Row[] = [];
  const { pids } = await managers.list(thread, dest, {}, options);
  for (const pid of pids) {
    try {
      const { info } = await managers.info(thread, dest, { pid }, options);
      const { ppid, creds, state, comm, argv } = info as ProcessInfo;
      rows.push({ pid, ppid, site, uid: creds.uid, state, command: argv.join(' ') || `[${comm}]` });
    } catch {
      // It ended between the two questions.
    }
  }
  return rows;
}

export async function ps({ flags }: Arguments): Promise<number> {
  const state = requireState(flags.name);
  const sites = state.sites.filter(siteAlive).map(({ site }) => site);
  const rows = await asGuest(state, async (guest) => {
    const { nucleus } = guest.home;
    const thread = nucleus.threadCreate(nucleus.kernel, { name: 'ps' });
    const lists = await Promise.all(sites.map((site) => processesOf(guest, thread, site).catch(() => [])));
    return lists.flat();
  });
  if (flags.json) await printLine(JSON.stringify(rows));
  else await printTable(['pid', 'ppid', 'site', 'uid', 'state', 'command'], rows);
  return 0;
}
