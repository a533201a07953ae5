/** What this site tells others about itself: for /proc/chorus and `chorus sites`. */
import type { UI } from '../../nucleus/ids/ui.ts';
import type { Manager } from './manager.ts';

export interface SiteRow {
  site: number;
  name: string;
  actors: number;
  ports: number;
  processes: number;
  calls: number;
  sends: number;
  uptimeMs: number;
}

export interface PortRow {
  ui: string;
  site: number;
  actor: string;
  li: number;
  enabled: boolean;
  handler: boolean;
  queued: number;
  received: number;
}

export interface GroupRow {
  group: string;
  site: number;
  port: string;
  actor: string;
}

/**
 * `what`: 'site', 'ports', 'groups', or 'proc' (the port of this site's /proc). `load`: processes that are
 * not waiting.
 */
export function siteInfo(pm: Manager, what: string): { info: unknown; load: number } {
  return { info: rows(pm, what), load: pm.processes.size };
}

function rows(pm: Manager, what: string): SiteRow[] | PortRow[] | GroupRow[] | UI {
  if (what === 'proc') return pm.procPort;
  if (what === 'ports') return portRows(pm);
  if (what === 'groups') return groupRows(pm);
  const { nucleus } = pm;
  return [
    {
      site: pm.site,
      name: nucleus.name,
      actors: nucleus.actors.size,
      ports: nucleus.ipc.ports.size,
      processes: pm.processes.size,
      calls: nucleus.ipc.counters.calls,
      sends: nucleus.ipc.counters.sends,
      uptimeMs: pm.upMs,
    },
  ];
}

function portRows(pm: Manager): PortRow[] {
  return [...pm.nucleus.ipc.ports.values()].map((port) => ({
    ui: port.ui,
    site: pm.site,
    actor: port.actor.name,
    li: port.li,
    enabled: port.enabled,
    handler: port.handler !== null,
    queued: port.queue.length,
    received: port.sequence,
  }));
}

function groupRows(pm: Manager): GroupRow[] {
  const result: GroupRow[] = [];
  for (const [group, members] of pm.nucleus.ipc.groups.entries()) {
    for (const port of members) {
      const actor = pm.nucleus.ipc.ports.get(port)?.actor.name ?? '?';
      result.push({ group, site: pm.site, port, actor });
    }
  }
  return result;
}
