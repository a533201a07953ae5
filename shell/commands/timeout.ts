/**
 * timeout: runs a program and ends it when its time is over.
 *
 * The clock is a second child that sleeps: whichever child ends first decides, so no signal can be lost
 * between a
 * check and a wait.
 */
import { Sig, signalNumber, WaitStatus } from '../../subsystems/unix/signals.ts';
import type { Pid, Sys } from '../../subsystems/unix/sys.ts';
import { command, Fatal, SysError, UsageError } from './lib/command.ts';
import { quote } from './lib/quote.ts';
import { parseDuration } from './lib/size.ts';
import { spawn, spawnEntries } from './lib/spawn.ts';

const TIMED_OUT = 124;
const SLICE_MS = 2 ** 31 - 1;

async function timer(sys: Sys, ms: number): Promise<number> {
  for (let left = ms; left > 0; left -= SLICE_MS) await sys.sleep(Math.min(left, SLICE_MS));
  return 0;
}

async function tryKill(sys: Sys, pid: Pid, sig: number): Promise<void> {
  try {
    await sys.kill(pid, sig);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}

interface Rules {
  signal: number;
  durationMs: number;
  killAfterMs: number;
  foreground: boolean;
  verbose: boolean;
  name: string;
}

class Watch {
  private readonly sys: Sys;
  private readonly rules: Rules;
  private readonly child: Pid;
  private readonly warn: (text: string) => Promise<void>;
  private clock: Pid | undefined;
  timedOut = false;
  private lastSignal: number;

  constructor(sys: Sys, rules: Rules, child: Pid, warn: (text: string) => Promise<void>) {
    this.sys = sys;
    this.rules = rules;
    this.child = child;
    this.warn = warn;
    this.lastSignal = rules.signal;
  }

  private async startClock(ms: number): Promise<void> {
    if (ms > 0 && Number.isFinite(ms)) this.clock = await this.sys.fork('timer', ms);
  }

  /** Passes a signal to the program, and to its group when it is ours. */
  async send(sig: number): Promise<void> {
    const { sys, rules } = this;
    if (rules.verbose && this.timedOut) {
      await this.warn(
        `sending signal ${sig === Sig.KILL ? 'KILL' : (sigName(sig) ?? sig)} to command ${quote(rules.name)}`,
      );
    }
    await tryKill(sys, this.child, sig);
    if (rules.foreground) return;
    if (sig !== Sig.KILL) {
      sys.sigaction(sig, { disposition: 'ignore' });
      await tryKill(sys, 0, sig);
      await tryKill(sys, this.child, Sig.CONT);
    }
  }

  private async expire(): Promise<void> {
    const sig = this.timedOut ? Sig.KILL : this.rules.signal;
    this.timedOut = true;
    this.lastSignal = sig;
    this.clock = undefined;
    // The clock for --kill-after is started after the signal, which would end it too.
    await this.send(sig);
    if (sig !== Sig.KILL) await this.startClock(this.rules.killAfterMs);
  }

  /** Waits for the end of the program; its wait status. */
  async run(): Promise<number> {
    const { sys } = this;
    await this.startClock(this.rules.durationMs);
    for (;;) {
      try {
        const result = await sys.waitpid(-1);
        if (result?.pid === this.child) {
          if (this.clock !== undefined) await tryKill(sys, this.clock, Sig.KILL);
          return result.status;
        }
        if (result && result.pid === this.clock) await this.expire();
      } catch (error) {
        if (!(error instanceof SysError) || error.code !== 'EINTR') throw error;
      }
    }
  }

  /** Whether the program was ended with SIGKILL by us. */
  get killed(): boolean {
    return this.timedOut && this.lastSignal === Sig.KILL;
  }
}

function sigName(sig: number): string | undefined {
  return Object.entries(Sig).find(([, value]) => value === sig)?.[0];
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new UsageError(`invalid time interval ${quote(text)}`);
  return ms;
}

export default command(
  {
    name: 'timeout',
    usage: ['[OPTION] DURATION COMMAND [ARG]...', '[OPTION]'],
    summary:
      'Start COMMAND, and kill it if still running after DURATION.\nA duration of 0 disables the timeout.',
    options: {
      foreground: { long: 'foreground', help: 'allow COMMAND to read from the TTY and get TTY signals' },
      killAfter: {
        short: 'k',
        long: 'kill-after',
        arg: 'DURATION',
        help: 'also send a KILL signal if COMMAND is still running this long after',
      },
      preserve: {
        long: 'preserve-status',
        help: 'exit with the same status as COMMAND, even when it times out',
      },
      signal: { short: 's', long: 'signal', arg: 'SIGNAL', help: 'specify the signal to be sent on timeout' },
      verbose: { short: 'v', long: 'verbose', help: 'diagnose to stderr any signal sent upon timeout' },
    },
    stopAtOperand: true,
    usageStatus: 125,
    failStatus: 125,
    operands: [2, Number.POSITIVE_INFINITY],
    entries: { ...spawnEntries, timer },
  },
  async (ctx) => {
    const { sys, options: o, operands } = ctx;
    const signal = signalNumber(o.signal ?? 'TERM');
    if (signal === undefined) throw new UsageError(`${quote(o.signal!)}: invalid signal`);
    const rules: Rules = {
      signal,
      durationMs: duration(operands[0]!),
      killAfterMs: o.killAfter === undefined ? 0 : duration(o.killAfter),
      foreground: o.foreground,
      verbose: o.verbose,
      name: operands[1]!,
    };
    if (!o.foreground) await sys.setpgid(0, 0);
    sys.sigaction(Sig.TTIN, { disposition: 'ignore' });
    sys.sigaction(Sig.TTOU, { disposition: 'ignore' });
    const argv = operands.slice(1);
    let child: Pid;
    try {
      child = await spawn(sys, {
        name: 'timeout',
        naming: 'failed',
        argv,
        defaultSignals: [Sig.TTIN, Sig.TTOU],
      });
    } catch (error) {
      if (error instanceof SysError) throw new Fatal(`fork system call failed: ${error.message}`);
      throw error;
    }
    const watch = new Watch(sys, rules, child, (text) => ctx.warn(text));
    for (const sig of [Sig.HUP, Sig.INT, Sig.QUIT, Sig.TERM]) {
      sys.sigaction(sig, { disposition: () => void watch.send(sig), flags: 0 });
    }
    const status = await watch.run();
    if (!watch.timedOut || o.preserve) return WaitStatus.shellCode(status);
    return watch.killed ? 128 + Sig.KILL : TIMED_OUT;
  },
);
