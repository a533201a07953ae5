/**
 * clone: threads, forks with a deferred copy of the address space, and vfork, whose child borrows it until it
 * execs or ends.
 */
import { isKError } from '../../../nucleus/errors.ts';
import { allocateState, copyState, setX } from '../../../nucleus/supervisor/cpu/state.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { CloneRequest } from '../../../subsystems/unix/linux/task.ts';
import { type Awaitable, type Pid, Terminated } from '../../../subsystems/unix/sys.ts';
import { endProcess } from '../exit.ts';
import { setParent } from '../family.ts';
import { buildChild, checkProcessCount } from '../fork.ts';
import type { Process } from '../process.ts';
import { inherited } from '../scheduling.ts';
import { forkElsewhere } from './distant.ts';
import { Guest, type GuestThread } from './guest.ts';
import { newGuestImage, newGuestThread, quotaOf } from './image.ts';
import type { Space } from './space.ts';
import { schedule } from './thread-scheduling.ts';

const SP = 2;
const TP = 4;
const A0 = 10;
/** Threads of one process: EAGAIN. */
export const THREADS_MAX = 4096;

export function clone(g: GuestThread, request: CloneRequest): Awaitable<Pid> {
  if (request.thread) return cloneThread(g, request);
  // A vfork child is in its parent's memory: it stays here, and its exec goes to the other site.
  const { csite, pm } = g.process;
  if (csite !== pm.site && !request.shareMemory) return forkElsewhere(g, request);
  return cloneProcess(g, request);
}

function cloneThread(g: GuestThread, request: CloneRequest): Pid {
  const { guest, process } = g;
  const { pm } = process;
  if (guest.threads.size >= THREADS_MAX) throw new SysError('EAGAIN');
  checkProcessCount(pm, process.creds.uid, process.limits);
  const tid = pm.pids.allocate();
  const thread = newThread(guest, g, tid);
  g.runtime.threadIds.set(tid, process);
  prepareRegisters(thread, request);
  thread.mask = g.mask.clone();
  thread.name = g.name;
  schedule(thread, inherited(g.scheduling));
  thread.task.inheritSlack(g.task);
  thread.clearTid = request.clearTid;
  if (request.parentTid !== 0) g.memory.setU32(request.parentTid, tid);
  if (request.childTid !== 0) g.memory.setU32(request.childTid, tid);
  guest.updateMask();
  g.runtime.processor.ready(thread);
  return tid;
}

/** Throws EAGAIN when the site has no room for one more. */
function newThread(guest: Guest, from: GuestThread, tid: Pid): GuestThread {
  try {
    const state = allocateState(from.state.memory);
    copyState(from.state, state);
    return newGuestThread(guest, tid, state);
  } catch (error) {
    throw isKError(error) ? new SysError('EAGAIN') : error;
  }
}

function prepareRegisters(thread: GuestThread, { stack, tls }: CloneRequest): void {
  setX(thread.state, A0, 0);
  if (stack !== 0) setX(thread.state, SP, stack);
  if (tls !== undefined) setX(thread.state, TP, tls);
}

/** CLONE_PARENT: the child's parent is the caller's. Its parent is on this site, or stays the caller. */
function giveToParent(caller: Process, child: Process): void {
  const parent = caller.pm.find(caller.ppid);
  const entry = caller.children.get(child.pid);
  if (!parent || !entry) return;
  caller.children.delete(child.pid);
  parent.children.set(child.pid, entry);
  setParent(child, parent.pid, parent.controlPort);
}

function cloneProcess(g: GuestThread, request: CloneRequest): Awaitable<Pid> {
  const { process: parent } = g;
  const child = buildChild(parent, {
    exitSignal: request.exitSignal,
    handlers: !request.clearHandlers,
    shareFiles: request.shareFiles,
  });
  if (request.parent) giveToParent(parent, child);
  try {
    const thread = childThread(g, child, request);
    const { pid } = child;
    thread.mask = g.mask.clone();
    thread.altStack = request.shareMemory && !request.vfork ? { sp: 0, flags: 0, bytes: 0 } : g.altStack;
    thread.name = g.name;
    schedule(thread, inherited(g.scheduling));
    thread.task.inheritSlack(g.task);
    thread.clearTid = request.clearTid;
    thread.guest.updateMask();
    if (request.parentTid !== 0) g.memory.setU32(request.parentTid, pid);
    if (request.childTid !== 0) thread.memory.setU32(request.childTid, pid);
    if (request.pidfd !== 0) g.memory.setU32(request.pidfd, g.sys.pidfdOpen(pid, 0) as number);
    g.runtime.processor.ready(thread);
    return request.vfork ? waitForChild(g, thread.guest, pid) : pid;
  } catch (error) {
    (child.pm.find(child.ppid) ?? parent).children.delete(child.pid);
    endProcess(child, 0);
    throw isKError(error) ? new SysError(isKError(error, 'K_ENOMEM') ? 'ENOMEM' : 'EAGAIN') : error;
  }
}

function childThread(g: GuestThread, child: Process, request: CloneRequest): GuestThread {
  const { space } = g.guest;
  const image = newGuestImage(child, g.t.image.env);
  const shared = request.shareMemory;
  const guest = new Guest(image, shared ? share(space) : copy(space, child), quotaOf(child));
  image.guest = guest;
  guest.barriers = g.guest.barriers;
  const thread = newThread(guest, g, child.pid);
  prepareRegisters(thread, request);
  return thread;
}

function share(space: Space): Space {
  space.users += 1;
  return space;
}

/** The child's own space: regions duplicated, pages copied when one of the two writes to them. */
function copy(from: Space, child: Process): Space {
  const { vm } = child.pm.nucleus;
  const context = vm.contextOf(child.actor);
  vm.rgnDup(context, from.context);
  return from.fork(context);
}

/** The parent stands still while the child is in its memory: only its own death ends that. */
async function waitForChild(g: GuestThread, child: Guest, pid: Pid): Promise<Pid> {
  if (child.ended) return pid;
  await g.thread.block<void>(
    (wait) => {
      child.leftMemory = () => wait.wake(undefined);
      return undefined;
    },
    { abortable: false },
  );
  if (g.thread.deleted) throw new Terminated();
  return pid;
}
