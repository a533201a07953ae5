/** What a process owes to IPC Managers, and what they ask of this site. */
import type { SiteId } from '../../nucleus/ids/ui.ts';
import { uiSite } from '../../nucleus/ids/ui.ts';
import type { Destination } from '../../nucleus/ipc/message.ts';
import { IPC_MANAGERS } from '../protocols/ipc.ts';
import { SegmentMapping } from './guest/mapping.ts';
import type { Manager } from './manager.ts';
import type { Process } from './process.ts';

export const ipcManagerOf = (site: SiteId): Destination => ({
  target: IPC_MANAGERS.ui,
  mode: 'associative',
  coTarget: uiSite(site),
});

/** The manager of `site` will hear of the end of the process. */
export function noteIpcUse(process: Process, site: SiteId): void {
  if (!process.ipcSites?.has(site)) process.ipcSites = new Set([...(process.ipcSites ?? []), site]);
}

export function tellIpcManagers({ pm, pid, ipcSites }: Process): void {
  for (const site of ipcSites ?? []) {
    pm.background((thread) => pm.ipc.exited(thread, ipcManagerOf(site), { pid }));
  }
}

/** An address space of the process with attached segments is gone, and the process is not. */
export function leftSegments({ pm, ipcSites }: Process): void {
  for (const site of ipcSites ?? []) {
    pm.background((thread) => pm.ipc.reap(thread, ipcManagerOf(site), {}));
  }
}

/** Attaches of a shared segment on this site: regions, as Linux counts them. */
export function attachesHere(pm: Manager, id: number): number {
  const spaces = new Set([...pm.processes.values()].map(({ image }) => image.guest?.space));
  let count = 0;
  for (const space of spaces) {
    for (const { opaque } of space?.context.regions.all ?? []) {
      if (opaque instanceof SegmentMapping && opaque.id === id) count += 1;
    }
  }
  return count;
}
