/**
 * grep: prints lines that match patterns (POSIX grep; GNU's options). Walking is grep-files.ts, matching
 * grep-matcher.ts.
 */
import { isDirectory } from '../../subsystems/unix/constants.ts';
import type { Program } from '../../subsystems/unix/sys.ts';
import { searchFiles } from './grep-files.ts';
import { type Dialect, matcherOf } from './grep-matcher.ts';
import { Printer, type PrinterOptions } from './grep-print.ts';
import { type Context, command, Fatal, isSysError, SysError } from './lib/command.ts';
import { encode, readTextFile } from './lib/io.ts';
import { codecOf } from './lib/text.ts';

const OPTIONS = {
  extended: { short: 'E', long: 'extended-regexp', help: 'PATTERNS are extended regular expressions' },
  fixed: { short: 'F', long: 'fixed-strings', help: 'PATTERNS are strings' },
  basic: { short: 'G', long: 'basic-regexp', help: 'PATTERNS are basic regular expressions' },
  perl: { short: 'P', long: 'perl-regexp', help: 'PATTERNS are Perl regular expressions' },
  patterns: { short: 'e', long: 'regexp', arg: 'PATTERNS', many: true, help: 'use PATTERNS for matching' },
  patternFiles: { short: 'f', long: 'file', arg: 'FILE', many: true, help: 'take PATTERNS from FILE' },
  ignoreCase: { short: 'iy', long: 'ignore-case', help: 'ignore case distinctions in patterns and data' },
  noIgnoreCase: { long: 'no-ignore-case', help: 'do not ignore case distinctions (default)' },
  word: { short: 'w', long: 'word-regexp', help: 'match only whole words' },
  line: { short: 'x', long: 'line-regexp', help: 'match only whole lines' },
  zero: { short: 'z', long: 'null-data', help: 'a data line ends in 0 byte, not newline' },
  silent: { short: 's', long: 'no-messages', help: 'suppress error messages' },
  invert: { short: 'v', long: 'invert-match', help: 'select non-matching lines' },
  max: { short: 'm', long: 'max-count', arg: 'NUM', help: 'stop after NUM selected lines' },
  offset: { short: 'b', long: 'byte-offset', help: 'print the byte offset with output lines' },
  number: { short: 'n', long: 'line-number', help: 'print line number with output lines' },
  buffered: { long: 'line-buffered', help: 'flush output on every line' },
  withName: { short: 'H', long: 'with-filename', help: 'print file name with output lines' },
  withoutName: { short: 'h', long: 'no-filename', help: 'suppress the file name prefix on output' },
  label: { long: 'label', arg: 'LABEL', help: 'use LABEL as the standard input file name prefix' },
  only: { short: 'o', long: 'only-matching', help: 'show only nonempty parts of lines that match' },
  quiet: { short: 'q', long: ['quiet', 'silent'], help: 'suppress all normal output' },
  binary: {
    long: 'binary-files',
    arg: 'TYPE',
    help: "assume that binary files are TYPE; 'binary', 'text', or 'without-match'",
  },
  text: { short: 'a', long: 'text', help: 'equivalent to --binary-files=text' },
  skipBinary: { short: 'I', help: 'equivalent to --binary-files=without-match' },
  directories: {
    short: 'd',
    long: 'directories',
    arg: 'ACTION',
    help: "how to handle directories; 'read', 'recurse', or 'skip'",
  },
  devices: {
    short: 'D',
    long: 'devices',
    arg: 'ACTION',
    help: "how to handle devices, FIFOs and sockets; 'read' or 'skip'",
  },
  recursive: { short: 'r', long: 'recursive', help: 'like --directories=recurse' },
  dereference: { short: 'R', long: 'dereference-recursive', help: 'likewise, but follow all symlinks' },
  include: {
    long: 'include',
    arg: 'GLOB',
    many: true,
    help: 'search only files that match GLOB (a file pattern)',
  },
  exclude: { long: 'exclude', arg: 'GLOB', many: true, help: 'skip files that match GLOB' },
  excludeDir: { long: 'exclude-dir', arg: 'GLOB', many: true, help: 'skip directories that match GLOB' },
  without: {
    short: 'L',
    long: 'files-without-match',
    help: 'print only names of FILEs with no selected lines',
  },
  names: { short: 'l', long: 'files-with-matches', help: 'print only names of FILEs with selected lines' },
  count: { short: 'c', long: 'count', help: 'print only a count of selected lines per FILE' },
  groupSeparator: {
    long: 'group-separator',
    arg: 'SEP',
    help: 'print SEP on line between matches with context',
  },
  noGroupSeparator: { long: 'no-group-separator', help: 'do not print separator for matches with context' },
  tab: { short: 'T', long: 'initial-tab', help: 'make tabs line up (if needed)' },
  nullName: { short: 'Z', long: 'null', help: 'print 0 byte after FILE name' },
  before: { short: 'B', long: 'before-context', arg: 'NUM', help: 'print NUM lines of leading context' },
  after: { short: 'A', long: 'after-context', arg: 'NUM', help: 'print NUM lines of trailing context' },
  context: { short: 'C', long: 'context', arg: 'NUM', help: 'print NUM lines of output context' },
  color: {
    long: ['color', 'colour'],
    arg: 'WHEN',
    optional: true,
    help: "use markers to highlight the matching strings; WHEN is 'always', 'never', or 'auto'",
  },
  unixOffsets: { short: 'uU', long: ['binary', 'unix-byte-offsets'], help: '(ignored)' },
} as const;

export type GrepContext = Context<typeof OPTIONS>;

function dialectOf(ctx: GrepContext, preset: Dialect): Dialect {
  const last = ctx.given
    .filter(({ key }) => key === 'extended' || key === 'fixed' || key === 'basic' || key === 'perl')
    .at(-1);
  return (last?.key as Dialect | undefined) ?? preset;
}

async function patternsOf(ctx: GrepContext): Promise<string[]> {
  const { patterns, patternFiles } = ctx.options;
  const texts = [...patterns];
  if (patterns.length === 0 && patternFiles.length === 0) {
    texts.push(ctx.operands.shift() ?? '');
  }
  const result = texts.flatMap((text) => text.split('\n'));
  for (const file of patternFiles) {
    try {
      const text = await readTextFile(ctx.sys, file === '-' ? '/dev/stdin' : file);
      if (text !== '') result.push(...text.replace(/\n$/, '').split('\n'));
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new Fatal(`${file}: ${error.message}`, 2);
    }
  }
  const { adopt } = codecOf(ctx.sys.env);
  return result.map(adopt);
}

function numberOf(text: string | undefined, what: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d+$/.test(text))
    throw new Fatal(what === 'context' ? `${text}: invalid context length argument` : 'invalid max count', 2);
  return Number(text);
}

async function colorOf(ctx: GrepContext): Promise<boolean> {
  const when = ctx.options.color;
  if (when === undefined || when === 'never') return false;
  if (when === 'always') return true;
  return (await ctx.sys.isatty(1)) && (ctx.sys.env.TERM ?? 'dumb') !== 'dumb';
}

function binaryMode(ctx: GrepContext): PrinterOptions['binary'] {
  const last = ctx.given
    .filter(({ key }) => key === 'binary' || key === 'text' || key === 'skipBinary')
    .at(-1);
  if (last?.key === 'text' || last?.value === 'text') return 'text';
  if (last?.key === 'skipBinary' || last?.value === 'without-match') return 'without-match';
  if (last?.key === 'binary' && last.value !== 'binary') throw new Fatal('unknown binary-files type', 2);
  return 'binary';
}

async function isDirectoryAt({ sys }: GrepContext, name: string): Promise<boolean> {
  try {
    return isDirectory((await sys.stat(name)).mode);
  } catch (error) {
    if (!isSysError(error)) throw error;
    return false;
  }
}

async function showNames(ctx: GrepContext, recursive: boolean): Promise<boolean> {
  const last = ctx.given.filter(({ key }) => key === 'withName' || key === 'withoutName').at(-1);
  if (last) return last.key === 'withName';
  const [only] = ctx.operands;
  if (ctx.operands.length !== 1 || only === undefined) return recursive || ctx.operands.length > 1;
  return recursive && only !== '-' && (await isDirectoryAt(ctx, only));
}

async function printerOptions(ctx: GrepContext, recursive: boolean): Promise<PrinterOptions> {
  const { options } = ctx;
  const context = numberOf(options.context, 'context') ?? 0;
  const max = numberOf(options.max, 'max');
  const listing = options.quiet || options.names || options.without;
  return {
    mode: options.quiet
      ? 'quiet'
      : options.names || options.without
        ? 'names'
        : options.count
          ? 'count'
          : 'lines',
    listMatching: !options.without,
    invert: options.invert,
    only: options.only,
    max: max === undefined || max < 0 ? Infinity : max,
    stopAtFirst: listing,
    number: options.number,
    offset: options.offset,
    names: await showNames(ctx, recursive),
    groupSeparator: options.noGroupSeparator ? undefined : (options.groupSeparator ?? '--'),
    nameEnd: options.nullName ? '\0' : undefined,
    before: numberOf(options.before, 'context') ?? context,
    after: numberOf(options.after, 'context') ?? context,
    color: await colorOf(ctx),
    binary: binaryMode(ctx),
    zero: options.zero,
    tab: options.tab,
    lineBuffered: options.buffered,
  };
}

/** grep under one of its names; `preset` is the dialect without -E, -F, -G, -P. */
export function grepCommand(name: string, preset: Dialect): Program {
  return command(
    {
      name,
      usage: '[OPTION]... PATTERNS [FILE]...',
      summary:
        "Search for PATTERNS in each FILE.\nWhen FILE is '-', read standard input.  With no FILE, read '.' if\nrecursive, '-' otherwise.  Exit status is 0 if any line is selected, 1 otherwise;\nif any error occurs and -q is not given, the exit status is 2.",
      options: OPTIONS,
      digits: 'context',
      usageStatus: 2,
      failStatus: 2,
    },
    async (ctx) => {
      const { options } = ctx;
      const dialect = dialectOf(ctx, preset);
      if (ctx.operands.length === 0 && options.patterns.length === 0 && options.patternFiles.length === 0) {
        await ctx.sys.write(
          2,
          encode(
            `Usage: ${name} [OPTION]... PATTERNS [FILE]...\nTry '${name} --help' for more information.\n`,
          ),
        );
        return 2;
      }
      const patterns = await patternsOf(ctx);
      const whole = options.line ? 'line' : options.word ? 'word' : undefined;
      const lastCase = ctx.given.filter(({ key }) => key === 'ignoreCase' || key === 'noIgnoreCase').at(-1);
      const matcher = matcherOf(patterns, { dialect, ignoreCase: lastCase?.key === 'ignoreCase', whole });
      const recursive = options.recursive || options.dereference || options.directories === 'recurse';
      const printer = new Printer(ctx, matcher, codecOf(ctx.sys.env), await printerOptions(ctx, recursive));
      await searchFiles(ctx, recursive, printer);
      printer.settle();
      if (printer.selected && (options.quiet || ctx.status === 0)) return 0;
      return ctx.status !== 0 ? 2 : 1;
    },
  );
}

export default grepCommand('grep', 'basic');
