/**
 * join: lines of two sorted files with equal join fields (POSIX join; GNU -i, --header, --check-order, -z,
 * -o auto).
 */
import { Buffer } from 'node:buffer';
import { type Context, command, Fatal } from './lib/command.ts';
import { quote } from './lib/quote.ts';
import { type LineCursor, openCursor } from './lib/sorted.ts';
import { latin1 } from './lib/text.ts';
import { TextOutput } from './lib/textio.ts';

const OPTIONS = {
  also: {
    short: 'a',
    arg: 'FILENUM',
    many: true,
    help: 'also print unpairable lines from file FILENUM, where FILENUM is 1 or 2',
  },
  empty: { short: 'e', arg: 'STRING', help: 'replace missing (empty) input fields with STRING' },
  ignoreCase: { short: 'i', long: 'ignore-case', help: 'ignore differences in case when comparing fields' },
  field: { short: 'j', arg: 'FIELD', help: "equivalent to '-1 FIELD -2 FIELD'" },
  format: { short: 'o', arg: 'FORMAT', many: true, help: 'obey FORMAT while constructing output line' },
  tab: { short: 't', arg: 'CHAR', help: 'use CHAR as input and output field separator' },
  only: { short: 'v', arg: 'FILENUM', many: true, help: 'like -a FILENUM, but suppress joined output lines' },
  field1: { short: '1', arg: 'FIELD', help: 'join on this FIELD of file 1' },
  field2: { short: '2', arg: 'FIELD', help: 'join on this FIELD of file 2' },
  check: { long: 'check-order', help: 'check that the input is correctly sorted' },
  noCheck: { long: 'nocheck-order', help: 'do not check that the input is correctly sorted' },
  header: { long: 'header', help: 'treat the first line in each file as field headers' },
  zero: { short: 'z', long: 'zero-terminated', help: 'line delimiter is NUL, not newline' },
} as const;

type Ctx = Context<typeof OPTIONS>;
/** 0 = the join field. */
interface OutputField {
  file: 0 | 1 | 2;
  index: number;
}

function fieldNumber(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^[1-9]\d*$/.test(text)) throw new Fatal(`invalid field number: ${quote(text)}`);
  return Number(text) - 1;
}

function parseFormat(lists: readonly string[]): OutputField[] {
  return lists
    .join(' ')
    .split(/[ ,\t]+/)
    .filter((item) => item !== '')
    .map((item) => {
      if (item === '0') return { file: 0 as const, index: 0 };
      const match = /^([12])\.([1-9]\d*)$/.exec(item);
      if (!match)
        throw new Fatal(
          /^[12]\./.test(item)
            ? `invalid field number: ${quote(item.slice(2))}`
            : `invalid file number in field spec: ${quote(item)}`,
        );
      return { file: Number(match[1]) as 1 | 2, index: Number(match[2]) - 1 };
    });
}

function fileNumbers(values: readonly string[]): Set<number> {
  for (const value of values)
    if (value !== '1' && value !== '2') throw new Fatal(`invalid file number: ${quote(value)}`);
  return new Set(values.map(Number));
}

type Row = readonly string[];

class Join {
  private readonly ctx: Ctx;
  private readonly out: TextOutput;
  private readonly keys: readonly [number, number];
  private format: OutputField[] | undefined;
  private readonly unpaired: Set<number>;
  private readonly tab: string | undefined;
  private readonly end: string;
  private complained = [false, false];
  private anyUnpaired = false;

  constructor(ctx: Ctx) {
    const { options } = ctx;
    this.ctx = ctx;
    this.out = new TextOutput(ctx.out, latin1);
    const both = fieldNumber(options.field, 0);
    this.keys = [fieldNumber(options.field1, both), fieldNumber(options.field2, both)];
    const formats = options.format;
    if (formats.length > 0 && formats[0] !== 'auto') this.format = parseFormat(formats);
    this.unpaired = new Set([...fileNumbers(options.also), ...fileNumbers(options.only)]);
    this.end = options.zero ? '\0' : '\n';
    const tab = options.tab === undefined ? undefined : latin1.adopt(options.tab);
    if (tab !== undefined && tab.length > 1 && tab !== '\\0')
      throw new Fatal(`multi-character tab ${quote(options.tab ?? '')}`);
    this.tab = tab === '' ? '\n' : tab === '\\0' ? '\0' : tab;
  }

  private split(line: string): Row {
    if (this.tab !== undefined) return line.split(this.tab);
    return line.replace(/^[ \t\n]+/, '').split(/[ \t\n]+/);
  }

  private keyOf(row: Row, which: 0 | 1): string {
    const key = row[this.keys[which]] ?? '';
    return this.ctx.options.ignoreCase ? key.toLowerCase() : key;
  }

  private print(a: Row | undefined, b: Row | undefined): void {
    const empty = this.ctx.options.empty ?? '';
    const joined = (a ? a[this.keys[0]] : b?.[this.keys[1]]) ?? '';
    let fields: string[];
    if (this.format) {
      fields = this.format.map(
        ({ file, index }) => (file === 0 ? joined : (file === 1 ? a : b)?.[index]) || empty,
      );
    } else {
      const rest = (row: Row | undefined, key: number) => (row ? row.filter((_, i) => i !== key) : []);
      fields = [joined || empty, ...rest(a, this.keys[0]), ...rest(b, this.keys[1])].map(
        (field) => field || empty,
      );
    }
    this.out.put(fields.join(this.tab ?? ' ') + this.end);
  }

  /** All rows of a cursor with the key of its current line. */
  private async group(cursor: LineCursor, which: 0 | 1, key: string): Promise<Row[]> {
    const rows: Row[] = [];
    while (cursor.line !== undefined) {
      const row = this.split(cursor.line);
      if (this.keyOf(row, which) !== key) break;
      rows.push(row);
      await this.advance(cursor, which, key);
    }
    return rows;
  }

  private async advance(cursor: LineCursor, which: 0 | 1, key: string): Promise<void> {
    await cursor.next();
    const { noCheck, check } = this.ctx.options;
    if (noCheck || cursor.line === undefined || this.complained[which] || (!check && !this.anyUnpaired))
      return;
    if (this.keyOf(this.split(cursor.line), which) >= key) return;
    this.complained[which] = true;
    await this.out.flush();
    const text = Buffer.from(cursor.line, 'latin1').toString('utf8');
    const message = `${this.ctx.operands[which]}:${cursor.number}: is not sorted: ${text}`;
    if (check) throw new Fatal(message);
    await this.ctx.error(message);
  }

  async run(a: LineCursor, b: LineCursor): Promise<void> {
    if (this.ctx.options.format[0] === 'auto') this.autoFormat(a, b);
    if (this.ctx.options.header && (a.line !== undefined || b.line !== undefined)) await this.header(a, b);
    while (a.line !== undefined || b.line !== undefined) {
      const left = a.line === undefined ? undefined : this.split(a.line);
      const right = b.line === undefined ? undefined : this.split(b.line);
      const [x, y] = [left && this.keyOf(left, 0), right && this.keyOf(right, 1)];
      if (y === undefined || (x !== undefined && x < y)) {
        this.anyUnpaired = true;
        if (this.unpaired.has(1)) this.print(left, undefined);
        await this.advance(a, 0, x ?? '');
      } else if (x === undefined || y < x) {
        this.anyUnpaired = true;
        if (this.unpaired.has(2)) this.print(undefined, right);
        await this.advance(b, 1, y);
      } else {
        const [rows, others] = [await this.group(a, 0, x), await this.group(b, 1, y)];
        if (this.ctx.options.only.length === 0)
          for (const row of rows) for (const other of others) this.print(row, other);
      }
      await this.out.drain();
    }
    this.out.settle();
    if (this.complained.some(Boolean)) {
      await this.out.flush();
      await this.ctx.error('input is not in sorted order');
    }
  }

  /** -o auto: as many fields as the first lines have. */
  private autoFormat(a: LineCursor, b: LineCursor): void {
    const format: OutputField[] = [{ file: 0, index: 0 }];
    for (const [which, cursor] of [a, b].entries()) {
      const count = cursor.line === undefined ? 0 : this.split(cursor.line).length;
      for (let index = 0; index < count; index += 1) {
        if (index !== this.keys[which]) format.push({ file: (which + 1) as 1 | 2, index });
      }
    }
    this.format = format;
  }

  private async header(a: LineCursor, b: LineCursor): Promise<void> {
    this.print(
      a.line === undefined ? undefined : this.split(a.line),
      b.line === undefined ? undefined : this.split(b.line),
    );
    await a.next();
    await b.next();
  }
}

export default command(
  {
    name: 'join',
    usage: '[OPTION]... FILE1 FILE2',
    summary:
      'For each pair of input lines with identical join fields, write a line to\nstandard output.  The default join field is the first, delimited by blanks.',
    options: OPTIONS,
    operands: [2, 2],
  },
  async (ctx) => {
    const join = new Join(ctx);
    const end = ctx.options.zero ? '\0' : '\n';
    const cursors: LineCursor[] = [];
    for (const name of ctx.operands) {
      const cursor = await ctx.attempt(
        () => name,
        () => openCursor(ctx.sys, name, end),
      );
      if (!cursor) return 1;
      cursors.push(cursor);
    }
    await join.run(cursors[0] as LineCursor, cursors[1] as LineCursor);
    return ctx.status;
  },
);
