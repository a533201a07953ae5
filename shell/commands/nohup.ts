/** nohup: runs a program that a hang-up does not end; terminal output goes to nohup.out. */
import { O } from '../../subsystems/unix/constants.ts';
import { Sig } from '../../subsystems/unix/signals.ts';
import type { Fd } from '../../subsystems/unix/sys.ts';
import { type Context, command, Fatal, SysError, UsageError } from './lib/command.ts';
import { quoteName } from './lib/quote.ts';
import { execOrReport } from './lib/spawn.ts';

const OUTPUT_FLAGS = O.WRONLY | O.CREAT | O.APPEND;

async function openOutput({ sys }: Context): Promise<{ fd: Fd; path: string }> {
  const home = sys.env.HOME;
  const candidates = ['nohup.out', ...(home ? [`${home}/nohup.out`] : [])];
  let failure: SysError | undefined;
  for (const path of candidates) {
    try {
      return { fd: await sys.open(path, OUTPUT_FLAGS, 0o600), path };
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      failure = error;
    }
  }
  throw new Fatal(`failed to open ${quoteName('nohup.out')}: ${failure?.message}`);
}

export default command(
  {
    name: 'nohup',
    usage: ['COMMAND [ARG]...', 'OPTION'],
    summary: 'Run COMMAND, ignoring hangup signals.',
    options: {},
    stopAtOperand: true,
    usageStatus: 125,
    failStatus: 125,
  },
  async (ctx) => {
    const { sys, operands } = ctx;
    if (operands.length === 0) throw new UsageError('missing operand');
    const [inTty, outTty, errTty] = [await sys.isatty(0), await sys.isatty(1), await sys.isatty(2)];
    if (inTty) {
      await sys.dup2(await sys.open('/dev/null', O.WRONLY), 0);
      if (!outTty)
        await ctx.warn(errTty ? 'ignoring input and redirecting stderr to stdout' : 'ignoring input');
    }
    if (outTty) {
      const { fd, path } = await openOutput(ctx as unknown as Context);
      await ctx.warn(`${inTty ? 'ignoring input and ' : ''}appending output to ${quoteName(path)}`);
      await sys.dup2(fd, 1);
      await sys.close(fd);
    }
    if (errTty) await sys.dup2(1, 2);
    sys.sigaction(Sig.HUP, { disposition: 'ignore' });
    return execOrReport(sys, 'nohup', operands, sys.env, 'failed');
  },
);
