/** Controlling terminals: who a process is to a terminal, and how a session gets one. */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import { O } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { Sig } from '../../subsystems/unix/signals.ts';
import type { Fd } from '../../subsystems/unix/sys.ts';
import type { IoctlRequest } from '../protocols/object.ts';
import { andThen } from './and-then.ts';
import { isOrphanedHere, setSessionTerminal } from './groups.ts';
import type { OpenObject } from './objects.ts';
import type { Process, UThread } from './process.ts';
import { withstands } from './signals.ts';

/** A process as terminals see it. `sig` is what a background access would raise. */
export function identityFor(
  process: Process,
  sig: number,
): { pid: number; pgid: number; sid: number; ignoring: boolean } {
  const { pid, pgid, sid, pm } = process;
  // A read from an orphaned background group fails instead of stopping it for ever.
  const ignoring = withstands(process, sig) || (sig === Sig.TTIN && isOrphanedHere(pm, pgid));
  return { pid, pgid, sid, ignoring };
}

/** ioctl(2) on a terminal. Throws ENOTTY for other objects. */
export function ioctl(
  t: UThread,
  object: OpenObject,
  request: IoctlRequest,
  argument: unknown,
): Awaitable<unknown> {
  if (object.kind === 'path') throw new SysError('EBADF');
  if (object.kind !== 'tty' && object.kind !== 'ptm') throw new SysError('ENOTTY');
  return askObject(t, object, request, argument);
}

/** An ioctl of any object that a Device Manager has. Throws ENOTTY where it means nothing. */
export function askObject(
  t: UThread,
  object: OpenObject,
  request: string,
  argument: unknown,
): Awaitable<unknown> {
  const identity = identityFor(t.process, Sig.TTOU);
  const reply = t.process.pm.servers.ioctl(t.thread, object.dest, {
    key: object.key!,
    request,
    argument,
    ...identity,
  });
  return andThen(reply, ({ result }) => result);
}

/** A session leader without a terminal gets the first one that it opens, unless O_NOCTTY. */
export function adoptTerminal(t: UThread, object: OpenObject, flags: number): Awaitable<void> {
  const { process } = t;
  if (flags & (O.NOCTTY | O.PATH) || process.terminal || process.pid !== process.sid || process.isHost)
    return;
  try {
    const taken = setControlling(t, object);
    // A terminal that another session has stays an ordinary file for us.
    if (taken instanceof Promise) return taken.catch(() => {});
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}

/** TIOCSCTTY: session leaders only; EPERM when the terminal has another session. */
export function setControlling(t: UThread, object: OpenObject, steal = false): Awaitable<void> {
  const { process } = t;
  const { pm, sid } = process;
  if (process.pid !== sid) throw new SysError('EPERM');
  if (process.terminal) {
    if (process.terminal.port === object.port && process.terminal.key === object.key) return;
    throw new SysError('EPERM');
  }
  return andThen(ioctl(t, object, 'TIOCSCTTY', steal ? 1 : 0), () => {
    setSessionTerminal(pm, sid, { port: object.port, key: object.key! });
  });
}

/** TIOCNOTTY: a leader gives the terminal up for its session, others for themselves. */
export function giveUpControlling(t: UThread, object: OpenObject): Awaitable<void> {
  const { process } = t;
  return andThen(ioctl(t, object, 'TIOCNOTTY', null), () => {
    if (process.pid === process.sid) setSessionTerminal(process.pm, process.sid, null);
    else process.terminal = null;
  });
}

export function terminalObject(t: UThread, fd: Fd): OpenObject {
  return t.process.fds.object(fd);
}
