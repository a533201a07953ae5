/**
 * What a compiled awk program calls: the record and its fields, special variables, conversions, input and output.
 * The members named like awk's variables (NF, FS …) are those variables.
 */
import { O } from '../../../subsystems/unix/constants.ts';
import type { Awaitable, Sys } from '../../../subsystems/unix/sys.ts';
import { SysError } from '../lib/command.ts';
import { compileRegex, type PosixRegex, RegexError } from '../lib/regex.ts';
import { strftime } from '../lib/strftime.ts';
import { zoneNamed } from '../lib/zone.ts';
import { unescapeString } from './lexer.ts';
import { sprintf } from './printf.ts';
import type { RecordReader, Separator } from './reader.ts';
import type { OutputKind, Streams } from './streams.ts';
import * as strings from './strings.ts';
import { type AwkArray, compare, num, numberToText, StrNum, truth, type Value } from './values.ts';

/** Ends the program: prints `awk: text`, exit status 2. */
export class AwkError extends Error {}
/** Thrown by exit. */
export class AwkExit {
  readonly code: number | undefined;
  constructor(code: number | undefined) {
    this.code = code;
  }
}
/** Thrown by next and nextfile within a function. */
export class AwkNext {
  readonly file: boolean;
  constructor(file: boolean) {
    this.file = file;
  }
}

const REGEX_CACHE_LIMIT = 500;
const FIELD_LIMIT = 10_000_000;
/** Steps of loops between two looks at the scheduler. */
const STEPS_PER_CHECK = 2000;
const COMMAND_ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)=([^]*)$/;

type Splitter = (text: string) => string[];

export class Runtime {
  NR_ = 0;
  FNR_ = 0;
  FILENAME: Value = '';
  RSTART = 0;
  RLENGTH = -1;
  OFS = ' ';
  ORS = '\n';
  SUBSEP = '\x1c';
  CONVFMT = '%.6g';
  OFMT = '%.6g';
  ARGC = 0;
  readonly ARGV: AwkArray = new Map();
  readonly ENVIRON: AwkArray = new Map();
  /** Loop steps left until `pause`. */
  steps = STEPS_PER_CHECK;
  /** The text that the last getline read, and the one that the last sub made. */
  line = '';
  substituted = '';
  /** Sets a variable of the program by name: -v, operands `name=value`. */
  assign: (name: string, value: Value) => void = () => {};
  status = 0;

  private readonly sys: Sys;
  private readonly streams: Streams;
  private readonly warn: (text: string) => Promise<void>;
  private readonly regexes = new Map<string, PosixRegex>();
  private record = '';
  private recordValue: StrNum | undefined;
  /** The record must be put together from its fields. */
  private stale = false;
  /** -1: the record is not split yet. */
  private fieldCount = 0;
  private fields: string[] = [];
  /** Fields that the program assigned. */
  private assigned: Value[] | undefined;
  private fieldSeparator = ' ';
  private splitter: Splitter = strings.splitBlanks;
  private recordSeparator = '\n';
  private separator: Separator = { kind: 'char', char: '\n' };
  private reader: RecordReader | undefined;
  private readerFd = -1;
  private argument = 1;
  private usedOperand = false;
  private inputEnded = false;
  private seed = 0;
  private state = 0;

  constructor(sys: Sys, streams: Streams, warn: (text: string) => Promise<void>) {
    this.sys = sys;
    this.streams = streams;
    this.warn = warn;
  }

  // --- special variables ---

  get NR(): number {
    return this.NR_;
  }
  set NR(value: Value) {
    this.NR_ = num(value);
  }
  get FNR(): number {
    return this.FNR_;
  }
  set FNR(value: Value) {
    this.FNR_ = num(value);
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
    else if (!paragraph) this.splitter = this.splitterOf(fs);
    else {
      const source = fs.length === 1 && fs !== '\\' ? `[${fs === '^' ? '\\^' : fs}]` : fs === '\\' ? '\\\\' : fs;
      const regex = this.regex(`(${source})|\n`);
      this.splitter = (text) => (text === '' ? [] : strings.splitRegex(text, regex));
    }
  }

  private splitterOf(fs: string): Splitter {
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
      this.record = parts.join(this.OFS);
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
    if (at > this.fieldCount) return undefined;
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
    if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : numberToText(value, this.CONVFMT, this.sprintfWith);
    return value === undefined ? '' : value.text;
  }

  /** As print shows a value: numbers by OFMT. */
  shown(value: Value): string {
    if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : numberToText(value, this.OFMT, this.sprintfWith);
    return typeof value === 'string' ? value : value === undefined ? '' : value.text;
  }

  private readonly toText = (value: Value): string => this.str(value);
  private readonly sprintfWith = (format: string, args: Value[]): string => sprintf(format, args, this.toText);

  sprintf(format: string, ...args: Value[]): string {
    return sprintf(format, args, this.toText);
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
        if (error instanceof RegexError) throw new AwkError(`regular expression compile failed (${error.message})\n${source}`);
        throw error;
      }
      if (this.regexes.size >= REGEX_CACHE_LIMIT) this.regexes.clear();
      this.regexes.set(source, regex);
    }
    return regex;
  }

  // --- arrays ---

  element(array: AwkArray, key: string): Value {
    const value = array.get(key);
    if (value === undefined && !array.has(key)) array.set(key, undefined);
    return value;
  }

  // --- built-in functions ---

  split_(text: string, array: AwkArray, separator: string | undefined): number {
    const splitter = separator === undefined ? this.splitter : this.splitterOf(separator);
    return strings.fillArray(array, splitter(text));
  }

  splitBy(text: string, array: AwkArray, regex: PosixRegex): number {
    return strings.fillArray(array, text === '' ? [] : strings.splitRegex(text, regex));
  }

  match(text: string, regex: PosixRegex, array?: AwkArray): number {
    const { start, length, groups } = strings.match(text, regex);
    this.RSTART = start;
    this.RLENGTH = length;
    if (array) {
      array.clear();
      groups.forEach((group, i) => {
        if (group !== undefined) array.set(String(i), new StrNum(group));
      });
    }
    return start;
  }

  /** Leaves the new text in `substituted`; answers how many were replaced. */
  sub(regex: PosixRegex, replacement: string, text: string, all: boolean): number {
    const { text: result, count } = strings.substitute(text, regex, replacement, all);
    this.substituted = result;
    return count;
  }

  rand(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  srand(seed?: number): number {
    const before = this.seed;
    this.seed = seed ?? Math.floor(this.sys.now() / 1000);
    this.state = this.seed | 0;
    return before;
  }

  now(): number {
    return Math.floor(this.sys.now() / 1000);
  }

  /** strftime of gawk: now, when no time is given. */
  strftime(format = '%a %b %e %H:%M:%S %Z %Y', seconds?: number): string {
    return strftime(format, (seconds ?? this.now()) * 1000, zoneNamed(this.sys.env.TZ));
  }

  readonly strings = strings;

  // --- output ---

  print(text: string): void {
    this.streams.main.put(text);
  }

  printTo(kind: OutputKind, to: string, text: string): Awaitable<void> {
    if (to === '') throw new AwkError('expression for redirection has null string value');
    return this.guarded(to, this.streams.write(kind, to, text));
  }

  private guarded(name: string, result: Awaitable<void>): Awaitable<void> {
    if (!result) return;
    return Promise.resolve(result).catch((error: unknown) => {
      if (error instanceof SysError) throw new AwkError(`can't redirect to ${name} (${error.message})`);
      throw error;
    });
  }

  async system(command: string): Promise<number> {
    return this.streams.system(command);
  }

  async close(name: string): Promise<number> {
    return this.streams.close(name);
  }

  async fflush(name?: string): Promise<number> {
    if (name !== undefined && name !== '') return this.streams.flush(name);
    await this.streams.flushAll();
    return 0;
  }

  /** Called when `steps` are used up: lets others run, writes what has been printed. */
  async pause(): Promise<void> {
    this.steps = STEPS_PER_CHECK;
    const wait = this.sys.checkpoint();
    if (wait) await wait;
    await this.streams.main.drain();
  }

  // --- input ---

  /** The next record of the main input, counted; undefined at its end. */
  private async nextMain(): Promise<string | undefined> {
    for (;;) {
      if (!this.reader && !(await this.openNext())) return undefined;
      let text: string | undefined;
      try {
        text = await this.reader?.next(this.separator);
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        await this.warn(`read failure on ${this.str(this.FILENAME)}: ${error.message}`);
        this.status = 2;
      }
      if (text !== undefined) return text;
      await this.closeReader();
    }
  }

  private async closeReader(): Promise<void> {
    if (this.readerFd > 0) await this.sys.close(this.readerFd);
    this.reader = undefined;
    this.readerFd = -1;
  }

  private async openNext(): Promise<boolean> {
    if (this.inputEnded) return false;
    while (this.argument < num(this.ARGC)) {
      const name = this.str(this.ARGV.get(String(this.argument)));
      this.argument += 1;
      const assignment = COMMAND_ASSIGNMENT.exec(name);
      if (assignment) this.assign(assignment[1] ?? '', new StrNum(unescapeString(assignment[2] ?? '')));
      else if (name !== '') {
        this.usedOperand = true;
        if (await this.open(name)) return true;
      }
    }
    this.inputEnded = true;
    if (this.usedOperand) return false;
    return this.open('-');
  }

  private async open(name: string): Promise<boolean> {
    try {
      this.readerFd = name === '-' || name === '/dev/stdin' ? 0 : await this.sys.open(name, O.RDONLY | O.CLOEXEC);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new AwkError(`cannot open ${name} (${error.message})`);
    }
    this.reader = this.streams.readerOf(this.readerFd);
    if (name !== '-' || this.usedOperand) this.FILENAME = new StrNum(name);
    this.FNR_ = 0;
    return true;
  }

  /** Plain getline: 1, or 0 at the end. With `intoVariable` the text is left in `line`, else it becomes $0. */
  async getlineMain(intoVariable: boolean): Promise<number> {
    const text = await this.nextMain();
    if (text === undefined) return 0;
    this.NR_ += 1;
    this.FNR_ += 1;
    this.line = text;
    if (!intoVariable) this.setRecord(text);
    return 1;
  }

  /** getline from a file or command: 1, 0 at the end, -1 when it cannot be opened or read. */
  getlineFrom(from: 'file' | 'command', name: string, intoVariable: boolean): Awaitable<number> {
    const text = this.streams.opened(from, name)?.next(this.separator);
    if (typeof text === 'string') return this.gotLine(from, text, intoVariable);
    return this.slowGetline(from, name, intoVariable, text);
  }

  private gotLine(from: 'file' | 'command', text: string, intoVariable: boolean): number {
    this.line = text;
    if (from === 'command') this.NR_ += 1;
    if (!intoVariable) this.setRecord(text);
    return 1;
  }

  private async slowGetline(from: 'file' | 'command', name: string, intoVariable: boolean, begun: Awaitable<string | undefined>): Promise<number> {
    try {
      let text = await begun;
      if (text === undefined && begun === undefined) {
        const reader = await this.streams.input(from, name);
        if (!reader) return -1;
        text = await reader.next(this.separator);
      }
      return text === undefined ? 0 : this.gotLine(from, text, intoVariable);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      return -1;
    }
  }

  /** Feeds every record to `rule` until the input ends. AwkExit passes through. */
  async eachRecord(rule: () => Awaitable<void | boolean>): Promise<void> {
    let untilDrain = STEPS_PER_CHECK;
    for (;;) {
      let text: string | undefined;
      const found = this.reader?.next(this.separator);
      if (typeof found === 'string') text = found;
      else if (found !== undefined) text = await found.catch((error: unknown) => this.readFailed(error));
      if (text === undefined) {
        await this.closeReader();
        if (!(await this.openNext())) return;
        continue;
      }
      this.NR_ += 1;
      this.FNR_ += 1;
      this.setRecord(text);
      try {
        const result = rule();
        if (result === true || (result && (await result) === true)) await this.closeReader();
      } catch (error) {
        if (!(error instanceof AwkNext)) throw error;
        if (error.file) await this.closeReader();
      }
      untilDrain -= 1;
      if (untilDrain === 0 || this.streams.main.out.full) {
        untilDrain = STEPS_PER_CHECK;
        await this.pause();
      }
    }
  }

  private async readFailed(error: unknown): Promise<undefined> {
    if (!(error instanceof SysError)) throw error;
    await this.warn(`read failure on ${this.str(this.FILENAME)} (${error.message})`);
    this.status = 2;
    return undefined;
  }
}
