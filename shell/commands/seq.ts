/** seq: numbers from FIRST to LAST, in 64 KiB blocks; integers without floating point. */
import { command, Fatal, UsageError } from './lib/command.ts';
import { quote } from './lib/quote.ts';
import { floatFormatter } from './lib/seq-format.ts';

const BLOCK_CHARS = 65536;
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
  return { value: Number(text), precision: Math.max(0, decimals), text };
}

/** -w: zeros up to the widest of first and last. */
function equalWidth(first: Operand, last: Operand, precision: number): (value: number) => string {
  const width = Math.max(first.value.toFixed(precision).length, last.value.toFixed(precision).length);
  return (value) => {
    const text = Math.abs(value).toFixed(precision);
    const sign = value < 0 || Object.is(value, -0) ? '-' : '';
    return sign + text.padStart(width - sign.length, '0');
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
            ? String
            : (value: number) => value.toFixed(precision);
    const separator = o.separator ?? '\n';
    // The count comes from the rounded quotient, so that 0.1 steps do not lose the last number.
    const count = Math.floor((last.value - first.value) / step.value + 1e-10);
    if (!(count >= 0)) return;
    let block = '';
    for (let i = 0; i <= count; i++) {
      if (i > 0) block += separator;
      block += format(first.value + i * step.value);
      if (block.length < BLOCK_CHARS) continue;
      await out.write(block);
      block = '';
      const pause = sys.checkpoint();
      if (pause) await pause;
    }
    await out.write(`${block}\n`);
  },
);
