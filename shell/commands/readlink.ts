/** readlink: link texts, or canonical names with -f -e -m. */
import { command, SysError } from './lib/command.ts';
import { canonicalize, type Missing } from './lib/path.ts';

export default command(
  {
    name: 'readlink',
    usage: '[OPTION]... FILE...',
    summary: 'Print value of a symbolic link or canonical file name.',
    options: {
      last: { short: 'f', long: 'canonicalize', help: 'canonicalize; all but the last component must exist' },
      none: { short: 'e', long: 'canonicalize-existing', help: 'canonicalize; all components must exist' },
      any: { short: 'm', long: 'canonicalize-missing', help: 'canonicalize; no component need exist' },
      noNewline: { short: 'n', long: 'no-newline', help: 'do not output the trailing delimiter' },
      quiet: { short: 'qs', long: ['quiet', 'silent'], help: 'suppress most error messages (on by default)' },
      verbose: { short: 'v', long: 'verbose', help: 'report error messages' },
      zero: { short: 'z', long: 'zero', help: 'end each output line with NUL, not newline' },
    },
    operands: [1, Number.POSITIVE_INFINITY],
  },
  async (ctx) => {
    const { options: o, sys, out } = ctx;
    const mode = ctx.given.findLast(({ key }) => key === 'last' || key === 'none' || key === 'any')?.key as
      | Missing
      | undefined;
    if (o.noNewline && ctx.operands.length > 1)
      await ctx.warn('ignoring --no-newline with multiple arguments');
    const end = o.zero ? '\0' : o.noNewline && ctx.operands.length === 1 ? '' : '\n';
    for (const path of ctx.operands) {
      try {
        out.put((mode ? await canonicalize(sys, path, mode) : await sys.readlink(path)) + end);
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        if (o.verbose) await ctx.error(`${path}: ${error.message}`);
        ctx.status = 1;
      }
    }
  },
);
