/** head: the first part of files (POSIX head; GNU -c, -n -N, -q, -v, -z). */
import { type Context, command, Fatal } from './lib/command.ts';
import { concat, forEachInput, type Input } from './lib/io.ts';
import { openOrReadError, quote } from './lib/quote.ts';
import { parseSize } from './lib/size.ts';

const OPTIONS = {
  bytes: {
    short: 'c',
    long: 'bytes',
    arg: '[-]NUM',
    help: "print the first NUM bytes of each file; with the leading '-', print all but the last NUM bytes of each file",
  },
  lines: {
    short: 'n',
    long: 'lines',
    arg: '[-]NUM',
    help: "print the first NUM lines instead of the first 10; with the leading '-', print all but the last NUM lines of each file",
  },
  quiet: { short: 'q', long: ['quiet', 'silent'], help: 'never print headers giving file names' },
  verbose: { short: 'v', long: 'verbose', help: 'always print headers giving file names' },
  zero: { short: 'z', long: 'zero-terminated', help: 'line delimiter is NUL, not newline' },
} as const;

interface Amount {
  unit: 'bytes' | 'lines';
  count: number;
  /** All but the last `count`. */
  allBut: boolean;
}

type Ctx = Context<typeof OPTIONS>;

function amountOf(ctx: Ctx): Amount {
  let amount: Amount = { unit: 'lines', count: 10, allBut: false };
  for (const { key, value } of ctx.given) {
    if ((key !== 'bytes' && key !== 'lines') || value === true) continue;
    const allBut = value.startsWith('-');
    const count = parseSize(allBut ? value.slice(1) : value);
    if (count === undefined)
      throw new Fatal(`invalid number of ${key}: ${quote(allBut ? value.slice(1) : value)}`);
    amount = { unit: key, count, allBut };
  }
  return amount;
}

async function firstBytes(ctx: Ctx, input: Input, count: number): Promise<void> {
  for (let left = count; left > 0; ) {
    const chunk = await ctx.sys.read(input.fd, Math.min(left, 65536));
    if (chunk.length === 0) return;
    await ctx.out.write(chunk);
    left -= chunk.length;
  }
}

async function firstLines(ctx: Ctx, input: Input, count: number, delimiter: number): Promise<void> {
  let left = count;
  if (left === 0) return;
  for await (const chunk of input.chunks) {
    let end = 0;
    while (left > 0 && end < chunk.length) {
      const found = chunk.indexOf(delimiter, end);
      end = found < 0 ? chunk.length : found + 1;
      if (found >= 0) left -= 1;
    }
    await ctx.out.write(chunk.subarray(0, end));
    if (left === 0) return giveBack(ctx, input, chunk.length - end);
  }
}

/** Leaves the offset of a seekable input behind what was used, so that `(head -1; cat) < file` works. */
async function giveBack(ctx: Ctx, input: Input, bytes: number): Promise<void> {
  if (bytes === 0) return;
  try {
    await ctx.sys.lseek(input.fd, -bytes, 1);
  } catch {
    // A pipe cannot be read again.
  }
}

async function allButBytes(ctx: Ctx, input: Input, count: number): Promise<void> {
  let held = new Uint8Array(0) as Uint8Array;
  for await (const chunk of input.chunks) {
    held = concat([held, chunk]);
    if (held.length <= count) continue;
    await ctx.out.write(held.subarray(0, held.length - count));
    held = held.slice(held.length - count);
  }
}

function countOf(bytes: Uint8Array, byte: number): number {
  let count = 0;
  for (let i = 0; i < bytes.length; i += 1) if (bytes[i] === byte) count += 1;
  return count;
}

/** Holds back chunks until the lines behind them are enough; an unterminated last line counts as a line. */
async function allButLines(ctx: Ctx, input: Input, count: number, delimiter: number): Promise<void> {
  const held: { bytes: Uint8Array; lines: number }[] = [];
  let lines = 0;
  for await (const bytes of input.chunks) {
    held.push({ bytes, lines: countOf(bytes, delimiter) });
    lines += held.at(-1)?.lines ?? 0;
    while (held[0] && lines - held[0].lines > count) {
      const first = held.shift();
      lines -= first?.lines ?? 0;
      if (first) await ctx.out.write(first.bytes);
    }
  }
  const rest = concat(held.map(({ bytes }) => bytes));
  const open = rest.length > 0 && rest.at(-1) !== delimiter ? 1 : 0;
  let keep = lines + open - count;
  let end = 0;
  for (; keep > 0; keep -= 1) end = rest.indexOf(delimiter, end) + 1 || rest.length;
  await ctx.out.write(rest.subarray(0, end));
}

export default command(
  {
    name: 'head',
    usage: '[OPTION]... [FILE]...',
    summary:
      'Print the first 10 lines of each FILE to standard output.\nWith more than one FILE, precede each with a header giving the file name.',
    options: OPTIONS,
    digits: 'lines',
  },
  async (ctx) => {
    const amount = amountOf(ctx);
    const delimiter = ctx.options.zero ? 0 : 10;
    const headers = ctx.options.verbose || (!ctx.options.quiet && ctx.operands.length > 1);
    let first = true;
    const source = { sys: ctx.sys, out: ctx.out, error: (text: string) => ctx.error(openOrReadError(text)) };
    await forEachInput(source, ctx.operands, async (input) => {
      if (headers)
        ctx.out.put(`${first ? '' : '\n'}==> ${input.isStdin ? 'standard input' : input.name} <==\n`);
      first = false;
      const { unit, count, allBut } = amount;
      if (unit === 'bytes') await (allBut ? allButBytes : firstBytes)(ctx, input, count);
      else await (allBut ? allButLines : firstLines)(ctx, input, count, delimiter);
    });
  },
);
