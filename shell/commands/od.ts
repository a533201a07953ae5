/**
 * od: dumps bytes in octal and other formats (POSIX od; GNU's -t types with widths, -A -j -N -v -w -S is not
 * included).
 */

import { O } from '../../subsystems/unix/constants.ts';
import { type Context, command, Fatal, SysError } from './lib/command.ts';
import { concat, readChunks } from './lib/io.ts';
import { quote } from './lib/quote.ts';
import { parseSize } from './lib/size.ts';
import { type OdType, parseTypes } from './od-types.ts';

const OPTIONS = {
  radix: {
    short: 'A',
    long: 'address-radix',
    arg: 'RADIX',
    help: 'output format for file offsets; RADIX is one of [doxn], for Decimal, Octal, Hex or None',
  },
  skip: { short: 'j', long: 'skip-bytes', arg: 'BYTES', help: 'skip BYTES input bytes first' },
  limit: { short: 'N', long: 'read-bytes', arg: 'BYTES', help: 'limit dump to BYTES input bytes' },
  type: { short: 't', long: 'format', arg: 'TYPE', many: true, help: 'select output format or formats' },
  verbose: { short: 'v', long: 'output-duplicates', help: 'do not use * to mark line suppression' },
  width: {
    short: 'w',
    long: 'width',
    arg: 'BYTES',
    optional: true,
    help: 'output BYTES bytes per output line; 32 is implied when BYTES is not specified',
  },
  endian: {
    long: 'endian',
    arg: 'ORDER',
    help: "swap input bytes according the specified order: 'big' or 'little'",
  },
  a: { short: 'a', help: 'same as -t a,  select named characters, ignoring high-order bit' },
  b: { short: 'b', help: 'same as -t o1, select octal bytes' },
  c: { short: 'c', help: 'same as -t c,  select printable characters or backslash escapes' },
  d: { short: 'd', help: 'same as -t u2, select unsigned decimal 2-byte units' },
  D: { short: 'D', help: 'same as -t u4, select unsigned decimal 4-byte units' },
  f: { short: 'f', help: 'same as -t fF, select floats' },
  F: { short: 'Fe', help: 'same as -t fD, select doubles' },
  i: { short: 'i', help: 'same as -t dI, select decimal ints' },
  l: { short: 'lIL', help: 'same as -t dL, select decimal longs' },
  O: { short: 'O', help: 'same as -t o4, select octal 4-byte units' },
  o: { short: 'oB', help: 'same as -t o2, select octal 2-byte units' },
  s: { short: 's', help: 'same as -t d2, select decimal 2-byte units' },
  x: { short: 'xh', help: 'same as -t x2, select hexadecimal 2-byte units' },
  X: { short: 'XH', help: 'same as -t x4, select hexadecimal 4-byte units' },
  traditional: { long: 'traditional', help: '(accepted: the other options mean what they say)' },
} as const;

type Ctx = Context<typeof OPTIONS>;

const SHORTHANDS: Readonly<Record<string, string>> = {
  a: 'a',
  b: 'o1',
  c: 'c',
  d: 'u2',
  D: 'u4',
  f: 'fF',
  F: 'fD',
  i: 'dI',
  l: 'dL',
  o: 'o2',
  O: 'o4',
  s: 'd2',
  x: 'x2',
  X: 'x4',
};
const RADIXES: Readonly<Record<string, [radix: number, width: number]>> = {
  o: [8, 7],
  d: [10, 7],
  x: [16, 6],
  n: [0, 0],
};

function typesOf(ctx: Ctx): OdType[] {
  const specs = ctx.given.flatMap(({ key, value }) =>
    key === 'type' ? [String(value)] : SHORTHANDS[key] ? [SHORTHANDS[key]] : [],
  );
  return (specs.length > 0 ? specs : ['o2']).flatMap(parseTypes);
}

function bytesOption(text: string | undefined, name: string, fallback: number): number {
  if (text === undefined) return fallback;
  const size = /^0x[0-9a-f]+$/i.test(text) ? Number(text) : parseSize(text);
  if (size === undefined) throw new Fatal(`invalid ${name} argument ${quote(text)}`);
  return size;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

class Dumper {
  private before: Uint8Array | undefined;
  private starred = false;
  readonly width: number;
  private readonly from: number;
  private offset: number;
  private readonly ctx: Ctx;
  private readonly types: OdType[];
  private readonly radix: number;
  private readonly columns: number;
  /** Columns per byte, so that the rows of all types line up. */
  private readonly padding: number;

  constructor(ctx: Ctx, types: OdType[], start: number) {
    this.ctx = ctx;
    this.types = types;
    this.from = start;
    this.offset = start;
    const radix = RADIXES[ctx.options.radix ?? 'o'];
    if (!radix)
      throw new Fatal(
        `invalid output address radix '${ctx.options.radix}'; it must be one character from [doxn]`,
      );
    [this.radix, this.columns] = radix;
    const step = types.reduce((sum, { size }) => (sum * size) / gcd(sum, size), 1);
    const { width } = ctx.options;
    const asked =
      width === true ? 32 : width === undefined ? Math.max(step, 16 - (16 % step)) : Number(width);
    this.width = asked > 0 && asked % step === 0 ? asked : step;
    this.padding = Math.max(...types.map(({ size, columns }) => (columns + 1) / size));
  }

  private address(): string {
    return this.radix === 0 ? '' : this.offset.toString(this.radix).padStart(this.columns, '0');
  }

  /** One line of bytes; the last one may be short. */
  block(bytes: Uint8Array): void {
    const same =
      this.before && bytes.length === this.width && this.before.every((byte, i) => byte === bytes[i]);
    if (same && !this.ctx.options.verbose) {
      if (!this.starred) this.ctx.out.put('*\n');
      this.starred = true;
    } else {
      this.starred = false;
      this.types.forEach((type, i) => {
        this.ctx.out.put(
          `${i === 0 ? this.address() : ' '.repeat(this.address().length)}${this.row(type, bytes)}\n`,
        );
      });
      this.before = bytes.slice();
    }
    this.offset += bytes.length;
  }

  private row(type: OdType, bytes: Uint8Array): string {
    const padded = new Uint8Array(Math.ceil(bytes.length / type.size) * type.size);
    padded.set(bytes);
    const view = new DataView(padded.buffer);
    const total = Math.round(this.padding * type.size);
    let row = '';
    for (let at = 0; at < padded.length; at += type.size)
      row += type.show(view, at, this.ctx.options.endian !== 'big').padStart(total);
    if (!type.printable) return row;
    const text = Array.from(bytes, (byte) =>
      byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.',
    ).join('');
    return `${row.padEnd((this.width / type.size) * total)}  >${text}<`;
  }

  /** Nothing was dumped. */
  get isEmpty(): boolean {
    return this.offset === this.from;
  }

  end(): void {
    if (this.radix !== 0) this.ctx.out.put(`${this.address()}\n`);
  }
}

async function* bytesOf(ctx: Ctx): AsyncGenerator<Uint8Array, void, void> {
  for (const name of ctx.operands.length > 0 ? ctx.operands : ['-']) {
    try {
      const fd = name === '-' ? 0 : await ctx.sys.open(name, O.RDONLY);
      yield* readChunks(ctx.sys, fd);
      if (fd !== 0) await ctx.sys.close(fd);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await ctx.error(`${name}: ${error.message}`);
    }
  }
}

/** `od [FILE] [+]OFFSET[.][b]`, the form of old. */
function historicOffset(ctx: Ctx): number | undefined {
  const last = ctx.operands.at(-1) ?? '';
  const named = ctx.given.some(
    ({ key }) => key === 'type' || key === 'radix' || key === 'skip' || key === 'limit',
  );
  const match = /^\+?(0x[0-9a-f]+|[0-9]+)(\.?)(b?)$/i.exec(last);
  if (named || !match || !(last.startsWith('+') || ctx.operands.length === 2)) return undefined;
  ctx.operands.pop();
  const [, digits = '', dot, block] = match;
  const value = digits.startsWith('0x') ? Number(digits) : Number.parseInt(digits, dot ? 10 : 8);
  return block ? value * 512 : value;
}

export default command(
  {
    name: 'od',
    usage: '[OPTION]... [FILE]...',
    summary: 'Write an unambiguous representation, octal bytes by default,\nof FILE to standard output.',
    options: OPTIONS,
  },
  async (ctx) => {
    const types = typesOf(ctx);
    const skip = historicOffset(ctx) ?? bytesOption(ctx.options.skip, '-j', 0);
    const dumper = new Dumper(ctx, types, skip);
    let left = bytesOption(ctx.options.limit, '-N', Infinity);
    let toSkip = skip;
    let held: Uint8Array = new Uint8Array(0);
    for await (const chunk of bytesOf(ctx)) {
      const used = chunk.subarray(Math.min(toSkip, chunk.length)).subarray(0, left);
      toSkip -= Math.min(toSkip, chunk.length);
      left -= used.length;
      held = held.length === 0 ? used : concat([held, used]);
      let at = 0;
      for (; at + dumper.width <= held.length; at += dumper.width)
        dumper.block(held.subarray(at, at + dumper.width));
      held = held.slice(at);
      if (ctx.out.full) await ctx.out.flush();
      if (left === 0) break;
    }
    if (ctx.status !== 0 && dumper.isEmpty && held.length === 0) return ctx.status;
    if (toSkip > 0) throw new Fatal('cannot skip past end of combined input');
    if (held.length > 0) dumper.block(held);
    dumper.end();
    return ctx.status;
  },
);
