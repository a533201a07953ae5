/**
 * Starting the processes of a job: what each child must know of groups, terminal and signals is decided here.
 */

import { isSysError } from '../../../subsystems/unix/errno.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import { ShellError } from '../errors.ts';
import type { ChildSetup } from '../exec/child.ts';
import { joinGroup } from '../exec/child.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';
import type { Job } from './jobs.ts';

export interface Plumbing {
  readonly moves?: readonly (readonly [number, number])[];
  readonly close?: readonly number[];
  /** No job of its own: a command substitution stays in the shell's group. */
  readonly inner?: boolean;
}

/** Job control is on: each job gets a process group, and the foreground one the terminal. */
export const controlsJobs = (sh: Shell): boolean => sh.options.has('monitor') && sh.subshell === 0;

/** Opens a job; its text is made only when somebody may see it. */
export function startJob(sh: Shell, text: () => string, background: boolean): Job {
  return sh.jobs.add(background || controlsJobs(sh) ? text() : '', background);
}

function setupFor(sh: Shell, job: Job | undefined, plumbing: Plumbing): ChildSetup {
  const controlled = job !== undefined && plumbing.inner !== true && controlsJobs(sh);
  const foreground = controlled && !job.background && sh.terminal !== undefined;
  return {
    ...(controlled && { pgid: job.pgid }),
    ...(foreground && { terminal: sh.terminal!.fd }),
    defaults: sh.traps.guarded,
    detached: job?.background === true && !controlled,
    close: [...sh.privateFds, ...(plumbing.close ?? [])],
    inner: plumbing.inner === true,
    moves: plumbing.moves ?? [],
  };
}

/** Forks to `entry` with `state` and the child's setup. Returns the pid. */
export function* forkChild(
  sh: Shell,
  job: Job | undefined,
  entry: string,
  state: object,
  plumbing: Plumbing,
): Task<number> {
  try {
    return yield* wait(sh.sys.fork(entry, { ...state, setup: setupFor(sh, job, plumbing) }));
  } catch (error) {
    if (isSysError(error)) throw new ShellError(`Cannot fork: ${error.message}`);
    throw error;
  }
}

/**
 * The child takes the terminal too; here it is done before anything else can happen, so that a ^C is for the
 * job from now on. One that came before, for the command being started, is passed on.
 */
function* giveTerminal(sh: Shell, pgid: number): Task<void> {
  if (!sh.terminal) return;
  try {
    yield* wait(sh.sys.tcsetpgrp(sh.terminal.fd, pgid));
    if (sh.traps.interrupted) yield* wait(sh.sys.kill(-pgid, Sig.INT));
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
}

/** Forks one process of a job. */
export function* addProcess(
  sh: Shell,
  job: Job,
  entry: string,
  state: object,
  plumbing: Plumbing,
): Task<number> {
  const pid = yield* forkChild(sh, job, entry, state, plumbing);
  if (controlsJobs(sh)) {
    if (job.pgid === 0) job.pgid = pid;
    yield* joinGroup(sh.sys, job.pgid, pid);
    if (job.processes.length === 0 && !job.background) yield* giveTerminal(sh, job.pgid);
  }
  job.processes.push({ pid, status: undefined, stopped: false });
  if (job.background) sh.backgroundPid = pid;
  return pid;
}
