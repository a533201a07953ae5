/** mkdir: makes directories; -p makes parents too (with u+wx, whatever the umask, as POSIX says). */
import { isDirectory } from '../../subsystems/unix/constants.ts';
import type { Sys } from '../../subsystems/unix/sys.ts';
import { type Context, command, Fatal, SysError } from './lib/command.ts';
import { currentUmask, parseMode } from './lib/mode.ts';
import { quote, quoteName } from './lib/quote.ts';

const OPTIONS = {
  mode: { short: 'm', long: 'mode', arg: 'MODE', help: 'set file mode (as in chmod), not a=rwx - umask' },
  parents: { short: 'p', long: 'parents', help: 'no error if existing, make parent directories as needed' },
  verbose: { short: 'v', long: 'verbose', help: 'print a message for each created directory' },
} as const;

type Mkdir = Context<typeof OPTIONS>;

async function isDir(sys: Sys, path: string): Promise<boolean> {
  try {
    return isDirectory((await sys.stat(path)).mode);
  } catch (error) {
    if (error instanceof SysError) return false;
    throw error;
  }
}

async function made(ctx: Mkdir, path: string): Promise<void> {
  if (ctx.options.verbose) await ctx.out.line(`mkdir: created directory ${quoteName(path)}`);
}

/** Every missing directory above the last component. */
async function makeParents(ctx: Mkdir, path: string): Promise<void> {
  const { sys } = ctx;
  const umask = currentUmask(sys);
  for (let slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
    const parent = path.slice(0, slash);
    if (parent.endsWith('/') || /^\/*$/.test(path.slice(slash))) continue;
    try {
      await sys.mkdir(parent, 0o777);
      if ((umask & 0o300) !== 0) await sys.chmod(parent, (0o777 & ~umask) | 0o300);
      await made(ctx, parent);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      if (await isDir(sys, parent)) continue;
      throw Object.assign(error.code === 'EEXIST' ? new SysError('ENOTDIR') : error, { parent });
    }
  }
}

async function make(ctx: Mkdir, path: string, mode: number | undefined): Promise<void> {
  const { sys, options } = ctx;
  try {
    if (options.parents) await makeParents(ctx, path);
    await sys.mkdir(path, 0o777);
    if (mode !== undefined) await sys.chmod(path, mode);
    await made(ctx, path);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    if (options.parents && (await isDir(sys, path))) return;
    const where = 'parent' in error ? String(error.parent) : path;
    await ctx.error(`cannot create directory ${quoteName(where)}: ${error.message}`);
  }
}

export default command(
  {
    name: 'mkdir',
    usage: '[OPTION]... DIRECTORY...',
    summary: 'Create the DIRECTORY(ies), if they do not already exist.',
    options: OPTIONS,
    operands: [1, Number.POSITIVE_INFINITY],
  },
  async (ctx) => {
    const text = ctx.options.mode;
    const change = text === undefined ? undefined : parseMode(text);
    if (text !== undefined && !change) throw new Fatal(`invalid mode ${quote(text)}`);
    const mode = change?.(0o777, true, currentUmask(ctx.sys));
    for (const path of ctx.operands) await make(ctx, path, mode);
  },
);
