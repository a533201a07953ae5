/** expand: tabs to spaces (POSIX expand). */
import { command } from './lib/command.ts';
import { forEachInput } from './lib/io.ts';
import { parseTabs, type TabStops } from './lib/tabs.ts';
import { latin1 } from './lib/text.ts';
import { TextOutput, textBatches } from './lib/textio.ts';

const OPTIONS = {
  initial: { short: 'i', long: 'initial', help: 'do not convert tabs after non blanks' },
  tabs: {
    short: 't',
    long: 'tabs',
    arg: 'N',
    many: true,
    help: 'have tabs N characters apart, not 8, or a comma separated LIST of positions',
  },
} as const;

function expandLine(line: string, stops: TabStops, initial: boolean): string {
  let result = '';
  let column = 0;
  for (const [i, char] of [...line].entries()) {
    if (char === '\t') {
      const next = stops.next(column) ?? column + 1;
      result += ' '.repeat(next - column);
      column = next;
    } else {
      if (initial && char !== ' ' && char !== '\b') return result + line.slice(i);
      column = char === '\b' ? Math.max(0, column - 1) : column + 1;
      result += char;
    }
  }
  return result;
}

/** `expand -4,8` of old. */
const historic = (args: string[]): string[] =>
  args.map((arg) => (/^-\d[\d,]*$/.test(arg) ? `-t${arg.slice(1)}` : arg));

export default command(
  {
    name: 'expand',
    usage: '[OPTION]... [FILE]...',
    summary: 'Convert tabs in each FILE to spaces, writing to standard output.',
    options: OPTIONS,
    rewrite: historic,
  },
  async (ctx) => {
    const stops = parseTabs(ctx.options.tabs);
    const out = new TextOutput(ctx.out, latin1);
    await forEachInput(ctx, ctx.operands, async (input) => {
      for await (const { lines, unterminated } of textBatches(input.chunks, latin1)) {
        const expanded = lines.map((line) =>
          line.includes('\t') ? expandLine(line, stops, ctx.options.initial) : line,
        );
        out.put(expanded.join('\n') + (unterminated ? '' : '\n'));
        await out.drain();
      }
    });
  },
);
