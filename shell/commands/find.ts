/** find: walks trees and tests every file with an expression. The parts are in find/. */
import { isDirectory } from '../../subsystems/unix/constants.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';
import { parseExpression } from './find/parse.ts';
import { type Expression, type Found, Quit, type Run } from './find/types.ts';
import { type Context, command, Fatal, SysError } from './lib/command.ts';
import { loadNames } from './lib/names.ts';
import { joinPath } from './lib/path.ts';
import { spawnEntries } from './lib/spawn.ts';
import { listDirectory } from './lib/walk.ts';
import { zoneOf } from './lib/zone.ts';

class Walker {
  private readonly run: Run;
  private readonly expression: Expression;

  constructor(run: Run, expression: Expression) {
    this.run = run;
    this.expression = expression;
  }

  async start(path: string): Promise<void> {
    await this.visit(path, path, 0, [], undefined);
  }

  private async statOf(path: string, depth: number): Promise<Stat | undefined> {
    const { sys, follow, ctx } = this.run;
    const follows = follow === 'always' || (follow === 'operands' && depth === 0);
    try {
      if (!follows) return await sys.lstat(path);
      try {
        return await sys.stat(path);
      } catch (error) {
        // A link that leads nowhere is taken as itself.
        if (error instanceof SysError && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
          return await sys.lstat(path);
        throw error;
      }
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await ctx.error(`'${path}': ${error.message}`);
      return undefined;
    }
  }

  private async visit(
    path: string,
    start: string,
    depth: number,
    parents: readonly string[],
    device: number | undefined,
  ): Promise<void> {
    const { run } = this;
    const stat = await this.statOf(path, depth);
    if (!stat) return;
    const pause = run.sys.checkpoint();
    if (pause) await pause;
    const { settings, test } = this.expression;
    const file: Found = { path, start, depth, stat, prune: false };
    const applies = depth >= settings.minDepth;
    if (applies && !settings.depthFirst) await test(file, run);
    const otherDevice = settings.oneFileSystem && device !== undefined && stat.dev !== device;
    const enters = isDirectory(stat.mode) && depth < settings.maxDepth && !otherDevice;
    if (enters && (settings.depthFirst || !file.prune))
      await this.children(file, parents, device ?? stat.dev);
    if (applies && settings.depthFirst) await test(file, run);
  }

  private async children(file: Found, parents: readonly string[], device: number): Promise<void> {
    const { run } = this;
    const id = `${file.stat.dev}:${file.stat.ino}`;
    if (parents.includes(id)) {
      await run.ctx.error(
        `File system loop detected; '${file.path}' is part of the same file system loop as an ancestor.`,
      );
      return;
    }
    try {
      for (const { name } of await listDirectory(run.sys, file.path)) {
        await this.visit(joinPath(file.path, name), file.start, file.depth + 1, [...parents, id], device);
      }
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await run.ctx.error(`'${file.path}': ${error.message}`);
    }
  }
}

interface Words {
  follow: Run['follow'];
  paths: string[];
  expression: string[];
}

/** Splits the arguments into options, starting points and expression. */
function split(args: readonly string[]): Words {
  let follow: Run['follow'] = 'never';
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === '-P') follow = 'never';
    else if (arg === '-H') follow = 'operands';
    else if (arg === '-L') follow = 'always';
    else if (/^-O\d$/.test(arg)) continue;
    else if (arg === '-D') at++;
    else break;
  }
  if (args[at] === '--') at++;
  const from = at;
  while (at < args.length && !/^-./.test(args[at]!) && !['!', '(', ')', ','].includes(args[at]!)) at++;
  const paths = args.slice(from, at);
  const expression = args.slice(at).filter((arg) => arg !== '-follow');
  if (expression.length < args.length - at) follow = 'always';
  return { follow, paths: paths.length > 0 ? [...paths] : ['.'], expression };
}

export default command(
  {
    name: 'find',
    usage: '[-H] [-L] [-P] [path...] [expression]',
    summary:
      'Search for files in a directory hierarchy.\n\nDefault path is the current directory; default expression is -print.\nOperators: ( EXPR )  ! EXPR  EXPR -a EXPR  EXPR -o EXPR  EXPR , EXPR',
    options: {},
    raw: true,
    entries: spawnEntries,
    more: 'Tests: -name -iname -path -regex -type -size -mtime -mmin -newer -perm -user -group -empty -links -inum -samefile …\nActions: -print -print0 -printf -fprint -ls -delete -prune -quit -exec -execdir -ok',
  },
  async (ctx) => {
    const { follow, paths, expression: words } = split(ctx.operands);
    const context = ctx as unknown as Context;
    const expression = await parseExpression(context, words);
    const run: Run = {
      ctx: context,
      sys: ctx.sys,
      names: await loadNames(ctx.sys),
      zone: zoneOf(ctx.sys.env),
      nowMs: ctx.sys.now(),
      follow,
    };
    if (paths.includes('')) throw new Fatal("'': No such file or directory");
    const walker = new Walker(run, expression);
    try {
      for (const path of paths) await walker.start(path);
    } catch (error) {
      if (!(error instanceof Quit)) throw error;
    }
    for (const finish of expression.finish) await finish(run);
  },
);
