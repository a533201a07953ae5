/** sync: what is written reaches the volumes: all of them, or the named files. */
import { O } from '../../subsystems/unix/constants.ts';
import { command } from './lib/command.ts';
import { quoteName } from './lib/quote.ts';

export default command(
  {
    name: 'sync',
    usage: '[OPTION] [FILE]...',
    summary: 'Synchronize cached writes to persistent storage.',
    options: {
      data: { short: 'd', long: 'data', help: 'sync only file data, no unneeded metadata' },
      system: { short: 'f', long: 'file-system', help: 'sync the file systems that contain the files' },
    },
  },
  async (ctx) => {
    const { sys } = ctx;
    if (ctx.operands.length === 0 || ctx.options.system) await sys.sync();
    for (const path of ctx.operands) {
      const fd = await ctx.attempt(
        () => `error opening ${quoteName(path)}`,
        () => sys.open(path, O.RDONLY | O.NONBLOCK),
      );
      if (fd === undefined) continue;
      await ctx.attempt(
        () => `error syncing ${quoteName(path)}`,
        () => sys.fsync(fd),
      );
      await sys.close(fd);
    }
  },
);
