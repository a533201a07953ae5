/** shuf: a random permutation of lines, arguments or a range. */
import { O } from '../../subsystems/unix/constants.ts';
import type { Sys } from '../../subsystems/unix/sys.ts';
import { command, Fatal } from './lib/command.ts';
import { forEachInput, Output, readChunks } from './lib/io.ts';
import { quote } from './lib/quote.ts';
import { latin1 } from './lib/text.ts';

const OPTIONS = {
  echo: { short: 'e', long: 'echo', help: 'treat each ARG as an input line' },
  range: { short: 'i', long: 'input-range', arg: 'LO-HI', help: 'treat each number LO through HI as a line' },
  count: { short: 'n', long: 'head-count', arg: 'COUNT', many: true, help: 'output at most COUNT lines' },
  output: {
    short: 'o',
    long: 'output',
    arg: 'FILE',
    help: 'write result to FILE instead of standard output',
  },
  source: { long: 'random-source', arg: 'FILE', help: 'get random bytes from FILE' },
  repeat: { short: 'r', long: 'repeat', help: 'output lines can be repeated' },
  zero: { short: 'z', long: 'zero-terminated', help: 'line delimiter is NUL, not newline' },
} as const;

/** Longest range that is listed. */
const RANGE_MAX = 50_000_000;
const RANDOM_BYTES = 8192;

/** Uniform numbers below a bound from the system's or a file's random bytes. */
class Dice {
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private readonly sys: Sys;
  private readonly source: AsyncIterator<Uint8Array> | undefined;

  constructor(sys: Sys, source: AsyncIterable<Uint8Array> | undefined) {
    this.sys = sys;
    this.source = source?.[Symbol.asyncIterator]();
  }

  private async byte(): Promise<number> {
    while (this.at >= this.bytes.length) {
      const next = this.source ? await this.source.next() : undefined;
      if (next?.done) throw new Fatal('end of file of the random source');
      this.bytes = next ? next.value : this.sys.getrandom(RANDOM_BYTES);
      this.at = 0;
    }
    this.at += 1;
    return this.bytes[this.at - 1] ?? 0;
  }

  async below(bound: number): Promise<number> {
    for (;;) {
      let value = 0;
      let span = 1;
      for (; span < bound; span *= 256) value = value * 256 + (await this.byte());
      const whole = span - (span % bound);
      if (value < whole) return value % bound;
    }
  }
}

function rangeOf(text: string): string[] {
  const [, low, high] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  const count = Number(high) - Number(low) + 1;
  if (low === undefined || !(count >= 0)) throw new Fatal(`invalid input range: ${quote(text)}`);
  if (count > RANGE_MAX) throw new Fatal('memory exhausted');
  return Array.from({ length: count }, (_, i) => String(Number(low) + i));
}

export default command(
  {
    name: 'shuf',
    usage: ['[OPTION]... [FILE]', '-e [OPTION]... [ARG]...', '-i LO-HI [OPTION]...'],
    summary: 'Write a random permutation of the input lines to standard output.',
    options: OPTIONS,
  },
  async (ctx) => {
    const { options, operands, sys } = ctx;
    const counts = options.count.map((text) => {
      if (!/^\d+$/.test(text)) throw new Fatal(`invalid line count: ${quote(text)}`);
      return Number(text);
    });
    const end = options.zero ? '\0' : '\n';
    let lines: string[] = [];
    if (options.echo) lines = operands.map(latin1.adopt);
    else if (options.range !== undefined) lines = rangeOf(options.range);
    else {
      if (operands.length > 1) throw new Fatal(`extra operand ${quote(operands[1] ?? '')}`);
      await forEachInput(ctx, operands, async ({ chunks }) => {
        const parts: string[] = [];
        for await (const chunk of chunks) parts.push(latin1.decode(chunk));
        lines = parts.join('').split(end);
        if (lines.at(-1) === '') lines.pop();
      });
      if (ctx.status !== 0) return ctx.status;
    }
    const source = options.source === undefined ? undefined : await sys.open(options.source, O.RDONLY);
    const dice = new Dice(sys, source === undefined ? undefined : readChunks(sys, source));
    const out =
      options.output === undefined
        ? ctx.out
        : new Output(sys, await sys.open(options.output, O.WRONLY | O.CREAT | O.TRUNC, 0o666));
    const wanted = Math.min(...counts, options.repeat ? Infinity : lines.length);
    if (options.repeat && lines.length === 0 && wanted > 0) throw new Fatal('no lines to repeat');
    for (let i = 0; i < wanted; i += 1) {
      const pick = options.repeat ? await dice.below(lines.length) : i + (await dice.below(lines.length - i));
      const line = lines[pick] ?? '';
      if (!options.repeat) lines[pick] = lines[i] ?? '';
      await out.write(latin1.encode(line + end));
    }
    await out.flush();
    return 0;
  },
);
