/**
 * Starting processes from outside. Each start has a host process of its own, the *launcher*: it holds our
 * ends of the child's pipes or terminal, is the child's parent, and ends when the child has ended and its
 * output was read. So a start carries the descriptors of no other, and a fork to another site hands over four
 * of them at most.
 *
 * Invariants: every descriptor that is opened here is close-on-exec; the child's ends are closed in the
 * launcher as soon as the fork is done, so that end of file is seen when the last process lets go.
 */
import { O, type Resource } from '../../subsystems/unix/constants.ts';
import { type ErrnoName, SysError } from '../../subsystems/unix/errno.ts';
import { Sig, signalName, WaitStatus } from '../../subsystems/unix/signals.ts';
import { type Environment, type Fd, type Pid, type Sys, Terminated } from '../../subsystems/unix/sys.ts';
import type { WindowSize } from '../../subsystems/unix/termios.ts';
import { Host } from './host.ts';
import type { StartPlan } from './host-program.ts';

/** What to start. */
export interface StartRequest {
  /** File to execute; default: argv[0], looked up in the environment's PATH. */
  path?: string;
  argv: readonly string[];
  env: Environment;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Resource limits, soft and hard alike. */
  limits?: readonly (readonly [Resource, number])[];
  /** Site to start on; default: the launcher's own. */
  site?: number;
}

/** How a process ended. */
export interface Ending {
  /** Exit code; 128 + n after signal n, as shells count. */
  exitCode: number;
  /** Name of the signal that ended it ('SIGKILL'), else null. */
  signal: string | null;
}

/** A start that failed before the program ran; `step` is what failed ('exec', 'chdir' …). */
export class StartError extends Error {
  readonly step: string;
  readonly code: string;
  readonly errno: number;
  constructor(step: string, cause: SysError, subject: string) {
    super(`${subject}: ${cause.message}`);
    this.name = 'StartError';
    this.step = step;
    this.code = cause.code;
    this.errno = cause.errno;
  }
}

/** A process started from outside. Descriptors are our ends, in the process `io`. */
export interface Child {
  readonly io: Host;
  readonly pid: Pid;
  readonly stdin: Fd;
  readonly stdout: Fd;
  /** Undefined when standard error is standard output's pipe. */
  readonly stderr: Fd | undefined;
  readonly ended: Promise<Ending>;
}

/** A process on a pseudo-terminal. */
export interface TerminalChild {
  readonly io: Host;
  readonly pid: Pid;
  readonly master: Fd;
  readonly ended: Promise<Ending>;
}

export const endingOf = (status: number): Ending => {
  if (!WaitStatus.isSignaled(status)) return { exitCode: WaitStatus.exitCode(status), signal: null };
  const sig = WaitStatus.termSignal(status);
  const name = signalName(sig);
  return { exitCode: 128 + sig, signal: name === undefined ? `SIG${sig}` : `SIG${name}` };
};

/** The host process of one start. */
class Launcher extends Host {
  /** Our ends that somebody may still read. */
  private readonly outputs = new Set<Fd>();
  private childEnded = false;

  /**
   * Starts a program on pipes; `merged`: one pipe for both outputs, which so stay in order. Throws
   * StartError.
   */
  async onPipes(request: StartRequest, merged: boolean): Promise<Child> {
    const { sys } = this;
    const input = await sys.pipe(O.CLOEXEC);
    const output = await sys.pipe(O.CLOEXEC);
    const errors = merged ? output : await sys.pipe(O.CLOEXEC);
    const pid = await this.launch(request, [input[0], output[1], errors[1]], false);
    await this.closeAll(merged ? [input[0], output[1]] : [input[0], output[1], errors[1]]);
    const [stdout, stderr] = [output[0], merged ? undefined : errors[0]];
    return { io: this, pid, stdin: input[1], stdout, stderr, ended: this.follow(pid, [stdout, stderr]) };
  }

  /** Starts a program on a new pseudo-terminal, as leader of a session. Throws StartError. */
  async onTerminal(request: StartRequest, size: WindowSize): Promise<TerminalChild> {
    const { sys } = this;
    const { master, slave } = await sys.openpty(size);
    sys.setCloexec(master, true);
    sys.setCloexec(slave, true);
    const pid = await this.launch(request, [slave, slave, slave], true);
    await this.closeAll([slave]);
    return { io: this, pid, master, ended: this.follow(pid, [master]) };
  }

  /** fork and exec; resolves when the program runs. */
  private async launch(request: StartRequest, stdio: [Fd, Fd, Fd], terminal: boolean): Promise<Pid> {
    const { sys } = this;
    const { site, limits = [], ...what } = request;
    const [reader, writer] = await sys.pipe(O.CLOEXEC);
    const plan: StartPlan = { ...what, limits, stdio, terminal, outcome: writer };
    if (site !== undefined) sys.csite(site);
    const pid = await this.fork(plan);
    await this.closeAll([writer]);
    const report = new TextDecoder().decode(await this.readAll(reader));
    await this.closeAll([reader]);
    if (report === '') return pid;
    await this.ending(pid);
    const [step = 'exec', code = 'EIO'] = report.split(' ');
    const subject = step === 'chdir' ? (request.cwd ?? '') : (request.argv[0] ?? '');
    throw new StartError(step, new SysError(code as ErrnoName), subject);
  }

  private async fork(plan: StartPlan): Promise<Pid> {
    try {
      return await this.sys.fork('start', plan);
    } catch (error) {
      throw error instanceof SysError ? new StartError('fork', error, plan.argv[0] ?? '') : error;
    }
  }

  private async follow(pid: Pid, outputs: readonly (Fd | undefined)[]): Promise<Ending> {
    for (const fd of outputs) if (fd !== undefined) this.outputs.add(fd);
    const ending = await this.ending(pid);
    this.childEnded = true;
    this.endWhenIdle();
    return ending;
  }

  override async closeAll(fds: readonly Fd[]): Promise<void> {
    await super.closeAll(fds);
    for (const fd of fds) this.outputs.delete(fd);
    this.endWhenIdle();
  }

  private endWhenIdle(): void {
    if (this.childEnded && this.outputs.size === 0) this.end();
  }

  /** Waits for a child; a child that nobody knows any more counts as killed. */
  private async ending(pid: Pid): Promise<Ending> {
    for (;;) {
      try {
        const result = await this.sys.waitpid(pid, 0);
        if (result && !WaitStatus.isStopped(result.status) && !WaitStatus.isContinued(result.status)) {
          return endingOf(result.status);
        }
      } catch (error) {
        // The host process itself is gone: the system was shut down, and the child with it.
        if (error instanceof Terminated) return endingOf(WaitStatus.signaled(Sig.KILL));
        if (!(error instanceof SysError)) throw error;
        if (error.code !== 'EINTR') return endingOf(WaitStatus.signaled(Sig.KILL));
      }
    }
  }
}

/** Makes the host process of a start. */
export type MakeHost = () => Sys;

async function launched<T>(make: MakeHost, start: (launcher: Launcher) => Promise<T>): Promise<T> {
  const launcher = new Launcher(make());
  try {
    return await start(launcher);
  } catch (error) {
    launcher.end();
    throw error;
  }
}

/** Starts a program on three pipes, or on two with both outputs in one. Throws StartError. */
export function startChild(make: MakeHost, request: StartRequest, merged = false): Promise<Child> {
  return launched(make, (launcher) => launcher.onPipes(request, merged));
}

/** Starts a program on a new pseudo-terminal, as leader of a session. Throws StartError. */
export function startOnTerminal(
  make: MakeHost,
  request: StartRequest,
  size: WindowSize,
): Promise<TerminalChild> {
  return launched(make, (launcher) => launcher.onTerminal(request, size));
}
