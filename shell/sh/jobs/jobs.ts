/**
 * The job table: what this shell has started and not yet forgotten. A job is a pipeline; its last process
 * gives the status.
 */
import { WaitStatus } from '../../../subsystems/unix/signals.ts';
import { ShellLimits } from '../limits.ts';

export interface JobProcess {
  readonly pid: number;
  /** Wait status once it ended or stopped. */
  status: number | undefined;
  stopped: boolean;
}

export interface Job {
  readonly number: number;
  /** Process group; 0 without job control. */
  pgid: number;
  readonly processes: JobProcess[];
  readonly text: string;
  background: boolean;
  /** Its change of state has been shown to the user or asked for. */
  reported: boolean;
}

export type JobState = 'running' | 'stopped' | 'done';

export function stateOf(job: Job): JobState {
  let stopped = false;
  for (const process of job.processes) {
    if (process.status === undefined) return 'running';
    stopped ||= process.stopped;
  }
  return stopped ? 'stopped' : 'done';
}

/** Wait status of the job: its last process', or with pipefail the last one that failed. */
export function statusOf(job: Job, pipefail = false): number {
  const statuses = job.processes.map((process) => process.status ?? 0);
  const failed = pipefail ? statuses.findLast((status) => WaitStatus.shellCode(status) !== 0) : undefined;
  return failed ?? statuses.at(-1) ?? 0;
}

export class JobTable {
  private readonly list: Job[] = [];
  /** Most recent first: `%+`, `%-`. */
  private readonly order: Job[] = [];
  private readonly statuses = new Map<number, number>();

  /** Status of a background process that has ended and whose job is forgotten. */
  finished(pid: number): number | undefined {
    return this.statuses.get(pid);
  }

  private keepStatuses(job: Job): void {
    for (const { pid, status } of job.processes) {
      if (status === undefined) continue;
      if (this.statuses.size >= ShellLimits.STATUSES) {
        const oldest = this.statuses.keys().next().value;
        if (oldest !== undefined) this.statuses.delete(oldest);
      }
      this.statuses.set(pid, status);
    }
  }

  add(text: string, background: boolean): Job {
    const taken = new Set(this.list.map((job) => job.number));
    let number = 1;
    while (taken.has(number)) number += 1;
    const job: Job = { number, pgid: 0, processes: [], text, background, reported: false };
    this.list.push(job);
    this.list.sort((a, b) => a.number - b.number);
    this.touch(job);
    return job;
  }

  /** Makes a job the current one. */
  touch(job: Job): void {
    const at = this.order.indexOf(job);
    if (at >= 0) this.order.splice(at, 1);
    this.order.unshift(job);
  }

  remove(job: Job): void {
    if (job.background) this.keepStatuses(job);
    for (const list of [this.list, this.order]) {
      const at = list.indexOf(job);
      if (at >= 0) list.splice(at, 1);
    }
  }

  all(): readonly Job[] {
    return this.list;
  }

  clear(): void {
    this.list.length = 0;
    this.order.length = 0;
  }

  /** Notes what waitpid said; false for a process of no job. */
  record(pid: number, status: number): boolean {
    for (const job of this.list) {
      const process = job.processes.find((candidate) => candidate.pid === pid);
      if (!process) continue;
      if (WaitStatus.isContinued(status)) {
        process.status = undefined;
        process.stopped = false;
      } else {
        process.status = status;
        process.stopped = WaitStatus.isStopped(status);
      }
      job.reported = false;
      if (process.stopped) this.touch(job);
      return true;
    }
    return false;
  }

  byPid(pid: number): Job | undefined {
    return this.list.find((job) => job.processes.some((process) => process.pid === pid));
  }

  /** Stopped jobs come before running ones when the user means "the current job". */
  private ranked(): Job[] {
    const shown = this.order.filter((job) => job.background || stateOf(job) === 'stopped');
    return [
      ...shown.filter((job) => stateOf(job) === 'stopped'),
      ...shown.filter((job) => stateOf(job) !== 'stopped'),
    ];
  }

  mark(job: Job): '+' | '-' | ' ' {
    const ranked = this.ranked();
    return ranked[0] === job ? '+' : ranked[1] === job ? '-' : ' ';
  }

  /**
   * Resolves `%1`, `%%`, `%+`, `%-`, `%name`, `%?text`; undefined when there is none, 'ambiguous' for
   * several.
   */
  find(spec: string): Job | 'ambiguous' | undefined {
    const what = spec.replace(/^%/, '');
    const ranked = this.ranked();
    if (what === '' || what === '%' || what === '+') return ranked[0];
    if (what === '-') return ranked[1];
    if (/^[0-9]+$/.test(what)) return this.list.find((job) => job.number === Number(what));
    const matches = what.startsWith('?')
      ? this.list.filter((job) => job.text.includes(what.slice(1)))
      : this.list.filter((job) => job.text.startsWith(what));
    return matches.length > 1 ? 'ambiguous' : matches[0];
  }
}
