/**
 * Records of one input: newline, another character, paragraphs (RS = "") or a regular expression (gawk).
 * `next` answers at once while text is at hand, and with a promise only when more must be read.
 */
import type { Awaitable } from '../../../subsystems/unix/sys.ts';
import type { PosixRegex, RegexMatch } from '../lib/regex.ts';
import type { TextCodec } from '../lib/text.ts';

export type Separator =
  | { kind: 'char'; char: string }
  | { kind: 'paragraph' }
  | { kind: 'regex'; regex: PosixRegex };

const PARAGRAPH_END = /\n\n+/g;

export class RecordReader {
  private text = '';
  private at = 0;
  /** Text has been dropped from the front: `at` 0 is not where the input begins. */
  private begun = false;
  private ended = false;
  private pending: Uint8Array | undefined;
  private readonly read: () => Awaitable<Uint8Array>;
  private readonly codec: TextCodec;

  /** `read` gives the next chunk, empty at the end. */
  constructor(read: () => Awaitable<Uint8Array>, codec: TextCodec) {
    this.read = read;
    this.codec = codec;
  }

  /** The next record; undefined at the end of the input. */
  next(separator: Separator): Awaitable<string | undefined> {
    const found = this.cut(separator);
    return found !== undefined ? found : this.slow(separator);
  }

  private async slow(separator: Separator): Promise<string | undefined> {
    while (!this.ended) {
      await this.more();
      const found = this.cut(separator);
      if (found !== undefined) return found;
    }
    if (this.at >= this.text.length) return undefined;
    const { at } = this;
    const rest = this.text.slice(at);
    this.at = this.text.length;
    if (separator.kind === 'paragraph') return rest.replace(/\n+$/, '');
    const match = separator.kind === 'regex' ? this.search(separator.regex, at) : undefined;
    if (!match || match.end === match.index) return rest;
    this.at = match.end;
    return this.text.slice(at, match.index);
  }

  private cut(separator: Separator): string | undefined {
    if (separator.kind === 'char') {
      const end = this.text.indexOf(separator.char, this.at);
      if (end < 0) return undefined;
      const record = this.text.slice(this.at, end);
      this.at = end + 1;
      return record;
    }
    return separator.kind === 'paragraph' ? this.cutParagraph() : this.cutRegex(separator.regex);
  }

  private cutParagraph(): string | undefined {
    while (this.text[this.at] === '\n') this.at += 1;
    PARAGRAPH_END.lastIndex = this.at;
    const match = PARAGRAPH_END.exec(this.text);
    if (!match) return undefined;
    const record = this.text.slice(this.at, match.index);
    this.at = match.index + match[0].length;
    return record;
  }

  /** The first match from `from` on; `^` matches where the input begins only. */
  private search(regex: PosixRegex, from: number): RegexMatch | undefined {
    if (from > 0 || !this.begun) return regex.exec(this.text, from);
    const match = regex.exec(`\n${this.text}`, 1);
    return match && { ...match, index: match.index - 1, end: match.end - 1 };
  }

  /** A match that touches the end of the text might grow: more must be read first. */
  private cutRegex(regex: PosixRegex): string | undefined {
    if (this.at >= this.text.length) return undefined;
    const match = this.search(regex, this.at);
    if (!match || match.end === match.index || match.end === this.text.length) return undefined;
    const record = this.text.slice(this.at, match.index);
    this.at = match.end;
    return record;
  }

  /** Reads a chunk; a character cut in two waits for its rest. */
  private async more(): Promise<void> {
    const chunk = await this.read();
    this.ended = chunk.length === 0;
    let bytes = chunk;
    if (this.pending) {
      bytes = new Uint8Array(this.pending.length + chunk.length);
      bytes.set(this.pending);
      bytes.set(chunk, this.pending.length);
      this.pending = undefined;
    }
    if (this.codec.multibyte && !this.ended) {
      const whole = wholeCharacters(bytes);
      if (whole < bytes.length) this.pending = bytes.slice(whole);
      bytes = bytes.subarray(0, whole);
    }
    this.begun ||= this.at > 0;
    this.text = this.text.slice(this.at) + this.codec.decode(bytes);
    this.at = 0;
  }
}

/** Length of `bytes` without a UTF-8 sequence that is cut off at the end. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
