/** env: runs a program in a changed environment, or prints the environment. */
import { command, Fatal, SysError, UsageError } from './lib/command.ts';
import { quote, quoteName } from './lib/quote.ts';
import { execOrReport } from './lib/spawn.ts';
import { splitWords } from './lib/words.ts';

export default command(
  {
    name: 'env',
    usage: '[OPTION]... [-] [NAME=VALUE]... [COMMAND [ARG]...]',
    summary: 'Set each NAME to VALUE in the environment and run COMMAND.',
    options: {
      ignore: { short: 'i', long: 'ignore-environment', help: 'start with an empty environment' },
      zero: { short: '0', long: 'null', help: 'end each output line with NUL, not newline' },
      unset: {
        short: 'u',
        long: 'unset',
        arg: 'NAME',
        many: true,
        help: 'remove variable from the environment',
      },
      chdir: { short: 'C', long: 'chdir', arg: 'DIR', help: 'change working directory to DIR' },
      split: {
        short: 'S',
        long: 'split-string',
        arg: 'S',
        help: 'process and split S into separate arguments',
      },
      debug: { short: 'v', long: 'debug', help: 'print verbose information for each processing step' },
    },
    stopAtOperand: true,
    usageStatus: 125,
    failStatus: 125,
    rewrite: (args) => {
      const at = args.findIndex((arg) => /^-v?S|^--split-string=/.test(arg));
      const isOption = at >= 0 && args.slice(0, at).every((arg) => arg.startsWith('-'));
      if (!isOption) return args;
      const attached = args[at]!.replace(/^-v?S|^--split-string=/, '');
      const text = attached === '' ? (args[at + 1] ?? '') : attached;
      return [...args.slice(0, at), ...splitWords(text), ...args.slice(at + (attached === '' ? 2 : 1))];
    },
  },
  async ({ sys, options: o, operands, out }) => {
    let args = operands;
    let ignore = o.ignore;
    if (args[0] === '-') {
      ignore = true;
      args = args.slice(1);
    }
    const env = ignore ? {} : { ...sys.env };
    for (const name of o.unset) {
      if (name === '' || name.includes('=')) throw new Fatal(`cannot unset ${quote(name)}: Invalid argument`);
      delete env[name];
    }
    let count = 0;
    for (const arg of args) {
      const equals = arg.indexOf('=');
      if (equals < 0) break;
      env[arg.slice(0, equals)] = arg.slice(equals + 1);
      count++;
    }
    const argv = args.slice(count);
    if (argv.length === 0) {
      if (o.chdir !== undefined) throw new UsageError('must specify command with --chdir (-C)');
      for (const [name, value] of Object.entries(env)) out.put(`${name}=${value}${o.zero ? '\0' : '\n'}`);
      return 0;
    }
    if (o.zero) throw new UsageError('cannot specify --null (-0) with command');
    if (o.chdir !== undefined) {
      try {
        await sys.chdir(o.chdir);
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        throw new Fatal(`cannot change directory to ${quoteName(o.chdir)}: ${error.message}`);
      }
    }
    return execOrReport(sys, 'env', argv, env);
  },
);
