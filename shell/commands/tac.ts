/** tac: prints the records of each file last to first (GNU tac; -b, -r, -s). Needs the whole file. */
import { command, Fatal } from './lib/command.ts';
import { concat, forEachInput } from './lib/io.ts';
import { quoteFile, quoteName } from './lib/quote.ts';
import { compileRegex, RegexError } from './lib/regex.ts';
import { latin1 } from './lib/text.ts';

const OPTIONS = {
  before: { short: 'b', long: 'before', help: 'attach the separator before instead of after' },
  regex: { short: 'r', long: 'regex', help: 'interpret the separator as a regular expression' },
  separator: {
    short: 's',
    long: 'separator',
    arg: 'STRING',
    help: 'use STRING as the separator instead of newline',
  },
} as const;

type Find = (text: string, from: number) => { index: number; end: number } | undefined;

function finder(separator: string, isRegex: boolean): Find {
  if (!isRegex) {
    return (text, from) => {
      const index = text.indexOf(separator, from);
      return index < 0 ? undefined : { index, end: index + separator.length };
    };
  }
  try {
    const regex = compileRegex(separator, { extended: false });
    return (text, from) => {
      const match = regex.exec(text, from);
      return match && match.end > match.index ? match : undefined;
    };
  } catch (error) {
    if (error instanceof RegexError) throw new Fatal(error.message);
    throw error;
  }
}

/** The records of a text, each with its separator behind (or before) it. */
function recordsOf(text: string, find: Find, before: boolean): string[] {
  const records: string[] = [];
  let start = 0;
  for (let from = 0; ; ) {
    const found = find(text, from);
    if (!found) break;
    const cut = before ? found.index : found.end;
    if (cut > start || !before) records.push(text.slice(start, cut));
    start = cut;
    from = found.end;
  }
  if (start < text.length) records.push(text.slice(start));
  return records;
}

export default command(
  {
    name: 'tac',
    usage: '[OPTION]... [FILE]...',
    summary: 'Write each FILE to standard output, last line first.',
    options: OPTIONS,
  },
  async (ctx) => {
    const separator =
      ctx.options.separator === undefined ? '\n' : latin1.adopt(ctx.options.separator) || '\0';
    const find = finder(separator, ctx.options.regex);
    const source = {
      sys: ctx.sys,
      out: ctx.out,
      error: (text: string) => ctx.error(text),
      openError: (name: string) => `failed to open ${quoteName(name)} for reading`,
      readError: (name: string) => `${quoteFile(name)}: read error`,
    };
    await forEachInput(source, ctx.operands, async (input) => {
      const parts: Uint8Array[] = [];
      for await (const chunk of input.chunks) parts.push(chunk);
      const records = recordsOf(latin1.decode(concat(parts)), find, ctx.options.before);
      await ctx.out.write(latin1.encode(records.reverse().join('')));
    });
  },
);
