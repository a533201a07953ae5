/**
 * The character arrays of tr: escapes, ranges, [:class:], [=c=], [c*n] (POSIX tr, "EXTENDED DESCRIPTION").
 */
import { Fatal } from './lib/command.ts';
import { quote } from './lib/quote.ts';
import { latin1 } from './lib/text.ts';

export const CASE_MARK = { other: 0, upper: 1, lower: 2 } as const;

export interface TrSet {
  bytes: number[];
  /** Where classes stand in `bytes`, for the rules on [:upper:] and [:lower:]. */
  classes: { at: number; length: number; mark: number }[];
  /** `[c*]`: filled up to the length of the other array. */
  fill?: { at: number; byte: number };
}

const CLASS_TESTS: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  cntrl: /[\x00-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[\t-\r ]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 };

/** One element: its byte, and whether it was escaped (an escaped character is never syntax). */
interface Element {
  byte: number;
  escaped: boolean;
}

function elementsOf(text: string): Element[] {
  const elements: Element[] = [];
  for (const match of latin1.adopt(text).matchAll(/\\([0-3][0-7]{0,2}|[0-7]{1,2}|[\s\S])|[\s\S]/g)) {
    const body = match[1];
    if (body === undefined) elements.push({ byte: match[0].charCodeAt(0), escaped: false });
    else if (/^[0-7]/.test(body)) elements.push({ byte: Number.parseInt(body, 8), escaped: true });
    else elements.push({ byte: ESCAPES[body] ?? body.charCodeAt(0), escaped: true });
  }
  return elements;
}

class Expander {
  readonly set: TrSet = { bytes: [], classes: [] };
  private readonly elements: Element[];
  private readonly second: boolean;
  /** The elements as text where escaped ones are shown as NUL, so that they match no syntax. */
  private readonly shape: string;

  constructor(text: string, second: boolean) {
    this.elements = elementsOf(text);
    this.second = second;
    this.shape = this.elements
      .map(({ byte, escaped }) => (escaped ? '\0' : String.fromCharCode(byte)))
      .join('');
  }

  expand(): TrSet {
    for (let at = 0; at < this.elements.length; )
      at += this.bracketed(at) || this.range(at) || this.single(at);
    return this.set;
  }

  private byteAt(at: number): number {
    return this.elements[at]?.byte ?? 0;
  }

  private single(at: number): number {
    this.set.bytes.push(this.byteAt(at));
    return 1;
  }

  private range(at: number): number {
    if (this.shape[at + 1] !== '-' || at + 2 >= this.elements.length) return 0;
    const from = this.byteAt(at);
    const to = this.byteAt(at + 2);
    if (from > to) {
      const text = `${show(from)}-${show(to)}`;
      throw new Fatal(`range-endpoints of ${quote(text)} are in reverse collating sequence order`);
    }
    for (let byte = from; byte <= to; byte += 1) this.set.bytes.push(byte);
    return 3;
  }

  /** Length of the bracketed construct at `at`, 0 when there is none. */
  private bracketed(at: number): number {
    if (this.shape[at] !== '[') return 0;
    const rest = this.shape.slice(at);
    const named = /^\[:([^:]*):\]/.exec(rest);
    if (named) return this.named(named[1] ?? '', named[0].length);
    if (/^\[=[\s\S]=\]/.test(rest)) {
      this.set.bytes.push(this.byteAt(at + 2));
      return 5;
    }
    const repeat = /^\[[\s\S]\*([0-9]*)\]/.exec(rest);
    return repeat ? this.repeated(this.byteAt(at + 1), repeat[1] ?? '', repeat[0].length) : 0;
  }

  private named(name: string, length: number): number {
    const test = Object.hasOwn(CLASS_TESTS, name) ? CLASS_TESTS[name] : undefined;
    if (!test) throw new Fatal(`invalid character class ${quote(name)}`);
    const at = this.set.bytes.length;
    for (let byte = 0; byte < 128; byte += 1)
      if (test.test(String.fromCharCode(byte))) this.set.bytes.push(byte);
    const mark = name === 'upper' ? CASE_MARK.upper : name === 'lower' ? CASE_MARK.lower : CASE_MARK.other;
    this.set.classes.push({ at, length: this.set.bytes.length - at, mark });
    return length;
  }

  private repeated(byte: number, digits: string, length: number): number {
    const count = Number.parseInt(digits || '0', digits.startsWith('0') ? 8 : 10);
    if (!this.second && count === 0) throw new Fatal('the [c*] repeat construct may not appear in string1');
    if (count > 0) for (let i = 0; i < count; i += 1) this.set.bytes.push(byte);
    else if (this.set.fill) throw new Fatal('only one [c*] repeat construct may appear in string2');
    else this.set.fill = { at: this.set.bytes.length, byte };
    return length;
  }
}

function show(byte: number): string {
  return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
}

/** Expands an array operand; `second` = it is STRING2, where repeats may stand. Throws Fatal. */
export function expandSet(text: string, second: boolean): TrSet {
  return new Expander(text, second).expand();
}
