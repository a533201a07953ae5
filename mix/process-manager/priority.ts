/**
 * Niceness of processes, process groups and users, which may span sites (getpriority(2), setpriority(2)): it
 * is inherited, and weighs the time slices of guests. What is asked of several processes is asked of every
 * site; as on Linux the last refusal, newest process first, is the result, though the others were changed.
 */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import { type ErrnoName, SysError } from '../../subsystems/unix/errno.ts';
import type { PriorityOf } from '../../subsystems/unix/sys.ts';
import type { Sender } from './groups.ts';
import type { Manager } from './manager.ts';
import type { Process } from './process.ts';
import { weightOf } from './scheduling.ts';

const NICE_MIN = -20;
const NICE_MAX = 19;

/** What is meant by `who`: the number of a process, of a group, of a user (real id). */
export interface Target {
  readonly which: PriorityOf;
  readonly who: number;
}
/** How many of a target are at a site, and the best niceness among them. */
export interface Found {
  readonly found: number;
  readonly nice: number;
}
export interface Changed {
  readonly found: number;
  readonly refused?: ErrnoName;
}

function* targets(pm: Manager, { which, who }: Target): Iterable<Process> {
  if (which === 'process') {
    const one = pm.find(who);
    if (one) yield one;
  } else if (which === 'group') yield* [...(pm.groups.get(who) ?? [])].reverse();
  else for (const process of pm.processes.values()) if (process.creds.uid === who) yield process;
}

export function priorityHere(pm: Manager, target: Target): Found {
  let [found, nice] = [0, NICE_MAX];
  for (const process of targets(pm, target)) {
    found += 1;
    nice = Math.min(nice, process.nice);
  }
  return { found, nice };
}

export function setPriorityHere(pm: Manager, target: Target, value: number, sender: Sender): Changed {
  const nice = Math.max(NICE_MIN, Math.min(NICE_MAX, value));
  let found = 0;
  let refused: ErrnoName | undefined;
  for (const process of targets(pm, target)) {
    found += 1;
    const error = refusal(process, nice, sender);
    if (error) refused = error;
    else changeNice(process, nice);
  }
  return refused ? { found, refused } : { found };
}

function changeNice(process: Process, nice: number): void {
  process.nice = nice;
  for (const thread of process.image.guest?.threads.values() ?? []) thread.weight = weightOf(nice);
}

function refusal({ creds, nice: old, limits }: Process, nice: number, sender: Sender): ErrnoName | undefined {
  if (sender.euid === 0) return undefined;
  if (sender.euid !== creds.uid && sender.euid !== creds.euid) return 'EPERM';
  return nice < old && NICE_MAX + 1 - nice > limits.nice.soft ? 'EACCES' : undefined;
}

/** The best niceness of a target, wherever its processes are. Throws ESRCH. */
export function priorityOf(pm: Manager, target: Target): Awaitable<number> {
  const here = priorityHere(pm, target);
  if (pm.others().length === 0) return best([here]);
  return pm
    .askOthers((thread, dest) => pm.peers.priority(thread, dest, target))
    .then((others) => best([here, ...others]));
}

function best(answers: readonly Found[]): number {
  const some = answers.filter(({ found }) => found > 0);
  if (some.length === 0) throw new SysError('ESRCH');
  return Math.min(...some.map(({ nice }) => nice));
}

/** Throws ESRCH, EPERM, EACCES. */
export function setPriority(pm: Manager, target: Target, value: number, sender: Sender): Awaitable<void> {
  const here = setPriorityHere(pm, target, value, sender);
  if (pm.others().length === 0) return check([here]);
  return pm
    .askOthers((thread, dest) => pm.peers.setPriority(thread, dest, { ...target, value, sender }))
    .then((others) => check([here, ...others] as Changed[]));
}

function check(answers: readonly Changed[]): void {
  const refused = answers.find((answer) => answer.refused)?.refused;
  if (refused) throw new SysError(refused);
  if (answers.every(({ found }) => found === 0)) throw new SysError('ESRCH');
}
