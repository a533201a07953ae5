/**
 * Lines as text, in batches: whole chunks are decoded at once, which is what makes text commands quick.
 * Lossless with the codecs of text.ts; latin1 is the codec of commands that work on bytes.
 */
import type { Awaitable } from '../../../subsystems/unix/sys.ts';
import { concat, type Output } from './io.ts';
import type { TextCodec } from './text.ts';

export interface TextBatch {
  lines: string[];
  /** The last line did not end in the delimiter (only in the last batch). */
  unterminated: boolean;
}

/** The complete lines of each chunk, without their delimiter ('\n' or '\0'). */
export async function* textBatches(
  chunks: AsyncIterable<Uint8Array>,
  codec: TextCodec,
  delimiter = '\n',
): AsyncGenerator<TextBatch, void, void> {
  const code = delimiter.charCodeAt(0);
  let rest: Uint8Array[] = [];
  for await (const chunk of chunks) {
    const last = chunk.lastIndexOf(code);
    if (last < 0) {
      rest.push(chunk);
      continue;
    }
    const complete = chunk.subarray(0, last);
    const text = codec.decode(rest.length === 0 ? complete : concat([...rest, complete]));
    rest = last + 1 < chunk.length ? [chunk.subarray(last + 1)] : [];
    yield { lines: text.split(delimiter), unterminated: false };
  }
  if (rest.length > 0) yield { lines: [codec.decode(concat(rest))], unterminated: true };
}

const SETTLE_CHARACTERS = 16384;

/**
 * Text into an Output through a codec. Call `settle` before anything else writes to the Output, and at the
 * end.
 */
export class TextOutput {
  readonly out: Output;
  private readonly codec: TextCodec;
  private text = '';

  constructor(out: Output, codec: TextCodec) {
    this.out = out;
    this.codec = codec;
  }

  put(text: string): void {
    this.text += text;
    if (this.text.length > SETTLE_CHARACTERS) this.settle();
  }

  settle(): void {
    if (this.text === '') return;
    this.out.put(this.codec.encode(this.text));
    this.text = '';
  }

  /** Writes when enough has come together. */
  drain(): Awaitable<void> {
    this.settle();
    if (this.out.full) return this.out.flush();
  }

  flush(): Awaitable<void> {
    this.settle();
    return this.out.flush();
  }
}
