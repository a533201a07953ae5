/**
 * Records of one input: newline, another character, paragraphs (RS = "") or a regular expression (gawk).
 * `next` answers at once while text is at hand, and with a promise only when more must be read.
 */
import type { Awaitable } from '../../../subsystems/unix/sys.ts';
import type { PosixRegex } from '../lib/regex.ts';
import type { TextCodec } from '../lib/text.ts';

export type Separator =
  | { kind: 'char'; char: string }
  | { kind: 'paragraph' }
  | { kind: 'regex'; regex: PosixRegex };

const PARAGRAPH_END = /\n\n+/g;

export class RecordReader {
  private text = '';
  private at = 0;
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
    let rest = this.text.slice(this.at);
    this.at = this.text.length;
    if (separator.kind === 'paragraph') rest = rest.replace(/\n+$/, '');
    else if (separator.kind === 'regex') rest = this.lastByRegex(rest, separator.regex);
    return rest;
  }

  private lastByRegex(rest: string, regex: PosixRegex): string {
    const match = regex.exec(rest);
    if (match && match.end > match.index && match.end < rest.length) {
      this.at -= rest.length - match.end;
      return rest.slice(0, match.index);
    }
    return match && match.end > match.index ? rest.slice(0, match.index) : rest;
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

  /** A match that touches the end of the text might grow: more must be read first. */
  private cutRegex(regex: PosixRegex): string | undefined {
    if (this.at >= this.text.length) return undefined;
    const match = regex.exec(this.text, this.at);
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
