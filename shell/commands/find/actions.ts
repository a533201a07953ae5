/** Makers of find's actions: printing, to standard output or to files, deleting, pruning and stopping. */
import { isDirectory, O } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../lib/command.ts';
import { Output } from '../lib/io.ts';
import type { Maker, MakerContext } from './maker.ts';
import { compileFormat } from './printf.ts';
import { type Found, Quit, type Run } from './types.ts';

/** Where an output action writes: standard output, or a file named by -fprint and its like. */
export async function sinkOf(path: string | undefined, { ctx, finish }: MakerContext): Promise<Output> {
  if (path === undefined) return ctx.out;
  const out = new Output(ctx.sys, await ctx.sys.open(path, O.WRONLY | O.CREAT | O.TRUNC, 0o666));
  finish.push(async () => out.flush());
  return out;
}

export function printer(toFile: boolean, text: (file: Found, run: Run) => string | Promise<string>): Maker {
  return {
    args: toFile ? 1 : 0,
    make: async ([path], context) => {
      const out = await sinkOf(path, context);
      return async (file, run) => {
        await out.write(await text(file, run));
        return true;
      };
    },
  };
}

export function formatted(toFile: boolean): Maker {
  return {
    args: toFile ? 2 : 1,
    make: async (args, context) => {
      const out = await sinkOf(toFile ? args[0] : undefined, context);
      const format = compileFormat(args.at(-1)!);
      return async (file, run) => {
        await out.write(await format(file, run));
        return true;
      };
    },
  };
}

export const remove: Maker = {
  args: 0,
  make: (_, { settings }) => {
    settings.depthFirst = true;
    return async ({ path, stat }, run) => {
      if (path === '.' || path === '..') return true;
      try {
        if (isDirectory(stat.mode)) await run.sys.rmdir(path);
        else await run.sys.unlink(path);
        return true;
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        await run.ctx.error(`cannot delete '${path}': ${error.message}`);
        return false;
      }
    };
  },
};

export const prune: Maker = {
  args: 0,
  make: () => (file) => {
    file.prune = true;
    return true;
  },
};

export const quit: Maker = {
  args: 0,
  make: () => () => {
    throw new Quit();
  },
};
