/**
 * What chmod, chown and chgrp share: the options of a recursive change, the walk, and the reports of -v and
 * -c.
 */
import { isDirectory, isSymlink } from '../../../subsystems/unix/constants.ts';
import type { Stat, Sys } from '../../../subsystems/unix/sys.ts';
import { type Context, type OptionTable, SysError } from './command.ts';
import { joinPath } from './path.ts';
import { quoteName } from './quote.ts';
import { listDirectory } from './walk.ts';

export const CHANGE_OPTIONS = {
  changes: { short: 'c', long: 'changes', help: 'like verbose but report only when a change is made' },
  quiet: { short: 'f', long: ['silent', 'quiet'], help: 'suppress most error messages' },
  verbose: { short: 'v', long: 'verbose', help: 'output a diagnostic for every file processed' },
  noPreserveRoot: { long: 'no-preserve-root', help: "do not treat '/' specially (the default)" },
  preserveRoot: { long: 'preserve-root', help: "fail to operate recursively on '/'" },
  reference: { long: 'reference', arg: 'RFILE', help: "use RFILE's values instead" },
  recursive: { short: 'R', long: 'recursive', help: 'operate on files and directories recursively' },
} as const;

/** Options of chown and chgrp about symbolic links. */
export const LINK_OPTIONS = {
  dereference: { long: 'dereference', help: 'affect the referent of each symbolic link (the default)' },
  noDereference: {
    short: 'h',
    long: 'no-dereference',
    help: 'affect symbolic links instead of any referenced file',
  },
  followOperands: {
    short: 'H',
    help: 'with -R: traverse a command line argument that is a link to a directory',
  },
  followAll: { short: 'L', help: 'with -R: traverse every symbolic link to a directory encountered' },
  followNone: { short: 'P', help: 'with -R: do not traverse any symbolic links (default)' },
} as const;

export interface WalkRules {
  recursive: boolean;
  /** Which links to directories are entered. */
  traverse: 'none' | 'operands' | 'all';
  /** Visits the link itself instead of what it leads to. */
  onLinks: boolean;
  /** Visits a directory after its contents: its owner may be needed to get in. */
  after: boolean;
}

export type Visit = (path: string, stat: Stat) => Promise<void>;

/** Visits an operand and, when recursive, all below it; a directory before or after its contents. */
export async function visitTree<T extends OptionTable>(
  ctx: Context<T>,
  path: string,
  rules: WalkRules,
  visit: Visit,
): Promise<void> {
  await step(ctx, path, rules, visit, true);
}

async function statOf(sys: Sys, path: string, follow: boolean): Promise<Stat> {
  return follow ? sys.stat(path) : sys.lstat(path);
}

async function step<T extends OptionTable>(
  ctx: Context<T>,
  path: string,
  rules: WalkRules,
  visit: Visit,
  isOperand: boolean,
): Promise<void> {
  const { sys } = ctx;
  const quiet = (ctx.options as { quiet?: boolean }).quiet === true;
  const fail = async (text: string, error: unknown): Promise<void> => {
    if (!(error instanceof SysError)) throw error;
    ctx.status = 1;
    if (!quiet) await ctx.error(`${text} ${quoteName(path)}: ${error.message}`);
  };
  let link: Stat;
  let stat: Stat;
  try {
    link = await sys.lstat(path);
  } catch (error) {
    return fail('cannot access', error);
  }
  const traverses = rules.traverse === 'all' || (rules.traverse === 'operands' && isOperand);
  try {
    stat = isSymlink(link.mode) && (!rules.onLinks || traverses) ? await statOf(sys, path, true) : link;
  } catch (error) {
    if (rules.recursive && !isOperand) return;
    if (ctx.name !== 'chmod') return fail('cannot dereference', error);
    ctx.status = 1;
    if (!quiet) await ctx.error(`cannot operate on dangling symlink ${quoteName(path)}`);
    return;
  }
  const enters = rules.recursive && isDirectory(stat.mode) && (!isSymlink(link.mode) || traverses);
  if (!enters || !rules.after) await visit(path, stat);
  if (!enters) return;
  try {
    for (const { name } of await listDirectory(sys, path))
      await step(ctx, joinPath(path, name), rules, visit, false);
  } catch (error) {
    await fail('cannot read directory', error);
  }
  if (rules.after) await visit(path, stat);
}

export interface ChangeFlags {
  changes: boolean;
  quiet: boolean;
  verbose: boolean;
  recursive: boolean;
  preserveRoot: boolean;
}

/** True (and reported) when the operand is the root and --preserve-root protects it. */
export async function refusesRoot<T extends OptionTable>(ctx: Context<T>, path: string): Promise<boolean> {
  const flags = ctx.options as unknown as ChangeFlags;
  if (!flags.recursive || !flags.preserveRoot || !/^\/+$/.test(path)) return false;
  await ctx.error("it is dangerous to operate recursively on '/'");
  await ctx.error('use --no-preserve-root to override this failsafe');
  return true;
}
