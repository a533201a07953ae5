/**
 * `chorus kill`: a signal to processes of the system that is up, or (site:N) the sudden end of a whole site.
 */

import { SysError } from '../../subsystems/unix/errno.ts';
import { signalNumber } from '../../subsystems/unix/signals.ts';
import { makeHost } from '../api/carrier.ts';
import { findUser } from '../api/users.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { asGuest, type Guest } from './guest.ts';
import { requireState, type SystemState, siteAlive } from './state.ts';

const SITE = /^site:(\d+)$/;
const PID = /^-?\d+$/;

/**
 * Ends the process of a site without a word to it: what a power cut would do. Returns a line when it cannot.
 */
function killSite(state: SystemState, number: number): string | undefined {
  const record = state.sites.find(({ site }) => site === number);
  if (!record) return `site:${number}: no such site`;
  if (!siteAlive(record)) return `site:${number}: is down already`;
  process.kill(record.hostPid, 'SIGKILL');
  return undefined;
}

async function signalProcess(guest: Guest, pid: number, sig: number): Promise<string | undefined> {
  const sys = makeHost(guest.home, findUser('root')!, '/');
  try {
    await sys.kill(pid, sig);
    return undefined;
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    return `${pid}: ${error.message}`;
  }
}

export async function kill({ flags, operands }: Arguments): Promise<number> {
  const sig = signalNumber(flags.signal ?? 'TERM');
  if (sig === undefined) throw new UsageError(`--signal: unknown signal '${flags.signal}'`);
  if (operands.length === 0) throw new UsageError('chorus kill: which process? (PID or site:N)');
  const wrong = operands.find((operand) => !SITE.test(operand) && !PID.test(operand));
  if (wrong !== undefined) throw new UsageError(`chorus kill: neither PID nor site:N: '${wrong}'`);
  const state = requireState(flags.name);
  const pids = operands.filter((operand) => PID.test(operand)).map(Number);
  const failures: (string | undefined)[] = [];
  if (pids.length > 0) {
    await asGuest(state, async (guest) => {
      for (const pid of pids) failures.push(await signalProcess(guest, pid, sig));
    });
  }
  for (const operand of operands) {
    const site = SITE.exec(operand)?.[1];
    if (site !== undefined) failures.push(killSite(state, Number(site)));
  }
  const lines = failures.filter((line) => line !== undefined);
  for (const line of lines) process.stderr.write(`chorus: ${line}\n`);
  return lines.length > 0 ? 1 : 0;
}
