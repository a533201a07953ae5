/**
 * Pipelines: one child per command, joined by pipes, each forked straight into its program when it is just
 * that.
 */
import { isSysError } from '../../../subsystems/unix/errno.ts';
import { ShellError } from '../errors.ts';
import type { Job } from '../jobs/jobs.ts';
import type { Plumbing } from '../jobs/start.ts';
import { addProcess, startJob } from '../jobs/start.ts';
import { waitForJob } from '../jobs/wait.ts';
import type { Shell } from '../state/shell.ts';
import type { Node, PipelineNode } from '../syntax/ast.ts';
import { unparse } from '../syntax/unparse.ts';
import type { Task } from '../task.ts';
import { openPipe } from './pipe.ts';
import { closeQuietly } from './redirect.ts';
import { childFor } from './subshell.ts';

export function* executePipeline(sh: Shell, node: PipelineNode, _flags: number): Task<number> {
  const job = startJob(sh, () => unparse(node), false);
  yield* startPipeline(sh, job, node.commands);
  return yield* waitForJob(sh, job);
}

/** Forks all commands of a pipeline into `job`. */
export function* startPipeline(sh: Shell, job: Job, commands: readonly Node[]): Task<void> {
  let input = -1;
  for (let index = 0; index < commands.length; index += 1) {
    const last = index === commands.length - 1;
    const [reader, writer] = last ? [-1, -1] : yield* makePipe(sh, input);
    const moves: [number, number][] = [];
    if (input >= 0) moves.push([input, 0]);
    if (!last) moves.push([writer, 1]);
    yield* forkCommand(sh, job, commands[index]!, { moves, close: last ? [] : [reader] });
    if (input >= 0) yield* closeQuietly(sh.sys, input);
    if (!last) yield* closeQuietly(sh.sys, writer);
    input = reader;
  }
}

function* forkCommand(sh: Shell, job: Job, node: Node, plumbing: Plumbing): Task<void> {
  const { entry, state } = yield* childFor(sh, node);
  yield* addProcess(sh, job, entry, state, plumbing);
}

function* makePipe(sh: Shell, input: number): Task<readonly [number, number]> {
  try {
    return yield* openPipe(sh.sys);
  } catch (error) {
    if (!isSysError(error)) throw error;
    if (input >= 0) yield* closeQuietly(sh.sys, input);
    throw new ShellError(`Pipe call failed: ${error.message}`);
  }
}
