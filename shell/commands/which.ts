/** which: the files that program names stand for. */
import { Access, isRegular } from '../../subsystems/unix/constants.ts';
import type { Sys } from '../../subsystems/unix/sys.ts';
import { command, SysError } from './lib/command.ts';

async function isExecutable(sys: Sys, path: string): Promise<boolean> {
  try {
    if (!isRegular((await sys.stat(path)).mode)) return false;
    await sys.access(path, Access.X_OK);
    return true;
  } catch (error) {
    if (error instanceof SysError) return false;
    throw error;
  }
}

export default command(
  {
    name: 'which',
    usage: '[-as] COMMAND...',
    summary: 'Print the full path of each COMMAND.',
    options: {
      all: { short: 'a', help: 'print all matching pathnames of each argument' },
      silent: { short: 's', help: 'print nothing, only return an exit status' },
    },
    usageStatus: 2,
  },
  async ({ sys, options, operands, out }) => {
    let missing = operands.length === 0;
    for (const name of operands) {
      const dirs = name.includes('/')
        ? ['']
        : (sys.env.PATH ?? '/bin').split(':').map((dir) => `${dir || '.'}/`);
      let found = false;
      for (const dir of dirs) {
        if (!(await isExecutable(sys, dir + name))) continue;
        if (!options.silent) out.put(`${dir}${name}\n`);
        found = true;
        if (!options.all) break;
      }
      missing ||= !found;
    }
    return missing ? 1 : 0;
  },
);
