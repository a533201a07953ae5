/**
 * `chorus sh` and `chorus run`: one script or program, its streams joined to ours, its status ours. Also what
 * `chorus attach -c` does on a system that is up.
 */
import { defaultAction, signalNumber, signalText } from '../../subsystems/unix/signals.ts';
import type { Sys } from '../../subsystems/unix/sys.ts';
import { settlesWithin } from '../api/abort.ts';
import { type Carrier, resourceLimits, rootHost } from '../api/carrier.ts';
import { collect, endGroup, KILL_GRACE_MS, TIMED_OUT_CODE } from '../api/collect.ts';
import { Host } from '../api/host.ts';
import { type Ending, type MakeHost, StartError, type StartRequest, startChild } from '../api/launch.ts';
import { LimitError } from '../api/limits.ts';
import type { BootPlan } from '../api/options.ts';
import { cleanEnvironment } from '../api/users.ts';
import type { FlagValues } from './arguments.ts';
import { secondsFlag } from './arguments.ts';
import { CliError, EXIT } from './exit.ts';
import { limitFlags } from './limit-flags.ts';
import { forwardSignals } from './signals.ts';
import { OutputBudget, outputsAreOne, pumpInput, pumpOutput } from './stdio.ts';

/** What to run. */
export interface Job {
  /** Name of the native program to execute, when it is not argv[0] looked up in PATH. */
  native?: string;
  argv: readonly string[];
}

/** Runs a job on a carrier and resolves to the exit status. The carrier stays open. */
export async function runJob(
  carrier: Carrier,
  plan: BootPlan,
  job: Job,
  flags: FlagValues,
  site?: number,
): Promise<number> {
  const timeoutMs = secondsFlag('timeout', flags.timeout) ?? plan.limits.wallTimeMsMax;
  const make = (): Sys => rootHost(carrier.home);
  const host = new Host(make());
  const request: StartRequest = {
    argv: job.argv,
    ...(job.native === undefined ? {} : { path: `${carrier.programsIn}/${job.native}` }),
    env: cleanEnvironment(plan.user, carrier.programsIn, plan.env),
    cwd: plan.cwd ?? plan.user.home,
    uid: plan.user.uid,
    gid: plan.user.gid,
    limits: resourceLimits(plan.limits),
    ...(site === undefined ? {} : { site }),
  };
  try {
    return flags.json
      ? await runCollected(host, make, request, timeoutMs, plan)
      : await runPiped(host, make, request, timeoutMs, streamBudget(flags));
  } catch (error) {
    throw error instanceof StartError ? await startFailure(error, job) : error;
  }
}

/** A program that cannot be started ends as it would under a shell. */
async function startFailure(error: StartError, job: Job): Promise<CliError> {
  if (error.step === 'chdir') return new CliError(error.message, EXIT.usage);
  if (error.step !== 'exec') return new CliError(error.message);
  if (error.code === 'ENOENT') return new CliError(error.message, EXIT.notFound);
  const program = job.argv[0] ?? '';
  const reason = error.code === 'ENOEXEC' ? (await import('./place.ts')).foreignMachine(program) : undefined;
  return new CliError(reason === undefined ? error.message : `${program}: ${reason}`, EXIT.cannotRun);
}

/** --json: one object at the end. */
async function runCollected(
  host: Host,
  make: MakeHost,
  request: StartRequest,
  timeoutMs: number,
  plan: BootPlan,
): Promise<number> {
  const child = await startChild(make, request);
  const stop = forwardSignals(host, child.pid, () => {});
  try {
    const { outputBytesMax } = plan.limits;
    const result = await collect(host, child, {
      stdin: process.stdin,
      timeoutMs,
      outputBytesMax,
      signal: undefined,
    });
    const decoder = new TextDecoder();
    const { exitCode, signal, durationMs } = result;
    const [stdout, stderr] = [decoder.decode(result.stdout), decoder.decode(result.stderr)];
    await printLine(JSON.stringify({ stdout, stderr, exitCode, signal, durationMs: Math.round(durationMs) }));
    return exitCode;
  } finally {
    stop();
  }
}

/** What is streamed needs no bound but the one that is asked for: nothing of it is kept. */
function streamBudget(flags: FlagValues): OutputBudget {
  return new OutputBudget(limitFlags(flags.limit).outputBytesMax ?? Infinity);
}

const ignoreErrors = (): void => {};

/** Writes a line to standard output and waits until it is out. */
export function printLine(line: string): Promise<void> {
  return new Promise((resolve) => {
    if (!process.stdout.listeners('error').includes(ignoreErrors)) process.stdout.on('error', ignoreErrors);
    process.stdout.write(`${line}\n`, () => resolve());
  });
}

/**
 * Streams until the program has ended and nobody inside holds its output any more: what background processes
 * still print arrives, as it would in a pipe outside. A run that was cut short (timeout, forwarded signal)
 * does not wait.
 */
async function runPiped(
  host: Host,
  make: MakeHost,
  request: StartRequest,
  timeoutMs: number,
  budget: OutputBudget,
): Promise<number> {
  const child = await startChild(make, request, outputsAreOne());
  let signaled = false;
  const stop = forwardSignals(host, child.pid, () => {
    signaled = true;
  });
  void pumpInput(child.io, child.stdin);
  const outputs = Promise.all([
    pumpOutput(child.io, child.stdout, process.stdout, budget),
    child.stderr === undefined ? null : pumpOutput(child.io, child.stderr, process.stderr, budget),
  ]);
  const deadline = new Deadline(timeoutMs);
  try {
    const ending = await Promise.race([child.ended, deadline.passed, budget.passed]);
    if (budget.isPassed) await endGroup(host, child);
    else if (ending === undefined) return await cutShort(host, child, outputs);
    if (signaled) await endGroup(host, child);
    const failures = signaled
      ? await Promise.race([outputs, sleepMs(KILL_GRACE_MS)])
      : await Promise.race([outputs, deadline.passed]);
    if (failures === undefined && !signaled) return await cutShort(host, child, outputs);
    if (budget.isPassed) throw new LimitError('outputBytesMax', budget.bytesMax);
    reportFailures(failures ?? []);
    if (request.path === undefined) tellCrash(request.argv[0]!, ending!);
    return ending!.exitCode;
  } finally {
    deadline.cancel();
    stop();
  }
}

/** What a shell would say of a program that ended by a fault. */
function tellCrash(program: string, { signal }: Ending): void {
  const number = signal === null ? undefined : signalNumber(signal);
  if (number !== undefined && defaultAction(number) === 'core')
    process.stderr.write(`chorus: ${program}: ${signalText(number)}\n`);
}

const sleepMs = (delayMs: number): Promise<undefined> =>
  new Promise((resolve) => {
    setTimeout(resolve, delayMs, undefined);
  });

/** The timeout: ends the group, gives what is in the pipes a moment to come out. */
async function cutShort(
  host: Host,
  child: { pid: number; ended: Promise<Ending> },
  outputs: Promise<unknown>,
): Promise<number> {
  await endGroup(host, child);
  await settlesWithin(outputs, KILL_GRACE_MS);
  return TIMED_OUT_CODE;
}

/** A full disk behind our standard output is our failure; a reader that went away is nobody's. */
function reportFailures(failures: readonly (NodeJS.ErrnoException | null)[]): void {
  const failure = failures.find((error) => error && error.code !== 'EPIPE');
  if (failure) throw new CliError(`write error: ${failure.message}`);
}

class Deadline {
  /** Resolves to undefined when the time is over; never when it is unlimited or cancelled. */
  readonly passed: Promise<undefined>;
  private timer: NodeJS.Timeout | undefined;

  constructor(delayMs: number) {
    this.passed = new Promise((resolve) => {
      if (Number.isFinite(delayMs)) this.timer = setTimeout(resolve, delayMs, undefined);
    });
  }

  cancel(): void {
    clearTimeout(this.timer);
  }
}
