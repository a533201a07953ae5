/** fork, exec, exit. */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { WaitStatus } from '../../../subsystems/unix/signals.ts';
import { type Environment, type Pid, Terminated } from '../../../subsystems/unix/sys.ts';
import { distantExec } from '../distant-exec.ts';
import { distantFork } from '../distant-fork.ts';
import { exec } from '../exec.ts';
import { endProcess } from '../exit.ts';
import { forkHere } from '../fork.ts';
import type { UThread } from '../process.ts';

export const creationCalls = {
  fork: (t: UThread, entry: string, state: unknown): Awaitable<Pid> => {
    const { process, image } = t;
    const entries = image.program?.entries;
    if (!entries || !Object.hasOwn(entries, entry)) throw new SysError('EINVAL');
    return process.csite === process.pm.site ? forkHere(t, entry, state) : distantFork(t, entry, state);
  },
  exec: (t: UThread, path: string, argv: readonly string[], env?: Environment): Promise<never> => {
    const { process, image } = t;
    if (process.isHost) throw new SysError('EINVAL');
    const environment = env ?? image.env;
    return process.csite === process.pm.site
      ? exec(t, path, argv, environment)
      : distantExec(t, path, argv, environment);
  },
  exit: (t: UThread, code: number): never => {
    endProcess(t.process, WaitStatus.exited(code));
    throw new Terminated();
  },
};
