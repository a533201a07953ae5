/** mkfifo: makes FIFOs. */
import { S } from '../../subsystems/unix/constants.ts';
import { command, Fatal } from './lib/command.ts';
import { currentUmask, parseMode } from './lib/mode.ts';
import { quoteName } from './lib/quote.ts';

export default command(
  {
    name: 'mkfifo',
    usage: '[OPTION]... NAME...',
    summary: 'Create named pipes (FIFOs) with the given NAMEs.',
    options: {
      mode: {
        short: 'm',
        long: 'mode',
        arg: 'MODE',
        help: 'set file permission bits to MODE, not a=rw - umask',
      },
    },
    operands: [1, Number.POSITIVE_INFINITY],
  },
  async (ctx) => {
    const { mode } = ctx.options;
    const change = mode === undefined ? undefined : parseMode(mode);
    if (mode !== undefined && !change) throw new Fatal('invalid mode');
    for (const path of ctx.operands) {
      await ctx.attempt(
        () => `cannot create fifo ${quoteName(path)}`,
        async () => {
          await ctx.sys.mknod(path, S.IFIFO | 0o666);
          if (change) await ctx.sys.chmod(path, change(0o666, false, currentUmask(ctx.sys)));
        },
      );
    }
  },
);
