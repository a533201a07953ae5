/**
 * sort: sorts, merges or checks lines (POSIX sort; GNU -g -h -M -V -R -s -z). Lines are latin1 strings:
 * bytes compare as bytes.
 */

import { Buffer } from 'node:buffer';
import { O } from '../../subsystems/unix/constants.ts';
import { choose } from './lib/choice.ts';
import { type Context, command, Fatal, SysError } from './lib/command.ts';
import { Output, readChunks } from './lib/io.ts';
import { quote } from './lib/quote.ts';
import { latin1 } from './lib/text.ts';
import { TextOutput, textBatches } from './lib/textio.ts';
import { comparisonOf } from './sort-compare.ts';
import { applyLetter, type KeyOptions, keyText, parseKey, plainOptions, type SortKey } from './sort-keys.ts';

const OPTIONS = {
  blanks: { short: 'b', long: 'ignore-leading-blanks', help: 'ignore leading blanks' },
  dictionary: {
    short: 'd',
    long: 'dictionary-order',
    help: 'consider only blanks and alphanumeric characters',
  },
  fold: { short: 'f', long: 'ignore-case', help: 'fold lower case to upper case characters' },
  general: { short: 'g', long: 'general-numeric-sort', help: 'compare according to general numerical value' },
  printing: { short: 'i', long: 'ignore-nonprinting', help: 'consider only printable characters' },
  month: { short: 'M', long: 'month-sort', help: "compare (unknown) < 'JAN' < ... < 'DEC'" },
  human: { short: 'h', long: 'human-numeric-sort', help: 'compare human readable numbers (e.g., 2K 1G)' },
  numeric: { short: 'n', long: 'numeric-sort', help: 'compare according to string numerical value' },
  random: { short: 'R', long: 'random-sort', help: 'shuffle, but group identical keys.  See shuf(1)' },
  reverse: { short: 'r', long: 'reverse', help: 'reverse the result of comparisons' },
  how: {
    long: 'sort',
    arg: 'WORD',
    help: 'sort according to WORD: general-numeric -g, human-numeric -h, month -M, numeric -n, random -R, version -V',
  },
  version: { short: 'V', long: 'version-sort', help: 'natural sort of (version) numbers within text' },
  check: { short: 'c', help: 'check for sorted input; do not sort' },
  quietly: { short: 'C', help: 'like -c, but do not report first bad line' },
  checkHow: {
    long: 'check',
    arg: 'HOW',
    optional: true,
    help: "check for sorted input; 'quiet' or 'silent' as -C, 'diagnose-first' as -c",
  },
  key: {
    short: 'k',
    long: 'key',
    arg: 'KEYDEF',
    many: true,
    help: 'sort via a key; KEYDEF gives location and type',
  },
  merge: { short: 'm', long: 'merge', help: 'merge already sorted files; do not sort' },
  output: {
    short: 'o',
    long: 'output',
    arg: 'FILE',
    help: 'write result to FILE instead of standard output',
  },
  stable: { short: 's', long: 'stable', help: 'stabilize sort by disabling last-resort comparison' },
  buffer: { short: 'S', long: 'buffer-size', arg: 'SIZE', help: '(ignored)' },
  tab: {
    short: 't',
    long: 'field-separator',
    arg: 'SEP',
    help: 'use SEP instead of non-blank to blank transition',
  },
  temporary: { short: 'T', long: 'temporary-directory', arg: 'DIR', many: true, help: '(ignored)' },
  parallel: { long: 'parallel', arg: 'N', help: '(ignored)' },
  batch: { long: 'batch-size', arg: 'N', help: '(ignored)' },
  compress: { long: 'compress-program', arg: 'PROG', help: '(ignored)' },
  unique: {
    short: 'u',
    long: 'unique',
    help: 'with -c, check for strict ordering; without -c, output only the first of an equal run',
  },
  zero: { short: 'z', long: 'zero-terminated', help: 'line delimiter is NUL, not newline' },
} as const;

type Ctx = Context<typeof OPTIONS>;
type Compare = (a: number, b: number) => number;

const WORDS: Readonly<Record<string, string>> = {
  'general-numeric': 'g',
  'human-numeric': 'h',
  month: 'M',
  numeric: 'n',
  random: 'R',
  version: 'V',
};

function globalOptions(ctx: Ctx): KeyOptions {
  const options = plainOptions();
  for (const { key, name, value } of ctx.given) {
    if (key === 'how') {
      applyLetter(options, choose('sort', WORDS, String(value), '--sort', 2), 'both');
    } else {
      const short = (OPTIONS[key] as { short?: string }).short ?? '';
      if ('bdfgiMhnRrV'.includes(short) && short !== '' && name !== '') applyLetter(options, short, 'both');
    }
  }
  return options;
}

function isPlain(options: KeyOptions): boolean {
  const { ordering, reverse, fold, dictionary, printing, skipStart, skipEnd } = options;
  return ordering === 'text' && !(reverse || fold || dictionary || printing || skipStart || skipEnd);
}

function tabOf(ctx: Ctx): string | undefined {
  const { tab } = ctx.options;
  if (tab === undefined) return undefined;
  if (tab === '') throw new Fatal('empty tab', 2);
  if (tab === '\\0') return '\0';
  const bytes = latin1.adopt(tab);
  if (bytes.length > 1) throw new Fatal(`multi-character tab ${quote(tab)}`, 2);
  return bytes;
}

/** Keys with the global orderings filled in; without -k but with an ordering the whole line is the key. */
function keysOf(ctx: Ctx): SortKey[] {
  const defaults = globalOptions(ctx);
  const keys = ctx.options.key.map(parseKey);
  if (keys.length === 0 && !isPlain({ ...defaults, reverse: false })) {
    return [{ ...defaults, startField: 0, startChar: 0, endField: Infinity, endChar: 0 }];
  }
  return keys.map((key) => (isPlain(key) ? { ...key, ...defaults } : key));
}

/** Compares lines by index; key values are made once per line. */
class Order {
  readonly lines: string[] = [];
  readonly byKeys: Compare;
  /** With the last resort: the whole line, unless -s or -u. */
  readonly whole: Compare;
  /** Nothing but whole lines as bytes: the engine's own string sort will do. */
  readonly plain: boolean;
  readonly reverse: boolean;
  private readonly columns: unknown[][];
  private readonly values: ((line: string) => unknown)[];

  constructor(ctx: Ctx) {
    const tab = tabOf(ctx);
    const salt = Buffer.from(ctx.sys.getrandom(16)).toString('hex');
    const keys = keysOf(ctx);
    const comparisons = keys.map((key) => ({ ...comparisonOf(key, salt), sign: key.reverse ? -1 : 1 }));
    this.columns = keys.map(() => []);
    this.values = keys.map((key, i) => {
      const value = comparisons[i]?.value ?? String;
      const all = key.startField === 0 && key.startChar === 0 && key.endField === Infinity && !key.skipStart;
      return all ? value : (line) => value(keyText(line, key, tab));
    });
    this.reverse = globalOptions(ctx).reverse;
    this.plain = keys.length === 0;
    const sign = this.reverse ? -1 : 1;
    const lines = this.lines;
    const lastResort: Compare = (a, b) => {
      const [x = '', y = ''] = [lines[a], lines[b]];
      return x < y ? -sign : x > y ? sign : 0;
    };
    const pairs = comparisons.map(({ compare, sign: direction }, i) => ({
      compare,
      direction,
      column: this.columns[i] ?? [],
    }));
    const byKeys: Compare = (a, b) => {
      for (const { compare, direction, column } of pairs) {
        const order = compare(column[a], column[b]);
        if (order !== 0) return order * direction;
      }
      return 0;
    };
    this.byKeys = this.plain ? lastResort : byKeys;
    const onlyKeys = this.plain || ctx.options.stable || ctx.options.unique;
    this.whole = onlyKeys ? this.byKeys : (a, b) => byKeys(a, b) || lastResort(a, b);
  }

  add(line: string): number {
    const index = this.lines.push(line) - 1;
    this.values.forEach((value, i) => {
      this.columns[i]?.push(value(line));
    });
    return index;
  }
}

async function openInput(ctx: Ctx, name: string): Promise<number> {
  if (name === '-') return 0;
  try {
    return await ctx.sys.open(name, O.RDONLY);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    throw new Fatal(`cannot read: ${name}: ${error.message}`, 2);
  }
}

async function* linesOf(ctx: Ctx, name: string): AsyncGenerator<string[], void, void> {
  const fd = await openInput(ctx, name);
  try {
    const chunks = readChunks(ctx.sys, fd);
    for await (const { lines } of textBatches(chunks, latin1, ctx.options.zero ? '\0' : '\n')) yield lines;
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    throw new Fatal(`read failed: ${name}: ${error.message}`, 2);
  }
  if (fd !== 0) await ctx.sys.close(fd);
}

/** -c and -C: 0 when in order, else 1, and -c names the first line that is not. */
async function check(ctx: Ctx, quiet: boolean): Promise<number> {
  const name = ctx.operands[0] ?? '-';
  if (ctx.operands.length > 1)
    throw new Fatal(
      `extra operand ${quote(ctx.operands[1] ?? '')} not allowed with -${quiet ? 'C' : 'c'}`,
      2,
    );
  const order = new Order(ctx);
  const limit = ctx.options.unique ? -1 : 0;
  for await (const lines of linesOf(ctx, name)) {
    for (const line of lines) {
      const index = order.add(line);
      if (index === 0 || order.whole(index - 1, index) <= limit) continue;
      if (!quiet)
        await ctx.warn(`${name}:${index + 1}: disorder: ${Buffer.from(line, 'latin1').toString('utf8')}`);
      return 1;
    }
  }
  return 0;
}

/** All lines in order, as indexes. */
async function sorted(ctx: Ctx, order: Order): Promise<number[] | string[]> {
  for (const name of ctx.operands.length > 0 ? ctx.operands : ['-']) {
    for await (const lines of linesOf(ctx, name)) for (const line of lines) order.add(line);
  }
  if (order.plain) {
    const lines = order.lines.sort();
    return order.reverse ? lines.reverse() : lines;
  }
  return Array.from(order.lines, (_, i) => i).sort(order.whole);
}

/** -m: repeatedly takes the least of the inputs' first lines; inputs are taken as sorted. */
async function* merged(ctx: Ctx, order: Order): AsyncGenerator<number, void, void> {
  const heads: { source: AsyncGenerator<string[]>; queue: number[] }[] = [];
  const refill = async (head: { source: AsyncGenerator<string[]>; queue: number[] }) => {
    const { value } = await head.source.next();
    if (value) head.queue = value.map((line: string) => order.add(line)).reverse();
  };
  for (const name of ctx.operands.length > 0 ? ctx.operands : ['-']) {
    const head = { source: linesOf(ctx, name), queue: [] };
    await refill(head);
    heads.push(head);
  }
  for (;;) {
    let least: (typeof heads)[number] | undefined;
    for (const head of heads) {
      const mine = head.queue.at(-1);
      const best = least?.queue.at(-1);
      if (mine !== undefined && (best === undefined || order.whole(mine, best) < 0)) least = head;
    }
    const index = least?.queue.pop();
    if (!least || index === undefined) return;
    yield index;
    if (least.queue.length === 0) await refill(least);
  }
}

async function outputOf(ctx: Ctx): Promise<TextOutput> {
  const name = ctx.options.output;
  if (name === undefined) return new TextOutput(ctx.out, latin1);
  try {
    return new TextOutput(
      new Output(ctx.sys, await ctx.sys.open(name, O.WRONLY | O.CREAT | O.TRUNC, 0o666)),
      latin1,
    );
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    throw new Fatal(`open failed: ${name}: ${error.message}`, 2);
  }
}

async function emit(ctx: Ctx, order: Order, result: readonly number[] | readonly string[]): Promise<void> {
  const out = await outputOf(ctx);
  const end = ctx.options.zero ? '\0' : '\n';
  const { unique } = ctx.options;
  let before: number | string | undefined;
  let done = 0;
  for (const item of result) {
    const isNew =
      before === undefined ||
      (typeof item === 'number' ? order.byKeys(before as number, item) !== 0 : item !== before);
    if (!unique || isNew) out.put((typeof item === 'number' ? (order.lines[item] ?? '') : item) + end);
    if (isNew) before = item;
    done += 1;
    if (done % 4096 === 0) await out.drain();
  }
  await out.flush();
}

export default command(
  {
    name: 'sort',
    usage: '[OPTION]... [FILE]...',
    summary: 'Write sorted concatenation of all FILE(s) to standard output.',
    options: OPTIONS,
    usageStatus: 2,
    failStatus: 2,
  },
  async (ctx) => {
    const { check: checks, quietly, checkHow } = ctx.options;
    if (checks && quietly) throw new Fatal("options '-cC' are incompatible", 2);
    if (checks || quietly || checkHow !== undefined) {
      if (ctx.options.output !== undefined)
        throw new Fatal(`options '-${quietly ? 'C' : 'c'}o' are incompatible`, 2);
      return check(ctx, quietly || checkHow === 'quiet' || checkHow === 'silent');
    }
    const order = new Order(ctx);
    if (!ctx.options.merge) {
      await emit(ctx, order, await sorted(ctx, order));
      return ctx.status;
    }
    const indexes: number[] = [];
    for await (const index of merged(ctx, order)) indexes.push(index);
    await emit(ctx, order, indexes);
    return ctx.status;
  },
);
