/**
 * The formatting of printf(1) (POSIX): the format is used again while arguments are left; missing ones are
 * empty or 0. Text is in the lossless form of lib/text.ts, so that `\377` is one byte.
 */

import { formatDouble, formatInteger } from './cformat.ts';
import { CONTROL_ESCAPES } from './control-escapes.ts';
import { byteText } from './echo-text.ts';
import { utf8 } from './text.ts';

export interface Printed {
  readonly text: string;
  readonly problems: readonly PrintfProblem[];
}

export interface PrintfProblem {
  readonly kind: 'not-numeric' | 'partial' | 'range' | 'directive';
  readonly subject: string;
}

/** Longest field that a width or precision may ask for. */
const WIDTH_LIMIT = 1 << 20;
const SIMPLE: Readonly<Record<string, string>> = {
  ...CONTROL_ESCAPES,
  e: '\x1b',
  '\\': '\\',
  '"': '"',
  "'": "'",
};
const PIECE =
  /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([abcefnrtv\\"']))|%(%|([-+ #0']*)(\*|[0-9]+)?(?:\.(\*|[0-9]*))?(?:hh|h|ll|l|L|j|z|t)?([a-zA-Z]?))|[^\\%]+|[\s\S]/g;
const ARGUMENT_ESCAPE = /\\(?:0?([0-7]{1,3})|0|x([0-9a-fA-F]{1,2})|([abcefnrtv\\"']))/g;

interface Directive {
  readonly flags: string;
  width: number;
  precision: number | undefined;
  readonly conversion: string;
}

class Printer {
  private text = '';
  private at = 0;
  private stopped = false;
  private readonly args: readonly string[];
  private readonly gnu: boolean;
  private readonly problems: PrintfProblem[] = [];

  constructor(args: readonly string[], gnu: boolean) {
    this.args = args;
    this.gnu = gnu;
  }

  print(format: string): Printed {
    do {
      const before = this.at;
      this.pass(format);
      if (this.at === before) break;
    } while (!this.stopped && this.at < this.args.length);
    return { text: this.text, problems: this.problems };
  }

  private pass(format: string): void {
    for (const piece of format.matchAll(PIECE)) {
      if (this.stopped) return;
      const [all, octal, hex, short, long, simple, directive] = piece;
      const point = short ?? long;
      if (octal !== undefined) this.text += byteText(Number.parseInt(octal, 8) & 0xff);
      else if (!this.gnu && (hex ?? point) !== undefined) this.text += all;
      else if (hex !== undefined) this.text += byteText(Number.parseInt(hex, 16));
      else if (point !== undefined)
        this.text += String.fromCodePoint(Math.min(Number.parseInt(point, 16), 0x10ffff));
      else if (simple === 'c') this.stopped = true;
      else if (simple !== undefined) this.text += SIMPLE[simple];
      else if (directive === '%') this.text += '%';
      else if (directive !== undefined) this.convert(all, piece);
      else this.text += all;
    }
  }

  private next(): string | undefined {
    const arg = this.args[this.at];
    if (arg !== undefined) this.at += 1;
    return arg;
  }

  private size(spec: string | undefined): number | undefined {
    if (spec === undefined) return undefined;
    const value = spec === '*' ? Number(this.integer(this.next() ?? '0')) : Number(spec);
    return Math.max(-WIDTH_LIMIT, Math.min(WIDTH_LIMIT, value));
  }

  private convert(all: string, piece: RegExpMatchArray): void {
    const [, , , , , , , flags = '', widthSpec, precisionSpec, conversion = ''] = piece;
    const width = this.size(widthSpec) ?? 0;
    const precision = this.size(precisionSpec);
    const directive: Directive = {
      flags: width < 0 ? `${flags}-` : flags,
      width: Math.abs(width),
      precision: precision === undefined || precision < 0 ? undefined : precision,
      conversion,
    };
    if (!'diouxXcsbeEfFgGaAq'.includes(conversion) || conversion === '') {
      this.problems.push({ kind: 'directive', subject: all });
      this.stopped = true;
      return;
    }
    this.text += pad(this.converted(directive), directive);
  }

  private converted(directive: Directive): string {
    const { conversion, precision } = directive;
    switch (conversion) {
      case 's':
        return cut(this.next() ?? '', precision);
      case 'q':
        return shellQuote(this.next() ?? '');
      case 'c':
        return Array.from(this.next() ?? '')[0] ?? '';
      case 'b':
        return cut(this.escaped(this.next() ?? ''), precision);
      case 'd':
      case 'i':
      case 'o':
      case 'u':
      case 'x':
      case 'X':
        return formatInteger(this.integer(this.next() ?? '0', 'di'.includes(conversion)), {
          ...directive,
          precision: precision ?? -1,
        });
      default:
        return formatDouble(this.float(this.next() ?? '0'), {
          ...directive,
          precision: precision ?? -1,
        });
    }
  }

  private escaped(source: string): string {
    let text = '';
    let last = 0;
    for (const found of source.matchAll(ARGUMENT_ESCAPE)) {
      text += source.slice(last, found.index);
      last = found.index + found[0].length;
      const [, octal, hex, simple] = found;
      if (simple === 'c') {
        this.stopped = true;
        return text;
      }
      if (simple !== undefined) text += SIMPLE[simple] ?? '';
      else
        text += byteText(
          (hex === undefined ? Number.parseInt(octal ?? '0', 8) : Number.parseInt(hex, 16)) & 0xff,
        );
    }
    return text + source.slice(last);
  }

  /** C's constants: decimal, 0octal, 0xhex, and 'c for a character's code. */
  private integer(source: string, isSigned = true): bigint {
    const quoted = this.characterCode(source);
    if (quoted !== undefined) return BigInt(quoted);
    const found = /^\s*([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/.exec(source);
    this.check(source, found?.[0]);
    if (!found?.[2]) return 0n;
    const digits = found[2];
    const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
    const signed = found[1] === '-' ? -value : value;
    return this.inRange(source, signed, isSigned);
  }

  /** What strtoimax and strtoumax make of a value: those out of range are reported and become the limit. */
  private inRange(source: string, value: bigint, isSigned: boolean): bigint {
    const most = isSigned ? 2n ** 63n - 1n : 2n ** 64n - 1n;
    const least = isSigned ? -(2n ** 63n) : -most;
    if (value >= least && value <= most) return isSigned ? value : BigInt.asUintN(64, value);
    this.problems.push({ kind: 'range', subject: source });
    return isSigned && value < 0n ? least : most;
  }

  private float(source: string): number {
    const quoted = this.characterCode(source);
    if (quoted !== undefined) return quoted;
    const found =
      /^\s*[-+]?(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|inf(?:inity)?|nan)/i.exec(
        source,
      );
    this.check(source, found?.[0]);
    const text = found?.[0].trim().toLowerCase() ?? '0';
    if (text.includes('inf')) return text.startsWith('-') ? -Infinity : Infinity;
    return Number(text);
  }

  private characterCode(source: string): number | undefined {
    if (source[0] !== "'" && source[0] !== '"') return undefined;
    return source.codePointAt(1) ?? 0;
  }

  private check(source: string, matched: string | undefined): void {
    if (source === '') return;
    if (matched === undefined) this.problems.push({ kind: 'not-numeric', subject: source });
    else if (source.slice(matched.length) !== '') this.problems.push({ kind: 'partial', subject: source });
  }
}

/** Widths and precisions count bytes, as in C. */
const cut = (s: string, precision: number | undefined): string =>
  precision === undefined ? s : utf8.decode(utf8.encode(s).subarray(0, precision));

function pad(s: string, { flags, width }: Directive): string {
  const { length } = utf8.encode(s);
  if (length >= width) return s;
  const fill = ' '.repeat(width - length);
  return flags.includes('-') ? s + fill : fill + s;
}

/** A form that the shell reads back as the same word. */
function shellQuote(s: string): string {
  if (s === '') return "''";
  return /^[\w@%+=:,./-]+$/.test(s) ? s : `'${s.replaceAll("'", "'\\''")}'`;
}

/** `gnu`: the escapes \\x, \\u, \\U too, which ash's built-in prints as they are. */
export function formatPrintf(format: string, args: readonly string[], gnu: boolean): Printed {
  return new Printer(args, gnu).print(format);
}
