/**
 * `chorus` without a command: the terminal on a system of its own, workstation and servers in processes of
 * theirs.
 */

import { openCarrier } from '../api/boot.ts';
import type { Carrier } from '../api/carrier.ts';
import { bootCluster } from '../api/cluster.ts';
import type { BootPlan } from '../api/options.ts';
import { programTable } from '../programs.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { keepHistory } from './history.ts';
import { closeCarrier } from './one-shot.ts';
import { planFlags } from './plan.ts';
import { printLine } from './run.ts';
import { followStops } from './suspend.ts';

/** The workstation and two servers. */
const SITES_DEFAULT = 3;

/** The first site is the person's own, and called so unless a description names it. */
function nameSites(plan: BootPlan): void {
  const [first] = plan.description.sites;
  if (first) first.name ??= 'workstation';
}

/** Boots with a line of progress per site. */
function bootVisibly(plan: BootPlan): Promise<Carrier> {
  if (!plan.processes) return openCarrier(plan);
  return bootCluster(plan.description, programTable(), {
    trace: plan.trace,
    onReady: ({ site, name, pid, address }) =>
      void printLine(`site ${site} ${name} is up (pid ${pid}, ${address})`),
  });
}

export async function terminal({ flags }: Arguments): Promise<number> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UsageError(
      'standard input and output are no terminal (chorus sh runs a script, chorus --help tells more)',
    );
  }
  const plan = planFlags(flags, SITES_DEFAULT);
  nameSites(plan);
  const carrier = await bootVisibly(plan);
  followStops(carrier, false);
  try {
    const saveHistory = await keepHistory(carrier, plan.user);
    try {
      if (flags.plain) {
        const { plainTerminal } = await import('../ui/plain.ts');
        return await plainTerminal(carrier, plan);
      }
      const { framedTerminal } = await import('../ui/framed.ts');
      return await framedTerminal(carrier, plan);
    } finally {
      await saveHistory();
    }
  } finally {
    await closeCarrier(carrier);
  }
}
