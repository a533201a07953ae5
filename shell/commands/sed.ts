/**
 * sed: the stream editor (POSIX sed; GNU's options and commands). The script is parsed in sed/parse.ts, run
 * in sed/execute.ts.
 */

import { O } from '../../subsystems/unix/constants.ts';
import type { Sys } from '../../subsystems/unix/sys.ts';
import { type Context, command, Fatal, SysError } from './lib/command.ts';
import { encode, readTextFile } from './lib/io.ts';
import { spawnEntries } from './lib/spawn.ts';
import { codecOf } from './lib/text.ts';
import { Executor } from './sed/execute.ts';
import { SedInput } from './sed/input.ts';
import { SedOutputs } from './sed/output.ts';
import { type ScriptPiece, SedParser } from './sed/parse.ts';
import { type SedScript, SedSyntaxError } from './sed/script.ts';

const OPTIONS = {
  quiet: { short: 'n', long: ['quiet', 'silent'], help: 'suppress automatic printing of pattern space' },
  debug: { long: 'debug' },
  expression: {
    short: 'e',
    long: 'expression',
    arg: 'script',
    many: true,
    help: 'add the script to the commands to be executed',
  },
  file: {
    short: 'f',
    long: 'file',
    arg: 'script-file',
    many: true,
    help: 'add the contents of script-file to the commands to be executed',
  },
  followSymlinks: { long: 'follow-symlinks', help: 'follow symlinks when processing in place' },
  inPlace: {
    short: 'i',
    long: 'in-place',
    arg: 'SUFFIX',
    optional: true,
    help: 'edit files in place (makes backup if SUFFIX supplied)',
  },
  length: {
    short: 'l',
    long: 'line-length',
    arg: 'N',
    help: "specify the desired line-wrap length for the `l' command",
  },
  posix: { long: 'posix', help: 'disable all GNU extensions.' },
  extended: { short: 'Er', long: 'regexp-extended', help: 'use extended regular expressions in the script' },
  separate: {
    short: 's',
    long: 'separate',
    help: 'consider files as separate rather than as a single continuous long stream.',
  },
  sandbox: { long: 'sandbox', help: 'operate in sandbox mode (disable e/r/w commands).' },
  unbuffered: {
    short: 'u',
    long: 'unbuffered',
    help: 'load minimal amounts of data from the input files and flush the output buffers more often',
  },
  zero: { short: 'z', long: 'null-data', help: 'separate lines by NUL characters' },
} as const;

type Ctx = Context<typeof OPTIONS>;

async function piecesOf(ctx: Ctx): Promise<ScriptPiece[]> {
  const pieces: ScriptPiece[] = [];
  const { adopt } = codecOf(ctx.sys.env);
  let expressions = 0;
  for (const { key, value } of ctx.given) {
    if (value === true) continue;
    if (key === 'expression') {
      expressions += 1;
      pieces.push({ text: adopt(value), origin: `-e expression #${expressions}`, isFile: false });
    } else if (key === 'file') {
      try {
        const text = await readTextFile(ctx.sys, value === '-' ? '/dev/stdin' : value);
        pieces.push({
          text: adopt(text.replace(/^#!.*/, '').replace(/\n$/, '')),
          origin: value,
          isFile: true,
        });
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        throw new Fatal(`couldn't open file ${value}: ${error.message}`, 1);
      }
    }
  }
  if (pieces.length > 0) return pieces;
  const script = ctx.operands.shift() ?? '';
  return [{ text: adopt(script), origin: '-e expression #1', isFile: false }];
}

function parseScript(ctx: Ctx, pieces: readonly ScriptPiece[]): SedScript {
  try {
    const script = new SedParser(pieces, {
      extended: ctx.options.extended,
      posix: ctx.options.posix,
    }).parse();
    const barred =
      ctx.options.sandbox &&
      script.commands.some(
        ({ name, substitution }) =>
          'erRwW'.includes(name) || substitution?.evaluate || substitution?.file !== undefined,
      );
    if (barred) throw new SedSyntaxError('-e expression #1, char 0: e/r/w commands disabled in sandbox mode');
    return script;
  } catch (error) {
    if (error instanceof SedSyntaxError) throw new Fatal(error.message, 1);
    throw error;
  }
}

function backupName(name: string, suffix: string): string {
  const slash = name.lastIndexOf('/');
  const dir = name.slice(0, slash + 1);
  const base = name.slice(slash + 1);
  if (!suffix.includes('*')) return dir + base + suffix;
  const pattern = suffix.replaceAll('*', base);
  return pattern.includes('/') ? pattern : dir + pattern;
}

/** -i: the output of each file goes to a temporary file beside it, which takes its name at the end. */
class InPlace {
  private readonly sys: Sys;
  private readonly outputs: SedOutputs;
  private readonly suffix: string;
  private temporary = '';
  private fd = -1;

  constructor(sys: Sys, outputs: SedOutputs, suffix: string) {
    this.sys = sys;
    this.outputs = outputs;
    this.suffix = suffix;
  }

  async begin(name: string, fd: number): Promise<void> {
    const stat = await this.sys.fstat(fd);
    const tag = Array.from(this.sys.getrandom(4), (byte) => byte.toString(36).padStart(2, '0'))
      .join('')
      .slice(0, 6);
    this.temporary = `${name.slice(0, name.lastIndexOf('/') + 1)}sed${tag}`;
    this.fd = await this.sys.open(this.temporary, O.WRONLY | O.CREAT | O.EXCL, 0o600);
    await this.sys.fchmod(this.fd, stat.mode & 0o7777);
    try {
      await this.sys.fchown(this.fd, stat.uid, stat.gid);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
    }
    this.outputs.redirect(this.fd);
  }

  async end(name: string): Promise<void> {
    await this.outputs.restore();
    await this.sys.close(this.fd);
    if (this.suffix !== '') await this.sys.rename(name, backupName(name, this.suffix));
    await this.sys.rename(this.temporary, name);
  }
}

async function edit(ctx: Ctx, script: SedScript): Promise<number> {
  const { options, sys } = ctx;
  const codec = codecOf(sys.env);
  const delimiter = options.zero ? '\0' : '\n';
  const outputs = new SedOutputs(sys, ctx.out, codec, delimiter);
  for (const { name, text, substitution } of script.commands) {
    if (name === 'w' || name === 'W') await outputs.named(text);
    if (substitution?.file !== undefined) await outputs.named(substitution.file);
  }
  const inPlace =
    options.inPlace === undefined
      ? undefined
      : new InPlace(sys, outputs, options.inPlace === true ? '' : options.inPlace);
  const events = {
    cannotRead: async (name: string, reason: string) => {
      await outputs.settle();
      const verb =
        reason === 'Is a directory'
          ? inPlace
            ? `couldn't edit ${name}: not a regular file`
            : `read error on ${name}: ${reason}`
          : `can't read ${name}: ${reason}`;
      await ctx.warn(verb);
      ctx.status = inPlace && reason === 'Is a directory' ? 4 : 2;
    },
    begin: async (name: string, fd: number) => inPlace?.begin(name, fd),
    end: async (name: string) => inPlace?.end(name),
    wait: () => outputs.settle(),
  };
  if (inPlace && ctx.operands.length === 0) throw new Fatal('no input files', 4);
  const names = ctx.operands.length > 0 ? ctx.operands : ['-'];
  const input = new SedInput(
    sys,
    names,
    codec,
    { delimiter, separate: options.separate || inPlace !== undefined },
    events,
  );
  const executor = new Executor(sys, script, input, outputs, codec, {
    quiet: options.quiet || script.quiet,
    posix: options.posix || sys.env.POSIXLY_CORRECT !== undefined,
    lineLength: options.length === undefined ? 70 : Number(options.length),
    delimiter,
    unbuffered: options.unbuffered,
  });
  await executor.run();
  await input.close();
  await outputs.finish();
  return executor.exitStatus || ctx.status;
}

export default command(
  {
    name: 'sed',
    usage: '[OPTION]... {script-only-if-no-other-script} [input-file]...',
    summary: 'Filter and transform text: the script edits each line of the files or of standard input.',
    options: OPTIONS,
    entries: spawnEntries,
  },
  async (ctx) => {
    if (ctx.operands.length === 0 && ctx.options.expression.length === 0 && ctx.options.file.length === 0) {
      await ctx.sys.write(
        2,
        encode('Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n'),
      );
      return 1;
    }
    return edit(ctx, parseScript(ctx, await piecesOf(ctx)));
  },
);
