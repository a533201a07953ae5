/**
 * Parents and children: what a parent's Process Manager keeps of each child, how news of a child reaches it,
 * and who looks after orphans. A parent is reached through its control port, so it may live, or move,
 * anywhere.
 */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { isUi, type SiteId, type UI } from '../../nucleus/ids/ui.ts';
import { SA } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { childNews, type SigInfo } from '../../subsystems/unix/siginfo.ts';
import { Sig, WaitStatus } from '../../subsystems/unix/signals.ts';
import type { Pid, Usage } from '../../subsystems/unix/sys.ts';
import type { Manager } from './manager.ts';
import { creationSiteOf } from './pids.ts';
import { type Child, NO_USAGE, type Process } from './process.ts';
import { actionOf, isCaught, post } from './signals.ts';

export interface Change {
  kind: string;
  status: number;
  usage?: unknown;
}

export const INIT_PID = 1;

/** Children handed over in one message. */
const ADOPT_BATCH = 256;

export const newChild = (
  pid: Pid,
  pgid: Pid,
  port: UI | null,
  site: SiteId,
  exitSignal: number = Sig.CHLD,
): Child => ({
  pid,
  pgid,
  ended: null,
  news: 0,
  stopped: false,
  port,
  site,
  exitSignal,
});

function isUsage(value: unknown): value is Usage {
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(NO_USAGE).every((name) => typeof (value as Record<string, unknown>)[name] === 'number');
}

/** Tells the parent, wherever it lives. News for a parent that is gone are lost: init or nobody cares. */
export function tellParent(process: Process, change: Change): void {
  const { pm } = process;
  if (pm.find(process.ppid)) void parentHears(process, change);
  else if (process.parentPort) pm.background((thread) => parentHears(process, change, thread));
}

/** The same for callers that go on when the parent has heard; `thread` sends to a parent on another site. */
export function parentHears(process: Process, change: Change, thread?: Thread): Awaitable<unknown> {
  const { pm, parentPort, ppid, pid, pgid } = process;
  const parent = pm.find(ppid);
  if (parent) {
    if (parent.children.has(pid)) childChanged(parent, pid, change, pgid);
    return undefined;
  }
  if (!parentPort || !thread) return undefined;
  const request = { parent: ppid, child: pid, change, pgid };
  return pm.peers.childChanged(thread, { target: parentPort }, request);
}

/** News of a child arrived at its parent's Process Manager. Throws ESRCH for a child it does not have. */
export function childChanged(parent: Process, pid: Pid, change: Change, pgid: Pid): void {
  const child = parent.children.get(pid);
  if (!child) {
    if (parent.distantForks === 0) throw new SysError('ESRCH');
    const early = parent.earlyNews.get(pid);
    if (early) early.push({ change, pgid });
    else parent.earlyNews.set(pid, [{ change, pgid }]);
    return;
  }
  child.pgid = pgid;
  if (change.kind === 'exited') childEnded(parent, child, change);
  else if (change.kind === 'moved') childMoved(parent, child, change.status);
  else if (change.kind !== 'group') childStopped(parent, child, change);
  parent.childQueue.wakeAll();
}

/** The loss of a site may be told before the news of a child that had gone there. */
export function childMoved(parent: Process, child: Child, site: SiteId): void {
  child.site = site;
  if (child.ended || parent.pm.isUp(site)) return;
  childEnded(parent, child, { kind: 'exited', status: WaitStatus.signaled(Sig.KILL) });
}

function childEnded(parent: Process, child: Child, change: Change): void {
  const { disposition, flags } = actionOf(parent, Sig.CHLD);
  const usage = isUsage(change.usage) ? change.usage : NO_USAGE;
  child.ended = { status: change.status, usage };
  child.news = 0;
  // POSIX: with SIGCHLD ignored, or SA_NOCLDWAIT, children leave no zombies.
  const leavesNone = disposition === 'ignore' || (flags & SA.NOCLDWAIT) !== 0;
  if (leavesNone && child.exitSignal === Sig.CHLD) {
    parent.pm.unclaimedMs += usage.userMs + usage.systemMs + usage.childUserMs + usage.childSystemMs;
    release(parent, child);
  }
  const { exitSignal } = child;
  if (exitSignal !== 0) post(parent, exitSignal, childInfo(parent, child, change.status, exitSignal));
}

/** What SIGCHLD, or the signal that the child was given for its end, tells when it has somebody to tell. */
function childInfo(parent: Process, { pid }: Child, status: number, sig: number): SigInfo | undefined {
  const heard = isCaught(actionOf(parent, sig).disposition) || parent.signals.mask.has(sig);
  return heard ? { ...childNews(pid, status), sig } : undefined;
}

function childStopped(parent: Process, child: Child, change: Change): void {
  child.stopped = change.kind === 'stopped';
  child.news = change.status;
  if ((actionOf(parent, Sig.CHLD).flags & SA.NOCLDSTOP) === 0)
    post(parent, Sig.CHLD, childInfo(parent, child, change.status, Sig.CHLD));
}

/** The parent has taken the status: the zombie goes, its number is free, what it used is the parent's. */
export function reap(parent: Process, child: Child): void {
  const usage = child.ended?.usage;
  if (usage) {
    parent.usage.childUserMs += usage.userMs + usage.childUserMs;
    parent.usage.childSystemMs += usage.systemMs + usage.childSystemMs;
    const { childResidentKiB } = parent.usage;
    parent.usage.childResidentKiB = Math.max(childResidentKiB, usage.residentKiB, usage.childResidentKiB);
  }
  release(parent, child);
}

function release(parent: Process, child: Child): void {
  parent.children.delete(child.pid);
  releaseZombie(parent.pm, child.pid, child.site);
}

/** Nobody will ask for this ended process any more: the site that it lived on forgets it. */
function releaseZombie(pm: Manager, pid: Pid, site: SiteId): void {
  const zombie = pm.processes.get(pid);
  if (zombie?.state === 'zombie') forget(zombie);
  else if (site !== pm.site) {
    pm.background((thread) => pm.peers.reaped(thread, pm.managerOf(site), { pid }));
  }
}

/** Takes an ended process out of the tables. */
export function forget(process: Process): void {
  const { pm, pid } = process;
  pm.leaveGroup(process);
  pm.processes.delete(pid);
  const home = creationSiteOf(pid);
  if (home !== pm.site) pm.background((thread) => pm.peers.pidFreed(thread, pm.managerOf(home), { pid }));
}

// --- orphans
// ---------------------------------------------------------------------------------------------------

/** A child as it is handed to init. */
export interface AdoptedChild {
  pid: Pid;
  pgid: Pid;
  port: UI | null;
  stopped: boolean;
  status: number | null;
  site: SiteId;
}

/** A process ends: its children become init's. */
export function disown(process: Process): void {
  const { pm } = process;
  const orphans: AdoptedChild[] = [];
  for (const child of process.children.values()) {
    const { pid, pgid, port, stopped, ended, site } = child;
    orphans.push({ pid, pgid, port, stopped, status: ended ? ended.status : null, site });
  }
  process.children.clear();
  if (orphans.length === 0) return;
  for (const { pid, status, site } of orphans) if (status !== null) releaseZombie(pm, pid, site);
  giveToInit(
    pm,
    orphans.filter(({ status }) => status === null),
  );
}

export function giveToInit(pm: Manager, orphans: AdoptedChild[]): void {
  if (orphans.length === 0) return;
  for (const { pid } of orphans) {
    const child = pm.processes.get(pid);
    if (child) setParent(child, INIT_PID, null);
  }
  if (pm.init) {
    adopt(pm.init, orphans);
    for (const orphan of orphans) newParentFor(pm, orphan, pm.init.controlPort);
    return;
  }
  pm.background(async (thread) => {
    for (let at = 0; at < orphans.length; at += ADOPT_BATCH) {
      const children = orphans.slice(at, at + ADOPT_BATCH);
      const { parentPort } = await pm.peers.adopt(thread, pm.managerOf(1), { children });
      for (const orphan of children) newParentFor(pm, orphan, parentPort ?? null);
    }
  });
}

/** What another site sent as children to adopt. Throws EPROTO when it is misshapen. */
export function adoptedFrom(value: unknown): AdoptedChild[] {
  if (!Array.isArray(value) || !value.every(isAdopted)) throw new SysError('EPROTO');
  return value;
}

function isAdopted(value: unknown): value is AdoptedChild {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, pgid, port, stopped, status, site } = value as Partial<AdoptedChild>;
  const numbers = [pid, pgid, site, status ?? 0].every(Number.isSafeInteger);
  return numbers && typeof stopped === 'boolean' && (port === null || isUi(port));
}

/** init takes children over. */
export function adopt(init: Process, orphans: readonly AdoptedChild[]): void {
  for (const { pid, pgid, port, stopped, status, site } of orphans) {
    if (status !== null) continue;
    init.children.set(pid, { ...newChild(pid, pgid, port, site), stopped });
  }
}

function newParentFor(pm: Manager, orphan: AdoptedChild, parentPort: UI | null): void {
  const child = pm.processes.get(orphan.pid);
  if (child?.state === 'running') {
    setParent(child, INIT_PID, parentPort);
    return;
  }
  if (!orphan.port || child) return;
  const dest = { target: orphan.port };
  const request = { child: orphan.pid, parent: INIT_PID, ...(parentPort ? { parentPort } : {}) };
  pm.background((thread) => pm.peers.reparent(thread, dest, request));
}

/** A process has another group or session: its children elsewhere are told, for judging orphaned groups. */
export function tellChildrenOfGroup({ pm, children, pgid, sid }: Process): void {
  for (const { pid: child, port, site, ended } of children.values()) {
    if (ended || site === pm.site || !port) continue;
    pm.background((thread) => pm.peers.parentGroup(thread, { target: port }, { child, pgid, sid }));
  }
}

export function setParent(child: Process, parent: Pid, parentPort: UI | null): void {
  child.ppid = parent;
  child.parentPort = parentPort;
  child.parentGroup = null;
}
