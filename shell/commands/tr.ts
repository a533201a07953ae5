/** tr: translates, squeezes, deletes bytes (POSIX tr; GNU -t). Each character is a byte, as in GNU's. */
import { type Context, command, Fatal, UsageError } from './lib/command.ts';
import { readChunks } from './lib/io.ts';
import { quote } from './lib/quote.ts';
import { CASE_MARK, expandSet, type TrSet } from './tr-set.ts';

const OPTIONS = {
  complement: { short: 'cC', long: 'complement', help: 'use the complement of ARRAY1' },
  delete: { short: 'd', long: 'delete', help: 'delete characters in ARRAY1, do not translate' },
  squeeze: {
    short: 's',
    long: 'squeeze-repeats',
    help: 'replace each sequence of a repeated character that is listed in the last specified ARRAY, with a single occurrence of that character',
  },
  truncate: { short: 't', long: 'truncate-set1', help: 'first truncate ARRAY1 to length of ARRAY2' },
} as const;

type Ctx = Context<typeof OPTIONS>;

function complementOf(bytes: readonly number[]): number[] {
  const present = new Set(bytes);
  return Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !present.has(byte));
}

function memberTable(bytes: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of bytes) if (byte >= 0) table[byte] = 1;
  return table;
}

/**
 * The bytes of ARRAY2, as long as ARRAY1 when `length` is given: padded with its last byte, [c*] filled up.
 */
function secondBytes(set: TrSet, length: number): number[] {
  const bytes = [...set.bytes];
  if (set.fill !== undefined && bytes.length < length) {
    bytes.splice(set.fill.at, 0, ...new Array<number>(length - bytes.length).fill(set.fill.byte));
  }
  return bytes;
}

function isUpperLower(mark: number): boolean {
  return mark === CASE_MARK.upper || mark === CASE_MARK.lower;
}

/** The translation table; classes in ARRAY2 may only be [:upper:] and [:lower:] facing each other. */
function translation(ctx: Ctx, first: TrSet, second: TrSet): Uint8Array {
  const table = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  let from = ctx.options.complement ? complementOf(first.bytes) : [...first.bytes];
  const to = secondBytes(second, from.length);
  if (to.length === 0) {
    if (from.length === 0 || ctx.options.truncate) return table;
    throw new Fatal('when not truncating set1, string2 must be non-empty');
  }
  if (ctx.options.truncate) from = from.slice(0, to.length);
  const last = second.classes.at(-1);
  if (from.length > to.length && last && last.at + last.length === to.length && !isUpperLower(last.mark)) {
    throw new Fatal(
      'when translating with string1 longer than string2,\nthe latter string must not end with a character class',
    );
  }
  for (const { at, mark } of second.classes) {
    const facing = first.classes.find((other) => other.at === at);
    if (!isUpperLower(mark)) {
      throw new Fatal(
        "when translating, the only character classes that may appear in\nstring2 are 'upper' and 'lower'",
      );
    }
    if (!facing || !isUpperLower(facing.mark))
      throw new Fatal('misaligned [:upper:] and/or [:lower:] construct');
  }
  from.forEach((byte, i) => {
    table[byte] = to[Math.min(i, to.length - 1)] ?? byte;
  });
  return table;
}

/** What is done to each chunk; the squeezing remembers the last byte over chunk borders. */
class Filter {
  private readonly map: Uint8Array | undefined;
  private readonly deleted: Uint8Array | undefined;
  private readonly squeezed: Uint8Array | undefined;
  private last = -1;

  constructor(
    map: Uint8Array | undefined,
    deleted: Uint8Array | undefined,
    squeezed: Uint8Array | undefined,
  ) {
    this.map = map;
    this.deleted = deleted;
    this.squeezed = squeezed;
  }

  apply(chunk: Uint8Array): Uint8Array {
    const result = new Uint8Array(chunk.length);
    const { map, deleted, squeezed } = this;
    if (!deleted && !squeezed && map) {
      for (let i = 0; i < chunk.length; i += 1) result[i] = map[chunk[i] as number] as number;
      return result;
    }
    let used = 0;
    for (let i = 0; i < chunk.length; i += 1) {
      let byte = chunk[i] as number;
      if (deleted?.[byte]) continue;
      if (map) byte = map[byte] as number;
      if (squeezed?.[byte] && byte === this.last) continue;
      this.last = byte;
      result[used] = byte;
      used += 1;
    }
    return result.subarray(0, used);
  }
}

function checkOperands(ctx: Ctx): void {
  const { delete: deleting, squeeze } = ctx.options;
  const count = ctx.operands.length;
  const [first = '', second = '', third] = ctx.operands;
  const least = deleting === squeeze ? 2 : 1;
  if (count === 0) throw new UsageError('missing operand');
  if (count < least) {
    const why = deleting
      ? 'Two strings must be given when both deleting and squeezing repeats.'
      : 'Two strings must be given when translating.';
    throw new UsageError(`missing operand after ${quote(first)}\n${why}`);
  }
  const most = deleting && !squeeze ? 1 : 2;
  if (count <= most) return;
  if (most === 1) {
    const why = 'Only one string may be given when deleting without squeezing repeats.';
    throw new UsageError(`extra operand ${quote(second)}${count === 2 ? `\n${why}` : ''}`);
  }
  throw new UsageError(`extra operand ${quote(third ?? '')}`);
}

function filterOf(ctx: Ctx): Filter {
  const { complement, delete: deleting, squeeze } = ctx.options;
  const first = expandSet(ctx.operands[0] ?? '', false);
  const second = ctx.operands[1] === undefined ? undefined : expandSet(ctx.operands[1], true);
  const chosen = complement ? complementOf(first.bytes) : first.bytes;
  const squeezed = squeeze ? memberTable(second ? secondBytes(second, chosen.length) : chosen) : undefined;
  if (deleting) return new Filter(undefined, memberTable(chosen), squeezed);
  if (!second) return new Filter(undefined, undefined, squeezed);
  return new Filter(translation(ctx, first, second), undefined, squeezed);
}

export default command(
  {
    name: 'tr',
    usage: '[OPTION]... STRING1 [STRING2]',
    summary: 'Translate, squeeze, and/or delete characters from standard input,\nwriting to standard output.',
    options: OPTIONS,
    stopAtOperand: true,
  },
  async (ctx) => {
    checkOperands(ctx);
    const filter = filterOf(ctx);
    for await (const chunk of readChunks(ctx.sys, 0, () => ctx.out.flushIfTty()))
      await ctx.out.write(filter.apply(chunk));
  },
);
