/** seq: numbers from FIRST to LAST, in 64 KiB blocks; integers without floating point. */
import { command, Fatal, UsageError } from './lib/command.ts';
import { quote } from './lib/quote.ts';
import { floatFormatter } from './lib/seq-format.ts';

const BLOCK_CHARS = 65536;
/** Most digits behind the point that are printed. */
const MAX_DIGITS = 100;
const NUMBER = /^\s*[-+]?(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([-+]?\d+))?$/;
const HEX = /^\s*[-+]?0[xX][0-9a-fA-F]+$/;

interface Operand {
  value: number;
  /** Digits after the point, as written. */
  precision: number;
  text: string;
}

function parse(text: string): Operand {
  const match = NUMBER.exec(text);
  if (!match && HEX.test(text)) {
    const negative = text.trim().startsWith('-');
    const value = Number(text.trim().replace(/^[-+]/, ''));
    return { value: negative ? -value : value, precision: 0, text };
  }
  if (!match && /^[-+]?inf(inity)?$/i.test(text)) {
    return {
      value: text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
      precision: 0,
      text,
    };
  }
  if (!match) {
    const nan = /^[-+]?nan$/i.test(text);
    throw new UsageError(
      nan
        ? `invalid 'not-a-number' argument: ${quote(text)}`
        : `invalid floating point argument: ${quote(text)}`,
    );
  }
  const decimals = (match[2] ?? match[3] ?? '').length - Number(match[4] ?? 0);
  return { value: Number(text), precision: Math.min(MAX_DIGITS, Math.max(0, decimals)), text };
}

/** Columns of an operand with `precision` digits: its leading zeros count. */
function widthOf({ text, value }: Operand, precision: number): number {
  const whole = /^\s*\+?(-?\d*)(?:\.\d*)?$/.exec(text)?.[1];
  if (whole === undefined) return value.toFixed(precision).length;
  return whole.length + (/\d$/.test(whole) ? 0 : 1) + (precision > 0 ? precision + 1 : 0);
}

/** A number with `precision` digits; the sign of a negative zero shows. */
function fixed(value: number, precision: number): string {
  return (Object.is(value, -0) ? '-' : '') + value.toFixed(precision);
}

/** -w: zeros up to the widest of first and last. */
function equalWidth(first: Operand, last: Operand, precision: number): (value: number) => string {
  const width = Math.max(widthOf(first, precision), widthOf(last, precision));
  return (value) => {
    const text = Math.abs(value).toFixed(precision);
    const sign = value < 0 || Object.is(value, -0) ? '-' : '';
    return sign + text.padStart(width - sign.length, '0');
  };
}

/**
 * Integers beyond what doubles hold: FIRST, INCREMENT and LAST as BigInt, or undefined when doubles will do
 * or the operands are not plain digits.
 */
function wholeNumbers(first: Operand, step: Operand, last: Operand): [bigint, bigint, bigint] | undefined {
  const all = [first, step, last];
  if (all.every(({ value }) => Number.isSafeInteger(value))) return undefined;
  if (!all.every(({ text }) => /^\s*[-+]?\d+$/.test(text))) return undefined;
  const [from, by, to] = all.map(({ text }) => BigInt(text.trim().replace('+', '')));
  return [from!, by!, to!];
}

/** The numbers from first to last, made by `at` from their index. */
interface Series {
  count: number;
  at(index: number): string;
}

function bigSeries([from, by, to]: [bigint, bigint, bigint], equal: boolean): Series {
  const width = equal ? Math.max(String(from).length, String(to).length) : 0;
  return {
    count: (to - from) * by < 0n ? -1 : Number((to - from) / by),
    at: (index) => {
      const value = from + BigInt(index) * by;
      const digits = String(value < 0n ? -value : value);
      return value < 0n ? `-${digits.padStart(width - 1, '0')}` : digits.padStart(width, '0');
    },
  };
}

export default command(
  {
    name: 'seq',
    usage: ['[OPTION]... LAST', '[OPTION]... FIRST LAST', '[OPTION]... FIRST INCREMENT LAST'],
    summary: 'Print numbers from FIRST to LAST, in steps of INCREMENT.',
    options: {
      format: { short: 'f', long: 'format', arg: 'FORMAT', help: 'use printf style floating-point FORMAT' },
      separator: {
        short: 's',
        long: 'separator',
        arg: 'STRING',
        help: 'use STRING to separate numbers (default: \\n)',
      },
      equalWidth: { short: 'w', long: 'equal-width', help: 'equalize width by padding with leading zeroes' },
    },
    stopAtOperand: true,
    operands: [1, 3],
    // Negative numbers are operands, not options.
    rewrite: (args) => {
      let at = 0;
      while (/^-[^.\d-]|^--./.test(args[at] ?? ''))
        at += /^(-[sf]|--separator|--format)$/.test(args[at]!) ? 2 : 1;
      return /^-[.\d]/.test(args[at] ?? '') ? [...args.slice(0, at), '--', ...args.slice(at)] : args;
    },
  },
  async ({ sys, options: o, operands, out }) => {
    const numbers = operands.map(parse);
    const one: Operand = { value: 1, precision: 0, text: '1' };
    const last = numbers.at(-1)!;
    const first = numbers.length > 1 ? numbers[0]! : one;
    const step = numbers.length > 2 ? numbers[1]! : one;
    if (step.value === 0) throw new UsageError(`invalid Zero increment value: ${quote(step.text)}`);
    if (o.format !== undefined && o.equalWidth) {
      throw new UsageError('format string may not be specified when printing equal width strings');
    }
    const precision = Math.max(first.precision, step.precision);
    const format =
      o.format !== undefined
        ? floatFormatter(o.format, (text) => new Fatal(text))
        : o.equalWidth
          ? equalWidth(first, last, Math.max(precision, 0))
          : precision === 0 && Number.isInteger(first.value) && Number.isInteger(step.value)
            ? (value: number) => (Object.is(value, -0) ? '-0' : String(value))
            : (value: number) => fixed(value, precision);
    const separator = o.separator ?? '\n';
    const big = o.format === undefined ? wholeNumbers(first, step, last) : undefined;
    // The count comes from the rounded quotient, so that 0.1 steps do not lose the last number.
    const series: Series = big
      ? bigSeries(big, o.equalWidth)
      : {
          count: Math.floor((last.value - first.value) / step.value + 1e-10),
          // The sum would lose the sign of a negative zero.
          at: (index) => format(index === 0 ? first.value : first.value + index * step.value),
        };
    const { count } = series;
    if (!(count >= 0)) return;
    let block = '';
    for (let i = 0; i <= count; i++) {
      if (i > 0) block += separator;
      block += series.at(i);
      if (block.length < BLOCK_CHARS) continue;
      await out.write(block);
      block = '';
      const pause = sys.checkpoint();
      if (pause) await pause;
    }
    await out.write(`${block}\n`);
  },
);
