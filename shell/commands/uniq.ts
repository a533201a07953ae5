/** uniq: reports or filters repeated adjacent lines (POSIX uniq; GNU -i -w -D -z --group). Works on bytes. */

import { O } from '../../subsystems/unix/constants.ts';
import { choose } from './lib/choice.ts';
import { type Context, command, Fatal, UsageError } from './lib/command.ts';
import { Output, readChunks } from './lib/io.ts';
import { latin1 } from './lib/text.ts';
import { TextOutput, textBatches } from './lib/textio.ts';

const OPTIONS = {
  count: { short: 'c', long: 'count', help: 'prefix lines by the number of occurrences' },
  repeated: { short: 'd', long: 'repeated', help: 'only print duplicate lines, one for each group' },
  allRepeated: { short: 'D', help: 'print all duplicate lines' },
  delimit: {
    long: 'all-repeated',
    arg: 'METHOD',
    optional: true,
    help: 'like -D, but allow separating groups with an empty line; METHOD={none(default),prepend,separate}',
  },
  fields: { short: 'f', long: 'skip-fields', arg: 'N', help: 'avoid comparing the first N fields' },
  group: {
    long: 'group',
    arg: 'METHOD',
    optional: true,
    help: 'show all items, separating groups with an empty line; METHOD={separate(default),prepend,append,both}',
  },
  ignoreCase: { short: 'i', long: 'ignore-case', help: 'ignore differences in case when comparing' },
  chars: { short: 's', long: 'skip-chars', arg: 'N', help: 'avoid comparing the first N characters' },
  unique: { short: 'u', long: 'unique', help: 'only print unique lines' },
  zero: { short: 'z', long: 'zero-terminated', help: 'line delimiter is NUL, not newline' },
  width: { short: 'w', long: 'check-chars', arg: 'N', help: 'compare no more than N characters in lines' },
} as const;

type Ctx = Context<typeof OPTIONS>;

function numberOption(text: string | undefined, what: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new Fatal(`${text}: invalid number of ${what}`);
  return Number(text);
}

/** The part of a line that is compared. */
function keyOf(ctx: Ctx): (line: string) => string {
  const fields = numberOption(ctx.options.fields, 'fields to skip') ?? 0;
  const chars = numberOption(ctx.options.chars, 'bytes to skip') ?? 0;
  const width = numberOption(ctx.options.width, 'bytes to compare');
  const skip = fields > 0 ? new RegExp(`^(?:[ \\t\\n]*[^ \\t\\n]+){0,${fields}}`) : undefined;
  const fold = ctx.options.ignoreCase;
  if (!skip && chars === 0 && width === undefined && !fold) return (line) => line;
  return (line) => {
    const from = (skip?.exec(line)?.[0].length ?? 0) + chars;
    const key = line.slice(from, width === undefined ? undefined : from + width);
    return fold ? key.replace(/[a-z]+/g, (letters) => letters.toUpperCase()) : key;
  };
}

type Method = 'none' | 'prepend' | 'separate' | 'append' | 'both';

/** How the lines of one group of equal lines are shown. */
class Groups {
  private count = 0;
  private line = '';
  private groups = 0;
  private readonly ctx: Ctx;
  private readonly out: TextOutput;
  private readonly end: string;
  private readonly method: Method | undefined;
  /** All lines of a group are printed. */
  private readonly all: 'no' | 'repeated' | 'every';

  constructor(ctx: Ctx, out: TextOutput) {
    const { count, allRepeated: all, delimit: method } = ctx.options;
    if (count && (all || method !== undefined))
      throw new UsageError('printing all duplicated lines and repeat counts is meaningless');
    this.ctx = ctx;
    this.out = out;
    this.end = ctx.options.zero ? '\0' : '\n';
    const { group, delimit, allRepeated } = ctx.options;
    this.all = group !== undefined ? 'every' : delimit !== undefined || allRepeated ? 'repeated' : 'no';
    if (group !== undefined) this.method = group === true ? 'separate' : (group as Method);
    else if (delimit !== undefined) this.method = delimit === true ? 'none' : (delimit as Method);
    else this.method = allRepeated ? 'none' : undefined;
    const known =
      group !== undefined ? ['prepend', 'append', 'separate', 'both'] : ['none', 'prepend', 'separate'];
    if (this.method !== undefined && !known.includes(this.method)) {
      const name = group !== undefined ? '--group' : '--all-repeated';
      choose('uniq', Object.fromEntries(known.map((word) => [word, word])), this.method, name);
    }
  }

  first(line: string): void {
    this.close();
    this.line = line;
    this.count = 1;
    if (this.all === 'every') {
      this.open();
      this.out.put(line + this.end);
    }
  }

  again(line: string): void {
    this.count += 1;
    if (this.all === 'no') return;
    if (this.all === 'repeated' && this.count === 2) {
      this.open();
      this.out.put(this.line + this.end);
    }
    this.out.put(line + this.end);
  }

  private open(): void {
    const { method } = this;
    if (method === 'prepend' || method === 'both' || (method === 'separate' && this.groups > 0))
      this.out.put(this.end);
    if (method === 'append' && this.groups > 0) this.out.put(this.end);
    this.groups += 1;
  }

  close(): void {
    if (this.count === 0 || this.all !== 'no') return;
    const { count, repeated, unique } = this.ctx.options;
    if (repeated && this.count === 1) return;
    if (unique && this.count > 1) return;
    this.out.put((count ? `${String(this.count).padStart(7)} ` : '') + this.line + this.end);
  }

  finish(): void {
    this.close();
    if (this.groups > 0 && (this.method === 'append' || this.method === 'both')) this.out.put(this.end);
  }
}

export default command(
  {
    name: 'uniq',
    usage: '[OPTION]... [INPUT [OUTPUT]]',
    summary:
      'Filter adjacent matching lines from INPUT (or standard input),\nwriting to OUTPUT (or standard output).',
    options: OPTIONS,
    operands: [0, 2],
  },
  async (ctx) => {
    const [from = '-', to = '-'] = ctx.operands;
    if (
      ctx.options.group !== undefined &&
      (ctx.options.count || ctx.options.repeated || ctx.options.unique || ctx.options.allRepeated)
    ) {
      throw new Fatal(
        "--group is mutually exclusive with -c/-d/-D/-u\nTry 'uniq --help' for more information.",
      );
    }
    const open = (name: string, flags: number) =>
      ctx.attempt(
        () => name,
        () => ctx.sys.open(name, flags, 0o666),
      );
    const input = from === '-' ? 0 : await open(from, O.RDONLY);
    if (input === undefined) return 1;
    const fd = to === '-' ? 1 : await open(to, O.WRONLY | O.CREAT | O.TRUNC);
    if (fd === undefined) return 1;
    const out = new TextOutput(fd === 1 ? ctx.out : new Output(ctx.sys, fd), latin1);
    const groups = new Groups(ctx, out);
    const key = keyOf(ctx);
    let before: string | undefined;
    for await (const { lines } of textBatches(
      readChunks(ctx.sys, input, () => out.out.flushIfTty()),
      latin1,
      ctx.options.zero ? '\0' : '\n',
    )) {
      for (const line of lines) {
        const now = key(line);
        if (now === before) groups.again(line);
        else groups.first(line);
        before = now;
      }
      await out.drain();
    }
    groups.finish();
    await out.flush();
    return ctx.status;
  },
);
