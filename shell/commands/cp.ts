/** cp: copies files and trees. The engine is lib/copy.ts. */

import type { Stat } from '../../subsystems/unix/sys.ts';
import { ask } from './lib/ask.ts';
import { choose } from './lib/choice.ts';
import { type Context, command, UsageError } from './lib/command.ts';
import { Copier, type CopyOptions } from './lib/copy.ts';
import { dirName, joinPath, stripSlashes } from './lib/path.ts';
import { quoteName } from './lib/quote.ts';
import {
  backupKind,
  destinationOf,
  makeBackup,
  TARGET_OPTIONS,
  type Targets,
  targetsOf,
} from './lib/target.ts';
import { statIfAny } from './lib/walk.ts';

const OPTIONS = {
  archive: { short: 'a', long: 'archive', help: 'same as -dR --preserve=all' },
  attributesOnly: { long: 'attributes-only', help: "don't copy the file data, just the attributes" },
  ...TARGET_OPTIONS,
  keepLinks: { short: 'd', help: 'same as --no-dereference --preserve=links' },
  force: {
    short: 'f',
    long: 'force',
    help: 'if an existing destination cannot be opened, remove it and try again',
  },
  interactive: { short: 'i', long: 'interactive', help: 'prompt before overwrite' },
  followOperands: { short: 'H', help: 'follow command-line symbolic links in SOURCE' },
  hardLink: { short: 'l', long: 'link', help: 'hard link files instead of copying' },
  follow: { short: 'L', long: 'dereference', help: 'always follow symbolic links in SOURCE' },
  noClobber: { short: 'n', long: 'no-clobber', help: 'do not overwrite an existing file' },
  noFollow: { short: 'P', long: 'no-dereference', help: 'never follow symbolic links in SOURCE' },
  preserveDefault: { short: 'p', help: 'same as --preserve=mode,ownership,timestamps' },
  preserve: { long: 'preserve', arg: 'ATTR_LIST', optional: true, help: 'preserve the specified attributes' },
  noPreserve: { long: 'no-preserve', arg: 'ATTR_LIST', help: "don't preserve the specified attributes" },
  parents: { long: 'parents', help: 'use full source file name under DIRECTORY' },
  recursive: { short: 'rR', long: 'recursive', help: 'copy directories recursively' },
  reflink: { long: 'reflink', arg: 'WHEN', optional: true, help: 'accepted; copies are always made' },
  removeDestination: {
    long: 'remove-destination',
    help: 'remove each existing destination file before opening it',
  },
  sparse: { long: 'sparse', arg: 'WHEN', help: 'accepted; holes are kept' },
  stripSlashes: { long: 'strip-trailing-slashes', help: 'remove any trailing slashes from each SOURCE' },
  symbolicLink: { short: 's', long: 'symbolic-link', help: 'make symbolic links instead of copying' },
  update: {
    short: 'u',
    long: 'update',
    help: 'copy only when SOURCE is newer than the destination, or it is missing',
  },
  verbose: { short: 'v', long: 'verbose', help: 'explain what is being done' },
  oneFileSystem: { short: 'x', long: 'one-file-system', help: 'stay on this file system' },
} as const;

type Cp = Context<typeof OPTIONS>;
type Attribute = 'mode' | 'ownership' | 'timestamps' | 'links';
const EVERY: readonly Attribute[] = ['mode', 'ownership', 'timestamps', 'links'];
const ALLOWED = {
  mode: 'mode',
  timestamps: 'timestamps',
  ownership: 'ownership',
  links: 'links',
  context: 'context',
  xattr: 'xattr',
  all: 'all',
} as const;

function attributeList(text: string, option: string): readonly Attribute[] {
  const names = text.split(',').map((name) => choose('cp', ALLOWED, name, option));
  return names.includes('all') ? EVERY : EVERY.filter((name) => names.includes(name));
}

function preserved(ctx: Cp): Set<Attribute> {
  const set = new Set<Attribute>();
  const add = (...names: readonly Attribute[]): void => {
    for (const name of names) set.add(name);
  };
  for (const { key, value } of ctx.given) {
    if (key === 'archive') add(...EVERY);
    else if (key === 'keepLinks') add('links');
    else if (key === 'preserveDefault' || (key === 'preserve' && value === true))
      add('mode', 'ownership', 'timestamps');
    else if (key === 'preserve') add(...attributeList(String(value), '--preserve'));
    else if (key === 'noPreserve') {
      for (const name of attributeList(String(value), '--no-preserve')) set.delete(name);
    }
  }
  return set;
}

function followOf(ctx: Cp, recursive: boolean): CopyOptions['follow'] {
  let follow: CopyOptions['follow'] | undefined;
  for (const { key } of ctx.given) {
    if (key === 'follow') follow = 'always';
    else if (key === 'followOperands') follow = 'operands';
    else if (key === 'noFollow' || key === 'archive' || key === 'keepLinks') follow = 'never';
  }
  return follow ?? (recursive || ctx.options.hardLink ? 'never' : 'always');
}

/** The decision about an existing destination: -n, -i, -u, and backups. */
function replaceRule(ctx: Cp): { rule: CopyOptions['mayReplace']; backups: Map<string, string> } {
  const { options: o, sys } = ctx;
  const backup = backupKind(ctx);
  const backups = new Map<string, string>();
  const last = ctx.given.findLast(({ key }) => key === 'interactive' || key === 'noClobber');
  const rule = async (_source: string, destination: string, from: Stat, to: Stat): Promise<boolean> => {
    if (last?.key === 'noClobber') return false;
    if (o.update && to.mtimeMs >= from.mtimeMs) return false;
    if (last?.key === 'interactive' && !(await ask(sys, 'cp', `overwrite ${quoteName(destination)}?`))) {
      return false;
    }
    if (backup !== 'none')
      backups.set(destination, await makeBackup(sys, destination, backup, o.suffix ?? '~'));
    return true;
  };
  return { rule, backups };
}

function copyOptions(ctx: Cp): CopyOptions {
  const { options: o } = ctx;
  const recursive = o.recursive || o.archive;
  const keep = preserved(ctx);
  const { rule, backups } = replaceRule(ctx);
  return {
    recursive,
    follow: followOf(ctx, recursive),
    preserveMode: keep.has('mode'),
    preserveOwner: keep.has('ownership'),
    preserveTimes: keep.has('timestamps'),
    preserveLinks: keep.has('links'),
    force: o.force,
    removeDestination: o.removeDestination,
    oneFileSystem: o.oneFileSystem,
    attributesOnly: o.attributesOnly,
    linkKind: o.hardLink ? 'hard' : o.symbolicLink ? 'symbolic' : 'copy',
    overwritesOwn: backupKind(ctx) === 'numbered',
    copySpecials: recursive,
    mayReplace: rule,
    made: async (source, destination) => {
      if (!o.verbose) return;
      const backup = backups.get(destination);
      const note = backup === undefined ? '' : ` (backup: ${quoteName(backup)})`;
      await ctx.out.line(`${quoteName(source)} -> ${quoteName(destination)}${note}`);
    },
    fail: (text) => ctx.error(text),
  };
}

/** --parents: the directories of `source` under the target, with the modes of the originals. */
async function parentsTarget(ctx: Cp, directory: string, source: string): Promise<string> {
  const { sys } = ctx;
  const bare = source.replace(/^\/+/, '');
  const parts = dirName(bare)
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  let made = directory;
  let original = source.startsWith('/') ? '/' : '.';
  for (const part of parts) {
    made = joinPath(made, part);
    original = joinPath(original, part);
    if (await statIfAny(sys, made, true)) continue;
    await sys.mkdir(made, (await sys.stat(original)).mode & 0o7777);
    const shown = original.replace(/^\.\//, '');
    if (ctx.options.verbose) await ctx.out.line(`${shown} -> ${made}`);
  }
  return joinPath(directory, bare);
}

async function destination(ctx: Cp, targets: Targets, source: string): Promise<string> {
  if (!ctx.options.parents) return destinationOf(targets, source);
  if (targets.directory === undefined)
    throw new UsageError('with --parents, the destination must be a directory');
  return parentsTarget(ctx, targets.directory, source);
}

export default command(
  {
    name: 'cp',
    usage: [
      '[OPTION]... [-T] SOURCE DEST',
      '[OPTION]... SOURCE... DIRECTORY',
      '[OPTION]... -t DIRECTORY SOURCE...',
    ],
    summary: 'Copy SOURCE to DEST, or multiple SOURCE(s) to DIRECTORY.',
    options: OPTIONS,
  },
  async (ctx) => {
    const targets = await targetsOf(ctx);
    if (ctx.options.hardLink && ctx.options.symbolicLink)
      throw new UsageError('cannot make both hard and symbolic links');
    const copier = new Copier(ctx.sys, copyOptions(ctx));
    for (const operand of targets.sources) {
      const source = ctx.options.stripSlashes ? stripSlashes(operand) : operand;
      const dest = await destination(ctx, targets, source);
      await copier.copy(source, dest);
    }
  },
);
