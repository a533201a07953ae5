/** ln: makes hard and symbolic links. */
import { isDirectory } from '../../subsystems/unix/constants.ts';
import { ask } from './lib/ask.ts';
import { type Context, command, Fatal, SysError } from './lib/command.ts';
import { baseName, canonicalize, dirName, joinPath } from './lib/path.ts';
import { quoteName } from './lib/quote.ts';
import { backupKind, makeBackup, TARGET_OPTIONS, type Targets, targetsOf } from './lib/target.ts';
import { statIfAny } from './lib/walk.ts';

const OPTIONS = {
  ...TARGET_OPTIONS,
  directory: {
    short: 'dF',
    long: 'directory',
    help: 'allow the superuser to attempt to hard link directories',
  },
  force: { short: 'f', long: 'force', help: 'remove existing destination files' },
  interactive: { short: 'i', long: 'interactive', help: 'prompt whether to remove destinations' },
  logical: { short: 'L', long: 'logical', help: 'dereference TARGETs that are symbolic links' },
  noDereference: {
    short: 'n',
    long: 'no-dereference',
    help: 'treat LINK_NAME as a normal file if it is a link to a directory',
  },
  physical: { short: 'P', long: 'physical', help: 'make hard links directly to symbolic links' },
  relative: { short: 'r', long: 'relative', help: 'with -s, create links relative to link location' },
  symbolic: { short: 's', long: 'symbolic', help: 'make symbolic links instead of hard links' },
  verbose: { short: 'v', long: 'verbose', help: 'print name of each linked file' },
} as const;

type Ln = Context<typeof OPTIONS>;

async function relativeTarget(ctx: Ln, target: string, path: string): Promise<string> {
  const to = (await canonicalize(ctx.sys, target, 'any')).split('/').filter(Boolean);
  const from = (await canonicalize(ctx.sys, dirName(path), 'any')).split('/').filter(Boolean);
  let same = 0;
  while (same < to.length && same < from.length && to[same] === from[same]) same++;
  return [...from.slice(same).map(() => '..'), ...to.slice(same)].join('/') || '.';
}

/** Makes room at `path`; false when the user or the state of things forbids it. */
async function clear(ctx: Ln, target: string, path: string): Promise<{ ok: boolean; note: string }> {
  const { sys, options: o } = ctx;
  const existing = await statIfAny(sys, path, false);
  if (!existing) return { ok: true, note: '' };
  const replaces = ctx.given.findLast(({ key }) => key === 'force' || key === 'interactive');
  const backup = backupKind(ctx);
  if (!replaces && backup === 'none') return { ok: true, note: '' };
  if (isDirectory(existing.mode)) {
    await ctx.error(`${quoteName(path)}: cannot overwrite directory`);
    return { ok: false, note: '' };
  }
  const source = await statIfAny(sys, target, o.symbolic);
  const isSame = source?.dev === existing.dev && source.ino === existing.ino;
  if (source && isSame && backup === 'none' && (source.nlink === 1 || target === path)) {
    await ctx.error(`${quoteName(target)} and ${quoteName(path)} are the same file`);
    return { ok: false, note: '' };
  }
  if (replaces?.key === 'interactive' && !(await ask(sys, 'ln', `replace ${quoteName(path)}?`))) {
    return { ok: false, note: '' };
  }
  if (backup !== 'none') {
    return { ok: true, note: ` ~ ${quoteName(await makeBackup(sys, path, backup, o.suffix ?? '~'))}` };
  }
  if (!o.symbolic && !source) return { ok: true, note: '' };
  await sys.unlink(path);
  return { ok: true, note: '' };
}

async function makeLink(ctx: Ln, target: string, path: string): Promise<void> {
  const { sys, options: o } = ctx;
  if (!o.symbolic) {
    const source = await ctx.attempt(
      () => `failed to access ${quoteName(target)}`,
      () => (o.logical ? sys.stat(target) : sys.lstat(target)),
    );
    if (!source) return;
    if (isDirectory(source.mode) && !o.directory) {
      await ctx.error(`${target}: hard link not allowed for directory`);
      return;
    }
  }
  const kind = o.symbolic ? 'symbolic' : 'hard';
  const text = o.symbolic && o.relative ? await relativeTarget(ctx, target, path) : target;
  try {
    const { ok } = await clear(ctx, target, path);
    if (!ok) return;
    if (o.symbolic) await sys.symlink(text, path);
    else await sys.link(target, path, { follow: o.logical });
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    const aboutPath = o.symbolic || ['EEXIST', 'ENOSPC', 'EROFS', 'EDQUOT'].includes(error.code);
    const source = aboutPath ? '' : ` => ${quoteName(target)}`;
    await ctx.error(`failed to create ${kind} link ${quoteName(path)}${source}: ${error.message}`);
    return;
  }
  if (o.verbose) await ctx.out.line(`${quoteName(path)} ${o.symbolic ? '->' : '=>'} ${quoteName(text)}`);
}

/** A single operand links into the current directory; -n keeps a link to a directory from being one. */
async function linkTargets(ctx: Ln): Promise<Targets> {
  const { operands, options: o, sys } = ctx;
  if (operands.length === 1 && o.targetDirectory === undefined && !o.noTargetDirectory) {
    return { sources: operands, directory: '.', file: '' };
  }
  const last = operands.at(-1);
  if (o.noDereference && operands.length === 2 && o.targetDirectory === undefined && last !== undefined) {
    const stat = await statIfAny(sys, last, false);
    if (stat && !isDirectory(stat.mode)) return { sources: [operands[0]!], directory: undefined, file: last };
  }
  return targetsOf(ctx);
}

export default command(
  {
    name: 'ln',
    usage: [
      '[OPTION]... [-T] TARGET LINK_NAME',
      '[OPTION]... TARGET',
      '[OPTION]... TARGET... DIRECTORY',
      '[OPTION]... -t DIRECTORY TARGET...',
    ],
    summary: 'Create hard links by default, symbolic links with --symbolic.',
    options: OPTIONS,
  },
  async (ctx) => {
    if (ctx.options.relative && !ctx.options.symbolic)
      throw new Fatal('cannot do --relative without --symbolic');
    const { sources, directory, file } = await linkTargets(ctx);
    for (const target of sources) {
      const name = baseName(target);
      const path =
        directory === undefined ? file : directory === '.' ? `./${name}` : joinPath(directory, name);
      await makeLink(ctx, target, path);
    }
  },
);
