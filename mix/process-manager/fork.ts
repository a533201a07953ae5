/** fork on this site: the child's context is a copy of the parent's, its program starts at a named entry. */
import { SysError } from '../../subsystems/unix/errno.ts';
import { Sig } from '../../subsystems/unix/signals.ts';
import type { Pid, Program } from '../../subsystems/unix/sys.ts';
import { buildProcess, stampCredentials } from './build.ts';
import { newChild } from './family.ts';
import { PROCESSES_MAX } from './limits.ts';
import type { Manager } from './manager.ts';
import type { Limits, Process, UThread } from './process.ts';
import { newImage, startProgram } from './program.ts';
import { inherited } from './scheduling.ts';
import { copyState } from './state-copy.ts';

/** Throws EAGAIN at RLIMIT_NPROC, at the limit of the embedding side, or when the site is full. */
export function checkProcessCount(pm: Manager, uid: number, { nproc, processes }: CountLimits): void {
  const total = pm.processes.size;
  if (total >= PROCESSES_MAX) throw new SysError('EAGAIN');
  if (total >= processes.soft && count(pm, isGuest) >= processes.soft) throw new SysError('EAGAIN');
  if (uid === 0 || nproc.soft > total) return;
  if (count(pm, ({ creds }) => creds.uid === uid) >= nproc.soft) throw new SysError('EAGAIN');
}

type CountLimits = Pick<Limits, 'nproc' | 'processes'>;

const isGuest = (process: Process): boolean => !process.isHost && process !== process.pm.init;

function count(pm: Manager, counts: (process: Process) => boolean): number {
  let found = 0;
  for (const process of pm.processes.values()) if (counts(process)) found += 1;
  return found;
}

export function forkHere(t: UThread, entry: string, state: unknown): Pid {
  const { process: parent, image } = t;
  const copy = copyState(state);
  const child = buildChild(parent, {});
  newImage(child, image.program, image.env);
  startEntry(child, image.program!, entry, copy);
  return child.pid;
}

/**
 * A child with everything that a fork copies but the image. `handlers`: the child's image is a copy of the
 * parent's, so its handlers are good. Throws EAGAIN.
 */
export function buildChild(
  parent: Process,
  {
    handlers = false,
    exitSignal = Sig.CHLD,
    shareFiles = false,
  }: { handlers?: boolean; exitSignal?: number; shareFiles?: boolean },
): Process {
  const { pm } = parent;
  checkProcessCount(pm, parent.creds.uid, parent.limits);
  const pid = pm.pids.allocate();
  const child = buildProcess(pm, pid, {
    comm: parent.comm,
    fds: shareFiles ? parent.fds.share() : parent.fds.fork(),
    root: shared(parent.root),
    cwd: shared(parent.cwd),
    limits: parent.limits,
    uid: parent.creds.euid,
    gid: parent.creds.egid,
  });
  inherit(child, parent, handlers);
  pm.enter(child);
  pm.forks += 1;
  parent.children.set(pid, newChild(pid, child.pgid, child.controlPort, pm.site, exitSignal));
  return child;
}

function shared(object: Process['root']): Process['root'] {
  object.refs += 1;
  return object;
}

/** What fork copies besides descriptors, directories and limits. */
function inherit(child: Process, parent: Process, handlers: boolean): void {
  child.ppid = parent.pid;
  child.ipcSites = parent.ipcSites;
  child.parentPort = parent.controlPort;
  child.pgid = parent.pgid;
  child.sid = parent.sid;
  child.terminal = parent.terminal;
  child.umask = parent.umask;
  child.creds = { ...parent.creds };
  child.groups = parent.groups;
  if (parent.actor.pi.groups) stampCredentials(child);
  child.nice = parent.nice;
  child.ioPriority = parent.ioPriority;
  child.traits = parent.traits;
  child.scheduling = inherited(parent.scheduling);
  child.csite = parent.csite;
  child.argv = parent.argv;
  child.exe = parent.exe;
  child.signals.mask = parent.signals.mask.clone();
  for (const [sig, action] of parent.signals.actions) {
    if (handlers || action.disposition === 'ignore') child.signals.actions.set(sig, action);
  }
}

export function startEntry(child: Process, program: Program, entry: string, state: unknown): void {
  startProgram(child, (sys) => program.entries![entry]!(sys, state as never));
}
