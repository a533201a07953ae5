/**
 * tail: the last part of files (POSIX tail; GNU -f, -F, -q, -v, -z, -s, --pid). Seekable files are read from
 * their end.
 */

import { isRegular } from '../../subsystems/unix/constants.ts';
import { type Context, command, Fatal, isSysError } from './lib/command.ts';
import { forEachInput, type Input } from './lib/io.ts';
import { openOrReadError, quote } from './lib/quote.ts';
import { parseSize } from './lib/size.ts';
import { Follower } from './tail-follow.ts';

const OPTIONS = {
  bytes: {
    short: 'c',
    long: 'bytes',
    arg: '[+]NUM',
    help: 'output the last NUM bytes; or use -c +NUM to output starting with byte NUM of each file',
  },
  follow: {
    short: 'f',
    long: 'follow',
    arg: 'HOW',
    optional: true,
    help: "output appended data as the file grows; HOW is 'name' or 'descriptor' (default)",
  },
  retryName: { short: 'F', help: 'same as --follow=name --retry' },
  lines: {
    short: 'n',
    long: 'lines',
    arg: '[+]NUM',
    help: 'output the last NUM lines, instead of the last 10; or use -n +NUM to skip NUM-1 lines at the start',
  },
  pid: { long: 'pid', arg: 'PID', help: 'with -f, terminate after process ID, PID dies' },
  quiet: { short: 'q', long: ['quiet', 'silent'], help: 'never output headers giving file names' },
  retry: { long: 'retry', help: 'keep trying to open a file if it is inaccessible' },
  interval: {
    short: 's',
    long: 'sleep-interval',
    arg: 'N',
    help: 'with -f, sleep for approximately N seconds (default 0.1) between iterations',
  },
  verbose: { short: 'v', long: 'verbose', help: 'always output headers giving file names' },
  zero: { short: 'z', long: 'zero-terminated', help: 'line delimiter is NUL, not newline' },
} as const;

export type TailContext = Context<typeof OPTIONS>;

interface Amount {
  unit: 'bytes' | 'lines';
  count: number;
  /** Counted from the start: `count` is the first byte or line printed. */
  fromStart: boolean;
}

const BLOCK_BYTES = 65536;

function amountOf(ctx: TailContext): Amount {
  let amount: Amount = { unit: 'lines', count: 10, fromStart: false };
  for (const { key, value } of ctx.given) {
    if ((key !== 'bytes' && key !== 'lines') || value === true) continue;
    const count = parseSize(value.replace(/^[-+]/, ''));
    if (count === undefined) throw new Fatal(`invalid number of ${key}: ${quote(value)}`);
    amount = { unit: key, count, fromStart: value.startsWith('+') };
  }
  return amount;
}

async function skipThenCopy(
  ctx: TailContext,
  input: Input,
  amount: Amount,
  delimiter: number,
): Promise<void> {
  let left = Math.max(0, amount.count - 1);
  for await (const chunk of input.chunks) {
    let at = 0;
    if (amount.unit === 'bytes') {
      at = Math.min(left, chunk.length);
      left -= at;
    } else {
      while (left > 0 && at < chunk.length) {
        const found = chunk.indexOf(delimiter, at);
        if (found >= 0) left -= 1;
        at = found < 0 ? chunk.length : found + 1;
      }
    }
    if (at < chunk.length) await ctx.out.write(chunk.subarray(at));
  }
}

/**
 * Offset in `bytes` behind the `count`-th delimiter from the end; -1 and the number found when there are too
 * few.
 */
function lineStart(
  bytes: Uint8Array,
  count: number,
  delimiter: number,
  end: number,
): { at: number; found: number } {
  let found = 0;
  for (
    let at = bytes.lastIndexOf(delimiter, end);
    at >= 0;
    at = at === 0 ? -1 : bytes.lastIndexOf(delimiter, at - 1)
  ) {
    found += 1;
    if (found === count) return { at: at + 1, found };
  }
  return { at: -1, found };
}

async function copyRest(ctx: TailContext, input: Input): Promise<void> {
  for await (const chunk of input.chunks) await ctx.out.write(chunk);
}

/** The last lines of a seekable file: blocks are searched backwards from its end. */
async function lastLinesOfFile(
  ctx: TailContext,
  input: Input,
  size: number,
  count: number,
  delimiter: number,
  start: number,
): Promise<void> {
  let needed = count;
  let from = start;
  let last = true;
  for (let end = size; end > start && needed > 0; ) {
    const begin = Math.max(start, end - BLOCK_BYTES);
    const block = await ctx.sys.pread(input.fd, end - begin, begin);
    const search = last && block.at(-1) === delimiter ? block.length - 2 : block.length - 1;
    last = false;
    const { at, found } = search < 0 ? { at: -1, found: 0 } : lineStart(block, needed, delimiter, search);
    if (at >= 0) {
      from = begin + at;
      break;
    }
    needed -= found;
    end = begin;
  }
  await ctx.sys.lseek(input.fd, count === 0 ? size : from, 0);
  await copyRest(ctx, input);
}

/** The last lines of a stream: chunks are held while the lines behind their first one are not enough. */
async function lastLinesOfStream(
  ctx: TailContext,
  input: Input,
  count: number,
  delimiter: number,
): Promise<void> {
  const held: { bytes: Uint8Array; lines: number }[] = [];
  let lines = 0;
  for await (const bytes of input.chunks) {
    let own = 0;
    for (let at = bytes.indexOf(delimiter); at >= 0; at = bytes.indexOf(delimiter, at + 1)) own += 1;
    held.push({ bytes, lines: own });
    lines += own;
    while (held[0] && lines - held[0].lines > count) lines -= held.shift()?.lines ?? 0;
  }
  if (count === 0) return;
  const open = held.at(-1)?.bytes.at(-1) === delimiter ? 0 : 1;
  let skip = lines + open - count;
  for (const { bytes } of held) {
    let at = 0;
    for (; skip > 0 && at < bytes.length; skip -= 1) {
      const found = bytes.indexOf(delimiter, at);
      if (found < 0) {
        at = bytes.length;
        break;
      }
      at = found + 1;
    }
    if (at < bytes.length) await ctx.out.write(bytes.subarray(at));
  }
}

async function lastBytesOfStream(ctx: TailContext, input: Input, count: number): Promise<void> {
  const held: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of input.chunks) {
    held.push(chunk);
    total += chunk.length;
    while (held[0] && total - held[0].length >= count) total -= held.shift()?.length ?? 0;
  }
  let skip = Math.max(0, total - count);
  for (const chunk of held) {
    if (skip < chunk.length) await ctx.out.write(chunk.subarray(skip));
    skip = Math.max(0, skip - chunk.length);
  }
}

async function seekable(ctx: TailContext, input: Input): Promise<{ size: number; at: number } | undefined> {
  const stat = await ctx.sys.fstat(input.fd);
  if (!isRegular(stat.mode)) return undefined;
  try {
    return { size: stat.size, at: await ctx.sys.lseek(input.fd, 0, 1) };
  } catch (error) {
    if (!isSysError(error)) throw error;
    return undefined;
  }
}

async function printTail(ctx: TailContext, input: Input, amount: Amount): Promise<void> {
  const delimiter = ctx.options.zero ? 0 : 10;
  if (amount.fromStart) return skipThenCopy(ctx, input, amount, delimiter);
  const file = await seekable(ctx, input);
  if (file && file.size > 0) {
    if (amount.unit === 'lines')
      return lastLinesOfFile(ctx, input, file.size, amount.count, delimiter, file.at);
    await ctx.sys.lseek(input.fd, Math.max(file.at, file.size - amount.count), 0);
    return copyRest(ctx, input);
  }
  if (amount.unit === 'lines') return lastLinesOfStream(ctx, input, amount.count, delimiter);
  return lastBytesOfStream(ctx, input, amount.count);
}

/** `tail +5`, `tail -5`, `tail -5f`: the forms of old. */
function historic(args: string[]): string[] {
  const match = /^([-+])(\d+)([bcl]?)(f?)$/.exec(args[0] ?? '');
  if (!match || (match[1] === '+' && args.length > 2)) return args;
  const [, sign, number, unit, follow] = match;
  const count = `${sign === '+' ? '+' : ''}${number}${unit === 'b' ? 'b' : ''}`;
  return [unit === 'b' || unit === 'c' ? '-c' : '-n', count, ...(follow ? ['-f'] : []), ...args.slice(1)];
}

export default command(
  {
    name: 'tail',
    usage: '[OPTION]... [FILE]...',
    summary:
      'Print the last 10 lines of each FILE to standard output.\nWith more than one FILE, precede each with a header giving the file name.',
    options: OPTIONS,
    rewrite: historic,
    digits: 'lines',
  },
  async (ctx) => {
    const amount = amountOf(ctx);
    const names = ctx.operands.length > 0 ? ctx.operands : ['-'];
    const headers = ctx.options.verbose || (!ctx.options.quiet && names.length > 1);
    const follower = new Follower(ctx, names, headers);
    const source = { sys: ctx.sys, out: ctx.out, error: (text: string) => ctx.error(openOrReadError(text)) };
    await forEachInput(source, names, async (input) => {
      if (headers) follower.header(input.name);
      await printTail(ctx, input, amount);
      await follower.add(input);
    });
    if (ctx.options.follow !== undefined || ctx.options.retryName) await follower.run();
  },
);
