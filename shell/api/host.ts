/**
 * A host process at work: starting children with pipes or a terminal, and waiting for them. What it does goes
 * through ordinary system calls of that process; many may be under way at once.
 *
 * Invariants: every descriptor that is opened here is close-on-exec; the child's ends are closed in the host
 * as soon as the fork is done, so that end of file is seen when the last process lets go.
 */
import { O, type Resource } from '../../subsystems/unix/constants.ts';
import { type ErrnoName, SysError } from '../../subsystems/unix/errno.ts';
import { Sig, signalName, WaitStatus } from '../../subsystems/unix/signals.ts';
import { type Environment, type Fd, type Pid, type Sys, Terminated } from '../../subsystems/unix/sys.ts';
import type { WindowSize } from '../../subsystems/unix/termios.ts';
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
  /** Site to start on; default: the host process' own. */
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

/** A process started by the host. Descriptors are the host process' own ends. */
export interface Child {
  readonly pid: Pid;
  readonly stdin: Fd;
  readonly stdout: Fd;
  readonly stderr: Fd;
  readonly ended: Promise<Ending>;
}

/** A process on a pseudo-terminal. */
export interface TerminalChild {
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

export class Host {
  readonly sys: Sys;

  constructor(sys: Sys) {
    this.sys = sys;
  }

  /**
   * Starts a program on pipes. With `merged`, standard error is standard output's pipe: one stream, in order,
   * and `stderr` is undefined. Throws StartError.
   */
  async start(request: StartRequest): Promise<Child>;
  async start(
    request: StartRequest,
    merged: boolean,
  ): Promise<Omit<Child, 'stderr'> & { stderr: Fd | undefined }>;
  async start(
    request: StartRequest,
    merged = false,
  ): Promise<Omit<Child, 'stderr'> & { stderr: Fd | undefined }> {
    const { sys } = this;
    const pipes: [Fd, Fd][] = [];
    try {
      for (let i = merged ? 1 : 0; i < 3; i++) pipes.push(await sys.pipe(O.CLOEXEC));
      const [input, output, errors = output] = pipes as [[Fd, Fd], [Fd, Fd], [Fd, Fd]?];
      const pid = await this.launch(request, [input[0], output[1], errors[1]], false);
      await this.closeAll([input[0], output[1], ...(merged ? [] : [errors[1]])]);
      const stderr = merged ? undefined : errors[0];
      return { pid, stdin: input[1], stdout: output[0], stderr, ended: this.ending(pid) };
    } catch (error) {
      await this.closeAll(pipes.flat());
      throw error;
    }
  }

  /** Starts a program on a new pseudo-terminal, as leader of a session. Throws StartError. */
  async startOnTerminal(request: StartRequest, size: WindowSize): Promise<TerminalChild> {
    const { sys } = this;
    const { master, slave } = await sys.openpty(size);
    sys.setCloexec(master, true);
    sys.setCloexec(slave, true);
    try {
      const pid = await this.launch(request, [slave, slave, slave], true);
      await this.closeAll([slave]);
      return { pid, master, ended: this.ending(pid) };
    } catch (error) {
      await this.closeAll([master, slave]);
      throw error;
    }
  }

  /** fork and exec; resolves when the program runs. */
  private async launch(request: StartRequest, stdio: [Fd, Fd, Fd], terminal: boolean): Promise<Pid> {
    const { sys } = this;
    const { site, limits = [], ...what } = request;
    const [reader, writer] = await sys.pipe(O.CLOEXEC);
    const plan: StartPlan = { ...what, limits, stdio, terminal, outcome: writer };
    let pid: Pid;
    try {
      pid = await this.forkOn(site, plan);
    } catch (error) {
      await this.closeAll([reader, writer]);
      throw error instanceof SysError ? new StartError('fork', error, request.argv[0] ?? '') : error;
    }
    await this.closeAll([writer]);
    const report = new TextDecoder().decode(await this.readAll(reader));
    await this.closeAll([reader]);
    if (report === '') return pid;
    await this.ending(pid);
    const [step = 'exec', code = 'EIO'] = report.split(' ');
    const subject = step === 'chdir' ? (request.cwd ?? '') : (request.argv[0] ?? '');
    throw new StartError(step, new SysError(code as ErrnoName), subject);
  }

  /** The execution site is a property of the process: it is set for this one fork, which reads it at once. */
  private forkOn(site: number | undefined, plan: StartPlan): Promise<Pid> {
    const { sys } = this;
    const before = sys.csite();
    if (site !== undefined) sys.csite(site);
    try {
      return Promise.resolve(sys.fork('start', plan));
    } finally {
      if (site !== undefined) sys.csite(before);
    }
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

  /** Sends a signal to the process group of a child, or to the child alone. No error when it is gone. */
  async signal(pid: Pid, sig: number, group = true): Promise<boolean> {
    try {
      await this.sys.kill(group ? -pid : pid, sig);
      return true;
    } catch (error) {
      if (!(error instanceof SysError || error instanceof Terminated)) throw error;
      return false;
    }
  }

  async readAll(fd: Fd): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (;;) {
      const part = await this.sys.read(fd, 65536);
      if (part.length === 0) break;
      parts.push(part);
    }
    return Buffer.concat(parts);
  }

  /** Ends the host process. */
  end(): void {
    try {
      this.sys.exit(0);
    } catch (error) {
      if (!(error instanceof Terminated)) throw error;
    }
  }

  /** Closes descriptors; those that are closed already do not matter. */
  async closeAll(fds: readonly Fd[]): Promise<void> {
    for (const fd of fds) {
      try {
        await this.sys.close(fd);
      } catch (error) {
        if (!(error instanceof SysError || error instanceof Terminated)) throw error;
      }
    }
  }
}
