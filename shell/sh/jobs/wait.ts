/**
 * Waiting for jobs: what waitpid tells goes into the table; the terminal comes back when a foreground job
 * stops or ends.
 */
import { Wait } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import { Sig, signalText, WaitStatus } from '../../../subsystems/unix/signals.ts';
import { Interrupted } from '../errors.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';
import { describeJob } from './format.ts';
import type { Job } from './jobs.ts';
import { stateOf, statusOf } from './jobs.ts';
import { controlsJobs } from './start.ts';

export type Change = 'child' | 'none' | 'signal' | 'childless';

const waitFlags = (sh: Shell): number => (controlsJobs(sh) ? Wait.UNTRACED : 0);

/** Waits for one change of any child and records it. */
export function* awaitChange(sh: Shell, block: boolean): Task<Change> {
  try {
    const result = yield* wait(sh.sys.waitpid(-1, waitFlags(sh) | (block ? 0 : Wait.NOHANG)));
    if (!result) return 'none';
    sh.jobs.record(result.pid, result.status);
    return 'child';
  } catch (error) {
    if (isSysError(error, 'EINTR')) return 'signal';
    if (isSysError(error, 'ECHILD')) return 'childless';
    throw error;
  }
}

/** Collects whatever has changed without waiting. */
export function* reapChildren(sh: Shell): Task<void> {
  while ((yield* awaitChange(sh, false)) === 'child');
}

/** Children that the table believes alive, but that the system does not know any more. */
function abandon(job: Job): void {
  for (const process of job.processes) process.status ??= WaitStatus.exited(127);
}

/**
 * Waits until a foreground job ends or stops; returns its exit status. `quiet`: its standard error is
 * redirected, and with it what there is to say about its death.
 */
export function* waitForJob(sh: Shell, job: Job, quiet = false): Task<number> {
  while (stateOf(job) === 'running') {
    const pid = job.processes.find((process) => process.status === undefined)?.pid ?? -1;
    const change = yield* awaitOne(sh, pid);
    if (change === 'childless') abandon(job);
  }
  if (controlsJobs(sh)) yield* takeBackTerminal(sh);
  if (stateOf(job) === 'stopped') return yield* jobStopped(sh, job);
  const status = statusOf(job, sh.options.has('pipefail'));
  sh.jobs.remove(job);
  if (!quiet) yield* tellDeath(sh, job);
  if (sh.interactive && WaitStatus.isSignaled(status) && WaitStatus.termSignal(status) === Sig.INT) {
    sh.status = WaitStatus.shellCode(status);
    throw new Interrupted();
  }
  return WaitStatus.shellCode(status);
}

/** Waits for one process of a foreground job: cheaper than asking about all children, whose changes keep. */
function* awaitOne(sh: Shell, pid: number): Task<Change> {
  try {
    const result = yield* wait(sh.sys.waitpid(pid, waitFlags(sh)));
    if (result) sh.jobs.record(result.pid, result.status);
    return 'child';
  } catch (error) {
    if (isSysError(error, 'EINTR')) return 'signal';
    if (isSysError(error, 'ECHILD')) return 'childless';
    throw error;
  }
}

function* jobStopped(sh: Shell, job: Job): Task<number> {
  job.background = true;
  sh.jobs.touch(job);
  job.reported = true;
  if (sh.interactive) yield* sh.write(2, `\n${describeJob(sh, job)}\n`);
  return WaitStatus.shellCode(job.processes.findLast((process) => process.stopped)?.status ?? 0);
}

/** A foreground job that a signal killed is worth a line, except for the everyday ones. */
export function* tellDeath(sh: Shell, job: Job): Task<void> {
  let interrupted = false;
  for (const { status } of job.processes) {
    if (status === undefined || !WaitStatus.isSignaled(status)) continue;
    const sig = WaitStatus.termSignal(status);
    if (sig === Sig.INT) interrupted = true;
    if (sig === Sig.INT || sig === Sig.PIPE) continue;
    yield* sh.write(2, `${signalText(sig)}${WaitStatus.isCore(status) ? ' (core dumped)' : ''}\n`);
  }
  if (interrupted && sh.interactive) yield* sh.write(2, '\n');
}

export function* takeBackTerminal(sh: Shell): Task<void> {
  if (!sh.terminal) return;
  try {
    yield* wait(sh.sys.tcsetpgrp(sh.terminal.fd, sh.terminal.shellGroup));
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
}
