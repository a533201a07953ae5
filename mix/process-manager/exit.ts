/**
 * The end of a process: its actor is deleted at once, so whatever its program was doing, every call that it
 * waits in or makes later throws Terminated. Descriptors are closed before the parent hears of it.
 */
import { isPromise } from '../../nucleus/awaitable.ts';
import { disown, forget, parentHears, tellParent } from './family.ts';
import { groupsAround, hangUpSession, releaseOrphans } from './groups.ts';
import { tellIpcManagers } from './ipc-use.ts';
import { GONE, type Process } from './process.ts';

/** Ends a process with a wait status; does nothing to one that has ended. */
export function endProcess(process: Process, status: number): void {
  if (process.state !== 'running') return;
  const { pm } = process;
  chargeLastSlice(process);
  const orphaned = groupsAround(process);
  process.state = 'exiting';
  process.status = status;
  process.image.attention |= GONE;
  process.stopSignal = 0;
  process.alarm?.cancel();
  process.alarm = null;
  if (process.locks) dropLocks(process);
  if (process.queueNotices) dropNotices(process);
  hangUpSession(process);
  process.image.guest?.end();
  pm.nucleus.actorDelete(process.actor);
  if (process.ipcSites) tellIpcManagers(process);
  for (const wake of process.waiters.splice(0)) wake();
  disown(process);
  process.fds = process.fds.alone();
  const closed = process.fds.closeAll();
  void pm.objects.drop(process.cwd);
  void pm.objects.drop(process.root);
  releaseOrphans(pm, orphaned);
  if (isPromise(closed)) closed.finally(() => becomeZombie(process));
  else becomeZombie(process);
}

function chargeLastSlice(process: Process): void {
  const { cpu, nucleus } = process.pm;
  if (cpu.current !== process) return;
  process.usage.userMs += nucleus.clock.monotonic() - cpu.sinceMs;
  cpu.current = null;
}

/** Record locks go with the process, whoever else still has the files open. */
export function dropLocks(process: Process): void {
  const { pm, pid } = process;
  for (const [, { object }] of process.fds.entries()) {
    const { key } = object;
    if (object.kind !== 'file' || key === undefined) continue;
    pm.background((thread) => pm.servers.unlockAll(thread, object.dest, { key, pid }));
  }
}

function dropNotices({ pm, pid, fds }: Process): void {
  for (const [, { object }] of fds.entries()) {
    const { key, kind, dest } = object;
    if (kind !== 'mq' || key === undefined) continue;
    pm.background((thread) => pm.queues.notify(thread, dest, { key, on: false, pid, signal: 0 }));
  }
}

/** A zombie stays until its parent, wherever it lives, has taken the status; at once when there is none. */
function becomeZombie(process: Process): void {
  const { pm, pid, status, usage } = process;
  process.state = 'zombie';
  pm.pidfds.tell();
  const change = { kind: 'exited', status, usage: { ...usage } };
  const parent = pm.find(process.ppid);
  if (parent) {
    const awaited = parent.children.has(pid);
    tellParent(process, change);
    if (!awaited) forget(process);
    return;
  }
  if (!process.parentPort) {
    forget(process);
    return;
  }
  pm.background(async (thread) => {
    try {
      await parentHears(process, change, thread);
    } catch {
      forget(process);
    }
  });
}
