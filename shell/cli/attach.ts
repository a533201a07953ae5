/**
 * `chorus attach`: the terminal, or one script, on the system that is up. This process joins as one more
 * site.
 */
import { type Arguments, UsageError } from './arguments.ts';
import { joinAsGuest } from './guest.ts';
import { closeCarrier, shellJob } from './one-shot.ts';
import { planFlags } from './plan.ts';
import { runJob } from './run.ts';
import { requireState } from './state.ts';

export async function attach({ flags, operands }: Arguments): Promise<number> {
  if (flags.command === undefined && operands.length > 0) {
    throw new UsageError(`chorus attach: unexpected '${operands[0]}' (a script is given with -c)`);
  }
  const interactive = flags.command === undefined;
  if (interactive && !(process.stdin.isTTY && process.stdout.isTTY)) {
    throw new UsageError(
      'chorus attach: standard input and output are no terminal (chorus attach -c SCRIPT runs one)',
    );
  }
  const plan = planFlags(flags);
  const state = requireState(flags.name);
  const guest = await joinAsGuest(state, flags.trace);
  try {
    if (!interactive)
      return await runJob(guest, plan, shellJob(flags.command, operands).job, flags, guest.site);
    if (flags.plain) {
      const { plainTerminal } = await import('../ui/plain.ts');
      return await plainTerminal(guest, plan, guest.site);
    }
    const { framedTerminal } = await import('../ui/framed.ts');
    return await framedTerminal(guest, plan, guest.site);
  } finally {
    await closeCarrier(guest);
  }
}
