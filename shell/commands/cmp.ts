/**
 * cmp: compares two files byte by byte (POSIX cmp; GNU -b -i -n). Exit status 0 same, 1 different, 2
 * trouble.
 */
import { O } from '../../subsystems/unix/constants.ts';
import { type Context, command, Fatal } from './lib/command.ts';
import { CHUNK_BYTES, encode } from './lib/io.ts';
import { quote } from './lib/quote.ts';
import { parseSize } from './lib/size.ts';

const OPTIONS = {
  print: { short: 'b', long: 'print-bytes', help: 'print differing bytes' },
  skip: {
    short: 'i',
    long: 'ignore-initial',
    arg: 'SKIP',
    help: 'skip first SKIP bytes of both inputs (SKIP1:SKIP2)',
  },
  verbose: { short: 'l', long: 'verbose', help: 'output byte numbers and differing byte values' },
  limit: { short: 'n', long: 'bytes', arg: 'LIMIT', help: 'compare at most LIMIT bytes' },
  silent: { short: 's', long: ['quiet', 'silent'], help: 'suppress all normal output' },
} as const;

type Ctx = Context<typeof OPTIONS>;

/** A file read in pieces that are asked for by length. */
class Side {
  readonly name: string;
  private readonly ctx: Ctx;
  private readonly fd: number;
  private rest: Uint8Array = new Uint8Array(0);
  ended = false;

  constructor(ctx: Ctx, name: string, fd: number) {
    this.ctx = ctx;
    this.name = name;
    this.fd = fd;
  }

  async peek(): Promise<Uint8Array> {
    if (this.rest.length === 0 && !this.ended) {
      this.rest = await this.ctx.sys.read(this.fd, CHUNK_BYTES);
      this.ended = this.rest.length === 0;
    }
    return this.rest;
  }

  take(bytes: number): void {
    this.rest = this.rest.subarray(bytes);
  }

  async skip(bytes: number): Promise<void> {
    for (let left = bytes; left > 0; ) {
      const { length } = await this.peek();
      if (length === 0) return;
      this.take(Math.min(length, left));
      left -= Math.min(length, left);
    }
  }
}

function sizeOption(text: string, what: string): number {
  const size = parseSize(text);
  if (size === undefined)
    throw new Fatal(`invalid ${what} value ${quote(text)}\ncmp: Try 'cmp --help' for more information.`, 2);
  return size;
}

function shown(byte: number): string {
  const meta = byte >= 128 ? 'M-' : '';
  const low = byte & 127;
  return (
    meta + (low < 32 ? `^${String.fromCharCode(low + 64)}` : low === 127 ? '^?' : String.fromCharCode(low))
  );
}

class Comparison {
  private offset = 1;
  private line = 1;
  private differs = false;
  private last = 10;
  private readonly ctx: Ctx;

  constructor(ctx: Ctx) {
    this.ctx = ctx;
  }

  async run(a: Side, b: Side, limit: number): Promise<number> {
    for (let left = limit; left > 0; ) {
      const [x, y] = [await a.peek(), await b.peek()];
      const length = Math.min(x.length, y.length, left);
      if (length === 0) return this.atEnd(a, b, x.length, y.length);
      if (this.compare(a, b, x.subarray(0, length), y.subarray(0, length)) && !this.ctx.options.verbose)
        return 1;
      a.take(length);
      b.take(length);
      left -= length;
      await (this.ctx.out.full ? this.ctx.out.flush() : undefined);
    }
    return this.differs ? 1 : 0;
  }

  /** True when a difference was found. */
  private compare(a: Side, b: Side, x: Uint8Array, y: Uint8Array): boolean {
    const { verbose, silent, print } = this.ctx.options;
    for (let i = 0; i < x.length; i += 1) {
      const [p, q] = [x[i] ?? 0, y[i] ?? 0];
      if (p !== q) {
        this.differs = true;
        if (silent) return true;
        if (!verbose) {
          const bytes = print ? ` is ${octal(p)} ${shown(p)} ${octal(q)} ${shown(q)}` : '';
          this.ctx.out.put(`${a.name} ${b.name} differ: byte ${this.offset}, line ${this.line}${bytes}\n`);
          return true;
        }
        const text = print
          ? `${octal(p)} ${shown(p).padEnd(4)} ${octal(q)} ${shown(q)}`
          : `${octal(p)} ${octal(q)}`;
        this.ctx.out.put(`${String(this.offset).padStart(this.width)} ${text}\n`);
      }
      this.offset += 1;
      if (p === 10) this.line += 1;
      this.last = p;
    }
    return this.differs;
  }

  /** Columns of the byte numbers of -l. */
  width = 1;

  private async atEnd(a: Side, b: Side, x: number, y: number): Promise<number> {
    if (x === y) return this.differs ? 1 : 0;
    if (this.ctx.options.silent) return 1;
    const shorter = x < y ? a : b;
    const bytes = this.offset - 1;
    await this.ctx.out.flush();
    const lines = this.last === 10 ? `line ${this.line - 1}` : `in line ${this.line}`;
    const where =
      bytes === 0
        ? ' which is empty'
        : this.ctx.options.verbose
          ? ` after byte ${bytes}`
          : ` after byte ${bytes}, ${lines}`;
    await this.ctx.sys.write(2, encode(`cmp: EOF on ${shorter.name}${where}\n`));
    return 1;
  }
}

const octal = (byte: number): string => byte.toString(8).padStart(3);

export default command(
  {
    name: 'cmp',
    usage: '[OPTION]... FILE1 [FILE2 [SKIP1 [SKIP2]]]',
    summary: 'Compare two files byte by byte.',
    options: OPTIONS,
    usageStatus: 2,
    failStatus: 2,
  },
  async (ctx) => {
    const [first, second = '-', skip1, skip2] = ctx.operands;
    if (first === undefined)
      throw new Fatal("missing operand after 'cmp'\ncmp: Try 'cmp --help' for more information.");
    const [initial1, initial2 = initial1] = (ctx.options.skip ?? '0').split(':');
    const sides: Side[] = [];
    for (const name of [first, second]) {
      const fd =
        name === '-'
          ? 0
          : await ctx.attempt(
              () => name,
              () => ctx.sys.open(name, O.RDONLY),
            );
      if (fd === undefined) return 2;
      sides.push(new Side(ctx, name, fd));
    }
    const [a, b] = sides as [Side, Side];
    await a.skip(sizeOption(skip1 ?? initial1 ?? '0', '--ignore-initial'));
    await b.skip(sizeOption(skip2 ?? initial2 ?? '0', '--ignore-initial'));
    const comparison = new Comparison(ctx);
    const limit = ctx.options.limit === undefined ? Infinity : sizeOption(ctx.options.limit, '--bytes');
    if (ctx.options.verbose && first !== '-' && second !== '-') {
      const [x, y] = [await ctx.sys.stat(first), await ctx.sys.stat(second)];
      comparison.width = String(Math.min(limit, x.size, y.size)).length;
    }
    return comparison.run(a, b, limit);
  },
);
