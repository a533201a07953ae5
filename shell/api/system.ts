/**
 * A booted system as the embedding program holds it. Everything it does goes through host processes: one as
 * root that starts and signals, one as the system's user that reads and writes files.
 */
import type { Environment, Program } from '../../subsystems/unix/sys.ts';
import type { WindowSize } from '../../subsystems/unix/termios.ts';
import { type Abortable, abortable } from './abort.ts';
import { type Carrier, makeHost, PROGRAM_MARK, resourceLimits, rootHost } from './carrier.ts';
import { type Collected, collect } from './collect.ts';
import { Files } from './files.ts';
import { Host } from './host.ts';
import { type MakeHost, type StartRequest, startChild, startOnTerminal } from './launch.ts';
import { type BootPlan, environmentFrom } from './options.ts';
import { processOf, type SystemProcess } from './process.ts';
import { ptyOf, type SystemPty, sizeFrom } from './pty.ts';
import type { InputData } from './streams.ts';
import { cleanEnvironment, findUser, type User } from './users.ts';

/** What every way of starting takes. */
export interface StartOptions extends Abortable {
  /** Added to the system's environment. */
  env?: Environment;
  cwd?: string;
  user?: string;
  /** Site to start on; default: the first. */
  site?: number;
}

export interface ExecOptions extends StartOptions {
  stdin?: InputData;
  /** Milliseconds until the run is ended: exitCode 124. */
  timeoutMs?: number;
  /** $1, $2 … of the script. */
  args?: readonly string[];
}

/** What `exec` resolves to; a non-zero exit code is a result like any other. */
export interface ExecResult extends Omit<Collected, 'stdout' | 'stderr'> {
  stdout: string;
  stderr: string;
  /** The same as bytes, for output that is no text. */
  stdoutBytes: Uint8Array;
  stderrBytes: Uint8Array;
}

export interface PtyOptions extends StartOptions, Partial<WindowSize> {
  /** Default: an interactive shell. */
  argv?: readonly string[];
}

export class System {
  /** The files of the system, after node:fs/promises. */
  readonly fs: Files;
  private readonly host: Host;
  private readonly makeHost: MakeHost;
  private readonly carrier: Carrier;
  private readonly plan: BootPlan;
  private closing: Promise<void> | undefined;

  /** Use `boot`. */
  constructor(carrier: Carrier, plan: BootPlan) {
    this.carrier = carrier;
    this.plan = plan;
    this.makeHost = () => rootHost(carrier.home);
    this.host = new Host(this.makeHost());
    const sys = makeHost(carrier.home, plan.user, plan.cwd ?? plan.user.home);
    this.fs = new Files(new Host(sys));
  }

  /** The sites, as last heard of. */
  get sites(): readonly { site: number; name: string; up: boolean }[] {
    return this.carrier.sites();
  }

  /**
   * Runs a shell script and collects its output. Resolves when the shell has ended and its output is closed.
   * Rejects with the signal's reason when aborted, with LimitError, or when it could not be started; the
   * processes are dead then.
   */
  async exec(script: string, options: ExecOptions = {}): Promise<ExecResult> {
    if (typeof script !== 'string') throw new TypeError('exec: expected the script as a string');
    const argv = ['sh', '-c', script, 'sh', ...(options.args ?? [])];
    return this.collect(argv, options);
  }

  private async collect(argv: readonly string[], options: ExecOptions): Promise<ExecResult> {
    const { timeoutMs = this.plan.limits.wallTimeMsMax, signal, stdin } = options;
    if (!(timeoutMs > 0)) throw new TypeError(`timeoutMs: expected a positive number, not ${timeoutMs}`);
    const path = `${this.carrier.programsIn}/sh`;
    const child = await this.start(argv, options, (request) =>
      startChild(this.makeHost, { ...request, path }),
    );
    const { outputBytesMax } = this.plan.limits;
    const result = await collect(this.host, child, { stdin, signal, timeoutMs, outputBytesMax });
    const decoder = new TextDecoder();
    return {
      ...result,
      stdout: decoder.decode(result.stdout),
      stderr: decoder.decode(result.stderr),
      stdoutBytes: result.stdout,
      stderrBytes: result.stderr,
    };
  }

  /** Starts a program and gives its streams. Rejects with StartError when it cannot be run. */
  async spawn(argv: readonly string[], options: StartOptions = {}): Promise<SystemProcess> {
    const child = await this.start(argv, options, (request) => startChild(this.makeHost, request));
    return processOf(this.host, child, options.signal);
  }

  /** Starts a program, by default an interactive shell, on a new pseudo-terminal. */
  async openPty(options: PtyOptions = {}): Promise<SystemPty> {
    const { argv = [`${this.carrier.programsIn}/sh`, '-i'], rows, columns } = options;
    const size = sizeFrom({
      ...(rows === undefined ? {} : { rows }),
      ...(columns === undefined ? {} : { columns }),
    });
    const env = { TERM: 'xterm-256color', ...options.env };
    const child = await this.start(argv, { ...options, env }, (request) =>
      startOnTerminal(this.makeHost, request, size),
    );
    return ptyOf(this.host, child, options.signal);
  }

  /**
   * Adds a program beside the native ones (/bin). Its code runs in this process, so on a system of several
   * processes it can be executed on the sites of this process only.
   */
  async defineProgram(name: string, main: Program['main'], entries?: Program['entries']): Promise<void> {
    const program = defineProgram(name, main, entries);
    this.carrier.programs.set(name, async () => program);
    const fd = await this.host.sys.open(`${this.carrier.programsIn}/${name}`, PROGRAM_MARK.flags, 0o755);
    await this.host.sys.write(fd, PROGRAM_MARK.content(name));
    await this.host.closeAll([fd]);
  }

  /** Ends every process and the system. Idempotent. */
  close(): Promise<void> {
    this.closing ??= this.carrier.close();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async start<T>(
    argv: readonly string[],
    options: StartOptions,
    launch: (request: StartRequest) => Promise<T>,
  ): Promise<T> {
    if (this.closing) throw new TypeError('the system is closed');
    options.signal?.throwIfAborted();
    return abortable(launch(this.request(argv, options)), options.signal);
  }

  private request(argv: readonly string[], options: StartOptions): StartRequest {
    const wrong = !Array.isArray(argv) || argv.length === 0 || argv.some((arg) => typeof arg !== 'string');
    if (wrong) throw new TypeError('argv: expected a non-empty list of strings');
    const user = this.userFor(options.user);
    const cwd = options.cwd ?? this.plan.cwd ?? user.home;
    const env = { ...this.plan.env, ...environmentFrom(options.env ?? {}) };
    const { site } = options;
    if (site !== undefined && !this.sites.some((entry) => entry.site === site && entry.up)) {
      throw new TypeError(`site: there is no site ${site}`);
    }
    return {
      argv,
      env: cleanEnvironment(user, this.carrier.programsIn, env),
      cwd,
      uid: user.uid,
      gid: user.gid,
      limits: resourceLimits(this.plan.limits),
      ...(site === undefined ? {} : { site }),
    };
  }

  private userFor(name: string | undefined): User {
    if (name === undefined) return this.plan.user;
    const user = findUser(name);
    if (!user) throw new TypeError(`user: unknown: '${name}'`);
    return user;
  }
}

const PROGRAM_NAME = /^[A-Za-z0-9_[][\w.+-]*$/;

/**
 * A program of your own, for `boot({ programs })`: a file in /bin whose code is `main`. `entries` are what
 * its `sys.fork` can name.
 */
export function defineProgram(name: string, main: Program['main'], entries?: Program['entries']): Program {
  if (!PROGRAM_NAME.test(name)) throw new TypeError(`defineProgram: not a file name: '${name}'`);
  if (typeof main !== 'function') throw new TypeError('defineProgram: main is not a function');
  return { name, main, ...(entries ? { entries } : {}) };
}
