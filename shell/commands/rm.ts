/** rm: removes files and, with -r, trees. */

import { Access, isDirectory, isSymlink } from '../../subsystems/unix/constants.ts';
import type { Stat, Sys } from '../../subsystems/unix/sys.ts';
import { ask } from './lib/ask.ts';
import { choose } from './lib/choice.ts';
import { type Context, command, SysError, UsageError } from './lib/command.ts';
import { typeText } from './lib/mode.ts';
import { baseName, joinPath } from './lib/path.ts';
import { quoteName } from './lib/quote.ts';
import { listDirectory, statIfAny } from './lib/walk.ts';

const OPTIONS = {
  force: { short: 'f', long: 'force', help: 'ignore nonexistent files and arguments, never prompt' },
  each: { short: 'i', help: 'prompt before every removal' },
  once: { short: 'I', help: 'prompt once before removing more than three files, or recursively' },
  interactive: {
    long: 'interactive',
    arg: 'WHEN',
    optional: true,
    help: 'prompt according to WHEN: never, once, always',
  },
  oneFileSystem: { long: 'one-file-system', help: 'skip directories on other file systems' },
  noPreserveRoot: { long: 'no-preserve-root', help: "do not treat '/' specially" },
  preserveRoot: { long: 'preserve-root', arg: 'all', optional: true, help: "do not remove '/' (default)" },
  recursive: { short: 'rR', long: 'recursive', help: 'remove directories and their contents recursively' },
  directory: { short: 'd', long: 'dir', help: 'remove empty directories' },
  verbose: { short: 'v', long: 'verbose', help: 'explain what is being done' },
} as const;

type Prompt = 'never' | 'once' | 'always' | 'protected';

/** Words of --interactive. */
const PROMPTS = {
  never: 'never',
  no: 'never',
  none: 'never',
  once: 'once',
  always: 'always',
  yes: 'always',
} as const;

function promptOf(ctx: Context<typeof OPTIONS>): Prompt {
  let prompt: Prompt = 'protected';
  for (const { key, value } of ctx.given) {
    if (key === 'force') prompt = 'never';
    else if (key === 'each') prompt = 'always';
    else if (key === 'once') prompt = 'once';
    else if (key === 'interactive') {
      prompt = value === true ? 'always' : choose('rm', PROMPTS, value, '--interactive');
    }
  }
  return prompt;
}

async function isWritable(sys: Sys, path: string): Promise<boolean> {
  try {
    await sys.access(path, Access.W_OK, { effective: true });
    return true;
  } catch (error) {
    if (error instanceof SysError) return false;
    throw error;
  }
}

class Remover {
  private readonly ctx: Context<typeof OPTIONS>;
  private readonly prompt: Prompt;
  private readonly force: boolean;

  constructor(ctx: Context<typeof OPTIONS>, prompt: Prompt) {
    this.ctx = ctx;
    this.prompt = prompt;
    this.force = prompt === 'never' && ctx.options.force;
  }

  private async fail(path: string, error: unknown): Promise<boolean> {
    if (!(error instanceof SysError)) throw error;
    if (this.force && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return true;
    await this.ctx.error(`cannot remove ${quoteName(path)}: ${error.message}`);
    return false;
  }

  /** Asks whether `verb` may happen, when the prompts say so. */
  private async agrees(path: string, verb: string, stat: Stat): Promise<boolean> {
    if (this.prompt === 'never') return true;
    const link = isSymlink(stat.mode);
    const guarded = !link && this.prompt !== 'always' && !(await isWritable(this.ctx.sys, path));
    if (this.prompt !== 'always') {
      if (!guarded || !(await this.ctx.sys.isatty(0))) return true;
    }
    const shield = !link && (guarded || !(await isWritable(this.ctx.sys, path))) ? 'write-protected ' : '';
    const what = verb === 'descend into' ? 'directory' : typeText(stat.mode, stat.size);
    return ask(this.ctx.sys, 'rm', `${verb} ${shield}${what} ${quoteName(path)}?`);
  }

  /** True when nothing is left there. */
  async remove(path: string, device?: number): Promise<boolean> {
    const { sys, options } = this.ctx;
    try {
      const stat = await sys.lstat(path);
      if (!isDirectory(stat.mode)) return await this.file(path, stat);
      if (!options.recursive) return await this.emptyDirectory(path, stat);
      if (options.oneFileSystem && device !== undefined && stat.dev !== device) {
        await this.ctx.error(`skipping ${quoteName(path)}, since it's on a different device`);
        return false;
      }
      return await this.tree(path, stat);
    } catch (error) {
      return this.fail(path, error);
    }
  }

  private async file(path: string, stat: Stat): Promise<boolean> {
    if (!(await this.agrees(path, 'remove', stat))) return false;
    await this.ctx.sys.unlink(path);
    if (this.ctx.options.verbose) await this.ctx.out.line(`removed ${quoteName(path)}`);
    return true;
  }

  private async emptyDirectory(path: string, stat: Stat): Promise<boolean> {
    if (!this.ctx.options.directory) throw new SysError('EISDIR');
    if (!(await this.agrees(path, 'remove', stat))) return false;
    return this.dropDirectory(path);
  }

  private async dropDirectory(path: string): Promise<boolean> {
    await this.ctx.sys.rmdir(path);
    if (this.ctx.options.verbose) await this.ctx.out.line(`removed directory ${quoteName(path)}`);
    return true;
  }

  private async tree(path: string, stat: Stat): Promise<boolean> {
    const { sys } = this.ctx;
    const entries = await listDirectory(sys, path);
    if (entries.length > 0 && !(await this.agrees(path, 'descend into', stat))) return false;
    let isEmpty = true;
    for (const { name } of entries) {
      if (!(await this.remove(joinPath(path, name), stat.dev))) isEmpty = false;
    }
    if (!isEmpty) return false;
    if (!(await this.agrees(path, 'remove', stat))) return false;
    return this.dropDirectory(path);
  }
}

/** Operands that are never removed: '.', '..' and the root. Returns the message, or undefined. */
async function refusal(ctx: Context<typeof OPTIONS>, path: string): Promise<string | undefined> {
  if (!ctx.options.recursive) return undefined;
  const base = baseName(path);
  if (base === '.' || base === '..') {
    return `refusing to remove '.' or '..' directory: skipping ${quoteName(path)}`;
  }
  if (ctx.options.noPreserveRoot || !/^\/+$/.test(path)) return undefined;
  return "it is dangerous to operate recursively on '/'\nrm: use --no-preserve-root to override this failsafe";
}

export default command(
  {
    name: 'rm',
    usage: '[OPTION]... [FILE]...',
    summary: 'Remove (unlink) the FILE(s).\n\nBy default, rm does not remove directories.',
    options: OPTIONS,
    hint: async (sys, args) => {
      const first = args.find((arg) => arg.startsWith('-') && arg.length > 1);
      if (first === undefined || !(await statIfAny(sys, first, false))) return undefined;
      return `Try 'rm ./${first}' to remove the file ${quoteName(first)}.`;
    },
  },
  async (ctx) => {
    const { operands, options } = ctx;
    const prompt = promptOf(ctx);
    if (operands.length === 0 && !(options.force && prompt === 'never'))
      throw new UsageError('missing operand');
    if (prompt === 'once' && (options.recursive || operands.length > 3)) {
      const many = operands.length === 1 ? '1 argument' : `${operands.length} arguments`;
      if (!(await ask(ctx.sys, 'rm', `remove ${many}${options.recursive ? ' recursively' : ''}?`))) return;
    }
    const remover = new Remover(ctx, prompt);
    for (const path of operands) {
      const refused = await refusal(ctx, path);
      if (refused === undefined) await remover.remove(path);
      else await ctx.error(refused);
    }
  },
);
