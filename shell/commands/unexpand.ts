/** unexpand: leading spaces (with -a all runs of two or more) to tabs (POSIX unexpand). */
import { command } from './lib/command.ts';
import { forEachInput } from './lib/io.ts';
import { parseTabs, type TabStops } from './lib/tabs.ts';
import { latin1 } from './lib/text.ts';
import { TextOutput, textBatches } from './lib/textio.ts';

const OPTIONS = {
  all: { short: 'a', long: 'all', help: 'convert all blanks, instead of just initial blanks' },
  first: { long: 'first-only', help: 'convert only leading sequences of blanks (overrides -a)' },
  tabs: {
    short: 't',
    long: 'tabs',
    arg: 'N',
    many: true,
    help: 'have tabs N characters apart instead of 8 (enables -a)',
  },
} as const;

/**
 * The blanks from `column` as tabs and spaces; a single space before a stop stays when it ends the run there
 * alone.
 */
function tabbed(blanks: string, start: number, stops: TabStops): { text: string; column: number } {
  let column = start;
  let text = '';
  let pending = 0;
  for (const char of blanks) {
    const stop = stops.next(column);
    if (char === '\t') {
      text += '\t';
      pending = 0;
      column = stop ?? column + 1;
      continue;
    }
    column += 1;
    pending += 1;
    if (stop !== column) continue;
    const alone = pending === 1 && text === '' && column - start === 1 && blanks.length === 1;
    text += alone ? ' ' : '\t';
    pending = 0;
  }
  return { text: text + ' '.repeat(pending), column };
}

function unexpandLine(line: string, stops: TabStops, all: boolean): string {
  let result = '';
  let column = 0;
  for (const [run = ''] of line.matchAll(/[ \t]+|[^ \t]+/g)) {
    if (run[0] === ' ' || run[0] === '\t') {
      const blanks = tabbed(run, column, stops);
      result += blanks.text;
      column = blanks.column;
    } else {
      if (!all) return result + line.slice(line.search(/[^ \t]/));
      result += run;
      column += run.length;
    }
  }
  return result;
}

export default command(
  {
    name: 'unexpand',
    usage: '[OPTION]... [FILE]...',
    summary: 'Convert blanks in each FILE to tabs, writing to standard output.',
    options: OPTIONS,
  },
  async (ctx) => {
    const stops = parseTabs(ctx.options.tabs);
    const all = !ctx.options.first && (ctx.options.all || ctx.options.tabs.length > 0);
    const out = new TextOutput(ctx.out, latin1);
    await forEachInput(ctx, ctx.operands, async (input) => {
      for await (const { lines, unterminated } of textBatches(input.chunks, latin1)) {
        out.put(lines.map((line) => unexpandLine(line, stops, all)).join('\n') + (unterminated ? '' : '\n'));
        await out.drain();
      }
    });
  },
);
