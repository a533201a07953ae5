/**
 * cut: selected bytes or fields of each line (POSIX cut; GNU --complement, --output-delimiter, -z). -c
 * counts bytes, as GNU's does.
 */
import { type Context, command, UsageError } from './lib/command.ts';
import { forEachInput } from './lib/io.ts';
import { quote } from './lib/quote.ts';
import { latin1 } from './lib/text.ts';
import { TextOutput, textBatches } from './lib/textio.ts';

const OPTIONS = {
  bytes: { short: 'b', long: 'bytes', arg: 'LIST', help: 'select only these bytes' },
  chars: { short: 'c', long: 'characters', arg: 'LIST', help: 'select only these characters' },
  delimiter: {
    short: 'd',
    long: 'delimiter',
    arg: 'DELIM',
    help: 'use DELIM instead of TAB for field delimiter',
  },
  fields: {
    short: 'f',
    long: 'fields',
    arg: 'LIST',
    help: 'select only these fields;  also print any line that contains no delimiter character, unless the -s option is specified',
  },
  whole: { short: 'n', help: '(ignored)' },
  complement: { long: 'complement', help: 'complement the set of selected bytes, characters or fields' },
  only: { short: 's', long: 'only-delimited', help: 'do not print lines not containing delimiters' },
  joiner: {
    long: 'output-delimiter',
    arg: 'STRING',
    help: 'use STRING as the output delimiter the default is to use the input delimiter',
  },
  zero: { short: 'z', long: 'zero-terminated', help: 'line delimiter is NUL, not newline' },
} as const;

type Ctx = Context<typeof OPTIONS>;
/** Positions from..to, counted from 1; sorted, not overlapping. */
type Ranges = readonly (readonly [from: number, to: number])[];

function parseRange(text: string, kind: 'field' | 'byte/character'): [number, number] {
  const bad = kind === 'field' ? 'invalid field value' : 'invalid byte/character position';
  const match = /^(\d*)(-?)(\d*)$/.exec(text);
  if (!match) throw new UsageError(`${bad} ${quote(text)}`);
  const [, first = '', dash, last = ''] = match;
  if (first === '' && last === '') {
    if (dash) throw new UsageError('invalid range with no endpoint: -');
    throw new UsageError(
      kind === 'field' ? 'fields are numbered from 1' : 'byte/character positions are numbered from 1',
    );
  }
  const from = first === '' ? 1 : Number(first);
  const to = !dash ? from : last === '' ? Infinity : Number(last);
  if (from === 0 || (to === 0 && from <= 1)) {
    throw new UsageError(
      kind === 'field' ? 'fields are numbered from 1' : 'byte/character positions are numbered from 1',
    );
  }
  if (to < from) throw new UsageError('invalid decreasing range');
  return [from, to];
}

function merge(ranges: [number, number][], touching: boolean): [number, number][] {
  const merged: [number, number][] = [];
  for (const range of ranges.sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && range[0] <= last[1] + (touching ? 1 : 0)) last[1] = Math.max(last[1], range[1]);
    else merged.push(range);
  }
  return merged;
}

function complementOf(ranges: Ranges): Ranges {
  const result: [number, number][] = [];
  let next = 1;
  for (const [from, to] of ranges) {
    if (from > next) result.push([next, from - 1]);
    next = to + 1;
  }
  if (next !== Infinity) result.push([next, Infinity]);
  return result;
}

function parseList(ctx: Ctx, list: string, kind: 'field' | 'byte/character'): Ranges {
  const ranges = list.split(/[, \t]/).map((text) => parseRange(text, kind));
  const merged = merge(ranges, ctx.options.complement);
  return ctx.options.complement ? complementOf(merged) : merged;
}

function byteCutter(ctx: Ctx, ranges: Ranges): (line: string) => string {
  const joiner = ctx.options.joiner === undefined ? '' : latin1.adopt(ctx.options.joiner);
  const only = ranges[0];
  if (ranges.length === 1 && only) return (line) => line.slice(only[0] - 1, only[1]);
  return (line) => {
    const parts: string[] = [];
    for (const [from, to] of ranges) {
      if (from > line.length) break;
      parts.push(line.slice(from - 1, to));
    }
    return parts.join(joiner);
  };
}

/** undefined = the line is not printed. */
function fieldCutter(ctx: Ctx, ranges: Ranges, delimiter: string): (line: string) => string | undefined {
  const joiner = ctx.options.joiner === undefined ? delimiter : latin1.adopt(ctx.options.joiner);
  const { only } = ctx.options;
  const last = ranges.at(-1)?.[1] ?? 0;
  return (line) => {
    if (!line.includes(delimiter)) return only ? undefined : line;
    const fields = Number.isFinite(last) ? line.split(delimiter, last) : line.split(delimiter);
    if (ranges.length === 1 && ranges[0]) return fields.slice(ranges[0][0] - 1, ranges[0][1]).join(joiner);
    const parts: string[] = [];
    for (const [from, to] of ranges) {
      if (from > fields.length) break;
      for (let i = from; i <= to && i <= fields.length; i += 1) parts.push(fields[i - 1] ?? '');
    }
    return parts.join(joiner);
  };
}

function cutterOf(ctx: Ctx): (line: string) => string | undefined {
  const { bytes, chars, fields, delimiter } = ctx.options;
  const lists = ctx.given.filter(({ key }) => key === 'bytes' || key === 'chars' || key === 'fields');
  if (lists.length === 0) throw new UsageError('you must specify a list of bytes, characters, or fields');
  if (lists.length > 1) throw new UsageError('only one list may be specified');
  if (fields === undefined) {
    if (delimiter !== undefined)
      throw new UsageError('an input delimiter may be specified only when operating on fields');
    if (ctx.options.only)
      throw new UsageError('suppressing non-delimited lines makes sense\n\tonly when operating on fields');
    return byteCutter(ctx, parseList(ctx, bytes ?? chars ?? '', 'byte/character'));
  }
  const char = latin1.adopt(delimiter ?? '\t');
  if (char.length > 1) throw new UsageError('the delimiter must be a single character');
  return fieldCutter(ctx, parseList(ctx, fields, 'field'), char === '' ? '\0' : char);
}

export default command(
  {
    name: 'cut',
    usage: 'OPTION... [FILE]...',
    summary: 'Print selected parts of lines from each FILE to standard output.',
    options: OPTIONS,
  },
  async (ctx) => {
    const cutLine = cutterOf(ctx);
    const end = ctx.options.zero ? '\0' : '\n';
    const out = new TextOutput(ctx.out, latin1);
    await forEachInput(ctx, ctx.operands, async (input) => {
      for await (const { lines } of textBatches(input.chunks, latin1, end)) {
        for (const line of lines) {
          const part = cutLine(line);
          if (part !== undefined) out.put(part + end);
        }
        await out.drain();
      }
    });
  },
);
