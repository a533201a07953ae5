/** mv: renames; between volumes it copies with all attributes and removes the source. */
import { Access, isDirectory, isSymlink } from '../../subsystems/unix/constants.ts';
import type { Stat, Sys } from '../../subsystems/unix/sys.ts';
import { ask } from './lib/ask.ts';
import { type Context, command, SysError } from './lib/command.ts';
import { Copier } from './lib/copy.ts';
import { permissionText } from './lib/mode.ts';
import { baseName, dirName, joinPath, stripSlashes } from './lib/path.ts';
import { quoteName } from './lib/quote.ts';
import { removeTree } from './lib/remove.ts';
import {
  type BackupKind,
  backupKind,
  destinationOf,
  makeBackup,
  TARGET_OPTIONS,
  targetsOf,
} from './lib/target.ts';
import { statIfAny } from './lib/walk.ts';

const OPTIONS = {
  ...TARGET_OPTIONS,
  force: { short: 'f', long: 'force', help: 'do not prompt before overwriting' },
  interactive: { short: 'i', long: 'interactive', help: 'prompt before overwrite' },
  noClobber: { short: 'n', long: 'no-clobber', help: 'do not overwrite an existing file' },
  stripSlashes: { long: 'strip-trailing-slashes', help: 'remove any trailing slashes from each SOURCE' },
  update: {
    short: 'u',
    long: 'update',
    help: 'move only when SOURCE is newer than the destination, or it is missing',
  },
  verbose: { short: 'v', long: 'verbose', help: 'explain what is being done' },
} as const;

type Mv = Context<typeof OPTIONS>;
type Mode = 'force' | 'interactive' | 'noClobber' | undefined;

async function isProtected(sys: Sys, path: string, to: Stat): Promise<boolean> {
  if (isSymlink(to.mode)) return false;
  try {
    await sys.access(path, Access.W_OK, { effective: true });
    return false;
  } catch (error) {
    if (error instanceof SysError) return true;
    throw error;
  }
}

/** Whether an existing destination may go, asking when the options say so. */
async function mayReplace(ctx: Mv, mode: Mode, path: string, from: Stat, to: Stat): Promise<boolean> {
  if (mode === 'noClobber') return false;
  if (ctx.options.update && to.mtimeMs >= from.mtimeMs) return false;
  if (mode === 'force') return true;
  const guarded = await isProtected(ctx.sys, path, to);
  if (mode !== 'interactive' && (!guarded || !(await ctx.sys.isatty(0)))) return true;
  const bits = `${(to.mode & 0o7777).toString(8).padStart(4, '0')} (${permissionText(to.mode)})`;
  const question = guarded
    ? `replace ${quoteName(path)}, overriding mode ${bits}?`
    : `overwrite ${quoteName(path)}?`;
  return ask(ctx.sys, 'mv', question);
}

/** Reports what makes the move impossible; true when it is possible. */
async function isSound(ctx: Mv, source: string, path: string, from: Stat, to: Stat): Promise<boolean> {
  const [src, dst] = [quoteName(source), quoteName(path)];
  if (from.dev === to.dev && from.ino === to.ino) {
    await ctx.error(`${src} and ${dst} are the same file`);
    return false;
  }
  if (isDirectory(to.mode) && !isDirectory(from.mode)) {
    await ctx.error(`cannot overwrite directory ${dst} with non-directory`);
    return false;
  }
  if (!isDirectory(to.mode) && isDirectory(from.mode)) {
    await ctx.error(`cannot overwrite non-directory ${dst} with directory ${src}`);
    return false;
  }
  return true;
}

/** The move between volumes. */
async function copyAcross(ctx: Mv, source: string, path: string): Promise<boolean> {
  const copier = new Copier(ctx.sys, {
    recursive: true,
    follow: 'never',
    preserveMode: true,
    preserveOwner: true,
    preserveTimes: true,
    preserveLinks: true,
    force: true,
    removeDestination: true,
    oneFileSystem: false,
    attributesOnly: false,
    linkKind: 'copy',
    overwritesOwn: true,
    copySpecials: true,
    mayReplace: async () => true,
    made: async () => {},
    fail: (text) => ctx.error(text),
  });
  if (!(await copier.copy(source, path))) return false;
  await ctx.attempt(
    () => `cannot remove ${quoteName(source)}`,
    () => removeTree(ctx.sys, source),
  );
  return true;
}

async function isOwnParent(sys: Sys, source: string, path: string): Promise<boolean> {
  const from = await statIfAny(sys, source, false);
  if (!from || !isDirectory(from.mode)) return false;
  for (let dir = dirName(path), depth = 0; depth < 256; depth++) {
    const stat = await statIfAny(sys, dir, true);
    if (!stat) return false;
    if (stat.dev === from.dev && stat.ino === from.ino) return true;
    const up = joinPath(dir, '..');
    const parent = await statIfAny(sys, up, true);
    if (!parent || (parent.ino === stat.ino && parent.dev === stat.dev)) return false;
    dir = up;
  }
  return false;
}

async function rename(ctx: Mv, source: string, path: string): Promise<boolean> {
  try {
    await ctx.sys.rename(source, path);
    return true;
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    if (error.code === 'EXDEV') return copyAcross(ctx, source, path);
    if (error.code === 'EINVAL' && (await isOwnParent(ctx.sys, source, path))) {
      await ctx.error(`cannot move ${quoteName(source)} to a subdirectory of itself, ${quoteName(path)}`);
    } else {
      await ctx.error(`cannot move ${quoteName(source)} to ${quoteName(path)}: ${error.message}`);
    }
    return false;
  }
}

/** What is common to the moves of one run. */
interface Plan {
  mode: Mode;
  backup: BackupKind;
  /** Paths that earlier operands were moved to: a later one must not replace them. */
  readonly made: Set<string>;
}

async function move(ctx: Mv, source: string, path: string, { mode, backup, made }: Plan): Promise<void> {
  const { sys, options: o } = ctx;
  const from = await ctx.attempt(
    () => `cannot stat ${quoteName(source)}`,
    () => sys.lstat(source),
  );
  if (!from) return;
  const to = await statIfAny(sys, path, false);
  let note = '';
  if (to) {
    if (!(await isSound(ctx, source, path, from, to))) return;
    if (made.has(path) && backup !== 'numbered') {
      await ctx.error(`will not overwrite just-created ${quoteName(path)} with ${quoteName(source)}`);
      return;
    }
    if (!(await mayReplace(ctx, mode, path, from, to))) return;
    if (backup !== 'none')
      note = ` (backup: ${quoteName(await makeBackup(sys, path, backup, o.suffix ?? '~'))})`;
  }
  if (!(await rename(ctx, source, path))) return;
  made.add(path);
  if (o.verbose) await ctx.out.line(`renamed ${quoteName(source)} -> ${quoteName(path)}${note}`);
}

export default command(
  {
    name: 'mv',
    usage: [
      '[OPTION]... [-T] SOURCE DEST',
      '[OPTION]... SOURCE... DIRECTORY',
      '[OPTION]... -t DIRECTORY SOURCE...',
    ],
    summary: 'Rename SOURCE to DEST, or move SOURCE(s) to DIRECTORY.',
    options: OPTIONS,
  },
  async (ctx) => {
    const targets = await targetsOf(ctx);
    const backup = backupKind(ctx);
    const mode = ctx.given.findLast(
      ({ key }) => key === 'force' || key === 'interactive' || key === 'noClobber',
    )?.key as Mode;
    const plan: Plan = { mode, backup, made: new Set() };
    for (const operand of targets.sources) {
      const source = ctx.options.stripSlashes ? stripSlashes(operand) : operand;
      const base = baseName(source);
      if (targets.directory !== undefined && (base === '.' || base === '..')) {
        const path = joinPath(targets.directory, base);
        await ctx.error(`cannot move ${quoteName(source)} to ${quoteName(path)}: Device or resource busy`);
      } else await move(ctx, source, destinationOf(targets, source), plan);
    }
  },
);
