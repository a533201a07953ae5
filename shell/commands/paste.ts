/** paste: lines of files side by side, or (-s) the lines of one file in a row (POSIX paste). */

import { O } from '../../subsystems/unix/constants.ts';
import type { Awaitable } from '../../subsystems/unix/sys.ts';
import { type Context, command, Fatal, SysError } from './lib/command.ts';
import { readChunks } from './lib/io.ts';
import { utf8 } from './lib/text.ts';
import { TextOutput, textBatches } from './lib/textio.ts';

const OPTIONS = {
  delimiters: {
    short: 'd',
    long: 'delimiters',
    arg: 'LIST',
    help: 'reuse characters from LIST instead of TABs',
  },
  serial: { short: 's', long: 'serial', help: 'paste one file at a time instead of in parallel' },
  zero: { short: 'z', long: 'zero-terminated', help: 'line delimiter is NUL, not newline' },
} as const;

type Ctx = Context<typeof OPTIONS>;
const ESCAPES: Readonly<Record<string, string>> = {
  '0': '',
  n: '\n',
  t: '\t',
  b: '\b',
  f: '\f',
  r: '\r',
  v: '\v',
  '\\': '\\',
};

/** The delimiters, one per column gap, used round and round. */
function delimitersOf(list: string): string[] {
  if (/(^|[^\\])(\\\\)*\\$/.test(list))
    throw new Fatal(`delimiter list ends with an unescaped backslash: ${list}`);
  const delimiters = Array.from(list.matchAll(/\\([\s\S])|[\s\S]/gu), (match) =>
    match[1] === undefined ? match[0] : (ESCAPES[match[1]] ?? match[1]),
  );
  return delimiters.length > 0 ? delimiters : [''];
}

/** The lines of one input; `take` waits only when a new batch must be read. */
class Lines {
  private batch: readonly string[] = [];
  private at = 0;
  private readonly batches: ReturnType<typeof textBatches>;

  constructor(ctx: Ctx, fd: number, end: string) {
    const chunks = readChunks(ctx.sys, fd, () => ctx.out.flushIfTty());
    this.batches = textBatches(chunks, utf8, end);
  }

  /** The next line; undefined at the end. */
  take(): Awaitable<string | undefined> {
    this.at += 1;
    return this.at <= this.batch.length ? this.batch[this.at - 1] : this.refill();
  }

  private async refill(): Promise<string | undefined> {
    for (;;) {
      const { value, done } = await this.batches.next();
      if (done || !value) return undefined;
      this.batch = value.lines;
      this.at = 1;
      if (this.batch.length > 0) return this.batch[0];
    }
  }
}

/** Opens every operand; several `-` take lines of standard input in turn. */
async function openAll(ctx: Ctx, end: string): Promise<Lines[]> {
  const stdin = new Lines(ctx, 0, end);
  const sources: Lines[] = [];
  for (const name of ctx.operands.length > 0 ? ctx.operands : ['-']) {
    if (name === '-') sources.push(stdin);
    else {
      const fd = await ctx.attempt(
        () => name,
        () => ctx.sys.open(name, O.RDONLY),
      );
      if (fd !== undefined) sources.push(new Lines(ctx, fd, end));
      else if (!ctx.options.serial) throw new SysError('ENOENT');
    }
  }
  return sources;
}

async function serial(
  sources: readonly Lines[],
  out: TextOutput,
  delimiters: readonly string[],
  end: string,
): Promise<void> {
  for (const source of sources) {
    let count = 0;
    for (;;) {
      const next = source.take();
      const line = typeof next === 'object' ? await next : next;
      if (line === undefined) break;
      out.put(count === 0 ? line : (delimiters[(count - 1) % delimiters.length] ?? '') + line);
      count += 1;
      if (out.out.full) await out.drain();
    }
    out.put(end);
  }
}

async function parallel(
  sources: readonly Lines[],
  out: TextOutput,
  delimiters: readonly string[],
  end: string,
): Promise<void> {
  const ended = new Set<Lines>();
  for (;;) {
    let row = '';
    let any = false;
    for (const [i, source] of sources.entries()) {
      if (i > 0) row += delimiters[(i - 1) % delimiters.length] ?? '';
      if (ended.has(source)) continue;
      const next = source.take();
      const line = typeof next === 'object' ? await next : next;
      if (line === undefined) ended.add(source);
      else {
        row += line;
        any = true;
      }
    }
    if (!any) return;
    out.put(row + end);
    if (out.out.full) await out.drain();
  }
}

export default command(
  {
    name: 'paste',
    usage: '[OPTION]... [FILE]...',
    summary:
      'Write lines consisting of the sequentially corresponding lines from\neach FILE, separated by TABs, to standard output.',
    options: OPTIONS,
  },
  async (ctx) => {
    const end = ctx.options.zero ? '\0' : '\n';
    const delimiters = delimitersOf(ctx.options.delimiters ?? '\t');
    const out = new TextOutput(ctx.out, utf8);
    let sources: Lines[];
    try {
      sources = await openAll(ctx, end);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      return 1;
    }
    await (ctx.options.serial ? serial : parallel)(sources, out, delimiters, end);
    await out.flush();
    return ctx.status;
  },
);
