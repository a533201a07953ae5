/**
 * The files and commands that an awk program reads and writes, open until close() or the end (POSIX awk,
 * "Input/Output").
 */
import { O } from '../../../subsystems/unix/constants.ts';
import { WaitStatus } from '../../../subsystems/unix/signals.ts';
import type { Awaitable, Fd, Pid, Sys } from '../../../subsystems/unix/sys.ts';
import { SysError } from '../lib/command.ts';
import { CHUNK_BYTES, Output } from '../lib/io.ts';
import { spawn, waitFor } from '../lib/spawn.ts';
import type { TextCodec } from '../lib/text.ts';
import { TextOutput } from '../lib/textio.ts';
import { RecordReader } from './reader.ts';

export type OutputKind = '>' | '>>' | '|';

interface OpenOutput {
  kind: OutputKind;
  out: TextOutput;
  fd: Fd;
  pid?: Pid;
}

interface OpenInput {
  reader: RecordReader;
  fd: Fd;
  pid?: Pid;
}

const SPECIAL: Readonly<Record<string, Fd>> = { '/dev/stdout': 1, '-': 1, '/dev/stderr': 2 };

/** Exit status of a finished command as awk gives it: 256 + signal when a signal ended it. */
function statusOf(status: number): number {
  return WaitStatus.isExited(status) ? WaitStatus.exitCode(status) : 256 + WaitStatus.termSignal(status);
}

export class Streams {
  readonly main: TextOutput;
  private readonly outputs = new Map<string, OpenOutput>();
  private readonly inputs = new Map<string, OpenInput>();
  private readonly sys: Sys;
  private readonly codec: TextCodec;

  constructor(sys: Sys, out: Output, codec: TextCodec) {
    this.sys = sys;
    this.codec = codec;
    this.main = new TextOutput(out, codec);
  }

  /** A reader of records from a descriptor; standard output is flushed before each wait. */
  readerOf(fd: Fd): RecordReader {
    return new RecordReader(async () => {
      await this.main.flush();
      return this.sys.read(fd, CHUNK_BYTES);
    }, this.codec);
  }

  private async start(command: string, dup: readonly (readonly [Fd, Fd])[]): Promise<Pid> {
    await this.flushAll();
    return spawn(this.sys, { name: 'awk', argv: ['sh', '-c', command], dup });
  }

  /** print > to, >> to, | to. Throws SysError when it cannot be opened. */
  write(kind: OutputKind, to: string, text: string): Awaitable<void> {
    const open = this.outputs.get(to);
    if (!open) return this.openThenWrite(kind, to, text);
    open.out.put(text);
    if (open.out.out.full || open.fd === 2) return open.out.flush();
  }

  private async openThenWrite(kind: OutputKind, to: string, text: string): Promise<void> {
    const opened = await this.openOutput(kind, to);
    this.outputs.set(to, opened);
    opened.out.put(text);
    if (opened.fd === 2) await opened.out.flush();
  }

  private async openOutput(kind: OutputKind, to: string): Promise<OpenOutput> {
    if (kind === '|') {
      const [read, write] = await this.sys.pipe(O.CLOEXEC);
      const pid = await this.start(to, [[read, 0]]);
      await this.sys.close(read);
      return { kind, out: new TextOutput(new Output(this.sys, write), this.codec), fd: write, pid };
    }
    const special = SPECIAL[to];
    if (special === 1) return { kind, out: this.main, fd: 1 };
    if (special !== undefined)
      return { kind, out: new TextOutput(new Output(this.sys, special), this.codec), fd: special };
    const flags = O.WRONLY | O.CREAT | O.CLOEXEC | (kind === '>' ? O.TRUNC : O.APPEND);
    const fd = await this.sys.open(to, flags, 0o666);
    return { kind, out: new TextOutput(new Output(this.sys, fd), this.codec), fd };
  }

  /** The reader of `getline < name` or `name | getline`; undefined when the file cannot be opened. */
  async input(from: 'file' | 'command', name: string): Promise<RecordReader | undefined> {
    const key = `${from}:${name}`;
    const open = this.inputs.get(key);
    if (open) return open.reader;
    if (from === 'command') {
      const [read, write] = await this.sys.pipe(O.CLOEXEC);
      const pid = await this.start(name, [[write, 1]]);
      await this.sys.close(write);
      const reader = this.readerOf(read);
      this.inputs.set(key, { reader, fd: read, pid });
      return reader;
    }
    try {
      const fd = name === '-' || name === '/dev/stdin' ? 0 : await this.sys.open(name, O.RDONLY | O.CLOEXEC);
      const reader = this.readerOf(fd);
      this.inputs.set(key, { reader, fd });
      return reader;
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      return undefined;
    }
  }

  /** An input that is already open, without waiting. */
  opened(from: 'file' | 'command', name: string): RecordReader | undefined {
    return this.inputs.get(`${from}:${name}`)?.reader;
  }

  /** close(name): 0, the status of a command, or -1 when nothing of that name is open. */
  async close(name: string): Promise<number> {
    let status = -1;
    const output = this.outputs.get(name);
    if (output) {
      this.outputs.delete(name);
      status = await this.closeOutput(output);
    }
    for (const key of [`file:${name}`, `command:${name}`]) {
      const input = this.inputs.get(key);
      if (!input) continue;
      this.inputs.delete(key);
      if (input.fd > 0) await this.sys.close(input.fd);
      status = input.pid === undefined ? 0 : statusOf((await waitFor(this.sys, input.pid)).status);
    }
    return status;
  }

  private async closeOutput(output: OpenOutput): Promise<number> {
    await output.out.flush();
    if (output.fd > 2) await this.sys.close(output.fd);
    if (output.pid === undefined) return 0;
    await this.main.flush();
    return statusOf((await waitFor(this.sys, output.pid)).status);
  }

  /** fflush(name): 0, or -1 when nothing of that name is open. */
  async flush(name: string): Promise<number> {
    const output = this.outputs.get(name);
    if (!output) return -1;
    await output.out.flush();
    return 0;
  }

  async flushAll(): Promise<void> {
    await this.main.flush();
    for (const { out } of this.outputs.values()) await out.flush();
  }

  async system(command: string): Promise<number> {
    const pid = await this.start(command, []);
    return statusOf((await waitFor(this.sys, pid)).status);
  }

  async closeAll(): Promise<void> {
    await this.main.flush();
    for (const output of this.outputs.values()) await this.closeOutput(output);
    for (const { fd, pid } of this.inputs.values()) {
      if (fd > 0) await this.sys.close(fd);
      if (pid !== undefined) await waitFor(this.sys, pid);
    }
  }
}
