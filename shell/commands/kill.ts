/** kill: sends a signal to processes and groups (util-linux's and POSIX's options). */

import { isSysError } from '../../subsystems/unix/errno.ts';
import { SIGNAL_MAX, Sig, signalName, signalNumber } from '../../subsystems/unix/signals.ts';
import type { Program, Sys } from '../../subsystems/unix/sys.ts';
import { utf8 } from './lib/text.ts';

const USAGE = `Usage: kill [-s SIGNAL | -SIGNAL] PID...
  or:  kill -l [SIGNAL]...
Send signals to processes, or list signals.
`;

class Complaint extends Error {}

function signalOf(text: string): number {
  const sig = signalNumber(text);
  if (sig === undefined) throw new Complaint(`invalid signal: ${text}`);
  return sig;
}

function list(args: readonly string[]): string {
  if (args.length === 0) {
    const names = Array.from({ length: SIGNAL_MAX }, (_, at) => signalName(at + 1));
    return `${names.filter((name) => name !== undefined).join('\n')}\n`;
  }
  return args
    .map((arg) => {
      if (!/^[0-9]+$/.test(arg)) return `${signalOf(arg)}\n`;
      const name = signalName(Number(arg) > 128 ? Number(arg) - 128 : Number(arg));
      if (!name) throw new Complaint(`invalid signal: ${arg}`);
      return `${name}\n`;
    })
    .join('');
}

function parse(args: readonly string[]): { sig: number; targets: readonly string[] } {
  const [first = '', second = ''] = args;
  if (first === '-s' || first === '--signal' || first === '-n')
    return { sig: signalOf(second), targets: args.slice(2) };
  if (first === '--') return { sig: Sig.TERM, targets: args.slice(1) };
  const option = /^--signal=(.+)$/.exec(first) ?? /^-s?(.+)$/.exec(first);
  if (!option) return { sig: Sig.TERM, targets: args };
  return { sig: signalOf(option[1] ?? ''), targets: args.slice(args[1] === '--' ? 2 : 1) };
}

async function send(sys: Sys, args: readonly string[]): Promise<number> {
  const { sig, targets } = parse(args);
  if (targets.length === 0) throw new Complaint('not enough arguments');
  let status = 0;
  for (const target of targets) {
    if (!/^-?[0-9]+$/.test(target)) throw new Complaint(`failed to parse argument: '${target}'`);
    try {
      await sys.kill(Number(target), sig);
    } catch (error) {
      if (!isSysError(error)) throw error;
      await sys.write(2, utf8.encode(`kill: sending signal to ${target} failed: ${error.message}\n`));
      status = 1;
    }
  }
  return status;
}

const kill: Program = {
  name: 'kill',
  async main(sys, argv) {
    const args = argv.slice(1);
    try {
      if (args[0] === '--help') await sys.write(1, utf8.encode(USAGE));
      else if (args[0] === '-l' || args[0] === '--list' || args[0] === '-L')
        await sys.write(1, utf8.encode(list(args.slice(1))));
      else return await send(sys, args);
      return 0;
    } catch (error) {
      if (!(error instanceof Complaint)) throw error;
      await sys.write(2, utf8.encode(`kill: ${error.message}\n`));
      return 1;
    }
  },
};

export default kill;
