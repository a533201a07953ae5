/**
 * Where sed writes: standard output (or the file edited in place), the files of w, and what r, R and e read.
 */
import { O } from '../../../subsystems/unix/constants.ts';
import type { Awaitable, Sys } from '../../../subsystems/unix/sys.ts';
import { Fatal, SysError } from '../lib/command.ts';
import { Output, readAll, readChunks } from '../lib/io.ts';
import { spawn, waitFor } from '../lib/spawn.ts';
import type { TextCodec } from '../lib/text.ts';
import { TextOutput, textBatches } from '../lib/textio.ts';

/** One destination. A last line without newline stays so, unless something follows. */
export class SedOutput {
  readonly out: TextOutput;
  private readonly delimiter: string;
  private missing = false;

  constructor(out: TextOutput, delimiter: string) {
    this.out = out;
    this.delimiter = delimiter;
  }

  line(text: string, terminated: boolean): void {
    if (this.missing) this.out.put(this.delimiter);
    this.missing = !terminated;
    this.out.put(terminated ? text + this.delimiter : text);
  }

  /** Text that brings its own newline. */
  text(text: string): void {
    if (this.missing) this.out.put(this.delimiter);
    this.missing = false;
    this.out.put(text);
  }

  bytes(data: Uint8Array): Awaitable<void> {
    if (this.missing) this.out.put(this.delimiter);
    this.missing = false;
    this.out.settle();
    return this.out.out.write(data);
  }
}

export class SedOutputs {
  /** Standard output, or the new file of -i. */
  main: SedOutput;
  private readonly standard: SedOutput;
  private readonly files = new Map<string, SedOutput>();
  private readonly lineReaders = new Map<string, AsyncGenerator<string, void, void>>();
  private readonly sys: Sys;
  private readonly codec: TextCodec;
  private readonly delimiter: string;

  constructor(sys: Sys, out: Output, codec: TextCodec, delimiter: string) {
    this.sys = sys;
    this.codec = codec;
    this.delimiter = delimiter;
    this.standard = this.outputTo(out);
    this.main = this.standard;
  }

  private outputTo(out: Output): SedOutput {
    return new SedOutput(new TextOutput(out, this.codec), this.delimiter);
  }

  get full(): boolean {
    return this.main.out.out.full;
  }

  async drain(now: boolean): Promise<void> {
    await (now ? this.main.out.flush() : this.main.out.drain());
    for (const file of this.files.values()) await (now ? file.out.flush() : file.out.drain());
  }

  /** Before a wait for input. */
  async settle(): Promise<void> {
    this.main.out.settle();
    await this.main.out.out.flushIfTty();
  }

  async finish(): Promise<void> {
    await this.standard.out.flush();
    for (const file of this.files.values()) await file.out.flush();
  }

  redirect(fd: number): void {
    this.main = this.outputTo(new Output(this.sys, fd));
  }

  async restore(): Promise<void> {
    await this.main.out.flush();
    this.main = this.standard;
  }

  /** The file of a w; /dev/stdout is where everything else goes. */
  async named(name: string): Promise<SedOutput> {
    if (name === '/dev/stdout') return this.main;
    const known = this.files.get(name);
    if (known) return known;
    try {
      const fd = name === '/dev/stderr' ? 2 : await this.sys.open(name, O.WRONLY | O.CREAT | O.TRUNC, 0o666);
      const file = this.outputTo(new Output(this.sys, fd));
      this.files.set(name, file);
      return file;
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new Fatal(`couldn't open file ${name}: ${error.message}`, 4);
    }
  }

  /** r: the whole file; one that cannot be read is as an empty one. */
  async copyFile(name: string): Promise<void> {
    for (const file of this.files.values()) await file.out.flush();
    try {
      const fd = name === '/dev/stdin' ? 0 : await this.sys.open(name, O.RDONLY);
      for await (const chunk of readChunks(this.sys, fd)) await this.main.bytes(chunk);
      if (fd !== 0) await this.sys.close(fd);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
    }
  }

  /** R: the file's next line. */
  async copyLine(name: string): Promise<void> {
    let reader = this.lineReaders.get(name);
    if (!reader) {
      reader = this.linesOf(name);
      this.lineReaders.set(name, reader);
    }
    const { value } = await reader.next();
    if (typeof value === 'string') this.main.line(value, true);
  }

  private async *linesOf(name: string): AsyncGenerator<string, void, void> {
    try {
      const fd = name === '/dev/stdin' ? 0 : await this.sys.open(name, O.RDONLY);
      for await (const { lines } of textBatches(readChunks(this.sys, fd), this.codec, this.delimiter))
        yield* lines;
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
    }
  }

  /** The output of a shell command (e). */
  async run(command: string): Promise<string> {
    await this.drain(true);
    const [read, write] = await this.sys.pipe();
    const pid = await spawn(this.sys, {
      name: 'sed',
      argv: ['sh', '-c', command],
      dup: [[write, 1]],
      close: [read, write],
    });
    await this.sys.close(write);
    const bytes = await readAll(this.sys, read);
    await this.sys.close(read);
    await waitFor(this.sys, pid);
    return this.codec.decode(bytes);
  }
}
