/** time: runs a program and reports how long it took (POSIX -p, GNU's default, -f, -o). */
import { O } from '../../subsystems/unix/constants.ts';
import { WaitStatus } from '../../subsystems/unix/signals.ts';
import type { WaitResult } from '../../subsystems/unix/sys.ts';
import { command, UsageError } from './lib/command.ts';
import { expandEscapes } from './lib/escapes.ts';
import { encode } from './lib/io.ts';
import { spawn, spawnEntries, waitFor } from './lib/spawn.ts';

const DEFAULT_FORMAT =
  '%Uuser %Ssystem %Eelapsed %PCPU (%Xavgtext+%Davgdata %Mmaxresident)k\n%Iinputs+%Ooutputs (%Fmajor+%Rminor)pagefaults %Wswaps';
const POSIX_FORMAT = 'real %e\nuser %U\nsys %S';

const seconds = (ms: number): string => (ms / 1000).toFixed(2);

function elapsed(ms: number): string {
  const total = ms / 1000;
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  if (hours > 0)
    return `${hours}:${String(minutes).padStart(2, '0')}:${String(Math.floor(total % 60)).padStart(2, '0')}`;
  return `${minutes}:${(total % 60).toFixed(2).padStart(5, '0')}`;
}

function fill(format: string, realMs: number, result: WaitResult, argv: readonly string[]): string {
  const { userMs, systemMs } = result.usage;
  const values: Readonly<Record<string, string>> = {
    C: argv.join(' '),
    e: seconds(realMs),
    E: elapsed(realMs),
    U: seconds(userMs),
    S: seconds(systemMs),
    P: realMs > 0 ? `${Math.floor(((userMs + systemMs) * 100) / realMs)}%` : '?%',
    x: String(WaitStatus.exitCode(result.status)),
    '%': '%',
  };
  return expandEscapes(format).replace(/%([A-Za-z%])/g, (_, letter: string) => values[letter] ?? '0');
}

export default command(
  {
    name: 'time',
    usage: '[OPTION]... COMMAND [ARG]...',
    summary: 'Run COMMAND, then print the resources that it used.',
    options: {
      append: { short: 'a', long: 'append', help: 'with -o FILE, append instead of overwriting' },
      format: {
        short: 'f',
        long: 'format',
        arg: 'FORMAT',
        help: 'use the specified FORMAT instead of the default',
      },
      output: { short: 'o', long: 'output', arg: 'FILE', help: 'write to FILE instead of standard error' },
      portable: { short: 'p', long: 'portability', help: 'print POSIX standard 1003.2 conformant string' },
      quiet: {
        short: 'q',
        long: 'quiet',
        help: 'do not print information about abnormal program termination',
      },
    },
    stopAtOperand: true,
    usageStatus: 125,
    entries: spawnEntries,
  },
  async ({ sys, options: o, operands }) => {
    if (operands.length === 0) throw new UsageError('missing program to run');
    const startMs = sys.monotonic();
    const pid = await spawn(sys, { name: 'time', naming: 'cannot', argv: operands });
    const result = await waitFor(sys, pid);
    const realMs = sys.monotonic() - startMs;
    const { status } = result;
    let text = '';
    if (WaitStatus.isSignaled(status))
      text = `Command terminated by signal ${WaitStatus.termSignal(status)}\n`;
    else if (WaitStatus.exitCode(status) !== 0 && !o.portable) {
      text = `Command exited with non-zero status ${WaitStatus.exitCode(status)}\n`;
    }
    const format = o.format ?? (o.portable ? POSIX_FORMAT : DEFAULT_FORMAT);
    const report = `${o.quiet ? '' : text}${fill(format, realMs, result, operands)}\n`;
    const flags = O.WRONLY | O.CREAT | (o.append ? O.APPEND : O.TRUNC);
    const fd = o.output === undefined ? 2 : await sys.open(o.output, flags, 0o666);
    await sys.write(fd, encode(report));
    return WaitStatus.shellCode(status);
  },
);
