/** install: copies files and sets their attributes, or makes directories. */
import { isDirectory, O } from '../../subsystems/unix/constants.ts';
import { type Context, command, Fatal, isSysError, UsageError } from './lib/command.ts';
import { copyData } from './lib/copy.ts';
import { parseMode } from './lib/mode.ts';
import { loadNames } from './lib/names.ts';
import { baseName, dirName, joinPath } from './lib/path.ts';
import { quote, quoteName } from './lib/quote.ts';

const OPTIONS = {
  ignored: { short: 'c', help: '(ignored)' },
  compare: { short: 'C', long: 'compare', help: '(accepted: files are always copied)' },
  directory: { short: 'd', long: 'directory', help: 'create all components of the directories given' },
  leading: { short: 'D', help: 'create all leading components of DEST' },
  group: { short: 'g', long: 'group', arg: 'GROUP', help: "set group ownership, instead of the process's" },
  mode: { short: 'm', long: 'mode', arg: 'MODE', help: 'set permission mode (as in chmod), not rwxr-xr-x' },
  owner: { short: 'o', long: 'owner', arg: 'OWNER', help: 'set ownership (super-user only)' },
  times: { short: 'p', long: 'preserve-timestamps', help: 'apply access and modification times of SOURCE' },
  strip: { short: 's', long: 'strip', help: '(ignored: nothing here has symbol tables)' },
  target: { short: 't', long: 'target-directory', arg: 'DIR', help: 'copy all SOURCE arguments into DIR' },
  plain: { short: 'T', long: 'no-target-directory', help: 'treat DEST as a normal file' },
  verbose: { short: 'v', long: 'verbose', help: 'print the name of each created file or directory' },
} as const;

const DEFAULT_MODE = 0o755;

type Ctx = Context<typeof OPTIONS>;
interface Attributes {
  mode: number;
  uid: number;
  gid: number;
}

async function isDir({ sys }: Ctx, path: string): Promise<boolean> {
  try {
    return isDirectory((await sys.stat(path)).mode);
  } catch (error) {
    if (!isSysError(error)) throw error;
    return false;
  }
}

async function attributesOf({ options, sys }: Ctx): Promise<Attributes> {
  const change = parseMode(options.mode ?? DEFAULT_MODE.toString(8));
  if (!change) throw new Fatal(`invalid mode ${quote(options.mode ?? '')}`);
  const names = await loadNames(sys);
  const uid = options.owner === undefined ? -1 : names.uid(options.owner);
  if (uid === undefined) throw new Fatal(`invalid user ${quote(options.owner ?? '')}`);
  const gid = options.group === undefined ? -1 : names.gid(options.group);
  if (gid === undefined) throw new Fatal(`invalid group ${quote(options.group ?? '')}`);
  return { mode: change(0, false, 0), uid, gid };
}

/** Makes a directory and those above it. */
async function makeDirectories(ctx: Ctx, path: string): Promise<void> {
  if (path === '' || (await isDir(ctx, path))) return;
  await makeDirectories(ctx, dirName(path));
  await ctx.sys.mkdir(path, DEFAULT_MODE);
  if (ctx.options.verbose) await ctx.out.line(`install: creating directory ${quoteName(path)}`);
}

async function apply({ sys }: Ctx, path: string, { mode, uid, gid }: Attributes): Promise<void> {
  if (uid >= 0 || gid >= 0) await sys.chown(path, uid, gid);
  await sys.chmod(path, mode);
}

async function removeOld({ sys }: Ctx, path: string): Promise<void> {
  try {
    await sys.unlink(path);
  } catch (error) {
    if (!isSysError(error) || error.code !== 'ENOENT') throw error;
  }
}

async function installFile(ctx: Ctx, from: string, to: string, attributes: Attributes): Promise<void> {
  const { sys, options } = ctx;
  let subject = `cannot stat ${quoteName(from)}`;
  try {
    const stat = await sys.stat(from);
    if (isDirectory(stat.mode)) return void (await ctx.error(`omitting directory ${quoteName(from)}`));
    const input = await sys.open(from, O.RDONLY);
    subject = `cannot create regular file ${quoteName(to)}`;
    if (options.leading) await makeDirectories(ctx, dirName(to));
    await removeOld(ctx, to);
    const output = await sys.open(to, O.WRONLY | O.CREAT | O.EXCL, 0o600);
    await copyData(sys, input, output, false);
    await sys.close(input);
    await sys.close(output);
    subject = `cannot set attributes of ${quoteName(to)}`;
    await apply(ctx, to, attributes);
    if (options.times) await sys.utimens(to, stat.atimeMs, stat.mtimeMs);
    if (options.verbose) await ctx.out.line(`${quoteName(from)} -> ${quoteName(to)}`);
  } catch (error) {
    if (!isSysError(error)) throw error;
    await ctx.error(`${subject}: ${error.message}`);
  }
}

async function installDirectories(ctx: Ctx, attributes: Attributes): Promise<void> {
  for (const path of ctx.operands) {
    try {
      await makeDirectories(ctx, path.replace(/(.)\/+$/, '$1'));
      await apply(ctx, path, attributes);
    } catch (error) {
      if (!isSysError(error)) throw error;
      await ctx.error(`cannot create directory ${quoteName(path)}: ${error.message}`);
    }
  }
}

export default command(
  {
    name: 'install',
    usage: [
      '[OPTION]... [-T] SOURCE DEST',
      '[OPTION]... SOURCE... DIRECTORY',
      '[OPTION]... -t DIRECTORY SOURCE...',
      '[OPTION]... -d DIRECTORY...',
    ],
    summary: 'Copy files while setting attributes.',
    options: OPTIONS,
    operands: [1, Number.POSITIVE_INFINITY],
  },
  async (ctx) => {
    const { options, operands } = ctx;
    const attributes = await attributesOf(ctx);
    if (options.directory) return installDirectories(ctx, attributes);
    const target = options.target ?? operands.pop() ?? '';
    if (operands.length === 0)
      throw new UsageError(`missing destination file operand after ${quote(target)}`);
    if (options.leading && options.target !== undefined) await makeDirectories(ctx, target);
    const inside = !options.plain && (options.target !== undefined || (await isDir(ctx, target)));
    if (!inside && operands.length > 1) throw new Fatal(`target ${quoteName(target)} is not a directory`);
    for (const from of operands) {
      await installFile(ctx, from, inside ? joinPath(target, baseName(from)) : target, attributes);
    }
  },
);
