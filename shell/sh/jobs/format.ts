/** How jobs look in messages and in `jobs` (POSIX, jobs: STDOUT). */
import { signalText, WaitStatus } from '../../../subsystems/unix/signals.ts';
import type { Shell } from '../state/shell.ts';
import type { Job } from './jobs.ts';
import { stateOf, statusOf } from './jobs.ts';

const STATE_COLUMNS = 24;

export function stateText(job: Job): string {
  const state = stateOf(job);
  if (state === 'running') return 'Running';
  if (state === 'stopped') {
    const status = job.processes.find((process) => process.stopped)?.status ?? 0;
    return signalText(WaitStatus.stopSignal(status));
  }
  const status = statusOf(job);
  if (WaitStatus.isSignaled(status))
    return signalText(WaitStatus.termSignal(status)) + (WaitStatus.isCore(status) ? ' (core dumped)' : '');
  const code = WaitStatus.exitCode(status);
  return code === 0 ? 'Done' : `Done(${code})`;
}

/** `[1]+  Running                 sleep 5 &`; `long` adds the process ids. */
export function describeJob(sh: Shell, job: Job, long = false): string {
  const pids = long ? `${job.processes[0]?.pid ?? 0} ` : '';
  const ampersand = stateOf(job) === 'running' && job.background ? ' &' : '';
  const head = `[${job.number}]${sh.jobs.mark(job)}  ${pids}`;
  return `${head}${stateText(job).padEnd(STATE_COLUMNS)}${job.text}${ampersand}`;
}
