/**
 * The ioctls of a terminal: one row per request. They act on the terminal whichever side they come from; rows
 * differ in whether a background process is stopped for them, and what they mean on the master's side
 * (tty_ioctl(4)).
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { ControlCharacters, Termios, WindowSize } from '../../subsystems/unix/termios.ts';
import type { IoctlRequest } from '../protocols/object.ts';
import type { Caller } from './open-object.ts';
import type { Terminal } from './terminal.ts';

export interface TtyIoctl {
  readonly terminal: Terminal;
  readonly caller: Caller;
  readonly argument: unknown;
  /** The opening that the request came through was ended by a hang-up. */
  readonly hungUp: boolean;
  /** The request came through the master of a pseudo-terminal. */
  readonly master: boolean;
}

interface Row {
  /** Changes the terminal: SIGTTOU for a background process. */
  readonly changes: boolean;
  readonly run: (call: TtyIoctl) => unknown;
}

const DONE = null;

/** argument: Termios. */
function setTermios({ terminal, argument }: TtyIoctl): null {
  terminal.line.termios = checkedTermios(terminal.line.termios, argument);
  terminal.stateChanged();
  return DONE;
}

/**
 * Output has left the terminal as soon as it was written (the queue is the other side's), so there is nothing
 * to drain.
 */
const ROWS: Readonly<Record<IoctlRequest, Row>> = {
  TCGETS: {
    changes: false,
    run: ({ terminal: { line } }) => ({ ...line.termios, cc: { ...line.termios.cc } }),
  },
  TCSETS: { changes: true, run: setTermios },
  TCSETSW: { changes: true, run: setTermios },
  TCSETSF: {
    changes: true,
    run: (call) => {
      const result = setTermios(call);
      call.terminal.flush({ input: true, output: false });
      return result;
    },
  },
  TIOCGWINSZ: { changes: false, run: ({ terminal }) => ({ ...terminal.size }) },
  /** argument: WindowSize. */
  TIOCSWINSZ: {
    changes: false,
    run: ({ terminal, argument }) => {
      terminal.size = checkedSize(argument);
      return DONE;
    },
  },
  TIOCGPGRP: { changes: false, run: getForeground },
  /** argument: a group of the caller's session; the Process Manager has checked that it is one. */
  TIOCSPGRP: { changes: true, run: setForeground },
  TIOCSCTTY: { changes: false, run: becomeControlling },
  TIOCNOTTY: { changes: false, run: giveUp },
  TIOCGSID: {
    changes: false,
    run: (call) => {
      requireControlled(call);
      return call.terminal.jobs.session;
    },
  },
  /** argument: 'input', 'output', 'both'. */
  TCFLSH: { changes: true, run: flush },
  /** argument: 'stop-output', 'start-output', 'stop-input', 'start-input' (tcflow(3)). */
  TCXONC: { changes: true, run: flow },
  /** On the master: the slave's name (ptsname(3)). */
  TTYNAME: { changes: false, run: ({ terminal }) => terminal.name },
  FIONREAD: {
    changes: false,
    run: ({ terminal, master }) => (master ? terminal.line.output.queue.length : terminal.line.readableBytes),
  },
};

/**
 * Throws ENOTTY for an unknown request, EINVAL for a bad argument, EIO after a hang-up, K_EABORT after
 * SIGTTOU.
 */
export function ttyIoctl(request: string, call: TtyIoctl): Awaitable<unknown> {
  if (!Object.hasOwn(ROWS, request)) throw new SysError('ENOTTY');
  if (call.hungUp) throw new SysError('EIO');
  const row = ROWS[request as IoctlRequest];
  if (!row.changes || call.master) return row.run(call);
  const allowed = call.terminal.jobs.checkChange(call.caller);
  return isPromise(allowed) ? allowed.then(() => row.run(call)) : row.run(call);
}

function requireControlled({ terminal, caller, master }: TtyIoctl): void {
  const controlled = master ? terminal.jobs.session !== 0 : terminal.jobs.controls(caller);
  if (!controlled) throw new SysError('ENOTTY');
}

function getForeground(call: TtyIoctl): number {
  const { jobs } = call.terminal;
  if (!call.master) requireControlled(call);
  return jobs.foreground;
}

function setForeground(call: TtyIoctl): null {
  requireControlled(call);
  const pgid = call.argument;
  if (!Number.isSafeInteger(pgid) || (pgid as number) <= 0) throw new SysError('EINVAL');
  call.terminal.jobs.foreground = pgid as number;
  return DONE;
}

/**
 * TIOCSCTTY: by a session's leader, for a terminal that controls no other session (root may steal with
 * argument 1).
 */
function becomeControlling({ terminal, caller, argument, master }: TtyIoctl): null {
  const { jobs } = terminal;
  if (master) throw new SysError('EINVAL');
  if (jobs.controls(caller)) return DONE;
  if (caller.sid === 0 || caller.pid !== caller.sid) throw new SysError('EPERM');
  if (jobs.session !== 0) {
    if (argument !== 1 || caller.uid !== 0) throw new SysError('EPERM');
    jobs.disassociate();
  }
  jobs.acquire(caller.sid, caller.pgid, caller.site);
  return DONE;
}

/**
 * TIOCNOTTY: the leader gives the terminal up for its session; for others only their Process Manager has
 * something to forget. argument 'exit': the leader ends, and the terminal hangs up for all that is left of
 * the session.
 */
function giveUp(call: TtyIoctl): null {
  const { terminal, caller } = call;
  requireControlled(call);
  if (caller.pid !== caller.sid) return DONE;
  if (call.argument === 'exit') terminal.hangUpAtExit();
  else terminal.jobs.disassociate();
  return DONE;
}

const QUEUES: ReadonlyMap<unknown, { input: boolean; output: boolean }> = new Map([
  ['input', { input: true, output: false }],
  ['output', { input: false, output: true }],
  ['both', { input: true, output: true }],
]);

/** The master's input is the terminal's output, and the other way round. */
function flush({ terminal, argument, master }: TtyIoctl): null {
  const what = QUEUES.get(argument);
  if (!what) throw new SysError('EINVAL');
  terminal.flush(master ? { input: what.output, output: what.input, delivered: true } : what);
  return DONE;
}

/** Stops and starts the output; or the input, by the characters that tell the other side. */
function flow({ terminal, argument, master }: TtyIoctl): null {
  const { output, termios } = terminal.line;
  if (master) throw new SysError('EINVAL');
  if (argument === 'stop-output') output.stop();
  else if (argument === 'start-output') {
    output.start();
    output.releaseEchoes();
  } else if (argument === 'stop-input' || argument === 'start-input') {
    const character = argument === 'stop-input' ? termios.cc.stop : termios.cc.start;
    if (character !== 0) output.queue.append(Uint8Array.of(character));
  } else throw new SysError('EINVAL');
  terminal.stateChanged();
  return DONE;
}

const WINDOW_MAX = 0xffff;

/** Throws EINVAL. */
export function checkedSize(argument: unknown): WindowSize {
  const { rows, columns } = (argument ?? {}) as Partial<WindowSize>;
  for (const value of [rows, columns]) {
    if (!Number.isInteger(value) || value! < 0 || value! > WINDOW_MAX) throw new SysError('EINVAL');
  }
  return { rows: rows!, columns: columns! };
}

/** A termios whose every field has the type of the present one's. Throws EINVAL. */
function checkedTermios(present: Termios, argument: unknown): Termios {
  if (typeof argument !== 'object' || argument === null) throw new SysError('EINVAL');
  const given = argument as Record<string, unknown>;
  const result: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(present)) {
    if (field === 'cc') result.cc = checkedCharacters(present.cc, given.cc);
    else if (typeof given[field] === typeof value && isSane(given[field])) result[field] = given[field];
    else throw new SysError('EINVAL');
  }
  return result as unknown as Termios;
}

/** Numbers of a termios are words of flags, and speeds. */
const isSane = (value: unknown): boolean =>
  typeof value !== 'number' || (Number.isSafeInteger(value) && value >= 0);

function checkedCharacters(present: ControlCharacters, argument: unknown): ControlCharacters {
  if (typeof argument !== 'object' || argument === null) throw new SysError('EINVAL');
  const given = argument as Record<string, unknown>;
  const result: Record<string, number> = {};
  for (const name of Object.keys(present)) {
    const value = given[name];
    if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 255)
      throw new SysError('EINVAL');
    result[name] = value as number;
  }
  return result as unknown as ControlCharacters;
}
