/**
 * wc: counts lines, words, characters and bytes (POSIX wc; GNU -L). Counting works on bytes, without making
 * strings.
 */
import { isRegular } from '../../subsystems/unix/constants.ts';
import { type Context, command, Fatal, isSysError, UsageError } from './lib/command.ts';
import { decode, forEachInput, type Input, readAll, readTextFile } from './lib/io.ts';
import { quote, quoteName } from './lib/quote.ts';
import { displayWidth } from './lib/width.ts';

const OPTIONS = {
  bytes: { short: 'c', long: 'bytes', help: 'print the byte counts' },
  chars: { short: 'm', long: 'chars', help: 'print the character counts' },
  lines: { short: 'l', long: 'lines', help: 'print the newline counts' },
  from: {
    long: 'files0-from',
    arg: 'F',
    help: 'read input from the files specified by NUL-terminated names in file F',
  },
  width: { short: 'L', long: 'max-line-length', help: 'print the maximum display width' },
  words: { short: 'w', long: 'words', help: 'print the word counts' },
} as const;

type Ctx = Context<typeof OPTIONS>;
type Column = Exclude<keyof typeof OPTIONS, 'from'>;
type Counts = Record<Column, number>;
const ORDER: readonly Column[] = ['lines', 'words', 'chars', 'bytes', 'width'];

const SPACE = 1;
const WORD = 2;
/** What a byte does to the current word: ends it, begins or continues it, or (control characters) neither. */
const KIND = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 32 || (byte >= 9 && byte <= 13)) return SPACE;
  return byte > 32 && byte !== 127 && !neverUtf8(byte) ? WORD : 0;
});
/** Bytes that begin a character: not UTF-8's continuation bytes, nor those that it never uses. */
const STARTS = Uint8Array.from({ length: 256 }, (_, byte) =>
  (byte & 0xc0) === 0x80 || neverUtf8(byte) ? 0 : 1,
);

function neverUtf8(byte: number): boolean {
  return byte === 0xc0 || byte === 0xc1 || byte > 0xf4;
}

class Counter {
  readonly counts: Counts = { bytes: 0, chars: 0, lines: 0, width: 0, words: 0 };
  private inWord = false;
  private column = 0;
  /** There were characters outside ASCII: the display width is that of text. */
  private wide = false;
  private readonly decoder = new TextDecoder();

  lines(chunk: Uint8Array): void {
    let lines = 0;
    for (let i = 0; i < chunk.length; i += 1) if (chunk[i] === 10) lines += 1;
    this.counts.lines += lines;
  }

  words(chunk: Uint8Array): void {
    let words = 0;
    let inWord = this.inWord;
    for (let i = 0; i < chunk.length; i += 1) {
      const kind = KIND[chunk[i] ?? 0];
      if (kind === WORD) {
        if (!inWord) words += 1;
        inWord = true;
      } else if (kind === SPACE) inWord = false;
    }
    this.inWord = inWord;
    this.counts.words += words;
  }

  /** Characters: every byte that begins one. */
  chars(chunk: Uint8Array): void {
    let chars = 0;
    for (let i = 0; i < chunk.length; i += 1) chars += STARTS[chunk[i] ?? 0] ?? 0;
    this.counts.chars += chars;
  }

  /**
   * Display width of the longest line: tabs go to the next multiple of 8, control characters take nothing.
   */
  width(chunk: Uint8Array): void {
    if (this.wide || chunk.some((byte) => byte > 127)) {
      this.wide = true;
      for (const char of this.decoder.decode(chunk, { stream: true })) {
        if (char >= '\x80') this.column += displayWidth(char);
        else this.step(char.charCodeAt(0));
      }
    } else for (const byte of chunk) this.step(byte);
    this.counts.width = Math.max(this.counts.width, this.column);
  }

  /** One ASCII character of the line whose width is measured. */
  private step(byte: number): void {
    if (byte === 10 || byte === 13 || byte === 12) {
      this.counts.width = Math.max(this.counts.width, this.column);
      this.column = 0;
    } else if (byte === 9) this.column += 8 - (this.column % 8);
    else if (byte >= 32 && byte !== 127) this.column += 1;
  }
}

/** --files0-from: the names in a file, each ended by a NUL. They stand for operands. */
async function namesFrom(ctx: Ctx, list: string): Promise<string[]> {
  if (ctx.operands.length > 0)
    throw new UsageError(
      `extra operand ${quote(ctx.operands[0]!)}\nfile operands cannot be combined with --files0-from`,
    );
  try {
    const text = list === '-' ? decode(await readAll(ctx.sys, 0)) : await readTextFile(ctx.sys, list);
    return text.split('\0').filter((name) => name !== '');
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new Fatal(`cannot open ${quoteName(list)} for reading: ${error.message}`);
  }
}

async function sizeOf(ctx: Ctx, name: string): Promise<number | 'special' | undefined> {
  try {
    const stat = name === '-' ? await ctx.sys.fstat(0) : await ctx.sys.stat(name);
    return isRegular(stat.mode) ? stat.size : 'special';
  } catch (error) {
    if (!isSysError(error)) throw error;
    return undefined;
  }
}

/** The common width of the numbers: enough for the sum of the sizes, 7 when a size is unknown. */
async function widthOf(ctx: Ctx, columns: readonly Column[]): Promise<number> {
  const names = ctx.operands.length > 0 ? ctx.operands : ['-'];
  if ((names.length === 1 && columns.length === 1) || ctx.options.from === '-') return 1;
  let least = 1;
  let total = 0;
  for (const name of names) {
    const size = await sizeOf(ctx, name);
    if (size === 'special') least = 7;
    else total += size ?? 0;
  }
  return Math.max(least, String(total).length);
}

async function count(ctx: Ctx, input: Input, columns: readonly Column[]): Promise<Counts> {
  const counter = new Counter();
  if (columns.length === 1 && columns[0] === 'bytes') {
    const stat = await ctx.sys.fstat(input.fd);
    if (isRegular(stat.mode) && stat.size > 0) {
      const at = await ctx.sys.lseek(input.fd, 0, 1);
      await ctx.sys.lseek(input.fd, 0, 2);
      return { ...counter.counts, bytes: Math.max(0, stat.size - at) };
    }
  }
  const passes = columns.filter((column): column is Exclude<Column, 'bytes'> => column !== 'bytes');
  for await (const chunk of input.chunks) {
    counter.counts.bytes += chunk.length;
    for (const pass of passes) counter[pass](chunk);
  }
  return counter.counts;
}

export default command(
  {
    name: 'wc',
    usage: '[OPTION]... [FILE]...',
    summary:
      'Print newline, word, and byte counts for each FILE, and a total line if\nmore than one FILE is specified.  A word is a non-zero-length sequence of\nprintable characters delimited by white space.',
    options: OPTIONS,
  },
  async (ctx) => {
    const chosen = ORDER.filter((column) => ctx.options[column]);
    const columns: readonly Column[] = chosen.length > 0 ? chosen : ['lines', 'words', 'bytes'];
    if (ctx.options.from !== undefined) ctx.operands.push(...(await namesFrom(ctx, ctx.options.from)));
    const width = await widthOf(ctx, columns);
    const total: Counts = { bytes: 0, chars: 0, lines: 0, width: 0, words: 0 };
    const print = (counts: Counts, name: string) => {
      const numbers = columns.map((column) => String(counts[column]).padStart(width)).join(' ');
      ctx.out.put(`${numbers}${name === '' ? '' : ` ${name}`}\n`);
    };
    const source = {
      sys: ctx.sys,
      out: ctx.out,
      error: async (text: string) => {
        await ctx.error(text);
        if (!text.endsWith(': Is a directory')) return;
        print({ bytes: 0, chars: 0, lines: 0, width: 0, words: 0 }, text.slice(0, text.lastIndexOf(': ')));
      },
    };
    await forEachInput(source, ctx.operands, async (input) => {
      const counts = await count(ctx, input, columns);
      print(counts, ctx.operands.length === 0 ? '' : input.name);
      for (const column of ORDER) {
        total[column] =
          column === 'width' ? Math.max(total.width, counts.width) : total[column] + counts[column];
      }
    });
    if (ctx.operands.length > 1) print(total, 'total');
  },
);
