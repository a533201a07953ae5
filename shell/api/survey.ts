/** What the sites of a system say about themselves, asked by the process protocol. */

import { PROCESS_MANAGERS, ProcessProtocol } from '../../mix/protocols/process.ts';
import type { SiteId } from '../../nucleus/ids/ui.ts';
import { uiSite } from '../../nucleus/ids/ui.ts';
import { client } from '../../nucleus/ipc/stubs.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';

/** One site's account of itself. */
export interface SiteAccount {
  site: SiteId;
  name: string;
  actors: number;
  ports: number;
  processes: number;
  calls: number;
  sends: number;
}

/** A site that does not answer within this is left out, ms. */
const ANSWER_MS = 2000;

/** Asks one site; undefined when it does not answer. */
async function ask(nucleus: Nucleus, site: SiteId): Promise<SiteAccount | undefined> {
  const thread = nucleus.threadCreate(nucleus.kernel, { name: 'survey' });
  const dest = { target: PROCESS_MANAGERS.ui, mode: 'associative', coTarget: uiSite(site) } as const;
  try {
    const call = client(nucleus, ProcessProtocol).siteInfo(
      thread,
      dest,
      { what: 'site' },
      { delayMs: ANSWER_MS },
    );
    const { info } = await call;
    return (info as SiteAccount[])[0];
  } catch {
    return undefined;
  } finally {
    nucleus.threadDelete(thread);
  }
}

/** Accounts of those sites that answer. */
export async function survey(nucleus: Nucleus, sites: readonly SiteId[]): Promise<Map<SiteId, SiteAccount>> {
  const accounts = await Promise.all(sites.map((site) => ask(nucleus, site)));
  return new Map(accounts.flatMap((account) => (account ? [[account.site, account] as const] : [])));
}
