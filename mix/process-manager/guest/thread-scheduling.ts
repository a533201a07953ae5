/**
 * The scheduler's calls of one guest thread, on itself and on other threads of this site. A native program is
 * scheduled as the event loop goes: what is set for it is kept for its children.
 */
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Scheduling, ThreadScheduling } from '../../../subsystems/unix/linux/task.ts';
import type { Pid } from '../../../subsystems/unix/sys.ts';
import type { Process } from '../process.ts';
import { isRealTime, nucleusPriority, Policy } from '../scheduling.ts';
import type { GuestThread } from './guest.ts';

/** Gives a thread its policy; that of the first is its process'. */
export function schedule(g: GuestThread, scheduling: Scheduling): void {
  g.scheduling = scheduling;
  if (g.tid === g.process.pid) g.process.scheduling = scheduling;
  g.runtime.processor.setPriority(g, nucleusPriority(scheduling), scheduling.policy === Policy.FIFO);
}

export class GuestScheduling implements ThreadScheduling {
  private readonly g: GuestThread;

  constructor(g: GuestThread) {
    this.g = g;
  }

  /** Throws ESRCH. */
  private find(tid: Pid): { process: Process; thread: GuestThread | undefined } {
    if (tid === 0) return { process: this.g.process, thread: this.g };
    const process = this.g.runtime.findThread(tid);
    if (!process) throw new SysError('ESRCH');
    return { process, thread: process.image.guest?.threads.get(tid) };
  }

  get(tid: Pid): Scheduling {
    const { process, thread } = this.find(tid);
    return thread ? thread.scheduling : process.scheduling;
  }

  set(tid: Pid, scheduling: Scheduling): void {
    const { process, thread } = this.find(tid);
    this.check(process, this.get(tid), scheduling);
    if (thread) schedule(thread, scheduling);
    else process.scheduling = scheduling;
  }

  demand(tid: Pid): void {
    const { creds } = this.g.process;
    const { uid, euid } = this.find(tid).process.creds;
    if (creds.euid !== 0 && creds.euid !== euid && creds.euid !== uid) throw new SysError('EPERM');
  }

  /** What needs a privilege (CAP_SYS_NICE): EPERM without. */
  private check(target: Process, old: Scheduling, wanted: Scheduling): void {
    const { creds, limits } = this.g.process;
    if (creds.euid === 0) return;
    const owner = creds.euid === target.creds.euid || creds.euid === target.creds.uid;
    const allowed = limits.rtprio.soft;
    const policyRefused = isRealTime(wanted) && wanted.policy !== old.policy && allowed === 0;
    const raised = wanted.priority > old.priority && wanted.priority > allowed;
    const leavesIdle = old.policy === Policy.IDLE && wanted.policy !== Policy.IDLE;
    const clears = old.resetOnFork && !wanted.resetOnFork;
    if (!owner || policyRefused || raised || clears || (leavesIdle && target.nice < 20 - limits.nice.soft)) {
      throw new SysError('EPERM');
    }
  }
}
