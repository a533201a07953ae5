/** fork on this site: the child's context is a copy of the parent's, its program starts at a named entry. */
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Pid, Program } from '../../subsystems/unix/sys.ts';
import { buildProcess } from './build.ts';
import { newChild } from './family.ts';
import { copyLimits, PROCESSES_MAX } from './limits.ts';
import type { Manager } from './manager.ts';
import type { Process, UThread } from './process.ts';
import { newImage, startProgram } from './program.ts';
import { copyState } from './state-copy.ts';

/** Throws EAGAIN at RLIMIT_NPROC or when the site is full. */
export function checkProcessCount(pm: Manager, uid: number, nproc: number): void {
  if (pm.processes.size >= PROCESSES_MAX) throw new SysError('EAGAIN');
  if (uid === 0 || nproc > pm.processes.size) return;
  let count = 0;
  for (const process of pm.processes.values()) if (process.creds.uid === uid) count += 1;
  if (count >= nproc) throw new SysError('EAGAIN');
}

export function forkHere(t: UThread, entry: string, state: unknown): Pid {
  const { process: parent, image } = t;
  const { pm } = parent;
  checkProcessCount(pm, parent.creds.uid, parent.limits.nproc.soft);
  const copy = copyState(state);
  const pid = pm.pids.allocate();
  const child = buildProcess(pm, pid, {
    comm: parent.comm,
    fds: parent.fds.fork(),
    root: shared(parent.root),
    cwd: shared(parent.cwd),
    limits: copyLimits(parent.limits),
    uid: parent.creds.euid,
    gid: parent.creds.egid,
  });
  inherit(child, parent);
  pm.enter(child);
  pm.forks += 1;
  parent.children.set(pid, newChild(pid, child.pgid, child.controlPort, pm.site));
  newImage(child, image.program, image.env);
  startEntry(child, image.program!, entry, copy);
  return pid;
}

function shared(object: Process['root']): Process['root'] {
  object.refs += 1;
  return object;
}

/**
 * What fork copies besides descriptors, directories and limits. Handlers belong to the parent's image: reset.
 */
function inherit(child: Process, parent: Process): void {
  child.ppid = parent.pid;
  child.parentPort = parent.controlPort;
  child.pgid = parent.pgid;
  child.sid = parent.sid;
  child.terminal = parent.terminal;
  child.umask = parent.umask;
  child.creds = { ...parent.creds };
  child.nice = parent.nice;
  child.csite = parent.csite;
  child.argv = parent.argv;
  child.exe = parent.exe;
  child.signals.mask = parent.signals.mask.clone();
  for (const [sig, action] of parent.signals.actions) {
    if (action.disposition === 'ignore') child.signals.actions.set(sig, action);
  }
}

export function startEntry(child: Process, program: Program, entry: string, state: unknown): void {
  startProgram(child, (sys) => program.entries![entry]!(sys, state as never));
}
