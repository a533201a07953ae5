/** nice: runs a program with a changed niceness, or prints the own one. */
import { command, Fatal, SysError, UsageError } from './lib/command.ts';
import { quote } from './lib/quote.ts';
import { execOrReport } from './lib/spawn.ts';

const [LEAST, MOST] = [-20, 19];

export default command(
  {
    name: 'nice',
    usage: '[OPTION] [COMMAND [ARG]...]',
    summary: 'Run COMMAND with an adjusted niceness.  With no COMMAND, print the current niceness.',
    options: {
      adjustment: {
        short: 'n',
        long: 'adjustment',
        arg: 'N',
        help: 'add integer N to the niceness (default 10)',
      },
    },
    stopAtOperand: true,
    usageStatus: 125,
    failStatus: 125,
    // Historic: nice -5 cmd, nice --5 cmd.
    rewrite: (args) => args.map((arg, i) => (i === 0 && /^-[-+]?\d+$/.test(arg) ? `-n${arg.slice(1)}` : arg)),
  },
  async (ctx) => {
    const { sys, options: o, operands, out } = ctx;
    const current = await sys.getpriority();
    if (o.adjustment !== undefined && !/^[-+]?\d+$/.test(o.adjustment)) {
      throw new Fatal(`invalid adjustment ${quote(o.adjustment)}`);
    }
    if (operands.length === 0) {
      if (o.adjustment !== undefined) throw new UsageError('a command must be given with an adjustment');
      await out.line(String(current));
      return 0;
    }
    const wanted = current + Number(o.adjustment ?? 10);
    try {
      await sys.setpriority(sys.getpid(), Math.min(MOST, Math.max(LEAST, wanted)));
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await ctx.warn(`cannot set niceness: ${error.message}`);
    }
    return execOrReport(sys, 'nice', operands);
  },
);
