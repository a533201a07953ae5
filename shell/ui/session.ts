/**
 * The shell on its pseudo-terminal, as both forms of the terminal use it: started, fed, read, resized, ended.
 */
import { Sig, signalNumber } from '../../subsystems/unix/signals.ts';
import type { Fd, Sys } from '../../subsystems/unix/sys.ts';
import type { WindowSize } from '../../subsystems/unix/termios.ts';
import { settlesWithin } from '../api/abort.ts';
import { type Carrier, resourceLimits, rootHost } from '../api/carrier.ts';
import { KILL_GRACE_MS } from '../api/collect.ts';
import { Host } from '../api/host.ts';
import { type Ending, startOnTerminal, type TerminalChild } from '../api/launch.ts';
import type { BootPlan } from '../api/options.ts';
import { readDescriptor } from '../api/streams.ts';
import { cleanEnvironment } from '../api/users.ts';

/** After the shell has ended its last output may take this long to arrive. */
const LAST_OUTPUT_MS = 300;
/** Exit statuses of runs that a signal ended begin here. */
const SIGNALED = 128;
/** Typed bytes kept while the pty takes no more; beyond it the oldest wait for nothing and are dropped. */
const INPUT_BYTES_MAX = 16 * 1024 * 1024;

export class Session {
  readonly ended: Promise<Ending>;
  /** Sends signals. */
  private readonly host: Host;
  private readonly io: Host;
  private readonly master: Fd;
  private readonly pid: number;
  private readonly input: Uint8Array[] = [];
  private inputBytes = 0;
  private writing = false;
  private hungUpBy: NodeJS.Signals | undefined;

  private constructor(host: Host, child: TerminalChild) {
    this.host = host;
    this.io = child.io;
    this.master = child.master;
    this.pid = child.pid;
    this.ended = child.ended;
  }

  /** Starts an interactive shell, or `argv`. Throws StartError. */
  static async start(
    carrier: Carrier,
    plan: BootPlan,
    size: WindowSize,
    options: { argv?: readonly string[]; site?: number; term: string },
  ): Promise<Session> {
    const make = (): Sys => rootHost(carrier.home);
    const { uid, gid, home } = plan.user;
    const { argv = ['sh', '-i'], site, term } = options;
    const child = await startOnTerminal(
      make,
      {
        ...(options.argv === undefined ? { path: `${carrier.programsIn}/sh` } : {}),
        argv,
        env: cleanEnvironment(plan.user, carrier.programsIn, { TERM: term, ...plan.env }),
        cwd: plan.cwd ?? home,
        uid,
        gid,
        limits: resourceLimits(plan.limits),
        ...(site === undefined ? {} : { site }),
      },
      size,
    );
    return new Session(new Host(make()), child);
  }

  /** Queues typed bytes. */
  type(bytes: Uint8Array): void {
    if (this.inputBytes + bytes.length > INPUT_BYTES_MAX) return;
    this.input.push(bytes);
    this.inputBytes += bytes.length;
    if (!this.writing) void this.writeInput();
  }

  private async writeInput(): Promise<void> {
    this.writing = true;
    try {
      for (let next = this.input.shift(); next; next = this.input.shift()) {
        this.inputBytes -= next.length;
        await this.io.sys.write(this.master, next);
      }
    } catch {
      // The terminal inside is gone; the session's end is told elsewhere.
    } finally {
      this.writing = false;
    }
  }

  async resize(size: WindowSize): Promise<void> {
    try {
      await this.io.sys.tcsetwinsize(this.master, size);
    } catch {
      // As above.
    }
  }

  /** Output, chunk by chunk; the next is read when `show` is done with one: a flood waits inside. */
  private async readOutput(show: (chunk: Uint8Array) => Promise<void>): Promise<void> {
    try {
      for await (const chunk of readDescriptor(this.io, this.master)) await show(chunk);
    } catch {
      // The terminal server is gone.
    }
  }

  /** Shows output until the shell has ended and its last words are out. Resolves to the exit status. */
  async run(show: (chunk: Uint8Array) => Promise<void>): Promise<number> {
    const output = this.readOutput(show);
    const { exitCode } = await this.ended;
    await settlesWithin(output, LAST_OUTPUT_MS);
    if (this.hungUpBy === undefined) return exitCode;
    return SIGNALED + (signalNumber(this.hungUpBy) ?? 0);
  }

  /**
   * A signal is to end this process: the terminal is hung up (the shell and its jobs get SIGHUP, then
   * SIGKILL), and the session ends with the status that the signal means.
   */
  async hangUp(signal: NodeJS.Signals): Promise<void> {
    this.hungUpBy ??= signal;
    await this.host.signal(this.pid, Sig.HUP);
    await this.host.signal(this.pid, Sig.CONT);
    if (!(await settlesWithin(this.ended, KILL_GRACE_MS))) await this.host.signal(this.pid, Sig.KILL);
  }
}
