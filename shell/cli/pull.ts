/** `chorus pull`: fills a directory with riscv64 packages of Debian, through the host's apt. */
import { relative, resolve } from 'node:path';
import { PullError } from '../pull/error.ts';
import { pull as pullPackages } from '../pull/pull.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { CliError } from './exit.ts';
import { printLine } from './run.ts';

const DIRECTORY_DEFAULT = 'riscv64';

export async function pull({ flags, operands }: Arguments): Promise<number> {
  if (operands.length === 0) throw new UsageError('chorus pull: which packages?');
  const directory = resolve(flags.output ?? DIRECTORY_DEFAULT);
  try {
    const { suite, packages, unpacked } = await pullPackages({
      names: operands,
      directory,
      suite: flags.suite,
      progress: (line) => process.stderr.write(`${line}\n`),
    });
    if (flags.json) await printLine(JSON.stringify({ directory, suite, packages, unpacked }));
    else await printLine(`${relative('', directory) || '.'}: ${packages.length} packages, ${unpacked} new`);
    return 0;
  } catch (error) {
    throw error instanceof PullError ? new CliError(error.message) : error;
  }
}
