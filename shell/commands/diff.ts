/**
 * diff: compares files and directories line by line (POSIX diff; GNU's options). Exit status 0 same, 1
 * different, 2 trouble.
 */
import { isDirectory, isFifo, isRegular, isSymlink, O } from '../../subsystems/unix/constants.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';
import { type DiffText, formatDiff, type Style } from './diff/format.ts';
import { editScript, type Hunk } from './diff/script.ts';
import { type Context, command, Fatal, SysError } from './lib/command.ts';
import { globMatcher } from './lib/glob.ts';
import { readAll } from './lib/io.ts';
import { baseName, joinPath } from './lib/path.ts';
import { compileRegex, RegexError } from './lib/regex.ts';
import { strftime } from './lib/strftime.ts';
import { latin1 } from './lib/text.ts';
import { zoneNamed } from './lib/zone.ts';

const OPTIONS = {
  normal: { long: 'normal', help: 'output a normal diff (the default)' },
  brief: { short: 'q', long: 'brief', help: 'report only when files differ' },
  same: { short: 's', long: 'report-identical-files', help: 'report when two files are the same' },
  c: { short: 'c', help: 'output 3 lines of copied context' },
  contextLines: { short: 'C', arg: 'NUM', help: 'output NUM lines of copied context' },
  context: {
    long: 'context',
    arg: 'NUM',
    optional: true,
    help: 'output NUM (default 3) lines of copied context',
  },
  u: { short: 'u', help: 'output 3 lines of unified context' },
  unifiedLines: { short: 'U', arg: 'NUM', help: 'output NUM lines of unified context' },
  unified: {
    long: 'unified',
    arg: 'NUM',
    optional: true,
    help: 'output NUM (default 3) lines of unified context',
  },
  ed: { short: 'e', long: 'ed', help: 'output an ed script' },
  forwardEd: { short: 'f', long: 'forward-ed', help: 'output the changes in the order of the files' },
  rcs: { short: 'n', long: 'rcs', help: 'output an RCS format diff' },
  cFunction: { short: 'p', long: 'show-c-function', help: 'show which C function each change is in' },
  functionLine: {
    short: 'F',
    long: 'show-function-line',
    arg: 'RE',
    help: 'show the most recent line matching RE',
  },
  ignoreMatching: {
    short: 'I',
    long: 'ignore-matching-lines',
    arg: 'RE',
    many: true,
    help: 'ignore changes where all lines match RE',
  },
  tabExpansion: { short: 'E', long: 'ignore-tab-expansion', help: 'ignore changes due to tab expansion' },
  label: {
    short: 'L',
    long: 'label',
    arg: 'LABEL',
    many: true,
    help: 'use LABEL instead of file name and timestamp (can be repeated)',
  },
  recursive: { short: 'r', long: 'recursive', help: 'recursively compare any subdirectories found' },
  newFile: { short: 'N', long: 'new-file', help: 'treat absent files as empty' },
  exclude: { short: 'x', long: 'exclude', arg: 'PAT', many: true, help: 'exclude files that match PAT' },
  ignoreCase: { short: 'i', long: 'ignore-case', help: 'ignore case differences in file contents' },
  trailing: { short: 'Z', long: 'ignore-trailing-space', help: 'ignore white space at line end' },
  blankChange: {
    short: 'b',
    long: 'ignore-space-change',
    help: 'ignore changes in the amount of white space',
  },
  allBlanks: { short: 'w', long: 'ignore-all-space', help: 'ignore all white space' },
  blankLines: { short: 'B', long: 'ignore-blank-lines', help: 'ignore changes where lines are all blank' },
  text: { short: 'a', long: 'text', help: 'treat all files as text' },
  carriage: { long: 'strip-trailing-cr', help: 'strip trailing carriage return on input' },
  physical: { long: 'no-dereference', help: "don't follow symbolic links" },
  minimal: { short: 'd', long: ['minimal', 'speed-large-files'], help: '(ignored)' },
  color: { long: 'color', arg: 'WHEN', optional: true, help: '(ignored)' },
} as const;

type Ctx = Context<typeof OPTIONS>;
interface Side {
  name: string;
  /** undefined = absent (-N). */
  stat: Stat | undefined;
}

/** -p and -F: which lines name the place that a change is in. */
function functionTest({ options }: Ctx): Style['isFunction'] {
  const pattern = options.functionLine ?? (options.cFunction ? '^[[:alpha:]$_]' : undefined);
  return pattern === undefined ? undefined : matcher(pattern);
}

/** A test of lines (as latin1 text) with a basic regular expression. */
function matcher(pattern: string): (line: string) => boolean {
  try {
    const regex = compileRegex(latin1.adopt(pattern), { extended: false });
    return (line) => regex.test(line);
  } catch (error) {
    if (error instanceof RegexError) throw new Fatal(`${pattern}: ${error.message}`);
    throw error;
  }
}

function styleOf(ctx: Ctx): Style {
  const lines = (text: string | true | undefined): number => {
    if (text === undefined || text === true) return 3;
    if (!/^\d+$/.test(text))
      throw new Fatal(`invalid context length '${text}'\ndiff: Try 'diff --help' for more information.`);
    return Number(text);
  };
  const { options } = ctx;
  const unified = options.unifiedLines ?? options.unified;
  const isFunction = functionTest(ctx);
  if (options.u || unified !== undefined) return { kind: 'unified', context: lines(unified), isFunction };
  const context = options.contextLines ?? options.context;
  if (options.c || options.cFunction || context !== undefined)
    return { kind: 'context', context: lines(context), isFunction };
  const kind = options.ed ? 'ed' : options.forwardEd ? 'forwardEd' : options.rcs ? 'rcs' : 'normal';
  return { kind, context: 0, isFunction };
}

function expandTabs(line: string): string {
  let text = '';
  for (const char of line) text += char === '\t' ? ' '.repeat(8 - (text.length % 8)) : char;
  return text;
}

/** What of a line is compared. */
function keyOf({ options }: Ctx): (line: string) => string {
  return (line) => {
    let key = line;
    if (options.tabExpansion) key = expandTabs(key);
    if (options.carriage) key = key.replace(/\r$/, '');
    if (options.allBlanks) key = key.replace(/[ \t\v\f\r]+/g, '');
    else if (options.blankChange) key = key.replace(/[ \t\v\f\r]+$/, '').replace(/[ \t\v\f\r]+/g, ' ');
    else if (options.trailing) key = key.replace(/[ \t\v\f\r]+$/, '');
    return options.ignoreCase ? key.toLowerCase() : key;
  };
}

/** The kind of a file as messages call it. */
function kindOf(stat: Stat | undefined): string {
  const mode = stat?.mode ?? 0;
  if (isDirectory(mode)) return 'directory';
  if (isSymlink(mode)) return 'symbolic link';
  if (isFifo(mode)) return 'fifo';
  return isRegular(mode) ? 'regular file' : 'special file';
}

class Differ {
  private readonly ctx: Ctx;
  private readonly style: Style;
  private readonly key: (line: string) => string;
  /** -B, -I: changes of nothing but such lines do not count. */
  private readonly ignored: readonly ((line: string) => boolean)[];
  private readonly excluded: (name: string) => boolean;
  /** The options as given, for the header lines of recursive comparisons. */
  private readonly command: string;

  constructor(ctx: Ctx, excluded: (name: string) => boolean) {
    this.ctx = ctx;
    this.style = styleOf(ctx);
    this.key = keyOf(ctx);
    this.ignored = ctx.options.ignoreMatching.map(matcher);
    if (ctx.options.blankLines) this.ignored = [...this.ignored, (line) => line.trim() === ''];
    this.excluded = excluded;
    const switches = ctx.given
      .filter(({ name, value }) => value === true && name.length === 1)
      .map(({ name }) => name);
    const others = ctx.given
      .filter(({ name, value }) => value !== true || name.length > 1)
      .map(({ name, value }) =>
        name.length === 1 ? `-${name} ${value}` : `--${name}${value === true ? '' : `=${value}`}`,
      );
    this.command = ['diff', ...(switches.length > 0 ? [`-${switches.join('')}`] : []), ...others].join(' ');
  }

  private async side(name: string): Promise<Side> {
    const { sys, options } = this.ctx;
    if (name === '-') return { name, stat: await sys.fstat(0) };
    return { name, stat: await (options.physical ? sys.lstat(name) : sys.stat(name)) };
  }

  private differ(): void {
    this.ctx.status = Math.max(this.ctx.status, 1);
  }

  /** Looks at both operands; a file against a directory is compared with the file of its name there. */
  async operands(first: string, second: string): Promise<void> {
    const sides: (Side | undefined)[] = [];
    for (const name of [first, second]) sides.push(await this.lookAt(name));
    let [a, b] = sides;
    if (this.ctx.options.newFile && (a || b)) {
      a ??= { name: first, stat: undefined };
      b ??= { name: second, stat: undefined };
    } else {
      for (const [i, name] of [first, second].entries()) if (!sides[i]) await this.missing(name);
    }
    if (!a || !b) return;
    if (first === '-' && second === '-') return;
    const [aDir, bDir] = [isDirectory(a.stat?.mode ?? 0), isDirectory(b.stat?.mode ?? 0)];
    if (this.ctx.options.physical && !aDir && !bDir) return this.pair(a, b, false);
    if (aDir && bDir) return this.directories(a.name, b.name);
    if (aDir && b.stat) return this.operands(joinPath(a.name, baseName(b.name)), b.name);
    if (bDir && a.stat) return this.operands(a.name, joinPath(b.name, baseName(a.name)));
    await this.files(a, b, false);
  }

  private async lookAt(name: string): Promise<Side | undefined> {
    try {
      return await this.side(name);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      return undefined;
    }
  }

  private async missing(name: string): Promise<void> {
    try {
      await this.side(name);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await this.ctx.error(`${name}: ${error.message}`);
    }
  }

  private async names(dir: string): Promise<Set<string>> {
    const fd = await this.ctx.sys.open(dir, O.RDONLY | O.DIRECTORY);
    const names = new Set<string>();
    for (
      let batch = await this.ctx.sys.readdir(fd);
      batch.length > 0;
      batch = await this.ctx.sys.readdir(fd)
    ) {
      for (const { name } of batch)
        if (name !== '.' && name !== '..' && !this.excluded(name)) names.add(name);
    }
    await this.ctx.sys.close(fd);
    return names;
  }

  private async directories(a: string, b: string): Promise<void> {
    const [left, right] = [await this.names(a), await this.names(b)];
    for (const name of [...new Set([...left, ...right])].sort()) {
      const [x, y] = [joinPath(a.replace(/\/+$/, ''), name), joinPath(b.replace(/\/+$/, ''), name)];
      if (left.has(name) && right.has(name)) await this.pair(await this.side(x), await this.side(y));
      else if (this.ctx.options.newFile) await this.lone(x, y, left.has(name));
      else {
        this.differ();
        this.ctx.out.put(`Only in ${left.has(name) ? a : b}: ${name}\n`);
      }
    }
  }

  private async lone(x: string, y: string, isLeft: boolean): Promise<void> {
    const present = await this.side(isLeft ? x : y);
    if (isDirectory(present.stat?.mode ?? 0)) {
      if (!this.ctx.options.recursive) return;
      for (const name of [...(await this.names(present.name))].sort())
        await this.lone(joinPath(x, name), joinPath(y, name), isLeft);
      return;
    }
    const absent = { name: isLeft ? y : x, stat: undefined };
    await (isLeft ? this.files(present, absent, true) : this.files(absent, present, true));
  }

  private async pair(a: Side, b: Side, inDirectory = true): Promise<void> {
    const [x, y] = [kindOf(a.stat), kindOf(b.stat)];
    if (x !== y) {
      this.differ();
      const [left, right] = [a, b].map(({ stat }, i) =>
        isRegular(stat?.mode ?? 0) && stat?.size === 0 ? 'regular empty file' : [x, y][i],
      );
      this.ctx.out.put(`File ${a.name} is a ${left} while file ${b.name} is a ${right}\n`);
    } else if (x === 'symbolic link') {
      const [from, to] = [await this.ctx.sys.readlink(a.name), await this.ctx.sys.readlink(b.name)];
      if (from === to) return;
      this.differ();
      this.ctx.out.put(`Symbolic links ${a.name} and ${b.name} differ\n`);
    } else if (x !== 'directory') await this.files(a, b, inDirectory);
    else if (this.ctx.options.recursive) await this.directories(a.name, b.name);
    else this.ctx.out.put(`Common subdirectories: ${a.name} and ${b.name}\n`);
  }

  private async content({ name, stat }: Side): Promise<string> {
    if (!stat) return '';
    try {
      const fd = name === '-' ? 0 : await this.ctx.sys.open(name, O.RDONLY);
      const text = latin1.decode(await readAll(this.ctx.sys, fd));
      if (fd !== 0) await this.ctx.sys.close(fd);
      return text;
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new Fatal(`${name}: ${error.message}`);
    }
  }

  private text(side: Side, content: string, which: number): DiffText {
    const unterminated = content !== '' && !content.endsWith('\n');
    const lines = content === '' ? [] : (unterminated ? content : content.slice(0, -1)).split('\n');
    const zone = zoneNamed(this.ctx.sys.env.TZ);
    const time = strftime(
      '%Y-%m-%d %H:%M:%S.%N %z',
      side.stat ? (side.name === '-' ? this.ctx.sys.now() : side.stat.mtimeMs) : 0,
      zone,
    );
    const label = this.ctx.options.label[which];
    return { lines, unterminated, header: latin1.adopt(label ?? `${side.name}\t${time}`) };
  }

  private async files(a: Side, b: Side, inDirectory: boolean): Promise<void> {
    const { options, out } = this.ctx;
    const [left, right] = [await this.content(a), await this.content(b)];
    if (left === right) {
      if (options.same) out.put(`Files ${a.name} and ${b.name} are identical\n`);
      return;
    }
    const binary = !options.text && (left.includes('\0') || right.includes('\0'));
    if (binary) {
      this.differ();
      out.put(`Binary files ${a.name} and ${b.name} differ\n`);
      return;
    }
    const [x, y] = [this.text(a, left, 0), this.text(b, right, 1)];
    const hunks = this.compare(x, y);
    if (hunks.length === 0) {
      if (options.same) out.put(`Files ${a.name} and ${b.name} are identical\n`);
      return;
    }
    this.differ();
    if (options.brief) out.put(`Files ${a.name} and ${b.name} differ\n`);
    else {
      if (inDirectory) out.put(`${this.command} ${a.name} ${b.name}\n`);
      await out.write(latin1.encode(formatDiff(x, y, hunks, this.style)));
      if (this.style.kind === 'ed') await this.edTrouble([a, b], [x, y]);
    }
  }

  private async edTrouble(sides: readonly Side[], texts: readonly DiffText[]): Promise<void> {
    for (const [i, { unterminated }] of texts.entries()) {
      if (unterminated) await this.ctx.error(`${sides[i]?.name}: No newline at end of file`);
    }
  }

  private compare(a: DiffText, b: DiffText): Hunk[] {
    const numbers = new Map<string, number>();
    const { blankChange, allBlanks, trailing } = this.ctx.options;
    const newlineMatters = !blankChange && !allBlanks && !trailing;
    const number = (text: DiffText) =>
      Int32Array.from(text.lines, (line, i) => {
        const key =
          this.key(line) + (newlineMatters && text.unterminated && i === text.lines.length - 1 ? '\n' : '');
        let found = numbers.get(key);
        if (found === undefined) {
          found = numbers.size;
          numbers.set(key, found);
        }
        return found;
      });
    const hunks = editScript(number(a), number(b));
    const tests = this.ignored;
    if (tests.length === 0) return hunks;
    const ignorable = (text: DiffText, from: number, to: number) =>
      text.lines.slice(from, to).every((line) => tests.some((test) => test(line)));
    const matters = (hunk: Hunk) =>
      !(ignorable(a, hunk.aStart, hunk.aEnd) && ignorable(b, hunk.bStart, hunk.bEnd));
    return hunks.some(matters) ? (this.style.kind === 'normal' ? hunks.filter(matters) : hunks) : [];
  }
}

export default command(
  {
    name: 'diff',
    usage: '[OPTION]... FILES',
    summary: 'Compare FILES line by line.',
    options: OPTIONS,
    usageStatus: 2,
    failStatus: 2,
    rewrite: (args) =>
      args.map((arg) => (/^-[uc]\d+$/.test(arg) ? `-${arg[1]?.toUpperCase()}${arg.slice(2)}` : arg)),
  },
  async (ctx) => {
    const tests = ctx.options.exclude.map((glob) => globMatcher(glob));
    const [first, second, extra] = ctx.operands;
    const help = "diff: Try 'diff --help' for more information.";
    if (first === undefined || second === undefined)
      throw new Fatal(`missing operand after '${first ?? 'diff'}'\n${help}`);
    if (extra !== undefined) throw new Fatal(`extra operand '${extra}'\n${help}`);
    await new Differ(ctx, (name) => tests.some((test) => test(name))).operands(first, second);
  },
);
