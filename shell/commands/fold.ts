/**
 * fold: wraps lines at a width, in columns or bytes, at blanks with -s (POSIX fold). Columns count bytes, as
 * GNU's does.
 */
import { command, Fatal } from './lib/command.ts';
import { forEachInput } from './lib/io.ts';
import { quote } from './lib/quote.ts';
import { latin1 } from './lib/text.ts';
import { TextOutput, textBatches } from './lib/textio.ts';

const OPTIONS = {
  bytes: { short: 'b', long: 'bytes', help: 'count bytes rather than columns' },
  spaces: { short: 's', long: 'spaces', help: 'break at spaces' },
  width: { short: 'w', long: 'width', arg: 'WIDTH', help: 'use WIDTH columns instead of 80' },
} as const;

const TAB_COLUMNS = 8;

function advance(column: number, char: string, bytes: boolean): number {
  if (!bytes) {
    if (char === '\b') return Math.max(0, column - 1);
    if (char === '\r') return 0;
    if (char === '\t') return column + TAB_COLUMNS - (column % TAB_COLUMNS);
  }
  return column + 1;
}

function widthOf(text: string, bytes: boolean): number {
  let column = 0;
  for (const char of text) column = advance(column, char, bytes);
  return column;
}

/** A line in which every character takes one column → its pieces. */
function chop(line: string, width: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < line.length; at += width) pieces.push(line.slice(at, at + width));
  return pieces;
}

/** One line without its newline → its pieces. */
function foldLine(line: string, width: number, bytes: boolean, spaces: boolean): string[] {
  const pieces: string[] = [];
  let piece = '';
  let column = 0;
  for (const char of line) {
    let next = advance(column, char, bytes);
    while (next > width && piece !== '') {
      const blank = spaces ? Math.max(piece.lastIndexOf(' '), piece.lastIndexOf('\t')) : -1;
      const cut = blank >= 0 ? blank + 1 : piece.length;
      pieces.push(piece.slice(0, cut));
      piece = piece.slice(cut);
      column = widthOf(piece, bytes);
      next = advance(column, char, bytes);
    }
    piece += char;
    column = next;
  }
  pieces.push(piece);
  return pieces;
}

export default command(
  {
    name: 'fold',
    usage: '[OPTION]... [FILE]...',
    summary: 'Wrap input lines in each FILE, writing to standard output.',
    options: OPTIONS,
    digits: 'width',
  },
  async (ctx) => {
    const width = Number(ctx.options.width ?? 80);
    if (!/^\d+$/.test(ctx.options.width ?? '80') || width === 0)
      throw new Fatal(`invalid number of columns: ${quote(ctx.options.width ?? '')}`);
    const { bytes, spaces } = ctx.options;
    const out = new TextOutput(ctx.out, latin1);
    await forEachInput(ctx, ctx.operands, async (input) => {
      for await (const { lines, unterminated } of textBatches(input.chunks, latin1)) {
        for (const line of lines) {
          const even = bytes || !/[\t\b\r]/.test(line);
          let folded = line;
          if (!even || (spaces && line.length > width))
            folded = foldLine(line, width, bytes, spaces).join('\n');
          else if (line.length > width) folded = chop(line, width).join('\n');
          out.put(unterminated ? folded : `${folded}\n`);
        }
        await out.drain();
      }
    });
  },
);
