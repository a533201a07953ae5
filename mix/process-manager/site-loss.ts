/**
 * What the loss of a site means for the processes of this one: children that lived there have ended
 * (SIGKILL), a parent that lived there is replaced by init, and processes that were moving in from there
 * never will.
 */

import { isKError } from '../../nucleus/errors.ts';
import type { SiteId } from '../../nucleus/ids/ui.ts';
import { isSysError } from '../../subsystems/unix/errno.ts';
import { Sig, WaitStatus } from '../../subsystems/unix/signals.ts';
import { execGo } from './distant-exec.ts';
import { childChanged, forget, giveToInit } from './family.ts';
import type { Manager } from './manager.ts';
import { dropParcelsOf } from './parcel.ts';
import type { Process } from './process.ts';

export function watchSites(pm: Manager): void {
  pm.nucleus.onSite((site, up) => {
    if (!up) siteLost(pm, site);
  });
}

function siteLost(pm: Manager, site: SiteId): void {
  pm.terminalManager = null;
  dropParcelsOf(pm, site);
  for (const [pid, { from }] of [...pm.arriving]) {
    if (from === site) execGo(pm, pid, true, { children: [], pending: [], stopSignal: 0 });
  }
  for (const [pid, where] of [...pm.moved]) if (where === site) pm.moved.delete(pid);
  for (const process of [...pm.processes.values()]) {
    if (process.state === 'running') buryChildren(process, site);
    if (process.state !== 'exiting' && process.parentPort && !pm.find(process.ppid)) checkParent(pm, process);
  }
}

function buryChildren(parent: Process, site: SiteId): void {
  for (const child of [...parent.children.values()]) {
    if (child.site !== site || child.ended) continue;
    const change = { kind: 'exited', status: WaitStatus.signaled(Sig.KILL) };
    childChanged(parent, child.pid, change, child.pgid);
  }
}

/** The parent may have moved since the fork: its control port tells whether it still lives. */
function checkParent(pm: Manager, process: Process): void {
  const { ppid, parentPort, pid, pgid, controlPort } = process;
  pm.background(async (thread) => {
    try {
      await pm.peers.info(thread, { target: parentPort! }, { pid: ppid });
    } catch (error) {
      if (!isKError(error) && !isSysError(error, 'ESRCH')) throw error;
      if (process.state !== 'running') {
        if (process.state === 'zombie') forget(process);
        return;
      }
      const stopped = process.stopSignal !== 0;
      giveToInit(pm, [{ pid, pgid, port: controlPort, stopped, status: null, site: pm.site }]);
    }
  });
}
