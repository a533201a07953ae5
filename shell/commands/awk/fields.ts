/**
 * The current record of an awk program and its fields, with what they depend on: FS, RS, OFS, the
 * conversions by CONVFMT and OFMT.
 * Splitting waits until a field or NF is asked for; the record is put together again only when it is read
 * after a field changed.
 */
import { compileRegex, type PosixRegex, RegexError } from '../lib/regex.ts';
import { sprintf, TooFewArguments } from './printf.ts';
import type { Separator } from './reader.ts';
import * as strings from './strings.ts';
import { compare, num, numberToText, StrNum, truth, type Value } from './values.ts';

/** Ends the program: prints `awk: text`, exit status 2. */
export class AwkError extends Error {}

const REGEX_CACHE_LIMIT = 500;
const FIELD_LIMIT = 10_000_000;

type Splitter = (text: string) => string[];

export class AwkRecord {
  private outputSeparator = ' ';
  CONVFMT = '%.6g';
  OFMT = '%.6g';
  private readonly regexes = new Map<string, PosixRegex>();
  private record = '';
  private recordValue: StrNum | string | undefined;
  /** The record must be put together from its fields. */
  private stale = false;
  /** -1: the record is not split yet. */
  private fieldCount = 0;
  private fields: string[] = [];
  /** Fields that the program assigned. */
  private assigned: Value[] | undefined;
  private fieldSeparator = ' ';
  protected splitter: Splitter = strings.splitBlanks;
  private recordSeparator = '\n';
  protected separator: Separator = { kind: 'char', char: '\n' };

  get OFS(): string {
    return this.outputSeparator;
  }
  /** A record whose fields were assigned is put together with the OFS of that time. */
  set OFS(value: string) {
    if (this.stale) this.text0();
    this.outputSeparator = value;
  }
  get FS(): string {
    return this.fieldSeparator;
  }
  set FS(value: string) {
    if (this.fieldCount < 0) this.split();
    this.fieldSeparator = value;
    this.chooseSplitter();
  }
  get RS(): string {
    return this.recordSeparator;
  }
  set RS(value: string) {
    this.recordSeparator = value;
    if (value === '') this.separator = { kind: 'paragraph' };
    else if (value.length === 1) this.separator = { kind: 'char', char: value };
    else this.separator = { kind: 'regex', regex: this.regex(value) };
    if (this.fieldCount < 0) this.split();
    this.chooseSplitter();
  }
  get NF(): number {
    if (this.fieldCount < 0) this.split();
    return this.fieldCount;
  }
  set NF(value: Value) {
    this.resize(Math.trunc(num(value)));
  }

  private chooseSplitter(): void {
    const fs = this.fieldSeparator;
    const paragraph = this.recordSeparator === '';
    if (fs === ' ') this.splitter = strings.splitBlanks;
    else if (!paragraph || fs.length !== 1) this.splitter = this.splitterOf(fs);
    else {
      // A newline also ends a field when FS is one character.
      const source = fs === '\\' ? '\\\\' : `[${fs === '^' ? '\\^' : fs}]`;
      const regex = this.regex(`(${source})|\n`);
      this.splitter = (text) => (text === '' ? [] : strings.splitRegex(text, regex));
    }
  }

  protected splitterOf(fs: string): Splitter {
    if (fs === ' ') return strings.splitBlanks;
    if (fs === '') return (text) => [...text];
    if (fs.length === 1) return (text) => (text === '' ? [] : text.split(fs));
    const regex = this.regex(fs);
    return (text) => (text === '' ? [] : strings.splitRegex(text, regex));
  }

  // --- record and fields ---

  setRecord(text: string): void {
    this.record = text;
    this.recordValue = undefined;
    this.stale = false;
    this.fieldCount = -1;
    this.assigned = undefined;
  }

  private split(): void {
    this.fields = this.splitter(this.record);
    this.fieldCount = this.fields.length;
  }

  private text0(): string {
    if (this.stale) {
      const parts: string[] = [];
      for (let i = 1; i <= this.fieldCount; i += 1) parts.push(this.fieldText(i));
      this.record = parts.join(this.outputSeparator);
      this.recordValue = undefined;
      this.stale = false;
    }
    return this.record;
  }

  private fieldText(index: number): string {
    const value = this.assigned?.[index];
    return value === undefined ? (this.fields[index - 1] ?? '') : this.str(value);
  }

  private checked(index: number): number {
    const at = Math.trunc(index);
    if (!(at >= 0 && at <= FIELD_LIMIT)) throw new AwkError(`attempt to access field ${index}`);
    return at;
  }

  field(index: number): Value {
    const at = this.checked(index);
    if (at === 0) {
      const text = this.text0();
      this.recordValue ??= new StrNum(text);
      return this.recordValue;
    }
    if (this.fieldCount < 0) this.split();
    // No such field: a string, so that it does not equal 0.
    if (at > this.fieldCount) return '';
    const value = this.assigned?.[at];
    return value === undefined ? new StrNum(this.fields[at - 1] ?? '') : value;
  }

  fieldStr(index: number): string {
    const at = this.checked(index);
    if (at === 0) return this.stale ? this.text0() : this.record;
    if (this.fieldCount < 0) this.split();
    return at > this.fieldCount ? '' : this.fieldText(at);
  }

  fieldNum(index: number): number {
    return num(this.assigned ? this.field(index) : this.fieldStr(index));
  }

  setField(index: number, value: Value): void {
    const at = this.checked(index);
    if (at === 0) {
      this.setRecord(this.str(value));
      if (typeof value === 'string') this.recordValue = value;
      return;
    }
    if (this.fieldCount < 0) this.split();
    if (at > this.fieldCount) this.resize(at);
    this.assigned ??= [];
    this.assigned[at] = value === undefined ? '' : value;
    this.stale = true;
  }

  private resize(count: number): void {
    if (!(count >= 0 && count <= FIELD_LIMIT)) throw new AwkError(`NF set to ${count}`);
    if (this.fieldCount < 0) this.split();
    while (this.fields.length < count) this.fields.push('');
    this.fields.length = count;
    if (this.assigned) this.assigned.length = Math.min(this.assigned.length, count + 1);
    this.fieldCount = count;
    this.stale = true;
  }

  // --- conversions ---

  str(value: Value): string {
    if (typeof value === 'string') return value;
    if (typeof value === 'number')
      return Number.isSafeInteger(value)
        ? String(value)
        : numberToText(value, this.CONVFMT, this.sprintfWith);
    return value === undefined ? '' : value.text;
  }

  /** As print shows a value: numbers by OFMT. */
  shown(value: Value): string {
    if (typeof value === 'number')
      return Number.isSafeInteger(value) ? String(value) : numberToText(value, this.OFMT, this.sprintfWith);
    return typeof value === 'string' ? value : value === undefined ? '' : value.text;
  }

  private readonly toText = (value: Value): string => this.str(value);
  private readonly sprintfWith = (format: string, args: Value[]): string =>
    sprintf(format, args, this.toText);

  sprintf(format: string, ...args: Value[]): string {
    try {
      return sprintf(format, args, this.toText);
    } catch (error) {
      if (!(error instanceof TooFewArguments)) throw error;
      throw new AwkError(`not enough arguments passed to sprintf("${format}")`);
    }
  }

  compare(a: Value, b: Value): number {
    return compare(a, b, this.toText);
  }

  truth(value: Value): boolean {
    return truth(value);
  }

  divide(a: number, b: number): number {
    if (b === 0) throw new AwkError('division by zero');
    return a / b;
  }

  modulo(a: number, b: number): number {
    if (b === 0) throw new AwkError('division by zero in %');
    return a % b;
  }

  regex(source: string): PosixRegex {
    let regex = this.regexes.get(source);
    if (!regex) {
      try {
        regex = compileRegex(source, { extended: true, escapes: 'awk' });
      } catch (error) {
        if (error instanceof RegexError)
          throw new AwkError(`regular expression compile failed (${error.message})\n${source}`);
        throw error;
      }
      if (this.regexes.size >= REGEX_CACHE_LIMIT) this.regexes.clear();
      this.regexes.set(source, regex);
    }
    return regex;
  }
}
