/** /proc/chorus: the nucleus' own objects, of all sites, as columns with a header line; and the trace. */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import type { Manager } from '../manager.ts';
import { type GroupRow, type PortRow, type SiteRow, siteInfo } from '../site-info.ts';
import { type Directory, file, fixed } from './nodes.ts';

type Column<R> = readonly [title: string, cell: (row: R) => string | number | boolean];

const SITES: readonly Column<SiteRow & { state: string; address: string }>[] = [
  ['SITE', (row) => row.site],
  ['NAME', (row) => row.name],
  ['STATE', (row) => row.state],
  ['ACTORS', (row) => row.actors],
  ['PORTS', (row) => row.ports],
  ['PROCESSES', (row) => row.processes],
  ['CALLS', (row) => row.calls],
  ['SENDS', (row) => row.sends],
  ['ADDRESS', (row) => row.address || '-'],
];

const PORTS: readonly Column<PortRow>[] = [
  ['PORT', (row) => row.ui],
  ['SITE', (row) => row.site],
  ['LI', (row) => row.li],
  ['MODE', (row) => (row.handler ? 'handler' : row.enabled ? 'enabled' : 'disabled')],
  ['QUEUED', (row) => row.queued],
  ['RECEIVED', (row) => row.received],
  ['ACTOR', (row) => row.actor],
];

const GROUPS: readonly Column<GroupRow>[] = [
  ['GROUP', (row) => row.group],
  ['SITE', (row) => row.site],
  ['PORT', (row) => row.port],
  ['ACTOR', (row) => row.actor],
];

export function chorusDirectory(pm: Manager): Directory {
  return fixed({
    groups: () => file(async () => table(GROUPS, await gather<GroupRow>(pm, 'groups'))),
    ports: () => file(async () => table(PORTS, await gather<PortRow>(pm, 'ports'))),
    sites: () => file(() => sitesText(pm)),
    trace: () => ({ kind: 'stream', everywhere: true, uid: 0, gid: 0, mode: 0o400 }),
    'trace.here': () => ({ kind: 'stream', everywhere: false, uid: 0, gid: 0, mode: 0o400 }),
  });
}

/** Rows of this site and of every other that answers. */
async function gather<R>(pm: Manager, what: string): Promise<R[]> {
  const here = siteInfo(pm, what).info as R[];
  const others = await pm.askOthers(
    (thread, dest): Awaitable<{ info?: unknown }> => pm.peers.siteInfo(thread, dest, { what }),
  );
  return [here, ...others.map(({ info }) => info as R[])].flat();
}

async function sitesText(pm: Manager): Promise<string> {
  const known = pm.nucleus.ipc.remote?.sites() ?? [];
  const rows = (await gather<SiteRow>(pm, 'site')).map((row) => {
    const address = known.find(({ site }) => site === row.site)?.address ?? '';
    return { ...row, address, state: 'up' };
  });
  for (const { site, name, address, up } of known) {
    if (up || rows.some((row) => row.site === site)) continue;
    const none = { actors: 0, ports: 0, processes: 0, calls: 0, sends: 0, uptimeMs: 0 };
    rows.push({ site, name, address, state: 'down', ...none });
  }
  rows.sort((a, b) => a.site - b.site);
  return table(SITES, rows);
}

/** Columns as wide as their widest cell; numbers to the right. */
function table<R>(columns: readonly Column<R>[], rows: readonly R[]): string {
  const cells = rows.map((row) => columns.map(([, cell]) => cell(row)));
  const titles = columns.map(([title]) => title);
  const widths = titles.map((title, i) =>
    Math.max(title.length, ...cells.map((line) => String(line[i]).length)),
  );
  const numeric = titles.map((_, i) => cells.length > 0 && typeof cells[0]![i] === 'number');
  const pad = (line: readonly unknown[]): string =>
    line
      .map((cell, i) => (numeric[i] ? String(cell).padStart(widths[i]!) : String(cell).padEnd(widths[i]!)))
      .join(' ')
      .trimEnd();
  return `${[titles, ...cells].map(pad).join('\n')}\n`;
}
