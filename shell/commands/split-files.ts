/** The output files of split: their names, and the commands of --filter in their place. */
import { O } from '../../subsystems/unix/constants.ts';
import { Sig, signalName, WaitStatus } from '../../subsystems/unix/signals.ts';
import type { Awaitable, Fd, Pid } from '../../subsystems/unix/sys.ts';
import { type Context, Fatal, SysError } from './lib/command.ts';
import { Output, OutputError } from './lib/io.ts';
import { quote, quoteName } from './lib/quote.ts';
import { spawn, waitFor } from './lib/spawn.ts';

export const OPTIONS = {
  length: { short: 'a', long: 'suffix-length', arg: 'N', help: 'generate suffixes of length N (default 2)' },
  additional: { long: 'additional-suffix', arg: 'SUFFIX', help: 'append an additional SUFFIX to file names' },
  bytes: { short: 'b', long: 'bytes', arg: 'SIZE', help: 'put SIZE bytes per output file' },
  lineBytes: {
    short: 'C',
    long: 'line-bytes',
    arg: 'SIZE',
    help: 'put at most SIZE bytes of records per output file',
  },
  numericShort: { short: 'd', help: 'use numeric suffixes starting at 0, not alphabetic' },
  numeric: {
    long: 'numeric-suffixes',
    arg: 'FROM',
    optional: true,
    help: 'same as -d, but allow setting the start value',
  },
  hexShort: { short: 'x', help: 'use hex suffixes starting at 0, not alphabetic' },
  hex: {
    long: 'hex-suffixes',
    arg: 'FROM',
    optional: true,
    help: 'same as -x, but allow setting the start value',
  },
  elide: { short: 'e', long: 'elide-empty-files', help: "do not generate empty output files with '-n'" },
  filter: { long: 'filter', arg: 'COMMAND', help: 'write to shell COMMAND; file name is $FILE' },
  lines: { short: 'l', long: 'lines', arg: 'NUMBER', help: 'put NUMBER lines/records per output file' },
  chunks: {
    short: 'n',
    long: 'number',
    arg: 'CHUNKS',
    help: 'generate CHUNKS output files: N, l/N, r/N, K/N',
  },
  separator: {
    short: 't',
    long: 'separator',
    arg: 'SEP',
    help: 'use SEP instead of newline as the record separator',
  },
  verbose: { long: 'verbose', help: 'print a diagnostic just before each output file is opened' },
} as const;

export type Split = Context<typeof OPTIONS>;

/** One output file, or the pipe to the command of --filter. */
export class Piece {
  private readonly ctx: Split;
  private readonly name: string;
  private readonly pid: Pid | undefined;
  private readonly out: Output;
  /** The filter stopped reading: the rest of its piece is dropped. */
  private deaf = false;

  constructor(ctx: Split, fd: Fd, name: string, pid: Pid | undefined) {
    this.ctx = ctx;
    this.name = name;
    this.pid = pid;
    this.out = new Output(ctx.sys, fd);
  }

  /** True when it is time to `flush`, for loops that use `put`. */
  get full(): boolean {
    return this.out.full;
  }

  put(data: Uint8Array): void {
    this.out.put(data);
  }

  async flush(): Promise<void> {
    await this.tolerating(() => this.out.flush());
  }

  async write(data: Uint8Array): Promise<void> {
    await this.tolerating(() => this.out.write(data));
  }

  async close(): Promise<void> {
    const { sys } = this.ctx;
    await this.flush();
    await sys.close(this.out.fd);
    if (this.pid === undefined) return;
    const { status } = await waitFor(sys, this.pid);
    const code = WaitStatus.shellCode(status);
    const signal = WaitStatus.termSignal(status);
    if (code === 0 || signal === Sig.PIPE) return;
    const what = signal === 0 ? `exit ${code}` : `signal ${signalName(signal)}`;
    throw new Fatal(`with FILE=${this.name}, ${what} from command: ${this.ctx.options.filter}`, code);
  }

  private async tolerating(work: () => Awaitable<void>): Promise<void> {
    if (this.deaf) return;
    try {
      await work();
    } catch (error) {
      if (this.pid === undefined || !(error instanceof OutputError) || error.cause.code !== 'EPIPE')
        throw error;
      this.deaf = true;
    }
  }
}

/** Names of the output files, one after another. */
export class Files {
  private readonly ctx: Split;
  private readonly prefix: string;
  private readonly digits: string;
  private readonly grows: boolean;
  private length: number;
  private index: number;
  /** Times that the suffixes grew: each put one more last digit in front. */
  private widened = 0;

  constructor(ctx: Split, prefix: string, count: number | undefined) {
    const { options: o } = ctx;
    this.ctx = ctx;
    this.prefix = prefix;
    const hex = o.hexShort || o.hex !== undefined;
    const numeric = o.numericShort || o.numeric !== undefined;
    this.digits = hex ? '0123456789abcdef' : numeric ? '0123456789' : 'abcdefghijklmnopqrstuvwxyz';
    const from = typeof o.numeric === 'string' ? o.numeric : typeof o.hex === 'string' ? o.hex : '';
    this.index = from === '' ? 0 : Number.parseInt(from, hex ? 16 : 10);
    if (o.length !== undefined && !/^\d+$/.test(o.length))
      throw new Fatal(`invalid suffix length: ${quote(o.length)}`);
    const needed =
      count === undefined ? 2 : Math.max(2, Math.ceil(Math.log(count) / Math.log(this.digits.length) - 1e-9));
    this.length = Number(o.length ?? 0) || Math.max(needed, from.length);
    this.grows = !Number(o.length ?? 0) && count === undefined && from === '';
  }

  private name(): string {
    const base = this.digits.length;
    // Suffixes grow before the last letter is used up: xyz, xzaaa.
    const limit = this.grows ? base ** (this.length - 1) * (base - 1) : base ** this.length;
    if (this.index >= limit) {
      if (!this.grows) throw new Fatal('output file suffixes exhausted');
      this.index -= limit;
      this.length++;
      this.widened++;
    }
    let suffix = '';
    for (let rest = this.index, i = 0; i < this.length; i++, rest = Math.floor(rest / base))
      suffix = this.digits[rest % base] + suffix;
    this.index++;
    return (
      this.prefix + this.digits.at(-1)!.repeat(this.widened) + suffix + (this.ctx.options.additional ?? '')
    );
  }

  async next(): Promise<Piece> {
    const name = this.name();
    const { options, out } = this.ctx;
    if (options.verbose) await out.line(`creating file ${quoteName(name)}`);
    if (options.filter !== undefined) return this.filtered(name, options.filter);
    try {
      const fd = await this.ctx.sys.open(name, O.WRONLY | O.CREAT | O.TRUNC, 0o666);
      return new Piece(this.ctx, fd, name, undefined);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new Fatal(`${name}: ${error.message}`);
    }
  }

  /** A piece that goes to the shell command of --filter, which finds its name in $FILE. */
  private async filtered(name: string, filter: string): Promise<Piece> {
    const { sys } = this.ctx;
    await this.ctx.out.flush();
    sys.sigaction(Sig.PIPE, { disposition: 'ignore' });
    const [from, to] = await sys.pipe();
    const pid = await spawn(sys, {
      name: 'split',
      argv: ['/bin/sh', '-c', filter],
      env: { ...sys.env, FILE: name },
      dup: [[from, 0]],
      close: [from, to],
      defaultSignals: [Sig.PIPE],
    });
    await sys.close(from);
    return new Piece(this.ctx, to, name, pid);
  }

  async close(piece: Piece | undefined): Promise<void> {
    await piece?.close();
  }
}
