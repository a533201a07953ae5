/** jobs, fg, bg, kill, disown. */
import { isSysError } from '../../../subsystems/unix/errno.ts';
import { SIGNAL_MAX, Sig, signalName, signalNumber } from '../../../subsystems/unix/signals.ts';
import { ShellError } from '../errors.ts';
import { continueJob } from '../jobs/control.ts';
import { describeJob } from '../jobs/format.ts';
import type { Job } from '../jobs/jobs.ts';
import { stateOf } from '../jobs/jobs.ts';
import { reapChildren } from '../jobs/wait.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';
import type { BuiltinTable, Run } from './builtin.ts';

function findJob(sh: Shell, spec: string, command: string): Job {
  const job = sh.jobs.find(spec);
  if (job === 'ambiguous') throw new ShellError(`${command}: ${spec}: ambiguous`);
  if (!job) throw new ShellError(`${command}: ${spec === '%+' ? 'No current job' : `No such job: ${spec}`}`);
  return job;
}

function* jobs(sh: Shell, args: readonly string[]): Task<number> {
  yield* reapChildren(sh);
  const options = args.filter((arg) => arg.startsWith('-')).join('');
  const specs = args.filter((arg) => !arg.startsWith('-'));
  const listed = specs.length > 0 ? specs.map((spec) => findJob(sh, spec, 'jobs')) : [...sh.jobs.all()];
  for (const job of listed) {
    const text = options.includes('p')
      ? `${job.processes[0]?.pid ?? 0}`
      : describeJob(sh, job, options.includes('l'));
    yield* sh.write(1, `${text}\n`);
    if (stateOf(job) === 'done') sh.jobs.remove(job);
  }
  return 0;
}

function resume(foreground: boolean) {
  return function* (sh: Shell, args: readonly string[], { name }: { name: string }): Task<number> {
    let status = 0;
    for (const spec of args.length > 0 ? args : ['%+']) {
      const job = findJob(sh, spec, name);
      if (job.pgid === 0) throw new ShellError(`${name}: job ${spec} not created under job control`);
      status = yield* continueJob(sh, job, foreground);
    }
    return status;
  };
}

const disown: Run = (sh, args) => {
  for (const spec of args.length > 0 ? args : ['%+']) sh.jobs.remove(findJob(sh, spec, 'disown'));
  return 0;
};

function* listSignals(sh: Shell, args: readonly string[]): Task<number> {
  if (args.length === 0) {
    const names: string[] = [];
    for (let sig = 1; sig <= SIGNAL_MAX; sig += 1) {
      const name = signalName(sig);
      if (name) names.push(name);
    }
    yield* sh.write(1, `${names.join('\n')}\n`);
    return 0;
  }
  for (const arg of args) {
    const number = Number(arg);
    const text = /^[0-9]+$/.test(arg) ? signalName(number > 128 ? number - 128 : number) : signalNumber(arg);
    if (text === undefined) throw new ShellError(`kill: invalid signal number or exit status: ${arg}`);
    yield* sh.write(1, `${text}\n`);
  }
  return 0;
}

interface KillRequest {
  readonly sig: number;
  readonly targets: readonly string[];
}

function parseKill(args: readonly string[]): KillRequest {
  const usage =
    'kill: Usage: kill [-s sigspec | -signum | -sigspec] [pid | job]...\nor\nkill -l [exitstatus]';
  const [first] = args;
  if (first === undefined) throw new ShellError(usage);
  if (!first.startsWith('-') || first === '--')
    return { sig: Sig.TERM, targets: first === '--' ? args.slice(1) : args };
  const separate = first === '-s' || first === '-n';
  const name = separate ? (args[1] ?? '') : first.replace(/^-[sn]?(?=.)/, '');
  const sig = signalNumber(separate ? name : first.slice(1)) ?? signalNumber(name);
  if (sig === undefined) throw new ShellError(`kill: Illegal option ${first}`);
  const rest = args.slice(separate ? 2 : 1);
  const targets = rest[0] === '--' ? rest.slice(1) : rest;
  if (targets.length === 0) throw new ShellError(usage);
  return { sig, targets };
}

function* kill(sh: Shell, args: readonly string[]): Task<number> {
  if (args[0] === '-l' || args[0] === '-L') return yield* listSignals(sh, args.slice(1));
  const { sig, targets } = parseKill(args);
  let status = 0;
  // Children that have ended are no targets any more.
  yield* reapChildren(sh);
  for (const target of targets) {
    const failure = yield* killTarget(sh, target, sig);
    if (failure === undefined) continue;
    yield* sh.complain(`kill: ${failure}`);
    status = 1;
  }
  return status;
}

/** Sends to a pid, a group (-N) or a job (%N); what went wrong, if anything. */
function* killTarget(sh: Shell, target: string, sig: number): Task<string | undefined> {
  const pids: number[] = [];
  if (target.startsWith('%')) {
    const job = findJob(sh, target, 'kill');
    if (job.pgid > 0) pids.push(-job.pgid);
    else pids.push(...job.processes.filter((p) => p.status === undefined).map((p) => p.pid));
    if (stateOf(job) === 'stopped' && (sig === Sig.TERM || sig === Sig.HUP))
      yield* sendTo(sh, pids, Sig.CONT);
  } else if (/^-?[0-9]+$/.test(target)) pids.push(Number(target));
  else throw new ShellError(`kill: Illegal number: ${target}`);
  return yield* sendTo(sh, pids, sig);
}

function* sendTo(sh: Shell, pids: readonly number[], sig: number): Task<string | undefined> {
  try {
    for (const pid of pids) yield* wait(sh.sys.kill(pid, sig));
    return undefined;
  } catch (error) {
    if (isSysError(error)) return error.message;
    throw error;
  }
}

export const jobBuiltins: BuiltinTable = {
  jobs: { run: jobs },
  fg: { run: resume(true) },
  bg: { run: resume(false) },
  disown: { run: disown },
  kill: { run: kill },
};
