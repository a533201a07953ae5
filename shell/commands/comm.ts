/**
 * comm: lines only in the first file, only in the second, in both (POSIX comm; GNU --total, --check-order).
 */
import { type Context, command, SysError } from './lib/command.ts';
import { type LineCursor, openCursor } from './lib/sorted.ts';
import { latin1 } from './lib/text.ts';
import { TextOutput } from './lib/textio.ts';

const OPTIONS = {
  first: { short: '1', help: 'suppress column 1 (lines unique to FILE1)' },
  second: { short: '2', help: 'suppress column 2 (lines unique to FILE2)' },
  both: { short: '3', help: 'suppress column 3 (lines that appear in both files)' },
  check: {
    long: 'check-order',
    help: 'check that the input is correctly sorted, even if all input lines are pairable',
  },
  noCheck: { long: 'nocheck-order', help: 'do not check that the input is correctly sorted' },
  joiner: { long: 'output-delimiter', arg: 'STR', help: 'separate columns with STR' },
  total: { long: 'total', help: 'output a summary' },
  zero: { short: 'z', long: 'zero-terminated', help: 'line delimiter is NUL, not newline' },
} as const;

type Ctx = Context<typeof OPTIONS>;

class Comm {
  private readonly counts = [0, 0, 0];
  private readonly disordered = [false, false];
  private unpaired = false;
  private readonly ctx: Ctx;
  private readonly out: TextOutput;
  private readonly end: string;
  private readonly joiner: string;

  constructor(ctx: Ctx) {
    this.ctx = ctx;
    this.out = new TextOutput(ctx.out, latin1);
    this.end = ctx.options.zero ? '\0' : '\n';
    this.joiner = ctx.options.joiner === undefined ? '\t' : latin1.adopt(ctx.options.joiner) || '\0';
  }

  async run(): Promise<number> {
    const cursors: LineCursor[] = [];
    for (const name of this.ctx.operands) {
      const cursor = await this.ctx.attempt(
        () => name,
        () => openCursor(this.ctx.sys, name, this.end),
      );
      if (!cursor) return 1;
      cursors.push(cursor);
    }
    const [a, b] = cursors as [LineCursor, LineCursor];
    while (a.line !== undefined || b.line !== undefined) {
      const [x, y] = [a.line, b.line];
      if (y === undefined || (x !== undefined && x < y)) this.show(0, x ?? '');
      else if (x === undefined || x > y) this.show(1, y);
      else this.show(2, y);
      if (y === undefined || (x !== undefined && x <= y)) await this.step(a, 0);
      if (x === undefined || (y !== undefined && y <= x)) await this.step(b, 1);
      await this.out.drain();
      if (this.ctx.options.check && this.disordered.some(Boolean)) break;
    }
    if (this.ctx.options.total)
      this.out.put(`${this.counts.join(this.joiner)}${this.joiner}total${this.end}`);
    await this.out.flush();
    if (this.disordered.some(Boolean)) await this.ctx.error('input is not in sorted order');
    return this.ctx.status;
  }

  private show(column: number, line: string): void {
    this.counts[column] = (this.counts[column] ?? 0) + 1;
    if (column < 2) this.unpaired = true;
    const { first, second, both } = this.ctx.options;
    if ([first, second, both][column]) return;
    const indent = (column > 0 && !first ? 1 : 0) + (column > 1 && !second ? 1 : 0);
    this.out.put(this.joiner.repeat(indent) + line + this.end);
  }

  private async step(cursor: LineCursor, which: number): Promise<void> {
    const before = cursor.line;
    await cursor.next();
    const { check, noCheck } = this.ctx.options;
    if (noCheck || before === undefined || cursor.line === undefined || cursor.line >= before) return;
    if ((!check && !this.unpaired) || this.disordered[which]) return;
    this.disordered[which] = true;
    this.out.settle();
    await this.out.flush();
    await this.ctx.error(`file ${which + 1} is not in sorted order`);
  }
}

export default command(
  {
    name: 'comm',
    usage: '[OPTION]... FILE1 FILE2',
    summary: 'Compare sorted files FILE1 and FILE2 line by line.',
    options: OPTIONS,
    operands: [2, 2],
  },
  async (ctx) => {
    try {
      return await new Comm(ctx).run();
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await ctx.error(`${ctx.operands.at(-1)}: ${error.message}`);
      return 1;
    }
  },
);
