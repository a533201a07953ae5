/** mktemp: makes a file or directory with a name that nobody has, from a template with X's. */
import { O } from '../../subsystems/unix/constants.ts';
import type { Sys } from '../../subsystems/unix/sys.ts';
import { command, Fatal, SysError } from './lib/command.ts';
import { quoteName } from './lib/quote.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** Names tried before giving up with EEXIST. */
const ATTEMPTS = 1000;

function randomLetters(sys: Sys, count: number): string {
  return [...sys.getrandom(count)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
}

/** Splits a template into prefix, number of X's and suffix. */
function split(
  template: string,
  suffix: string | undefined,
): { prefix: string; count: number; suffix: string } {
  if (suffix !== undefined && !template.endsWith('X')) {
    throw new Fatal(`with --suffix, template ${quoteName(template)} must end in X`);
  }
  const last = template.lastIndexOf('X');
  const tail = template.slice(last + 1) + (suffix ?? '');
  const prefix = template.slice(0, last + 1).replace(/X+$/, '');
  const count = last + 1 - prefix.length;
  if (count < 3) throw new Fatal(`too few X's in template ${quoteName(template)}`);
  if (tail.includes('/')) throw new Fatal(`invalid suffix ${quoteName(tail)}, contains directory separator`);
  return { prefix, count, suffix: tail };
}

async function create(sys: Sys, path: string, kind: { directory: boolean; dry: boolean }): Promise<void> {
  if (kind.dry) {
    try {
      await sys.lstat(path);
    } catch (error) {
      if (error instanceof SysError && error.code === 'ENOENT') return;
      throw error;
    }
    throw new SysError('EEXIST');
  }
  if (kind.directory) await sys.mkdir(path, 0o700);
  else await sys.close(await sys.open(path, O.RDWR | O.CREAT | O.EXCL, 0o600));
}

export default command(
  {
    name: 'mktemp',
    usage: '[OPTION]... [TEMPLATE]',
    summary: 'Create a temporary file or directory, safely, and print its name.',
    options: {
      directory: { short: 'd', long: 'directory', help: 'create a directory, not a file' },
      dry: { short: 'u', long: 'dry-run', help: 'do not create anything; merely print a name (unsafe)' },
      quiet: { short: 'q', long: 'quiet', help: 'suppress diagnostics about file/dir-creation failure' },
      suffix: { long: 'suffix', arg: 'SUFF', help: 'append SUFF to TEMPLATE' },
      tmpdir: {
        short: 'p',
        long: 'tmpdir',
        arg: 'DIR',
        optional: true,
        help: 'interpret TEMPLATE relative to DIR',
      },
      under: { short: 't', help: 'interpret TEMPLATE as a single file name component, relative to TMPDIR' },
    },
    rewrite: (args) =>
      args.flatMap((arg, i) => (arg === '-p' ? [] : args[i - 1] === '-p' ? [`--tmpdir=${arg}`] : [arg])),
  },
  async (ctx) => {
    const { options: o, sys, operands } = ctx;
    if (operands.length > 1) throw new Fatal("too many templates\nTry 'mktemp --help' for more information.");
    const template = operands[0] ?? 'tmp.XXXXXXXXXX';
    const inDir = operands.length === 0 || o.tmpdir !== undefined || o.under;
    const parts = split(template, o.suffix);
    if (inDir && o.tmpdir !== undefined && template.startsWith('/')) {
      throw new Fatal(`invalid template, ${quoteName(template)}; with --tmpdir, it may not be absolute`);
    }
    const tmp = sys.env.TMPDIR || '/tmp';
    const dir = o.under ? tmp : typeof o.tmpdir === 'string' && o.tmpdir !== '' ? o.tmpdir : tmp;
    const prefix = inDir ? `${dir.replace(/\/+$/, '')}/${parts.prefix}` : parts.prefix;
    for (let attempt = 1; ; attempt++) {
      const path = prefix + randomLetters(sys, parts.count) + parts.suffix;
      try {
        await create(sys, path, o);
        await ctx.out.line(path);
        return 0;
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        if (error.code === 'EEXIST' && attempt < ATTEMPTS) continue;
        const shown = prefix + 'X'.repeat(parts.count) + parts.suffix;
        const kind = o.directory ? 'directory' : 'file';
        if (!o.quiet)
          await ctx.error(`failed to create ${kind} via template ${quoteName(shown)}: ${error.message}`);
        return 1;
      }
    }
  },
);
