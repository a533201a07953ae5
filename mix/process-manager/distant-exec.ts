/**
 * exec onto another site: the process moves, number and all.
 *
 * 1. `execHere`: the other manager holds the descriptors and loads the image; a failure leaves everything as
 * it was.
 * 2. The control port is migrated: signals and news of children follow it.
 * 3. `execGo` carries what happened meanwhile, and the program starts there; here the process is forgotten.
 */

import type { Actor } from '../../nucleus/actors/actor.ts';
import { isKError } from '../../nucleus/errors.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { SiteId, UI } from '../../nucleus/ids/ui.ts';
import type { Destination } from '../../nucleus/ipc/message.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { Sig, WaitStatus } from '../../subsystems/unix/signals.ts';
import { type Environment, type Pid, Terminated } from '../../subsystems/unix/sys.ts';
import { makeActor, startControl } from './build.ts';
import { setAlarm } from './calls/signals.ts';
import { enterImage, type Loaded, loadImage, retireImage } from './exec.ts';
import { endProcess } from './exit.ts';
import { parentHears, tellParent } from './family.ts';
import type { Manager } from './manager.ts';
import {
  applyContext,
  type ContextImage,
  checkContext,
  contextOf,
  dropParts,
  keepParts,
  unpackParts,
} from './marshal.ts';
import { openCargo, sendCargo } from './parcel.ts';
import { creationSiteOf } from './pids.ts';
import { type Child, Process, UThread } from './process.ts';
import { act, stopProcess } from './signals.ts';

/** A process built here whose control port has not arrived. */
export interface Arrival {
  readonly process: Process;
  readonly loaded: Loaded;
  readonly context: ContextImage;
  readonly from: SiteId;
}

/** What happened to a process between its context was sent and it left. */
export interface News {
  children: Child[];
  pending: number[];
  stopSignal: number;
}

// --- the site that it leaves -----------------------------------------------------------------------------

export async function distantExec(
  t: UThread,
  path: string,
  argv: readonly string[],
  env: Environment,
): Promise<never> {
  const { process } = t;
  const { pm, pid, csite } = process;
  const context = contextOf(process, true);
  const kept = keepParts(process);
  let there: Destination;
  let actor: UI;
  try {
    const reply = await pm.withThread(async (thread) => {
      there = await pm.reach(thread, csite);
      const cargo = await sendCargo(pm, thread, there, { context, argv: [...argv], env });
      return pm.peers.execHere(thread, there, { cargo, path }, { abortable: false });
    });
    actor = reply.actor;
    if (process.state === 'running') await migrateControl(process, actor);
  } catch (error) {
    throw isKError(error) ? new SysError('EHOSTDOWN') : error;
  } finally {
    dropParts(pm, kept);
  }
  const cancel = process.state !== 'running';
  const news = newsOf(process);
  if (!cancel && !pm.isUp(csite)) {
    endProcess(process, WaitStatus.signaled(Sig.KILL));
    throw new Terminated();
  }
  if (!cancel) vanish(process, csite);
  pm.background(async (thread) => {
    if (!cancel) await announceMove(process, thread);
    const cargo = await sendCargo(pm, thread, there, news);
    await pm.peers.execGo(thread, there, { pid, cancel, news: cargo }, { abortable: false });
  });
  throw new Terminated();
}

/**
 * The parent knows where the process is before it runs there: when that site is lost meanwhile, nobody else
 * could tell it.
 */
async function announceMove(process: Process, thread: Thread): Promise<void> {
  try {
    await parentHears(process, { kind: 'moved', status: process.csite }, thread);
  } catch (error) {
    // The parent has ended, or is moving itself.
    if (!isKError(error) && !(error instanceof SysError)) throw error;
  }
}

async function migrateControl(process: Process, actor: UI): Promise<void> {
  const port = process.pm.nucleus.ipc.ports.get(process.controlPort);
  if (!port) throw new SysError('ESRCH');
  await process.pm.nucleus.portMigrate(process.actor, port.li, actor, { follow: true });
}

function newsOf(process: Process): News {
  const { children, signals, stopSignal } = process;
  return { children: [...children.values()], pending: signals.pending.list(), stopSignal };
}

/** Forgets a process that lives elsewhere now: nobody is told, nothing of it ends. */
function vanish(process: Process, site: SiteId): void {
  const { pm, pid, pgid, sid } = process;
  for (const child of pm.processes.values()) {
    if (child.ppid === pid && child.parentPort) child.parentGroup = { pgid, sid };
  }
  retireImage(process.image);
  process.state = 'zombie';
  process.alarm?.cancel();
  pm.leaveGroup(process);
  pm.processes.delete(pid);
  if (creationSiteOf(pid) === pm.site) pm.moved.set(pid, site);
  pm.nucleus.actorDelete(process.actor);
  dropParts(pm, process);
}

// --- the site that it comes to ---------------------------------------------------------------------------

export async function execHere(
  pm: Manager,
  request: { cargo?: unknown; path: string },
  from: SiteId,
): Promise<{ actor: UI }> {
  const cargo = openCargo(pm, request.cargo, from);
  const context = checkContext(cargo.context);
  const { path } = request;
  const argv = cargo.argv as string[];
  const env = cargo.env as Environment;
  const parts = await unpackParts(pm, context);
  let actor: Actor | undefined;
  try {
    actor = makeActor(pm, context.pid, context.comm, context.creds.euid, context.creds.egid);
    const process = new Process(pm, context.pid, { ...parts, actor, controlPort: context.controlPort });
    process.comm = context.comm;
    applyContext(process, context);
    const t = new UThread(pm.nucleus.threadCreate(actor, { name: 'exec' }), process.image);
    const loaded = await loadImage(t, path, argv, env);
    pm.nucleus.threadDelete(t.thread);
    context.env = env;
    // Lost while the image was loading: its loss was dealt with before there was an arrival to cancel.
    if (!pm.isUp(from)) throw new SysError('EHOSTDOWN');
    pm.arriving.set(context.pid, { process, loaded, context, from });
    return { actor: actor.capability.ui };
  } catch (error) {
    if (actor) pm.nucleus.actorDelete(actor);
    dropParts(pm, parts);
    throw error;
  }
}

/** The process is wholly here: it runs. With `cancel` it was killed meanwhile. */
export function execGo(pm: Manager, pid: Pid, cancel: boolean, news: News): void {
  const arrival = pm.arriving.get(pid);
  if (!arrival) throw new SysError('ESRCH');
  pm.arriving.delete(pid);
  const { process, loaded, context } = arrival;
  const port = pm.nucleus.ipc.ports.get(process.controlPort);
  if (cancel || port?.actor !== process.actor) {
    pm.nucleus.actorDelete(process.actor);
    dropParts(pm, process);
    return;
  }
  Object.assign(process.usage, context.usage);
  process.locks = context.locks;
  for (const child of news.children) process.children.set(child.pid, child);
  pm.enter(process);
  startControl(process, port.li);
  settleHome(pm, pid);
  tellParent(process, { kind: 'moved', status: pm.site });
  if (context.alarmMs >= 0) setAlarm(process, context.alarmMs);
  enterImage(process, loaded, context.env);
  for (const sig of news.pending) process.signals.pending.post(sig);
  act(process);
  if (news.stopSignal !== 0 && process.state === 'running') stopProcess(process, news.stopSignal);
}

/** The creation site keeps where its processes are. */
function settleHome(pm: Manager, pid: Pid): void {
  const home = creationSiteOf(pid);
  if (home === pm.site) pm.moved.delete(pid);
  else pm.background((thread) => pm.peers.pidMoved(thread, pm.managerOf(home), { pid, site: pm.site }));
}
