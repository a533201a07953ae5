/** grep over one input after another: selecting lines, context, counting, and how everything is printed. */
import { Buffer } from 'node:buffer';
import type { Awaitable } from '../../subsystems/unix/sys.ts';
import type { GrepContext } from './grep.ts';
import type { Matcher } from './grep-matcher.ts';
import type { TextCodec } from './lib/text.ts';
import { TextOutput, textBatches } from './lib/textio.ts';

export interface PrinterOptions {
  mode: 'lines' | 'count' | 'names' | 'quiet';
  /** -l rather than -L. */
  listMatching: boolean;
  invert: boolean;
  only: boolean;
  max: number;
  stopAtFirst: boolean;
  number: boolean;
  offset: boolean;
  names: boolean;
  /** The line between groups of lines with context; undefined = none. */
  groupSeparator: string | undefined;
  /** -Z: what ends a file name instead of the separator. */
  nameEnd: string | undefined;
  before: number;
  after: number;
  color: boolean;
  binary: 'binary' | 'text' | 'without-match';
  zero: boolean;
  tab: boolean;
  lineBuffered: boolean;
}

const COLORS = { match: '01;31', name: '35', number: '32', separator: '36' } as const;
const ESCAPED = /[\uDC80-\uDCFF]/u;

export class Printer {
  /** Any line selected so far, in any input. */
  selected = false;
  /** -q is satisfied: nothing more to search. */
  done = false;
  private readonly ctx: GrepContext;
  private readonly options: PrinterOptions;
  private readonly matcher: Matcher;
  private readonly out: TextOutput;
  private readonly codec: TextCodec;
  private readonly end: string;
  /** Lines need their offsets. */
  private readonly counting: boolean;
  private name = '';
  private line = 0;
  private offset = 0;
  private count = 0;
  private isBinary = false;
  private binaryMatches = false;
  private finished = false;
  private afterLeft = 0;
  /** Number of the last line printed in this input, for the separators between groups. */
  private printed = -1;
  private anyGroup = false;
  private held: { text: string; line: number; offset: number }[] = [];

  constructor(ctx: GrepContext, matcher: Matcher, codec: TextCodec, options: PrinterOptions) {
    this.ctx = ctx;
    this.options = options;
    this.matcher = matcher;
    this.codec = codec;
    this.out = new TextOutput(ctx.out, codec);
    this.end = options.zero ? '\0' : '\n';
    this.counting = options.offset;
  }

  settle(): void {
    this.out.settle();
  }

  beforeRead(): Awaitable<void> {
    this.out.settle();
    return this.out.out.flushIfTty();
  }

  async search(chunks: AsyncIterable<Uint8Array>, name: string): Promise<void> {
    Object.assign(this, {
      name,
      line: 0,
      offset: 0,
      count: 0,
      isBinary: false,
      finished: false,
      afterLeft: 0,
      printed: -1,
      held: [],
    });
    if (this.options.max === 0) this.finished = true;
    const scanned = this.options.binary === 'text' ? chunks : this.watched(chunks);
    if (!this.finished) {
      for await (const { lines } of textBatches(scanned, this.codec, this.end)) {
        for (const text of lines) {
          this.take(text);
          if (this.finished) break;
        }
        await (this.options.lineBuffered ? this.out.flush() : this.out.drain());
        if (this.finished) break;
      }
    }
    this.summarize();
    if (!this.binaryMatches) return;
    this.binaryMatches = false;
    this.out.settle();
    await this.ctx.warn(`${this.name}: binary file matches`);
  }

  /** Notices NUL bytes: such an input is binary. */
  private async *watched(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of chunks) {
      if (!this.isBinary && !this.options.zero && chunk.includes(0)) {
        this.isBinary = true;
        if (this.options.binary === 'without-match') {
          this.finished = true;
          return;
        }
      }
      yield chunk;
    }
  }

  private take(text: string): void {
    const { options } = this;
    this.line += 1;
    if (this.count < options.max && this.matcher.test(text) !== options.invert) this.select(text);
    else if (options.mode === 'lines' && !options.only) {
      if (this.afterLeft > 0) {
        this.afterLeft -= 1;
        this.print(text, this.line, this.offset, '-');
        if (this.afterLeft === 0 && this.count >= options.max) this.finished = true;
      } else if (options.before > 0) {
        this.held.push({ text, line: this.line, offset: this.offset });
        if (this.held.length > options.before) this.held.shift();
      }
    }
    if (this.counting) this.offset += this.bytes(text) + 1;
  }

  private bytes(text: string): number {
    return this.codec.multibyte
      ? ESCAPED.test(text)
        ? this.codec.encode(text).length
        : Buffer.byteLength(text)
      : text.length;
  }

  private select(text: string): void {
    const { options } = this;
    this.selected = true;
    this.count += 1;
    if (options.stopAtFirst) this.finished = true;
    else if (options.mode === 'lines') this.show(text);
    if (this.count >= options.max && this.afterLeft === 0) this.finished = true;
  }

  private show(text: string): void {
    const { options } = this;
    if (options.binary === 'binary' && (this.isBinary || (this.codec.multibyte && ESCAPED.test(text)))) {
      this.binaryMatches = true;
      this.finished = true;
      return;
    }
    for (const held of this.held) this.print(held.text, held.line, held.offset, '-');
    this.held = [];
    if (options.only) this.printMatches(text);
    else this.print(text, this.line, this.offset, ':');
    this.afterLeft = options.after;
  }

  private paint(color: keyof typeof COLORS, text: string): string {
    return this.options.color ? `\x1b[${COLORS[color]}m\x1b[K${text}\x1b[m\x1b[K` : text;
  }

  private prefix(line: number, offset: number, mark: ':' | '-'): string {
    const { options } = this;
    const separator = this.paint('separator', mark);
    let text = '';
    if (options.names) text += this.paint('name', this.name) + (options.nameEnd ?? separator);
    if (options.number) text += this.paint('number', String(line)) + separator;
    if (options.offset) text += this.paint('number', String(offset)) + separator;
    return options.tab && text !== '' ? `${text}\t` : text;
  }

  private print(text: string, line: number, offset: number, mark: ':' | '-'): void {
    const { options } = this;
    if (options.before > 0 || options.after > 0) {
      const { groupSeparator } = options;
      if (this.anyGroup && line !== this.printed + 1 && groupSeparator !== undefined)
        this.out.put(`${this.paint('separator', groupSeparator)}\n`);
      this.anyGroup = true;
    }
    this.printed = line;
    const colored = options.color && (mark === ':') !== options.invert ? this.highlight(text) : text;
    this.out.put(this.prefix(line, offset, mark) + colored + this.end);
  }

  private *matches(text: string): Generator<[number, number]> {
    for (let from = 0; from <= text.length; ) {
      const match = this.matcher.find(text, from);
      if (!match) return;
      if (match[1] > match[0]) yield match;
      from = match[1] > match[0] ? match[1] : match[1] + 1;
    }
  }

  private highlight(text: string): string {
    let result = '';
    let at = 0;
    for (const [start, end] of this.matches(text)) {
      result += text.slice(at, start) + this.paint('match', text.slice(start, end));
      at = end;
    }
    return result + text.slice(at);
  }

  private printMatches(text: string): void {
    if (this.options.invert) return;
    for (const [start, end] of this.matches(text)) {
      const offset = this.counting ? this.offset + this.bytes(text.slice(0, start)) : 0;
      this.out.put(
        this.prefix(this.line, offset, ':') + this.paint('match', text.slice(start, end)) + this.end,
      );
    }
  }

  /** What is printed once per input. */
  private summarize(): void {
    const { options, count } = this;
    if (options.mode === 'quiet') this.done = this.selected;
    if (options.mode === 'count') {
      const name = options.names
        ? this.paint('name', this.name) + (options.nameEnd ?? this.paint('separator', ':'))
        : '';
      this.out.put(`${name}${count}\n`);
    }
    if (options.mode === 'names' && count > 0 === options.listMatching) {
      this.out.put(this.paint('name', this.name) + (options.nameEnd ?? '\n'));
    }
  }
}
