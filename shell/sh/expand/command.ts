/** Command substitution: a subshell whose output comes back through a pipe, without its trailing newlines. */
import { isSysError } from '../../../subsystems/unix/errno.ts';
import { WaitStatus } from '../../../subsystems/unix/signals.ts';
import { utf8 } from '../../commands/lib/text.ts';
import { ShellError } from '../errors.ts';
import { openPipe } from '../exec/pipe.ts';
import { closeQuietly } from '../exec/redirect.ts';
import { childFor } from '../exec/subshell.ts';
import { forkChild } from '../jobs/start.ts';
import { ShellLimits } from '../limits.ts';
import type { Shell } from '../state/shell.ts';
import type { Node } from '../syntax/ast.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';

const CHUNK_BYTES = 65536;

export function* substituteCommand(sh: Shell, body: Node | undefined): Task<string> {
  if (!body) {
    sh.substitutionStatus = 0;
    return '';
  }
  const plan = yield* childFor(sh, body);
  const [reader, writer] = yield* openPipe(sh.sys);
  let pid: number;
  try {
    const plumbing = { moves: [[writer, 1] as const], close: [reader], inner: true };
    pid = yield* forkChild(sh, undefined, plan.entry, plan.state, plumbing);
  } catch (error) {
    yield* closeQuietly(sh.sys, reader);
    yield* closeQuietly(sh.sys, writer);
    throw error;
  }
  yield* wait(sh.sys.close(writer));
  const output = yield* collect(sh, reader);
  sh.substitutionStatus = WaitStatus.shellCode(yield* waitChild(sh, pid));
  return output;
}

/** Everything from the pipe; NULs cannot be in a value and are left out. */
function* collect(sh: Shell, reader: number): Task<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const chunk = yield* readPipe(sh, reader);
      if (chunk.length === 0) break;
      chunks.push(chunk);
      length += chunk.length;
      if (length > ShellLimits.EXPANSION_CHARS) throw new ShellError('command substitution: output too long');
    }
  } finally {
    yield* closeQuietly(sh.sys, reader);
  }
  const text = utf8.decode(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 10) end -= 1;
  const trimmed = text.slice(0, end);
  return trimmed.includes('\0') ? trimmed.replaceAll('\0', '') : trimmed;
}

function* readPipe(sh: Shell, reader: number): Task<Uint8Array> {
  for (;;) {
    try {
      return yield* wait(sh.sys.read(reader, CHUNK_BYTES));
    } catch (error) {
      if (!isSysError(error, 'EINTR')) throw error;
    }
  }
}

function* waitChild(sh: Shell, pid: number): Task<number> {
  for (;;) {
    try {
      const result = yield* wait(sh.sys.waitpid(pid));
      if (result) return result.status;
    } catch (error) {
      if (isSysError(error, 'ECHILD')) return WaitStatus.exited(0);
      if (!isSysError(error, 'EINTR')) throw error;
    }
  }
}
