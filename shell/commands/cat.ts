/** cat: concatenates files. Without options it passes chunks through untouched. */
import { isRegular, Seek } from '../../subsystems/unix/constants.ts';
import type { Fd, Stat, Sys } from '../../subsystems/unix/sys.ts';
import { command } from './lib/command.ts';
import { forEachInput, type Input, lineBatches, type Output } from './lib/io.ts';
import { quoteFile } from './lib/quote.ts';

const OPTIONS = {
  all: { short: 'A', long: 'show-all', help: 'equivalent to -vET' },
  nonblank: { short: 'b', long: 'number-nonblank', help: 'number nonempty output lines, overrides -n' },
  vE: { short: 'e', help: 'equivalent to -vE' },
  ends: { short: 'E', long: 'show-ends', help: 'display $ at end of each line' },
  number: { short: 'n', long: 'number', help: 'number all output lines' },
  squeeze: { short: 's', long: 'squeeze-blank', help: 'suppress repeated empty output lines' },
  vT: { short: 't', help: 'equivalent to -vT' },
  tabs: { short: 'T', long: 'show-tabs', help: 'display TAB characters as ^I' },
  unbuffered: { short: 'u', help: '(ignored)' },
  nonprinting: {
    short: 'v',
    long: 'show-nonprinting',
    help: 'use ^ and M- notation, except for LFD and TAB',
  },
} as const;

interface Style {
  numbers: 'none' | 'all' | 'nonblank';
  squeeze: boolean;
  end: string;
  /** Text of each byte value, or undefined when bytes pass unchanged. */
  shown: readonly string[] | undefined;
}

/** The ^ and M- notation of one byte. */
function visible(byte: number): string {
  if (byte >= 128) return `M-${visible(byte - 128)}`;
  if (byte < 32) return `^${String.fromCharCode(byte + 64)}`;
  return byte === 127 ? '^?' : String.fromCharCode(byte);
}

function shownBytes(nonprinting: boolean, tabs: boolean): readonly string[] | undefined {
  if (!nonprinting && !tabs) return undefined;
  const table = Array.from({ length: 256 }, (_, byte) =>
    nonprinting ? visible(byte) : String.fromCharCode(byte),
  );
  table[9] = tabs ? '^I' : '\t';
  return table;
}

/** State that goes on from file to file: line number, blank run, and whether the last line was ended. */
class Formatter {
  private readonly out: Output;
  private readonly style: Style;
  private line = 0;
  private blanks = 0;
  private open = false;

  constructor(out: Output, style: Style) {
    this.out = out;
    this.style = style;
  }

  async copy(input: Input): Promise<void> {
    for await (const { lines, unterminated } of lineBatches(input.chunks)) {
      for (const line of lines) this.put(line, !unterminated);
      await this.out.flush();
    }
  }

  private put(line: Uint8Array, ended: boolean): void {
    const { style, out } = this;
    if (!this.open) {
      this.blanks = line.length === 0 ? this.blanks + 1 : 0;
      if (style.squeeze && this.blanks > 1) return;
      if (style.numbers === 'all' || (style.numbers === 'nonblank' && line.length > 0)) {
        out.put(`${String(++this.line).padStart(6)}\t`);
      }
    }
    if (style.shown) out.put(Buffer.from(this.show(line, style.shown), 'latin1'));
    else out.put(line);
    if (ended) out.put(`${style.end}\n`);
    this.open = !ended;
  }

  private show(line: Uint8Array, shown: readonly string[]): string {
    let text = '';
    for (const byte of line) text += shown[byte];
    return text;
  }
}

/** The regular file that standard output is, if it is one. */
async function outputFile(sys: Sys): Promise<Stat | undefined> {
  const stat = await sys.fstat(1);
  return isRegular(stat.mode) ? stat : undefined;
}

/** Reading what is being written would never end: `cat f >> f`. An input that is at its end is harmless. */
async function feedsItself(sys: Sys, fd: Fd, output: Stat | undefined): Promise<boolean> {
  if (!output) return false;
  const input = await sys.fstat(fd);
  if (input.dev !== output.dev || input.ino !== output.ino) return false;
  return (await sys.lseek(fd, 0, Seek.CUR)) < input.size;
}

export default command(
  {
    name: 'cat',
    usage: '[OPTION]... [FILE]...',
    summary:
      'Concatenate FILE(s) to standard output.\n\nWith no FILE, or when FILE is -, read standard input.',
    options: OPTIONS,
  },
  async (ctx) => {
    const { options: o, out } = ctx;
    const nonprinting = o.nonprinting || o.all || o.vE || o.vT;
    const ends = o.ends || o.all || o.vE;
    const tabs = o.tabs || o.all || o.vT;
    const style: Style = {
      numbers: o.nonblank ? 'nonblank' : o.number ? 'all' : 'none',
      squeeze: o.squeeze,
      end: ends ? '$' : '',
      shown: shownBytes(nonprinting, tabs),
    };
    const plain = style.numbers === 'none' && !style.squeeze && !ends && !style.shown;
    const formatter = new Formatter(out, style);
    const output = await outputFile(ctx.sys);
    await forEachInput(ctx, ctx.operands, async (input) => {
      if (await feedsItself(ctx.sys, input.fd, output))
        return ctx.error(`${quoteFile(input.name)}: input file is output file`);
      if (!plain) return formatter.copy(input);
      for await (const chunk of input.chunks) await out.writeThrough(chunk);
    });
  },
);
