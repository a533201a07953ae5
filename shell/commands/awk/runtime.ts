/**
 * What a compiled awk program calls: the record and its fields, special variables, conversions, input and
 * output.
 * The members named like awk's variables (NF, FS …) are those variables.
 */
import { O } from '../../../subsystems/unix/constants.ts';
import type { Awaitable, Sys } from '../../../subsystems/unix/sys.ts';
import { SysError } from '../lib/command.ts';
import type { PosixRegex } from '../lib/regex.ts';
import { strftime } from '../lib/strftime.ts';
import { localMs, zoneNamed } from '../lib/zone.ts';
import { AwkError, AwkRecord } from './fields.ts';
import { unescapeString } from './lexer.ts';
import type { RecordReader } from './reader.ts';
import { ScalarBox } from './scalar-box.ts';
import type { OutputKind, Streams } from './streams.ts';
import * as strings from './strings.ts';
import { type AwkArray, num, StrNum, type Value } from './values.ts';

export { AwkError } from './fields.ts';

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

/** Steps of loops between two looks at the scheduler. */
const STEPS_PER_CHECK = 2000;
const COMMAND_ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/;

export class Runtime extends AwkRecord {
  NR_ = 0;
  FNR_ = 0;
  FILENAME: Value = '';
  RSTART = 0;
  RLENGTH = -1;
  ORS = '\n';
  SUBSEP = '\x1c';
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
  private reader: RecordReader | undefined;
  private readerFd = -1;
  private argument = 1;
  private usedOperand = false;
  private inputEnded = false;
  private seed = 1;
  private state = 1;

  constructor(sys: Sys, streams: Streams, warn: (text: string) => Promise<void>) {
    super();
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
  // --- arrays ---

  element(array: AwkArray, key: string): Value {
    const value = array.get(key);
    if (value === undefined && !array.has(key)) array.set(key, undefined);
    return value;
  }

  /** A parameter whose name is used for an array and for a scalar: what it holds decides. */
  scalarOf(array: AwkArray, name: string): Value {
    if (array instanceof ScalarBox) return array.scalar;
    if (array.size === 0) return undefined;
    throw new AwkError(`attempt to use array ${name} in a scalar context`);
  }

  boxed(value: Value): AwkArray {
    return new ScalarBox(value);
  }

  /** A scalar assigned to a parameter that may hold an array. */
  boxedOver(array: AwkArray, value: Value, name: string): AwkArray {
    this.scalarOf(array, name);
    return new ScalarBox(value);
  }

  typeOf(value: Value | AwkArray): string {
    if (value instanceof Map) return 'array';
    if (value === undefined) return 'unassigned';
    if (typeof value === 'object') return value.isNumeric ? 'strnum' : 'string';
    return typeof value;
  }

  // --- built-in functions ---

  split_(text: string, array: AwkArray, separator: string | undefined): number {
    const splitter = this.splitterOf(separator ?? this.FS);
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
      for (const [i, from, count] of strings.groupPlaces(text, start, groups)) {
        array.set(`${i}${this.SUBSEP}start`, from);
        array.set(`${i}${this.SUBSEP}length`, count);
      }
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

  /** gawk's asort and asorti: the values (or indexes) of `from` in order, into `to` under 1…n. */
  sortInto(from: AwkArray, to: AwkArray, byIndex: boolean): number {
    const items: Value[] = byIndex ? [...from.keys()] : [...from.values()];
    const isNumber = (value: Value) => typeof value !== 'string' && this.typeOf(value) !== 'string';
    items.sort((a, b) => {
      const order = Number(isNumber(b)) - Number(isNumber(a));
      return order !== 0 ? order : this.compare(a, b);
    });
    to.clear();
    items.forEach((item, i) => {
      to.set(String(i + 1), item);
    });
    return items.length;
  }

  /** gawk's strtonum: 0x and leading-zero octal, else as usual. */
  strtonum(value: Value): number {
    if (typeof value === 'number') return value;
    const text = this.str(value).trim();
    const match = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0([0-7]+)(?![0-9.eE]))/.exec(text);
    if (!match) return num(text);
    const size = Number.parseInt(match[2] ?? match[3] ?? '', match[2] === undefined ? 8 : 16);
    return match[1] === '-' ? -size : size;
  }

  /** gawk's mktime("YYYY MM DD HH MM SS"): seconds, -1 for anything else. */
  mktime(text: string): number {
    const parts = text
      .trim()
      .split(/[ \t]+/)
      .map(Number);
    const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
    if (parts.length < 6 || parts.some(Number.isNaN)) return -1;
    const zone = zoneNamed(this.sys.env.TZ);
    return Math.floor(localMs(zone, { year, month, day, hour, minute, second }) / 1000);
  }

  now(): number {
    return Math.floor(this.sys.now() / 1000);
  }

  /** strftime of gawk: now, when no time is given. */
  strftime(format = '%a %b %e %H:%M:%S %Z %Y', seconds?: number, utc?: number): string {
    const zone = zoneNamed(utc ? 'UTC' : this.sys.env.TZ);
    return strftime(format, (seconds ?? this.now()) * 1000, zone);
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
      this.readerFd =
        name === '-' || name === '/dev/stdin' ? 0 : await this.sys.open(name, O.RDONLY | O.CLOEXEC);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new AwkError(`cannot open ${name} (${error.message})`);
    }
    this.reader = this.streams.readerOf(this.readerFd);
    if (name !== '-' || this.usedOperand) this.FILENAME = new StrNum(name);
    this.FNR_ = 0;
    return true;
  }

  /**
   * Plain getline: 1, or 0 at the end. With `intoVariable` the text is left in `line`, else it becomes $0.
   */
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

  private async slowGetline(
    from: 'file' | 'command',
    name: string,
    intoVariable: boolean,
    begun: Awaitable<string | undefined>,
  ): Promise<number> {
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
  async eachRecord(rule: () => Awaitable<boolean | undefined>): Promise<void> {
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
