/** tty: the terminal on standard input. */
import { command, SysError } from './lib/command.ts';

export default command(
  {
    name: 'tty',
    usage: '[OPTION]...',
    summary: 'Print the file name of the terminal connected to standard input.',
    options: {
      silent: { short: 's', long: ['silent', 'quiet'], help: 'print nothing, only return an exit status' },
    },
    operands: [0, 0],
    usageStatus: 2,
    failStatus: 3,
  },
  async ({ sys, options, out }) => {
    let name: string | undefined;
    try {
      if (await sys.isatty(0)) name = await sys.ttyname(0);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
    }
    if (!options.silent) await out.line(name ?? 'not a tty');
    return name === undefined ? 1 : 0;
  },
);
