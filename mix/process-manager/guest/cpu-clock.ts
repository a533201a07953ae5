/**
 * CPU clocks: the processor's time that a process or one thread has used, to the moment. What the slice that
 * runs has used is charged at its end, and counted here before.
 */
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { CpuClock } from '../../../subsystems/unix/linux/task.ts';
import type { Process } from '../process.ts';
import type { GuestThread } from './guest.ts';

export interface CpuSource {
  /** ms. */
  now(): number;
  /** Whose slices move it. */
  readonly process: Process;
}

/** The thread of the site's processor, if it is one that `mine` names, and what its slice has used. */
function running(g: GuestThread, mine: (current: GuestThread) => boolean): number {
  const { current, unchargedMs } = g.runtime.processor;
  return current && mine(current as GuestThread) ? unchargedMs : 0;
}

/** Throws EINVAL for what is no process of this site, or no thread of the caller's process. */
export function cpuSource(g: GuestThread, { id, thread }: CpuClock): CpuSource {
  if (thread) {
    const target = g.guest.threads.get(id);
    if (!target) throw new SysError('EINVAL');
    return { now: () => target.cpuMs + running(g, (current) => current === target), process: g.process };
  }
  const process = id === g.process.pid ? g.process : g.process.pm.find(id);
  if (!process) throw new SysError('EINVAL');
  const { usage } = process;
  const own = (current: GuestThread): boolean => current.process === process;
  return { now: () => usage.userMs + usage.systemMs + running(g, own), process };
}
