/**
 * awk: pattern scanning and processing (POSIX awk, with what gawk and mawk have in common).
 * The program is parsed (awk/parser.ts), made into JavaScript (awk/compile.ts) and run against a Runtime
 * (awk/runtime.ts).
 */

import { AwkSyntaxError } from './awk/ast.ts';
import { type CompiledAwk, compileAwk } from './awk/compile.ts';
import { unescapeString } from './awk/lexer.ts';
import { parseAwk } from './awk/parser.ts';
import { AwkError, AwkExit, AwkNext, Runtime } from './awk/runtime.ts';
import { Streams } from './awk/streams.ts';
import { StrNum } from './awk/values.ts';
import { type Context, command, Fatal, SysError, UsageError } from './lib/command.ts';
import { encode, readTextFile } from './lib/io.ts';
import { spawnEntries } from './lib/spawn.ts';
import { codecOf, latin1 } from './lib/text.ts';

const OPTIONS = {
  separator: { short: 'F', long: 'field-separator', arg: 'fs', help: 'use fs for the input field separator' },
  assign: {
    short: 'v',
    long: 'assign',
    arg: 'var=val',
    many: true,
    help: 'assign val to the variable var before the program begins',
  },
  file: { short: 'f', long: 'file', arg: 'progfile', many: true, help: 'read the program from progfile' },
  source: { short: 'e', long: 'source', arg: 'text', many: true, help: 'use text as part of the program' },
  bytes: { short: 'b', long: 'characters-as-bytes', help: 'treat all input as single-byte characters' },
  posix: {
    short: 'P',
    long: ['posix', 'traditional', 'sandbox', 're-interval', 'lint', 'optimize', 'no-optimize'],
    help: '(ignored)',
  },
} as const;

type Ctx = Context<typeof OPTIONS>;

async function programText(ctx: Ctx): Promise<string> {
  if (ctx.options.file.length + ctx.options.source.length === 0) {
    const text = ctx.operands.shift();
    if (text === undefined) throw new UsageError('no program given');
    return text;
  }
  const texts: string[] = [];
  for (const { key, value } of ctx.given) {
    if (key === 'source') texts.push(String(value));
    if (key !== 'file') continue;
    const file = String(value);
    try {
      texts.push(await readTextFile(ctx.sys, file === '-' ? '/dev/stdin' : file));
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new Fatal(`cannot open ${file} (${error.message})`, 2);
    }
  }
  return texts.join('\n');
}

function prepare(ctx: Ctx, rt: Runtime): void {
  const { adopt } = codecOf(ctx.sys.env);
  [ctx.name, ...ctx.operands].forEach((operand, i) => {
    rt.ARGV.set(String(i), new StrNum(adopt(operand)));
  });
  rt.ARGC = ctx.operands.length + 1;
  for (const [name, value] of Object.entries(ctx.sys.env)) rt.ENVIRON.set(name, new StrNum(adopt(value)));
}

function assignOptions(ctx: Ctx, program: CompiledAwk): void {
  for (const { key, value } of ctx.given) {
    if (value === true) continue;
    if (key === 'separator') program.assign('FS', value === 't' ? '\t' : unescapeString(value));
    if (key !== 'assign') continue;
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(value);
    if (!match) throw new Fatal(`improper assignment: -v ${value}`, 2);
    program.assign(match[1] ?? '', new StrNum(unescapeString(match[2] ?? '')));
  }
}

/** Runs BEGIN, the records, END; answers the exit status. */
async function execute(
  rt: Runtime,
  program: CompiledAwk,
  needs: { input: boolean; end: boolean },
): Promise<number> {
  let code: number | undefined;
  const stage = async (work: () => unknown): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      if (error instanceof AwkNext) throw new AwkError('next used in BEGIN or END');
      if (!(error instanceof AwkExit)) throw error;
      code = error.code ?? code;
      return false;
    }
  };
  const goOn = await stage(program.begin);
  if (goOn && needs.input) await stage(() => rt.eachRecord(program.record));
  if (needs.end) await stage(program.end);
  return code === undefined ? rt.status : Math.trunc(code) & 0xff;
}

async function run(ctx: Ctx): Promise<number> {
  const codec = ctx.options.bytes ? latin1 : codecOf(ctx.sys.env);
  const parsed = parseAwk(codec.adopt(await programText(ctx)));
  const streams = new Streams(ctx.sys, ctx.out, codec);
  const rt = new Runtime(ctx.sys, streams, async (text) => {
    await streams.main.flush();
    await ctx.warn(text);
  });
  try {
    const program = compileAwk(parsed, rt);
    prepare(ctx, rt);
    rt.assign = program.assign;
    assignOptions(ctx, program);
    const needs = { input: parsed.rules.length > 0 || parsed.end.length > 0, end: parsed.end.length > 0 };
    const status = await execute(rt, program, needs);
    await streams.closeAll();
    return status;
  } catch (error) {
    if (!(error instanceof AwkError)) throw error;
    await streams.closeAll();
    await ctx.sys.write(2, encode(`awk: ${error.message}\n`));
    return 2;
  }
}

export default command(
  {
    name: 'awk',
    usage: [
      "[-F fs] [-v var=value]... 'program' [file]...",
      '[-F fs] [-v var=value]... -f progfile... [file]...',
    ],
    summary: 'Scan each file for lines that match the patterns of a program, and do its actions.',
    options: OPTIONS,
    stopAtOperand: true,
    usageStatus: 2,
    failStatus: 2,
    entries: spawnEntries,
  },
  async (ctx) => {
    try {
      return await run(ctx);
    } catch (error) {
      if (!(error instanceof AwkSyntaxError)) throw error;
      await ctx.sys.write(
        2,
        encode(`awk: ${error.line > 0 ? `line ${error.line}: ` : ''}${error.message}\n`),
      );
      return 1;
    }
  },
);
