/** paste: lines of files side by side, or (-s) the lines of one file in a row (POSIX paste). */

import { O } from '../../subsystems/unix/constants.ts';
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

async function* linesOf(ctx: Ctx, fd: number, end: string): AsyncGenerator<string, void, void> {
  for await (const { lines } of textBatches(
    readChunks(ctx.sys, fd, () => ctx.out.flushIfTty()),
    utf8,
    end,
  ))
    yield* lines;
}

type Lines = AsyncGenerator<string, void, void>;

/** Opens every operand; several `-` take lines of standard input in turn. */
async function openAll(ctx: Ctx, end: string): Promise<Lines[]> {
  const stdin = linesOf(ctx, 0, end);
  const sources: Lines[] = [];
  for (const name of ctx.operands.length > 0 ? ctx.operands : ['-']) {
    if (name === '-') sources.push(stdin);
    else {
      const fd = await ctx.attempt(
        () => name,
        () => ctx.sys.open(name, O.RDONLY),
      );
      if (fd !== undefined) sources.push(linesOf(ctx, fd, end));
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
    for await (const line of source) {
      out.put(count === 0 ? line : (delimiters[(count - 1) % delimiters.length] ?? '') + line);
      count += 1;
      await out.drain();
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
      const { value, done } = await source.next();
      if (done) ended.add(source);
      else {
        row += value;
        any = true;
      }
    }
    if (!any) return;
    out.put(row + end);
    await out.drain();
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
