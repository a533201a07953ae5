/** link and unlink: the bare system calls (POSIX link, unlink). */
import { command, SysError } from './lib/command.ts';
import { quoteName } from './lib/quote.ts';

export const link = command(
  {
    name: 'link',
    usage: 'FILE1 FILE2',
    summary: 'Call the link function to create a link named FILE2 to an existing FILE1.',
    options: {},
    operands: [2, 2],
  },
  async (ctx) => {
    const [from = '', to = ''] = ctx.operands;
    try {
      await ctx.sys.link(from, to);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await ctx.error(`cannot create link ${quoteName(to)} to ${quoteName(from)}: ${error.message}`);
    }
  },
);

export const unlink = command(
  {
    name: 'unlink',
    usage: 'FILE',
    summary: 'Call the unlink function to remove the specified FILE.',
    options: {},
    operands: [1, 1],
  },
  async (ctx) => {
    const [name = ''] = ctx.operands;
    try {
      await ctx.sys.unlink(name);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await ctx.error(`cannot unlink ${quoteName(name)}: ${error.message}`);
    }
  },
);
