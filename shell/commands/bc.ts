/**
 * bc: an arbitrary-precision calculator (POSIX bc; GNU's messages and additions). Input is run statement by
 * statement as its lines come.
 */

import { O } from '../../subsystems/unix/constants.ts';
import { BcSyntaxError } from './bc/ast.ts';
import { BcInterpreter, BcQuit } from './bc/interpreter.ts';
import { LIBRARY } from './bc/library.ts';
import { BcError } from './bc/number.ts';
import { BcParser, tokenize } from './bc/parser.ts';
import { type Context, command, SysError } from './lib/command.ts';
import { encode, readChunks } from './lib/io.ts';
import { utf8 } from './lib/text.ts';
import { textBatches } from './lib/textio.ts';

const OPTIONS = {
  interactive: { short: 'i', long: 'interactive', help: 'force interactive mode' },
  library: { short: 'l', long: 'mathlib', help: 'use the predefined math routines' },
  quiet: { short: 'q', long: 'quiet', help: "don't print initial banner" },
  standard: { short: 's', long: 'standard', help: 'non-standard bc constructs are errors' },
  warn: { short: 'w', long: 'warn', help: 'warn about non-standard bc constructs' },
} as const;

type Ctx = Context<typeof OPTIONS>;
const LIBRARY_SCALE = 20;
const DEFAULT_LINE_LENGTH = 70;

/** Whether the text so far is whole: no open brace, comment, string, or continued line. */
function isComplete(text: string): boolean {
  let depth = 0;
  const pattern = /\/\*[\s\S]*?\*\/|#[^\n]*|"[^"]*"|\/\*|"|[{}]/g;
  for (const [token] of text.matchAll(pattern)) {
    if (token === '/*' || token === '"') return false;
    if (token === '{') depth += 1;
    else if (token === '}') depth -= 1;
  }
  return (
    depth <= 0 &&
    !text.endsWith('\\\n') &&
    !/(?:^|[;\n}])\s*define[^{}]*$/.test(text.replace(/\/\*[\s\S]*?\*\//g, ''))
  );
}

class Session {
  private readonly ctx: Ctx;
  private readonly interpreter: BcInterpreter;
  private lines: AsyncGenerator<string, void, void> | undefined;

  constructor(ctx: Ctx) {
    this.ctx = ctx;
    const length = Number(ctx.sys.env.BC_LINE_LENGTH ?? DEFAULT_LINE_LENGTH);
    this.interpreter = new BcInterpreter(
      (text) => ctx.out.put(text),
      length === 1 || Number.isNaN(length) ? DEFAULT_LINE_LENGTH : length,
    );
  }

  async library(): Promise<void> {
    await this.run(LIBRARY, '(library)', 1);
    this.interpreter.initialScale = LIBRARY_SCALE;
  }

  async file(fd: number, name: string): Promise<void> {
    const lines = this.linesOf(fd);
    if (fd === 0) this.lines = lines;
    let text = '';
    let number = 0;
    let first = 1;
    for (;;) {
      const { value, done } = await lines.next();
      if (!done) {
        number += 1;
        text += `${value}\n`;
      }
      if (done || isComplete(text)) {
        await this.run(text, name, first);
        text = '';
        first = number + 1;
      }
      if (done) return;
    }
  }

  private async *linesOf(fd: number): AsyncGenerator<string, void, void> {
    const chunks = readChunks(this.ctx.sys, fd, () => this.ctx.out.flush());
    for await (const { lines } of textBatches(chunks, utf8)) yield* lines;
  }

  private async complain(text: string): Promise<void> {
    await this.ctx.out.flush();
    await this.ctx.sys.write(2, encode(`${text}\n`));
  }

  private async run(text: string, name: string, line: number): Promise<void> {
    try {
      const parser = new BcParser(tokenize(text, line));
      const statements = parser.program();
      if (parser.quits) throw new BcQuit();
      for (const statement of statements) {
        const steps = this.interpreter.run(statement);
        for (let step = steps.next(); !step.done; ) {
          const answer = step.value === 'read' ? await this.readLine() : await this.pause();
          step = steps.next(answer);
        }
      }
    } catch (error) {
      if (error instanceof BcSyntaxError) await this.complain(`${name} ${error.line}: ${error.message}`);
      else if (error instanceof BcError)
        await this.complain(`Runtime error (func=(main), adr=0): ${error.message}`);
      else throw error;
    }
  }

  private async pause(): Promise<undefined> {
    const wait = this.ctx.sys.checkpoint();
    if (wait) await wait;
    if (this.ctx.out.full) await this.ctx.out.flush();
    return undefined;
  }

  private async readLine(): Promise<string | undefined> {
    await this.ctx.out.flush();
    this.lines ??= this.linesOf(0);
    const { value } = await this.lines.next();
    return value ?? undefined;
  }
}

export default command(
  {
    name: 'bc',
    usage: '[options] [file ...]',
    summary: 'An arbitrary precision calculator language: runs the files, then standard input.',
    options: OPTIONS,
  },
  async (ctx) => {
    const session = new Session(ctx);
    try {
      if (ctx.options.library) await session.library();
      for (const name of ctx.operands) {
        try {
          const fd = await ctx.sys.open(name, O.RDONLY);
          await session.file(fd, name);
          await ctx.sys.close(fd);
        } catch (error) {
          if (!(error instanceof SysError)) throw error;
          await ctx.out.flush();
          await ctx.sys.write(2, encode(`File ${name} is unavailable.\n`));
          return 1;
        }
      }
      await session.file(0, '(standard_in)');
    } catch (error) {
      if (!(error instanceof BcQuit)) throw error;
    }
    return ctx.status;
  },
);
