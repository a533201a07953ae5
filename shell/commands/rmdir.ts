/** rmdir: removes empty directories; -p their parents as well. */
import { type Context, command, SysError } from './lib/command.ts';
import { stripSlashes } from './lib/path.ts';
import { quoteName } from './lib/quote.ts';

const OPTIONS = {
  ignore: {
    long: 'ignore-fail-on-non-empty',
    help: 'ignore each failure to remove a non-empty directory',
  },
  parents: {
    short: 'p',
    long: 'parents',
    help: "remove DIRECTORY and its ancestors; 'rmdir -p a/b' is like 'rmdir a/b a'",
  },
  verbose: { short: 'v', long: 'verbose', help: 'output a diagnostic for every directory processed' },
} as const;

async function remove(ctx: Context<typeof OPTIONS>, path: string, what: string): Promise<boolean> {
  if (ctx.options.verbose) await ctx.out.line(`rmdir: removing directory, ${quoteName(path)}`);
  try {
    await ctx.sys.rmdir(path);
    return true;
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    const isFull = error.code === 'ENOTEMPTY' || error.code === 'EEXIST';
    if (ctx.options.ignore && isFull) return false;
    await ctx.error(`failed to remove ${what}${quoteName(path)}: ${error.message}`);
    return false;
  }
}

export default command(
  {
    name: 'rmdir',
    usage: '[OPTION]... DIRECTORY...',
    summary: 'Remove the DIRECTORY(ies), if they are empty.',
    options: OPTIONS,
    operands: [1, Number.POSITIVE_INFINITY],
  },
  async (ctx) => {
    for (const operand of ctx.operands) {
      let done = await remove(ctx, operand, '');
      let path = stripSlashes(operand);
      while (done && ctx.options.parents && path.lastIndexOf('/') > 0) {
        path = stripSlashes(path.slice(0, path.lastIndexOf('/')));
        done = await remove(ctx, path, 'directory ');
      }
    }
  },
);
