/** realpath: canonical absolute names. */
import { command, SysError } from './lib/command.ts';
import { canonicalize, type Missing } from './lib/path.ts';
import { quoteFile } from './lib/quote.ts';

/** `path` as seen from `base`, both canonical. */
function relative(path: string, base: string): string {
  if (path === base) return '.';
  const to = path.split('/').filter(Boolean);
  const from = base.split('/').filter(Boolean);
  let same = 0;
  while (same < to.length && same < from.length && to[same] === from[same]) same++;
  return [...from.slice(same).map(() => '..'), ...to.slice(same)].join('/');
}

const isBelow = (path: string, base: string): boolean =>
  path === base || path.startsWith(base === '/' ? '/' : `${base}/`);

export default command(
  {
    name: 'realpath',
    usage: '[OPTION]... FILE...',
    summary: 'Print the resolved absolute file name; all but the last component must exist.',
    options: {
      none: { short: 'e', long: 'canonicalize-existing', help: 'all components of the path must exist' },
      any: {
        short: 'm',
        long: 'canonicalize-missing',
        help: 'no path components need exist or be a directory',
      },
      logical: { short: 'L', long: 'logical', help: "resolve '..' components before symlinks" },
      physical: { short: 'P', long: 'physical', help: 'resolve symlinks as encountered (default)' },
      quiet: { short: 'q', long: 'quiet', help: 'suppress most error messages' },
      relativeTo: { long: 'relative-to', arg: 'DIR', help: 'print the resolved path relative to DIR' },
      relativeBase: {
        long: 'relative-base',
        arg: 'DIR',
        help: 'print absolute paths unless paths below DIR',
      },
      keepLinks: { short: 's', long: ['strip', 'no-symlinks'], help: "don't expand symlinks" },
      zero: { short: 'z', long: 'zero', help: 'end each output line with NUL, not newline' },
    },
    operands: [1, Number.POSITIVE_INFINITY],
  },
  async (ctx) => {
    const { options: o, sys, out } = ctx;
    const mode: Missing = o.any ? 'any' : o.none ? 'none' : 'last';
    const how = { keepLinks: o.keepLinks, logical: o.logical };
    const base =
      o.relativeBase === undefined ? undefined : await canonicalize(sys, o.relativeBase, mode, how);
    const to = o.relativeTo === undefined ? base : await canonicalize(sys, o.relativeTo, mode, how);
    const isRelative = (path: string): boolean =>
      to !== undefined && (base === undefined || (isBelow(path, base) && isBelow(to, base)));
    for (const operand of ctx.operands) {
      try {
        const path = await canonicalize(sys, operand, mode, how);
        out.put((isRelative(path) ? relative(path, to!) : path) + (o.zero ? '\0' : '\n'));
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        if (!o.quiet) await ctx.error(`${quoteFile(operand)}: ${error.message}`);
        ctx.status = 1;
      }
    }
  },
);
