/**
 * Pipes of the shell: their ends never stand where the standard descriptors belong, even when those are
 * closed.
 */
import { O } from '../../../subsystems/unix/constants.ts';
import type { Sys } from '../../../subsystems/unix/sys.ts';
import { ShellLimits } from '../limits.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';

const STDERR = 2;

/** [reader, writer], both closed by exec. Throws SysError. */
export function* openPipe(sys: Sys): Task<readonly [number, number]> {
  const [reader, writer] = yield* wait(sys.pipe(O.CLOEXEC));
  return [yield* lifted(sys, reader), yield* lifted(sys, writer)];
}

function* lifted(sys: Sys, fd: number): Task<number> {
  if (fd > STDERR) return fd;
  const copy = sys.dupfd(fd, ShellLimits.PRIVATE_FD, true);
  yield* wait(sys.close(fd));
  return copy;
}
