/**
 * Job control: the shell in a process group of its own that owns the terminal, and jobs that go and come
 * back.
 */
import { O } from '../../../subsystems/unix/constants.ts';
import { isSysError } from '../../../subsystems/unix/errno.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import { ShellLimits } from '../limits.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';
import { describeJob } from './format.ts';
import type { Job } from './jobs.ts';
import { stateOf } from './jobs.ts';
import { reapChildren, waitForJob } from './wait.ts';

const STOP_SIGNALS = [Sig.TSTP, Sig.TTOU, Sig.TTIN];

/** `set -m` and `set +m`. Without a terminal jobs still get groups of their own. */
export function* enableJobControl(sh: Shell, on: boolean): Task<void> {
  if (!on) {
    for (const sig of STOP_SIGNALS) sh.traps.guard(sig, undefined);
    sh.terminal = undefined;
    return;
  }
  const fd = yield* openTerminal(sh);
  if (fd === undefined) {
    if (sh.interactive) {
      yield* sh.write(2, `${sh.name}: 0: can't access tty; job control turned off\n`);
      sh.options.set('monitor', false);
    }
    return;
  }
  yield* waitForForeground(sh, fd);
  for (const sig of STOP_SIGNALS) sh.traps.guard(sig, 'ignore');
  try {
    if (sh.interactive) {
      yield* wait(sh.sys.setpgid(0, 0));
    }
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
  const shellGroup = yield* wait(sh.sys.getpgid());
  sh.terminal = { fd, shellGroup };
  try {
    yield* wait(sh.sys.tcsetpgrp(fd, shellGroup));
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
}

function* openTerminal(sh: Shell): Task<number | undefined> {
  const { sys } = sh;
  for (const fd of [2, 0, 1]) {
    try {
      if (!(yield* wait(sys.isatty(fd)))) continue;
      yield* wait(sys.tcgetpgrp(fd));
      const own = sys.dupfd(fd, ShellLimits.PRIVATE_FD, true);
      sh.privateFds.add(own);
      return own;
    } catch (error) {
      if (!isSysError(error)) throw error;
    }
  }
  try {
    const fd = yield* wait(sys.open('/dev/tty', O.RDWR | O.CLOEXEC));
    const own = sys.dupfd(fd, ShellLimits.PRIVATE_FD, true);
    yield* wait(sys.close(fd));
    sh.privateFds.add(own);
    return own;
  } catch (error) {
    if (isSysError(error)) return undefined;
    throw error;
  }
}

/** A shell started in the background stops itself until it is brought forward. */
function* waitForForeground(sh: Shell, fd: number): Task<void> {
  for (;;) {
    const group = yield* wait(sh.sys.getpgid());
    const foreground = yield* wait(sh.sys.tcgetpgrp(fd));
    if (foreground === group || foreground <= 0) return;
    yield* wait(sh.sys.kill(0, Sig.TTIN));
  }
}

/** `fg` and `bg`. */
export function* continueJob(sh: Shell, job: Job, foreground: boolean): Task<number> {
  job.background = !foreground;
  sh.jobs.touch(job);
  yield* sh.write(1, foreground ? `${job.text}\n` : `[${job.number}] ${job.text}\n`);
  if (foreground && sh.terminal && job.pgid > 0) yield* wait(sh.sys.tcsetpgrp(sh.terminal.fd, job.pgid));
  for (const process of job.processes) {
    if (!process.stopped) continue;
    process.stopped = false;
    process.status = undefined;
  }
  try {
    yield* wait(sh.sys.kill(job.pgid > 0 ? -job.pgid : (job.processes[0]?.pid ?? 0), Sig.CONT));
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
  return foreground ? yield* waitForJob(sh, job) : 0;
}

/**
 * Leaving would leave stopped jobs behind: says so, the first of two times in a row. True: the shell stays.
 */
export function* keptByStoppedJobs(sh: Shell): Task<boolean> {
  if (!sh.interactive || sh.subshell > 0 || sh.leaving !== 'no') return false;
  yield* reapChildren(sh);
  if (!sh.jobs.all().some((job) => stateOf(job) === 'stopped')) return false;
  yield* sh.write(2, 'You have stopped jobs.\n');
  sh.leaving = 'warned';
  return true;
}

/** Before a prompt: tells of background jobs that ended or stopped, and forgets those that ended. */
export function* reportJobs(sh: Shell): Task<void> {
  yield* reapChildren(sh);
  for (const job of [...sh.jobs.all()]) {
    const state = stateOf(job);
    if (state === 'running' || job.reported) continue;
    job.reported = true;
    if (job.background) yield* sh.write(2, `${describeJob(sh, job)}\n`);
    if (state === 'done') sh.jobs.remove(job);
  }
}
