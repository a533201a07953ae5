/**
 * The input of xargs, cut into items: by a delimiter byte, by lines (-I), or by blanks with quotes and
 * backslashes.
 */
import { Fatal } from './command.ts';
import { decode, lineBatches } from './io.ts';

export interface Item {
  bytes: Uint8Array;
  /** The item is the last of an input line that does not continue (-L counts these). */
  endsLine: boolean;
}

export interface ItemRules {
  delimiter: number | undefined;
  /** A whole line is one item (-I); leading blanks are dropped, quotes still work. */
  byLine: boolean;
  /** Logical end of input (-E). */
  eof: string | undefined;
}

const [NEWLINE, SPACE, TAB, SINGLE, DOUBLE, BACKSLASH] = [10, 32, 9, 39, 34, 92];

const isBlank = (byte: number): boolean =>
  byte === SPACE || byte === TAB || byte === 11 || byte === 12 || byte === 13;

/** State of the blank-separated syntax over the bytes of the input. */
class Scanner {
  private readonly byLine: boolean;
  private word: number[] = [];
  private inWord = false;
  private quote = 0;
  private escaped = false;

  constructor(byLine: boolean) {
    this.byLine = byLine;
  }

  /** Items that end within the chunk. */
  scan(chunk: Uint8Array): Item[] {
    const items: Item[] = [];
    for (const byte of chunk) {
      if (this.escaped) this.take(byte, true);
      else if (this.quote !== 0) this.quoted(byte);
      else if (byte === BACKSLASH) {
        this.escaped = true;
        this.inWord = true;
      } else if (byte === SINGLE || byte === DOUBLE) {
        this.quote = byte;
        this.inWord = true;
      } else if (byte === NEWLINE) this.endLine(items);
      else if (isBlank(byte) && !(this.byLine && this.inWord)) this.endWord(items);
      else this.take(byte, false);
    }
    return items;
  }

  private take(byte: number, wasEscaped: boolean): void {
    this.word.push(byte);
    this.inWord = true;
    if (wasEscaped) this.escaped = false;
  }

  private quoted(byte: number): void {
    if (byte === this.quote) this.quote = 0;
    else if (byte === NEWLINE) throw this.unmatched();
    else this.word.push(byte);
  }

  private unmatched(): Fatal {
    const kind = this.quote === SINGLE ? 'single' : 'double';
    return new Fatal(
      `unmatched ${kind} quote; by default quotes are special to xargs unless you use the -0 option`,
    );
  }

  private endWord(items: Item[]): void {
    if (!this.inWord) return;
    items.push({ bytes: Uint8Array.from(this.word), endsLine: false });
    this.word = [];
    this.inWord = false;
    this.blankAfter = true;
  }

  /** A blank follows the last item: such a line goes on in the next one (-L). */
  private blankAfter = false;

  private endLine(items: Item[]): void {
    const endedByBlank = !this.inWord && this.blankAfter;
    this.endWord(items);
    this.blankAfter = false;
    const last = items.at(-1);
    if (last && !endedByBlank) last.endsLine = true;
  }

  end(): Item[] {
    if (this.quote !== 0) throw this.unmatched();
    const items: Item[] = [];
    this.endLine(items);
    return items;
  }
}

async function* separated(
  chunks: AsyncIterable<Uint8Array>,
  delimiter: number,
): AsyncGenerator<Item, void, void> {
  for await (const { lines } of lineBatches(chunks, delimiter)) {
    for (const bytes of lines) yield { bytes, endsLine: true };
  }
}

async function* words(chunks: AsyncIterable<Uint8Array>, byLine: boolean): AsyncGenerator<Item, void, void> {
  const scanner = new Scanner(byLine);
  for await (const chunk of chunks) yield* scanner.scan(chunk);
  yield* scanner.end();
}

export async function* itemsOf(
  chunks: AsyncIterable<Uint8Array>,
  rules: ItemRules,
): AsyncGenerator<Item, void, void> {
  const items =
    rules.delimiter === undefined ? words(chunks, rules.byLine) : separated(chunks, rules.delimiter);
  for await (const item of items) {
    if (
      rules.eof !== undefined &&
      rules.eof !== '' &&
      rules.delimiter === undefined &&
      decode(item.bytes) === rules.eof
    )
      return;
    yield item;
  }
}
