/** pwd: the working directory; physical unless -L finds PWD to be right. */
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Sys } from '../../subsystems/unix/sys.ts';
import { command } from './lib/command.ts';

async function logical(sys: Sys): Promise<string | undefined> {
  const path = sys.env.PWD;
  if (!path?.startsWith('/') || /\/\.\.?(?:\/|$)/.test(path)) return undefined;
  try {
    const there = await sys.stat(path);
    const here = await sys.stat('.');
    return there.dev === here.dev && there.ino === here.ino ? path : undefined;
  } catch (error) {
    if (error instanceof SysError) return undefined;
    throw error;
  }
}

export default command(
  {
    name: 'pwd',
    usage: '[OPTION]...',
    summary: 'Print the full filename of the current working directory.',
    options: {
      logical: {
        short: 'L',
        long: 'logical',
        help: 'use PWD from environment, even if it contains symlinks',
      },
      physical: { short: 'P', long: 'physical', help: 'resolve all symlinks' },
    },
  },
  async ({ sys, given, out }) => {
    const path = given.at(-1)?.key === 'logical' ? await logical(sys) : undefined;
    await out.line(path ?? (await sys.getcwd()));
    return 0;
  },
);
