/**
 * `read`: one line into variables, split by IFS (POSIX, read). Bytes are taken one at a time, so that what
 * follows the line is left for the next reader; from a file a block is read and the offset put back.
 */
import { Poll } from '../../../subsystems/unix/constants.ts';
import { Errno, isSysError } from '../../../subsystems/unix/errno.ts';
import { utf8 } from '../../commands/lib/text.ts';
import { ShellError } from '../errors.ts';
import type { Separators } from '../expand/fields.ts';
import { DescriptorReader } from '../input/descriptor.ts';
import { expectSignals } from '../jobs/interrupts.ts';
import type { Shell } from '../state/shell.ts';
import { isName } from '../state/variables.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';
import type { BuiltinTable } from './builtin.ts';

interface ReadOptions {
  raw: boolean;
  silent: boolean;
  prompt: string;
  delimiter: number;
  characters: number | undefined;
  timeoutMs: number | undefined;
  fd: number;
  names: readonly string[];
}

const NEWLINE = 10;
const BACKSLASH = 92;

function parseOptions(args: readonly string[]): ReadOptions {
  const options: ReadOptions = {
    ...{ raw: false, silent: false, prompt: '', delimiter: NEWLINE, fd: 0, names: [] },
    ...{ characters: undefined, timeoutMs: undefined },
  };
  let at = 0;
  for (; /^-[^-]/.test(args[at] ?? ''); at += 1) {
    const cluster = args[at]!.slice(1);
    for (let i = 0; i < cluster.length; i += 1) {
      const letter = cluster[i]!;
      if (letter === 'r') options.raw = true;
      else if (letter === 's') options.silent = true;
      else {
        const value = cluster.slice(i + 1) || args[++at];
        if (value === undefined && letter !== 'd') throw new ShellError(`read: No arg for -${letter} option`);
        setOption(options, letter, value ?? '');
        break;
      }
    }
  }
  if (args[at] === '--') at += 1;
  return { ...options, names: args.slice(at) };
}

function setOption(options: ReadOptions, letter: string, value: string): void {
  const number = Number(value);
  if (letter === 'p') options.prompt = value;
  else if (letter === 'd') options.delimiter = utf8.encode(value)[0] ?? 0;
  else if ('ntu'.includes(letter) && !(number >= 0)) throw new ShellError(`read: Illegal number: ${value}`);
  else if (letter === 'n' || letter === 'N') options.characters = number;
  else if (letter === 't') options.timeoutMs = number * 1000;
  else if (letter === 'u') options.fd = number;
  else throw new ShellError(`read: Illegal option -${letter}`);
}

interface Line {
  readonly text: string;
  /** Indices of characters that a backslash protects from IFS. */
  readonly protectedAt: ReadonlySet<number>;
  /** The delimiter was there; false at the end of the input. */
  readonly complete: boolean;
}

function* readLine(sh: Shell, options: ReadOptions): Task<Line | 'timeout'> {
  const reader = new DescriptorReader(sh.sys, options.fd);
  const deadline = options.timeoutMs === undefined ? undefined : sh.sys.monotonic() + options.timeoutMs;
  const bytes: number[] = [];
  const protectedBytes = new Set<number>();
  let escaped = false;
  let complete = false;
  for (let taken = 0; options.characters === undefined || taken < options.characters; ) {
    if (deadline !== undefined && !(yield* readable(sh, options.fd, deadline))) return 'timeout';
    const byte = yield* reader.byte();
    if (byte === undefined) break;
    if ((byte & 0xc0) !== 0x80) taken += 1;
    if (escaped) {
      escaped = false;
      if (byte === NEWLINE) continue;
      protectedBytes.add(bytes.length);
    } else if (byte === BACKSLASH && !options.raw) {
      escaped = true;
      continue;
    } else if (byte === options.delimiter) {
      complete = true;
      break;
    }
    if (byte !== 0) bytes.push(byte);
  }
  yield* reader.putBack();
  if (options.characters !== undefined && bytes.length > 0) complete = true;
  return { ...protectedText(bytes, protectedBytes), complete };
}

/** Text and protected positions, in characters instead of bytes. */
function protectedText(
  bytes: number[],
  marks: ReadonlySet<number>,
): { text: string; protectedAt: Set<number> } {
  if (marks.size === 0) return { text: utf8.decode(Uint8Array.from(bytes)), protectedAt: new Set() };
  const protectedAt = new Set<number>();
  let text = '';
  let start = 0;
  for (const mark of [...marks, bytes.length]) {
    text += utf8.decode(Uint8Array.from(bytes.slice(start, mark)));
    if (mark < bytes.length) protectedAt.add(text.length);
    start = mark;
  }
  return { text, protectedAt };
}

function* readable(sh: Shell, fd: number, deadline: number): Task<boolean> {
  const left = Math.max(0, deadline - sh.sys.monotonic());
  const [events = 0] = yield* wait(sh.sys.poll([{ fd, events: Poll.IN }], left));
  return events !== 0;
}

/** Cuts a line into `count` fields, the last one taking the rest without its trailing white space. */
export function splitLine(
  line: Pick<Line, 'text' | 'protectedAt'>,
  count: number,
  separators: Separators,
): string[] {
  const { text, protectedAt } = line;
  const separates = (at: number): boolean => !protectedAt.has(at) && separators.has(text[at] ?? '\0');
  const blank = (at: number): boolean => !protectedAt.has(at) && separators.isBlank(text[at] ?? '');
  const fields: string[] = [];
  let at = 0;
  while (at < text.length && blank(at)) at += 1;
  while (fields.length < count - 1 && at < text.length) {
    const start = at;
    while (at < text.length && !separates(at)) at += 1;
    fields.push(text.slice(start, at));
    at = skipSeparator(text, at, separates, blank);
  }
  fields.push(lastField(text, at, separates, blank));
  while (fields.length < count) fields.push('');
  return fields;
}

type At = (at: number) => boolean;

function skipSeparator(text: string, from: number, separates: At, blank: At): number {
  let at = from;
  while (at < text.length && blank(at)) at += 1;
  if (at < text.length && separates(at)) {
    at += 1;
    while (at < text.length && blank(at)) at += 1;
  }
  return at;
}

/** The rest; one separator at the very end goes when it is the only one. */
function lastField(text: string, at: number, separates: At, blank: At): string {
  let end = text.length;
  while (end > at && blank(end - 1)) end -= 1;
  let first = at;
  while (first < end && !separates(first)) first += 1;
  if (first < end && skipSeparator(text, first, separates, blank) >= end) return text.slice(at, first);
  return text.slice(at, end);
}

function* prompt(sh: Shell, options: ReadOptions): Task<void> {
  if (options.prompt !== '' && (yield* wait(sh.sys.isatty(options.fd)))) yield* sh.write(2, options.prompt);
}

function* withoutEcho<T>(sh: Shell, options: ReadOptions, body: Task<T>): Task<T> {
  if (!options.silent || !(yield* wait(sh.sys.isatty(options.fd)))) return yield* body;
  const termios = yield* wait(sh.sys.tcgetattr(options.fd));
  yield* wait(sh.sys.tcsetattr(options.fd, 'drain', { ...termios, echo: false }));
  try {
    return yield* body;
  } finally {
    yield* wait(sh.sys.tcsetattr(options.fd, 'drain', termios));
  }
}

function* read(sh: Shell, args: readonly string[]): Task<number> {
  const options = parseOptions(args);
  if (options.names.length === 0) options.names = ['REPLY'];
  for (const name of options.names)
    if (!isName(name)) throw new ShellError(`read: ${name}: bad variable name`);
  yield* prompt(sh, options);
  let line: Line | 'timeout' | undefined;
  try {
    line = yield* withoutEcho(sh, options, expectSignals(sh, readLine(sh, options)));
  } catch (error) {
    if (!isSysError(error)) throw error;
    if (error.errno !== Errno.EINTR)
      throw new ShellError(`read: read error: ${options.fd}: ${error.message}`, 1);
  }
  if (line === undefined) return 1;
  if (line === 'timeout') return 1;
  const fields =
    options.names.length === 1 && options.names[0] === 'REPLY' && !args.includes('REPLY')
      ? [line.text]
      : splitLine(line, options.names.length, sh.separators);
  for (const [index, name] of options.names.entries()) sh.variables.set(name, fields[index] ?? '');
  return line.complete ? 0 : 1;
}

export const readBuiltins: BuiltinTable = { read: { run: read } };
