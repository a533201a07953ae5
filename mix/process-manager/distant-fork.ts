/** fork onto another site: the parent's manager sends the context, the other one builds the child. */
import { isKError } from '../../nucleus/errors.ts';
import type { SiteId, UI } from '../../nucleus/ids/ui.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { Sig, WaitStatus } from '../../subsystems/unix/signals.ts';
import { type Pid, Terminated } from '../../subsystems/unix/sys.ts';
import { buildProcess, type Parts } from './build.ts';
import { endProcess } from './exit.ts';
import { childChanged, childMoved, giveToInit, newChild } from './family.ts';
import { checkProcessCount, startEntry } from './fork.ts';
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
import type { Process, UThread } from './process.ts';
import { loadProgram, newImage } from './program.ts';

/** In the parent's manager. Throws EHOSTDOWN when the site is lost, EAGAIN, ENOEXEC from there. */
export async function distantFork(t: UThread, entry: string, state: unknown): Promise<Pid> {
  const { process: parent } = t;
  const { pm, csite } = parent;
  const context = { ...contextOf(parent, false), ppid: parent.pid, parentPort: parent.controlPort };
  context.parentGroup = { pgid: parent.pgid, sid: parent.sid };
  const kept = keepParts(parent);
  parent.distantForks += 1;
  try {
    // Not abortable: a signal may not leave the question whether the child exists.
    const options = { abortable: false };
    const child = await pm.withThread(async (thread) => {
      const there = await pm.reach(thread, csite);
      const cargo = await sendCargo(pm, thread, there, { context, state });
      return pm.peers.forkHere(thread, there, { cargo, entry }, options);
    });
    const { pid, pgid, controlPort } = child;
    if (parent.state !== 'running') {
      giveToInit(pm, [{ pid, pgid, port: controlPort, stopped: false, status: null, site: csite }]);
      throw new Terminated();
    }
    const record = newChild(pid, pgid, controlPort, csite);
    parent.children.set(pid, record);
    childMoved(parent, record, csite);
    for (const news of parent.earlyNews.get(pid) ?? []) childChanged(parent, pid, news.change, news.pgid);
    parent.earlyNews.delete(pid);
    return pid;
  } catch (error) {
    throw isKError(error) ? new SysError(isKError(error, 'K_ENOMEM') ? 'EAGAIN' : 'EHOSTDOWN') : error;
  } finally {
    dropParts(pm, kept);
    parent.distantForks -= 1;
    if (parent.distantForks === 0) parent.earlyNews.clear();
  }
}

type Start = (child: Process) => void | Promise<void>;

async function programStart(
  pm: Manager,
  context: ContextImage,
  entry: string,
  state: unknown,
): Promise<Start> {
  const program = await loadProgram(pm, context.program);
  if (!program.entries || !Object.hasOwn(program.entries, entry)) throw new SysError('EINVAL');
  return (child) => {
    newImage(child, program, context.env);
    startEntry(child, program, entry, state);
  };
}

/** No entry: the image of an ELF program. */
async function guestStart({ env }: ContextImage, state: unknown): Promise<Start> {
  const { arrive } = await import('./guest/index.ts');
  return (child) => arrive(child, env, state);
}

/** In the child's manager: builds it and lets it run. */
export async function forkFromAfar(
  pm: Manager,
  request: { cargo?: unknown; entry: string },
  from: SiteId,
): Promise<{ pid: Pid; controlPort: UI; pgid: Pid }> {
  const { context: sent, state } = openCargo(pm, request.cargo, from);
  const context = checkContext(sent);
  const { entry } = request;
  checkProcessCount(pm, context.creds.uid, context.limits);
  const start =
    entry === '' ? await guestStart(context, state) : await programStart(pm, context, entry, state);
  const parts = await unpackParts(pm, context);
  const child = buildArrived(pm, context, parts);
  try {
    await start(child);
  } catch (error) {
    endProcess(child, WaitStatus.signaled(Sig.KILL));
    throw error;
  }
  return { pid: child.pid, controlPort: child.controlPort, pgid: child.pgid };
}

function buildArrived(pm: Manager, context: ContextImage, parts: Parts): Process {
  try {
    const child = buildProcess(pm, pm.pids.allocate(), parts);
    applyContext(child, context);
    pm.enter(child);
    pm.forks += 1;
    return child;
  } catch (error) {
    dropParts(pm, parts);
    throw error;
  }
}
