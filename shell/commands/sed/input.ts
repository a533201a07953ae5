/**
 * The input of sed: the lines of all files as one stream, or file by file with -s and -i. A line is
 * looked ahead for
 * only when that is asked (`$`), so that a terminal is not read further than needed.
 */
import { isDirectory, O } from '../../../subsystems/unix/constants.ts';
import type { Awaitable, Sys } from '../../../subsystems/unix/sys.ts';
import { SysError } from '../lib/command.ts';
import { readChunks } from '../lib/io.ts';
import type { TextCodec } from '../lib/text.ts';
import { type TextBatch, textBatches } from '../lib/textio.ts';

export interface InputEvents {
  cannotRead(name: string, reason: string): Awaitable<void>;
  /** A file begins; its descriptor is open. */
  begin(name: string, fd: number): Awaitable<void>;
  /** A file has been read to its end. */
  end(name: string): Awaitable<void>;
  /** Before each read. */
  wait(): Awaitable<void>;
}

export class SedInput {
  /** Number of the current line. */
  line = 0;
  /** The current line ended in a newline. */
  terminated = true;
  name = '-';
  private batch: string[] = [];
  private at = 0;
  private unterminated = false;
  private batches: AsyncGenerator<TextBatch, void, void> | undefined;
  private fd = -1;
  private readonly names: string[];
  private readonly sys: Sys;
  private readonly codec: TextCodec;
  private readonly events: InputEvents;
  private readonly delimiter: string;
  private readonly separate: boolean;

  constructor(
    sys: Sys,
    names: readonly string[],
    codec: TextCodec,
    options: { delimiter: string; separate: boolean },
    events: InputEvents,
  ) {
    this.sys = sys;
    this.names = [...names];
    this.codec = codec;
    this.delimiter = options.delimiter;
    this.separate = options.separate;
    this.events = events;
  }

  /** A line is at hand without waiting. */
  get ready(): boolean {
    return this.at < this.batch.length;
  }

  /** The next line; call only when `ready` or after `fill` said so. */
  take(): string {
    const text = this.batch[this.at] ?? '';
    this.at += 1;
    this.line += 1;
    this.terminated = !(this.unterminated && this.at === this.batch.length);
    return text;
  }

  /** Makes the next line ready; false at the end of all input. */
  async fill(): Promise<boolean> {
    while (!this.ready) {
      if (!this.batches && !(await this.openNext())) return false;
      await this.refill();
    }
    return true;
  }

  /** Whether the current line is the last one: of the input, or of its file with -s. */
  async isLast(): Promise<boolean> {
    if (this.ready) return false;
    if (this.batches) await this.refill();
    if (this.ready) return false;
    if (this.separate) return true;
    return !(await this.fill());
  }

  private async refill(): Promise<void> {
    const result = await this.batches?.next();
    if (result && !result.done) {
      this.batch = result.value.lines;
      this.unterminated = result.value.unterminated;
      this.at = 0;
      return;
    }
    this.batches = undefined;
    if (!this.separate) await this.finishFile();
  }

  private async finishFile(): Promise<void> {
    if (this.fd > 0) await this.sys.close(this.fd);
    if (this.fd >= 0) await this.events.end(this.name);
    this.fd = -1;
  }

  /**
   * With -s and -i the file's end is told only when the next one is asked for: its last line is still being
   * worked on.
   */
  private async openNext(): Promise<boolean> {
    await this.finishFile();
    for (let name = this.names.shift(); name !== undefined; name = this.names.shift()) {
      try {
        const fd = name === '-' ? 0 : await this.sys.open(name, O.RDONLY);
        if (isDirectory((await this.sys.fstat(fd)).mode)) throw new SysError('EISDIR');
        await this.events.begin(name, fd);
        this.fd = fd;
        this.name = name;
        if (this.separate) this.line = 0;
        this.batches = textBatches(this.guarded(name, fd), this.codec, this.delimiter);
        return true;
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        await this.events.cannotRead(name, error.message);
      }
    }
    return false;
  }

  private async *guarded(name: string, fd: number): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* readChunks(this.sys, fd, () => this.events.wait());
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await this.events.cannotRead(name, error.message);
    }
  }

  async close(): Promise<void> {
    await this.finishFile();
  }
}
