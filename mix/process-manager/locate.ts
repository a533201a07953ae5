/**
 * Finds processes: this site's table, the creation site in the pid, then everyone. The answer is a
 * destination: the local manager, or the control port of the process, which follows it.
 */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { SITE_MAX } from '../../nucleus/ids/ui.ts';
import type { Destination } from '../../nucleus/ipc/message.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Pid } from '../../subsystems/unix/sys.ts';
import type { ProcessInfo } from './info.ts';
import type { Manager } from './manager.ts';
import { creationSiteOf } from './pids.ts';
import type { UThread } from './process.ts';

/** Throws ESRCH when no reachable site knows the process. */
export function locate(t: UThread, pid: Pid): Awaitable<Destination> {
  return locatePid(t.process.pm, pid);
}

export function locatePid(pm: Manager, pid: Pid): Awaitable<Destination> {
  if (pm.processes.has(pid)) return { target: pm.port };
  if (!Number.isInteger(pid) || pid <= 0 || creationSiteOf(pid) > SITE_MAX) throw new SysError('ESRCH');
  return locateRemote(pm, pid);
}

async function locateRemote(pm: Manager, pid: Pid): Promise<Destination> {
  const home = creationSiteOf(pid);
  if (home === pm.site && !pm.moved.has(pid)) throw new SysError('ESRCH');
  const first = home === pm.site ? pm.moved.get(pid)! : home;
  const ask = async (thread: Thread, dest: Destination): Promise<Destination> => {
    const { site, controlPort } = await pm.peers.locate(thread, dest, { pid });
    return controlPort === undefined ? pm.managerOf(site) : { target: controlPort };
  };
  try {
    return await pm.withThread((thread) => ask(thread, pm.managerOf(first)));
  } catch (error) {
    // The creation site knows all of its own: only its silence is worth asking everyone.
    if (!isKError(error) && first === home) throw error;
  }
  const [found] = await pm.askOthers(ask);
  if (!found) throw new SysError('ESRCH');
  return found;
}

/** What a process' manager tells of it. Throws ESRCH. */
export async function infoOf(t: UThread, pid: Pid): Promise<ProcessInfo> {
  const { pm } = t.process;
  const dest = await locate(t, pid);
  return gone(async () => {
    const { info } = await pm.withThread((thread) => pm.peers.info(thread, dest, { pid }));
    return info as ProcessInfo;
  });
}

/** A process whose site is lost meanwhile is no more: ESRCH. */
export async function gone<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    if (isKError(error, 'K_EABORT') || !isKError(error)) throw error;
    throw new SysError('ESRCH');
  }
}
