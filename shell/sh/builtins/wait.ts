/** `wait`: for all children, or for named ones; a trapped signal ends it with 128 + its number. */
import { WaitStatus } from '../../../subsystems/unix/signals.ts';
import { ShellError } from '../errors.ts';
import { expectSignals } from '../jobs/interrupts.ts';
import type { Job } from '../jobs/jobs.ts';
import { stateOf, statusOf } from '../jobs/jobs.ts';
import { awaitChange, tellDeath } from '../jobs/wait.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import type { BuiltinTable, Run } from './builtin.ts';

const NO_SUCH_CHILD = 127;

/** The status that a signal arriving during `wait` gives it; undefined when none has a trap. */
function interruption(sh: Shell): number | undefined {
  const [sig] = sh.traps.pending;
  if (sig !== undefined) return 128 + sig;
  return sh.traps.interrupted ? 130 : undefined;
}

function* waitFor(sh: Shell, job: Job, pid?: number): Task<number> {
  const process = job.processes.find((candidate) => candidate.pid === pid);
  while (
    process && process !== job.processes.at(-1) ? process.status === undefined : stateOf(job) === 'running'
  ) {
    const interrupted = interruption(sh);
    if (interrupted !== undefined) return interrupted;
    if ((yield* awaitChange(sh, true)) === 'childless') return NO_SUCH_CHILD;
  }
  const status = process?.status ?? statusOf(job, sh.options.has('pipefail'));
  if (stateOf(job) === 'done') {
    job.reported = true;
    sh.jobs.remove(job);
    yield* tellDeath(sh, job);
  }
  return WaitStatus.shellCode(status);
}

function* waitForAll(sh: Shell): Task<number> {
  for (;;) {
    const running = sh.jobs.all().filter((job) => stateOf(job) === 'running');
    for (const job of sh.jobs.all().filter((done) => stateOf(done) === 'done')) sh.jobs.remove(job);
    if (running.length === 0) return 0;
    const interrupted = interruption(sh);
    if (interrupted !== undefined) return interrupted;
    if ((yield* awaitChange(sh, true)) !== 'childless') continue;
    for (const job of running) sh.jobs.remove(job);
  }
}

function* waitForEach(sh: Shell, args: readonly string[]): Task<number> {
  let status = 0;
  for (const arg of args) {
    if (arg.startsWith('%')) {
      const job = sh.jobs.find(arg);
      if (!job || job === 'ambiguous') throw new ShellError(`wait: No such job: ${arg}`);
      status = yield* waitFor(sh, job);
      continue;
    }
    if (!/^[0-9]+$/.test(arg)) throw new ShellError(`wait: Illegal number: ${arg}`);
    const job = sh.jobs.byPid(Number(arg));
    const ended = sh.jobs.finished(Number(arg));
    if (job) status = yield* waitFor(sh, job, Number(arg));
    else status = ended === undefined ? NO_SUCH_CHILD : WaitStatus.shellCode(ended);
  }
  return status;
}

const wait: Run = (sh, args) =>
  expectSignals(
    sh,
    args.length === 0 ? waitForAll(sh) : waitForEach(sh, args[0] === '--' ? args.slice(1) : args),
  );

export const waitBuiltins: BuiltinTable = { wait: { run: wait } };
