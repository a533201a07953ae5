/**
 * Byte streams of the commands: a buffered Output and streaming readers.
 *
 * Invariants: nothing here holds a whole input; bytes stay bytes (a line becomes a string only when asked
 * for); an Output keeps the order of what is put into it, writes at most when it passes FLUSH_BYTES, when
 * told, and at the end. A failed write is an OutputError, so that it is told from a failed read.
 */
import { isDirectory, O } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Awaitable, Fd, Sys } from '../../../subsystems/unix/sys.ts';
import { quoteFile } from './quote.ts';

/** Bytes per read and per write: as much as a pipe holds. */
export const CHUNK_BYTES = 65536;
const FLUSH_BYTES = 65536;
/**
 * Longest line that the line readers keep; beyond it reading fails with ENOMEM instead of eating the
 * machine.
 */
const LINE_LIMIT_BYTES = 512 * 1024 * 1024;
const NEWLINE = 10;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export const encode = (text: string): Uint8Array => encoder.encode(text);
export const decode = (bytes: Uint8Array): string => decoder.decode(bytes);

/** A write that failed; `cause` is the SysError. */
export class OutputError extends Error {
  override readonly cause: SysError;
  constructor(cause: SysError) {
    super(cause.message);
    this.cause = cause;
  }
}

/** Joins chunks; a single one is returned as it is. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Buffered output to a descriptor. `put` only collects; `write` collects and flushes when enough has come
 * together.
 */
export class Output {
  private readonly sys: Sys;
  readonly fd: Fd;
  private text = '';
  private buffer: Uint8Array = new Uint8Array(0);
  private used = 0;
  private tty: boolean | undefined;

  constructor(sys: Sys, fd: Fd) {
    this.sys = sys;
    this.fd = fd;
  }

  /** True when it is time to `await flush()`, for loops that use `put`. */
  get full(): boolean {
    return this.used + this.text.length >= FLUSH_BYTES;
  }

  get isEmpty(): boolean {
    return this.used === 0 && this.text === '';
  }

  /** Adds text or bytes (copied); never writes. */
  put(data: string | Uint8Array): void {
    if (typeof data === 'string') {
      this.text += data;
      return;
    }
    if (this.text !== '') this.settle();
    this.append(data);
  }

  /** Adds text or bytes and writes when the buffer is full. Big arrays are passed on without a copy. */
  write(data: string | Uint8Array): Awaitable<void> {
    if (typeof data !== 'string' && data.length >= FLUSH_BYTES) return this.writeThrough(data);
    this.put(data);
    if (this.used + this.text.length >= FLUSH_BYTES) return this.flush();
  }

  /** Text plus newline. */
  line(text: string): Awaitable<void> {
    return this.write(`${text}\n`);
  }

  flush(): Awaitable<void> {
    if (this.text !== '') this.settle();
    if (this.used === 0) return;
    const bytes = this.buffer.subarray(0, this.used);
    this.used = 0;
    return this.emit(bytes);
  }

  /** Before a wait for input: what a person at a terminal must see first. Pipes and files stay buffered. */
  async flushIfTty(): Promise<void> {
    if (this.isEmpty) return;
    this.tty ??= await this.sys.isatty(this.fd);
    if (this.tty) await this.flush();
  }

  /** Writes bytes at once, after what is buffered: for programs whose original does not buffer (cat, tee). */
  async writeThrough(data: Uint8Array): Promise<void> {
    await this.flush();
    if (data.length > 0) await this.emit(data);
  }

  private settle(): void {
    const bytes = encoder.encode(this.text);
    this.text = '';
    this.append(bytes);
  }

  private append(data: Uint8Array): void {
    const need = this.used + data.length;
    if (need > this.buffer.length) {
      const grown = new Uint8Array(Math.max(need, this.buffer.length * 2, 1024));
      grown.set(this.buffer.subarray(0, this.used));
      this.buffer = grown;
    }
    this.buffer.set(data, this.used);
    this.used = need;
  }

  private async emit(bytes: Uint8Array): Promise<void> {
    try {
      await this.sys.write(this.fd, bytes);
    } catch (error) {
      if (error instanceof SysError) throw new OutputError(error);
      throw error;
    }
  }
}

/** Reads a descriptor to its end in chunks. `before` runs ahead of each read (flush for terminals). */
export async function* readChunks(
  sys: Sys,
  fd: Fd,
  before?: () => Awaitable<void>,
): AsyncGenerator<Uint8Array, void, void> {
  for (;;) {
    if (before) await before();
    const chunk = await sys.read(fd, CHUNK_BYTES);
    if (chunk.length === 0) return;
    yield chunk;
  }
}

/**
 * Cuts chunks into batches of lines: each array holds the complete lines of one chunk (without the
 * delimiter).
 * Batches keep the cost of async iteration away from single lines. `unterminated` of the last batch tells
 * that
 * the input did not end in the delimiter.
 */
export interface LineBatch {
  lines: Uint8Array[];
  unterminated: boolean;
}

export async function* lineBatches(
  chunks: AsyncIterable<Uint8Array>,
  delimiter = NEWLINE,
): AsyncGenerator<LineBatch, void, void> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for await (const chunk of chunks) {
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end = chunk.indexOf(delimiter); end >= 0; end = chunk.indexOf(delimiter, start)) {
      const piece = chunk.subarray(start, end);
      if (rest.length > 0) {
        rest.push(piece);
        lines.push(concat(rest));
        rest = [];
        restBytes = 0;
      } else lines.push(piece);
      start = end + 1;
    }
    if (start < chunk.length) {
      rest.push(chunk.subarray(start));
      restBytes += chunk.length - start;
      if (restBytes > LINE_LIMIT_BYTES) throw new SysError('ENOMEM');
    }
    if (lines.length > 0) yield { lines, unterminated: false };
  }
  if (rest.length > 0) yield { lines: [concat(rest)], unterminated: true };
}

/** Lines as bytes, one by one, without the delimiter. */
export async function* byteLines(
  chunks: AsyncIterable<Uint8Array>,
  delimiter = NEWLINE,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const batch of lineBatches(chunks, delimiter)) yield* batch.lines;
}

/** Lines as text (UTF-8), one by one, without the delimiter. */
export async function* textLines(
  chunks: AsyncIterable<Uint8Array>,
  delimiter = NEWLINE,
): AsyncGenerator<string, void, void> {
  for await (const batch of lineBatches(chunks, delimiter)) {
    for (const line of batch.lines) yield decoder.decode(line);
  }
}

/** The whole rest of a descriptor: only for commands whose meaning needs all of it. */
export async function readAll(sys: Sys, fd: Fd): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of readChunks(sys, fd)) parts.push(chunk);
  return concat(parts);
}

/** A small file (as those in /proc and /etc) as text. Throws SysError. */
export async function readTextFile(sys: Sys, path: string): Promise<string> {
  const fd = await sys.open(path, O.RDONLY);
  try {
    return decode(await readAll(sys, fd));
  } finally {
    await sys.close(fd);
  }
}

/** One input of a command: an operand, opened. */
export interface Input {
  /** The operand as given ('-' for standard input). */
  name: string;
  fd: Fd;
  isStdin: boolean;
  chunks: AsyncIterable<Uint8Array>;
}

export interface InputSource {
  readonly sys: Sys;
  readonly out: Output;
  error(text: string): Awaitable<void>;
  /** What the message about a file that cannot be opened (read) begins with, when not with its name. */
  openError?(name: string): string;
  readError?(name: string): string;
}

/**
 * Runs `work` on every operand in turn ('-', or no operand at all, is standard input). An operand that
 * cannot be
 * opened or read is reported as `NAME: FILE: reason` and the next one is taken; the exit status becomes 1.
 * A directory is reported as EISDIR, as its first read would.
 */
export async function forEachInput(
  ctx: InputSource,
  operands: readonly string[],
  work: (input: Input) => Awaitable<void>,
): Promise<void> {
  for (const name of operands.length > 0 ? operands : ['-']) {
    const isStdin = name === '-';
    let fd = 0;
    try {
      if (!isStdin) fd = await ctx.sys.open(name, O.RDONLY);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await ctx.error(`${ctx.openError?.(name) ?? quoteFile(name)}: ${error.message}`);
      continue;
    }
    try {
      if (isDirectory((await ctx.sys.fstat(fd)).mode)) throw new SysError('EISDIR');
      await work({ name, fd, isStdin, chunks: readChunks(ctx.sys, fd, () => ctx.out.flushIfTty()) });
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await ctx.error(`${ctx.readError?.(name) ?? quoteFile(name)}: ${error.message}`);
    }
    if (!isStdin) await ctx.sys.close(fd);
  }
}
