/** chmod: changes permission bits. */

import { isDirectory, isSymlink } from '../../subsystems/unix/constants.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';
import { CHANGE_OPTIONS, refusesRoot, visitTree } from './lib/changes.ts';
import { type Context, command, Fatal, SysError, UsageError } from './lib/command.ts';
import { currentUmask, type ModeChange, parseMode, permissionText } from './lib/mode.ts';
import { quote, quoteName } from './lib/quote.ts';

type Chmod = Context<typeof CHANGE_OPTIONS>;

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0');
const shown = (mode: number): string => `${octal(mode)} (${permissionText(mode)})`;

async function change(
  ctx: Chmod,
  path: string,
  stat: Stat,
  rule: ModeChange,
  checkUmask: boolean,
): Promise<void> {
  const { sys, options: o } = ctx;
  const old = stat.mode & 0o7777;
  const mode = rule(old, isDirectory(stat.mode), currentUmask(sys));
  try {
    await sys.chmod(path, mode);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    ctx.status = 1;
    if (!o.quiet) await ctx.error(`changing permissions of ${quoteName(path)}: ${error.message}`);
    if (o.verbose)
      await ctx.out.line(`failed to change mode of ${quoteName(path)} from ${shown(old)} to ${shown(mode)}`);
    return;
  }
  if (mode !== old && (o.verbose || o.changes)) {
    await ctx.out.line(`mode of ${quoteName(path)} changed from ${shown(old)} to ${shown(mode)}`);
  } else if (o.verbose) await ctx.out.line(`mode of ${quoteName(path)} retained as ${shown(mode)}`);
  if (!checkUmask) return;
  const naive = rule(old, isDirectory(stat.mode), 0);
  if (naive !== mode && (mode & ~naive & 0o777) === 0 && (naive & ~mode) === 0) return;
  const surprising = mode & ~naive;
  if (surprising === 0) return;
  await ctx.error(`${path}: new permissions are ${permissionText(mode)}, not ${permissionText(naive)}`);
}

/** Marks a mode that was given as an option; not a character of modes. */
const AMONG_OPTIONS = '\0';

/** Modes that look like options (-x, -rwx,+t) are moved behind a `--`. */
function protectModes(args: string[]): string[] {
  const at = args.findIndex((arg) => /^-[rwxXstugoa0-7,+=-]+$/.test(arg) && arg !== '--');
  const end = args.indexOf('--');
  if (at < 0 || (end >= 0 && end < at)) return args;
  const rest = [...args.slice(0, at), ...args.slice(at + 1)].filter((arg) => arg !== '--');
  const options = rest.filter((arg) => arg.startsWith('-') && arg.length > 1);
  // Only a mode among the options is checked against the umask: -w, but not -- -w.
  return [...options, '--', `${AMONG_OPTIONS}${args[at]!}`, ...rest.filter((arg) => !options.includes(arg))];
}

async function ruleOf(ctx: Chmod): Promise<{ rule: ModeChange; paths: string[]; checkUmask: boolean }> {
  const { options: o, operands, sys } = ctx;
  if (o.reference !== undefined) {
    const reference = o.reference;
    if (operands.length === 0) throw new UsageError('missing operand');
    try {
      const mode = (await sys.stat(reference)).mode & 0o7777;
      return { rule: () => mode, paths: operands, checkUmask: false };
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new Fatal(`failed to get attributes of ${quoteName(reference)}: ${error.message}`);
    }
  }
  const [marked, ...paths] = operands;
  const checkUmask = marked?.startsWith(AMONG_OPTIONS) ?? false;
  const text = checkUmask ? marked!.slice(AMONG_OPTIONS.length) : marked;
  if (text === undefined) throw new UsageError('missing operand');
  if (paths.length === 0) throw new UsageError(`missing operand after ${quote(text)}`);
  const rule = parseMode(text);
  if (!rule) throw new UsageError(`invalid mode: ${quote(text)}`);
  return { rule, paths, checkUmask };
}

export default command(
  {
    name: 'chmod',
    usage: [
      '[OPTION]... MODE[,MODE]... FILE...',
      '[OPTION]... OCTAL-MODE FILE...',
      '[OPTION]... --reference=RFILE FILE...',
    ],
    summary:
      'Change the mode of each FILE to MODE.\nWith --reference, change the mode of each FILE to that of RFILE.',
    options: CHANGE_OPTIONS,
    rewrite: protectModes,
    more: "Each MODE is of the form '[ugoa]*([-+=]([rwxXst]*|[ugo]))+|[-+=][0-7]+'.",
  },
  async (ctx) => {
    const { rule, paths, checkUmask } = await ruleOf(ctx);
    const rules = {
      recursive: ctx.options.recursive,
      traverse: 'none',
      onLinks: false,
      after: false,
    } as const;
    for (const path of paths) {
      if (await refusesRoot(ctx, path)) continue;
      await visitTree(ctx, path, rules, async (found, stat) => {
        const isLinkBelow = found !== path && isSymlink((await ctx.sys.lstat(found)).mode);
        if (!isLinkBelow) await change(ctx, found, stat, rule, checkUmask);
      });
    }
  },
);
