/**
 * The program of the host processes: how the world outside starts processes. A host process has no image of
 * its own; its forks name the entry `start` here, which arranges descriptors, session, credentials and
 * directory of the child and execs. The outcome comes back over a close-on-exec pipe: nothing when the exec
 * succeeded, else the step that failed and the error's name.
 */
import type { Resource } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Environment, Fd, Program, Sys } from '../../subsystems/unix/sys.ts';
import { execProgram } from '../commands/lib/spawn.ts';

/** The name under which every site's program table has it; the dot keeps it out of /bin. */
export const HOST_PROGRAM = '.host';

/** What the child does before it execs. Encodable: the child may start on another site. */
export interface StartPlan {
  /** File to execute; default: argv[0], looked up in the environment's PATH. */
  path?: string;
  argv: readonly string[];
  env: Environment;
  /** Descriptors of the host process that become 0, 1 and 2. */
  stdio: readonly [Fd, Fd, Fd];
  /** Write end of the outcome pipe. */
  outcome: Fd;
  cwd?: string;
  uid?: number;
  gid?: number;
  limits: readonly (readonly [Resource, number])[];
  /** Own session with descriptor 0 as the controlling terminal; else a process group of its own. */
  terminal: boolean;
}

/** Descriptors below this are the program's business: copies are parked above. */
const PARKED_FD_LEAST = 64;
const EXEC_FAILED = 127;

async function arrange(sys: Sys, plan: StartPlan, at: (step: string) => void): Promise<void> {
  at('setsid');
  if (plan.terminal) await sys.setsid();
  else await sys.setpgid(0, 0);
  at('dup');
  const parked = plan.stdio.map((fd) => sys.dupfd(fd, PARKED_FD_LEAST, true));
  for (const [target, fd] of parked.entries()) await sys.dup2(fd, target);
  if (plan.terminal) {
    at('setctty');
    await sys.setctty(0);
  }
  at('setrlimit');
  for (const [resource, value] of plan.limits) sys.setrlimit(resource, { soft: value, hard: value });
  at('setuid');
  if (plan.gid !== undefined) {
    sys.setgroups([plan.gid]);
    sys.setgid(plan.gid);
  }
  if (plan.uid !== undefined) sys.setuid(plan.uid);
  if (plan.cwd !== undefined) {
    at('chdir');
    await sys.chdir(plan.cwd);
  }
}

async function start(sys: Sys, plan: StartPlan): Promise<number> {
  let step = 'start';
  // The outcome pipe may sit on a number that the program's own descriptors take.
  const outcome = sys.dupfd(plan.outcome, PARKED_FD_LEAST, true);
  try {
    await arrange(sys, plan, (next) => {
      step = next;
    });
    step = 'exec';
    if (plan.path !== undefined) return await sys.exec(plan.path, plan.argv, plan.env);
    return await execProgram(sys, plan.argv, plan.env);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    await sys.write(outcome, new TextEncoder().encode(`${step} ${error.code}`));
    return EXEC_FAILED;
  }
}

export const hostProgram: Program = {
  name: HOST_PROGRAM,
  main: () => EXEC_FAILED,
  entries: { start },
};
