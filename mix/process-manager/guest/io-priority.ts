/**
 * I/O priorities (ioprio_set(2)): of a process, those of a group, or those of a user, on this site. They are
 * kept and told; volumes serve who comes first.
 */
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { IoPriorities } from '../../../subsystems/unix/linux/task.ts';
import type { Process } from '../process.ts';
import type { GuestThread } from './guest.ts';

/** By IOPRIO_WHO_*. */
const KINDS: readonly (ProcessKind | undefined)[] = [undefined, 'process', 'group', 'user'];
const Class = { NONE: 0, RT: 1, BE: 2, IDLE: 3 } as const;
const CLASS_SHIFT = 13;
const LEVEL_MASK = 7;

const classOf = (priority: number): number => priority >> CLASS_SHIFT;

/** What counts for a process that has none: best effort, by its nice value. */
const effective = ({ ioPriority, nice }: Process): number =>
  classOf(ioPriority) === Class.NONE ? (Class.BE << CLASS_SHIFT) | Math.floor((nice + 20) / 5) : ioPriority;

type ProcessKind = 'process' | 'group' | 'user';

/** 0: the caller, its group, its user. */
function processesNamed({ process, runtime }: GuestThread, kind: ProcessKind, who: number): Process[] {
  if (kind === 'process') {
    const one = who === 0 ? process : runtime.findThread(who);
    return one ? [one] : [];
  }
  const group = who === 0 ? process.pgid : who;
  const user = who === 0 ? process.creds.uid : who;
  const matches = ({ pgid, creds }: Process): boolean =>
    kind === 'group' ? pgid === group : creds.uid === user;
  // Who came last is the first, as on Linux: of several refusals the last one is told.
  const processes = [...process.pm.processes.values()].reverse();
  return processes.filter((one) => one.state === 'running' && matches(one));
}

export class GuestIoPriorities implements IoPriorities {
  private readonly g: GuestThread;

  constructor(g: GuestThread) {
    this.g = g;
  }

  /** Throws EINVAL, ESRCH. */
  private named(which: number, who: number): Process[] {
    const kind = KINDS[which];
    if (!kind) throw new SysError('EINVAL');
    const processes = processesNamed(this.g, kind, who);
    if (processes.length === 0) throw new SysError('ESRCH');
    return processes;
  }

  get(which: number, who: number): number {
    const processes = this.named(which, who);
    if (KINDS[which] === 'process') return processes[0]!.ioPriority;
    return Math.min(...processes.map(effective));
  }

  set(which: number, who: number, priority: number): void {
    const { creds } = this.g.process;
    const kind = classOf(priority);
    if (kind < Class.NONE || kind > Class.IDLE) throw new SysError('EINVAL');
    if (kind === Class.NONE && (priority & LEVEL_MASK) !== 0) throw new SysError('EINVAL');
    if (kind === Class.RT && creds.euid !== 0) throw new SysError('EPERM');
    for (const process of this.named(which, who)) {
      const { uid } = process.creds;
      if (creds.euid !== 0 && uid !== creds.euid && uid !== creds.uid) throw new SysError('EPERM');
      process.ioPriority = priority;
    }
  }
}
