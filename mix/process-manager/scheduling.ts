/**
 * How a thread is scheduled (sched(7)): its policy and, for the real-time ones, its priority. It is the
 * site's processor that is meant: a process that goes to another site begins as a time-sharing one there.
 */
import { PRIORITY_DEFAULT } from '../../nucleus/executive/scheduler.ts';
import type { Scheduling } from '../../subsystems/unix/linux/task.ts';

/** Policies by their numbers. */
export const Policy = { OTHER: 0, FIFO: 1, RR: 2, BATCH: 3, IDLE: 5 } as const;

export const TIME_SHARING: Scheduling = { policy: Policy.OTHER, priority: 0, resetOnFork: false };

export const isRealTime = ({ policy }: Scheduling): boolean => policy === Policy.FIFO || policy === Policy.RR;

/** Priority of the nucleus: real-time threads are before all others. */
export const nucleusPriority = (scheduling: Scheduling): number =>
  isRealTime(scheduling) ? PRIORITY_DEFAULT - scheduling.priority : PRIORITY_DEFAULT;

/** The lengths of slices beside the usual one: a nice value is 1.25 times another's, within these bounds. */
const WEIGHT_MIN = 1 / 16;
const WEIGHT_MAX = 2;
const WEIGHT_STEP = 1.25;

/** Length of time slices, as a share of the usual one. */
export const weightOf = (nice: number): number =>
  Math.max(WEIGHT_MIN, Math.min(WEIGHT_MAX, WEIGHT_STEP ** -nice));

/** What a child, or a new thread, begins with (SCHED_RESET_ON_FORK). */
export function inherited(scheduling: Scheduling): Scheduling {
  if (!scheduling.resetOnFork) return scheduling;
  return isRealTime(scheduling) ? TIME_SHARING : { ...scheduling, resetOnFork: false };
}
