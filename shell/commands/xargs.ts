/** xargs: builds command lines from its input and runs them, up to -P at a time. */
import { Limits, O } from '../../subsystems/unix/constants.ts';
import { WaitStatus } from '../../subsystems/unix/signals.ts';
import type { Fd, Pid } from '../../subsystems/unix/sys.ts';
import { ask } from './lib/ask.ts';
import { type Context, command, Fatal, SysError } from './lib/command.ts';
import { decode, encode, readChunks } from './lib/io.ts';
import { quoteIfNeeded } from './lib/quote.ts';
import { spawn, spawnEntries } from './lib/spawn.ts';
import { type Item, itemsOf } from './lib/xargs-items.ts';

const OPTIONS = {
  null: { short: '0', long: 'null', help: 'items are separated by a null, not whitespace' },
  argFile: {
    short: 'a',
    long: 'arg-file',
    arg: 'FILE',
    help: 'read arguments from FILE, not standard input',
  },
  delimiter: {
    short: 'd',
    long: 'delimiter',
    arg: 'CHARACTER',
    help: 'items in input stream are separated by CHARACTER',
  },
  eof: { short: 'E', long: 'eof', arg: 'END', help: 'set logical EOF string' },
  replace: { short: 'I', arg: 'R', help: 'replace R in INITIAL-ARGS with names read from standard input' },
  replaceOld: {
    short: 'i',
    long: 'replace',
    arg: 'R',
    optional: true,
    help: 'same as -IR ({} if R is left out)',
  },
  lines: {
    short: 'L',
    long: 'max-lines',
    arg: 'MAX-LINES',
    help: 'use at most MAX-LINES non-blank input lines per command line',
  },
  linesOld: { short: 'l', arg: 'MAX-LINES', optional: true, help: 'similar to -L but defaults to one line' },
  count: {
    short: 'n',
    long: 'max-args',
    arg: 'MAX-ARGS',
    help: 'use at most MAX-ARGS arguments per command line',
  },
  openTty: { short: 'o', long: 'open-tty', help: 'reopen stdin as /dev/tty in the child' },
  parallel: {
    short: 'P',
    long: 'max-procs',
    arg: 'MAX-PROCS',
    help: 'run at most MAX-PROCS processes at a time',
  },
  prompt: { short: 'p', long: 'interactive', help: 'prompt before running commands' },
  noRunIfEmpty: {
    short: 'r',
    long: 'no-run-if-empty',
    help: 'if there are no arguments, then do not run COMMAND',
  },
  size: {
    short: 's',
    long: 'max-chars',
    arg: 'MAX-CHARS',
    help: 'limit length of command line to MAX-CHARS',
  },
  verbose: { short: 't', long: 'verbose', help: 'print commands before executing them' },
  exit: { short: 'x', long: 'exit', help: 'exit if the size (see -s) is exceeded' },
} as const;

type Xargs = Context<typeof OPTIONS>;

/** As the original: 128 KiB of command line unless told. */
const DEFAULT_CHARS = 131072;
/** Most processes at once, for -P 0. */
const PARALLEL_MAX = 256;

function number(text: string | undefined, name: string, fallback: number, min: number): number {
  if (text === undefined) return fallback;
  if (!/^\d+$/.test(text))
    throw new Fatal(`invalid number "${text}" for -${name} option\nTry 'xargs --help' for more information.`);
  if (Number(text) < min)
    throw new Fatal(
      `value ${text} for -${name} option should be >= ${min}\nTry 'xargs --help' for more information.`,
    );
  return Number(text);
}

function delimiterOf(text: string): number {
  const coded = /^\\(?:([abfnrtv\\])|0?([0-7]{1,3})|x([0-9a-fA-F]{1,2}))$/.exec(text);
  if (coded?.[1]) return { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 }[coded[1]]!;
  if (coded?.[2]) return Number.parseInt(coded[2], 8);
  if (coded?.[3]) return Number.parseInt(coded[3], 16);
  const bytes = encode(text);
  if (bytes.length !== 1) {
    throw new Fatal(
      `Invalid input delimiter specification ${text}: the delimiter must be either a single character or an escape sequence starting with \\.`,
    );
  }
  return bytes[0]!;
}

interface Plan {
  argv: readonly string[];
  replace: string | undefined;
  lines: number;
  count: number;
  chars: number;
  parallel: number;
}

function planOf(ctx: Xargs): Plan {
  const { options: o, operands } = ctx;
  const mode = ctx.given.findLast(({ key }) =>
    ['replace', 'replaceOld', 'lines', 'linesOld', 'count'].includes(key),
  )?.key;
  const replaces =
    mode === 'replace' ||
    mode === 'replaceOld' ||
    (mode === 'count' && o.count === '1' && o.replace !== undefined);
  const replaceText = o.replace ?? (typeof o.replaceOld === 'string' ? o.replaceOld : '{}');
  const linesText = o.lines ?? (typeof o.linesOld === 'string' ? o.linesOld : '1');
  const parallel = number(o.parallel, 'P', 1, 0);
  return {
    argv: operands.length > 0 ? operands : ['echo'],
    replace: replaces ? replaceText : undefined,
    lines: mode === 'lines' || mode === 'linesOld' ? number(linesText, 'L', 1, 1) : Number.POSITIVE_INFINITY,
    count: mode === 'count' ? number(o.count, 'n', Number.POSITIVE_INFINITY, 1) : Number.POSITIVE_INFINITY,
    chars: Math.min(number(o.size, 's', DEFAULT_CHARS, 1), Limits.ARG_MAX),
    parallel: parallel === 0 ? PARALLEL_MAX : Math.min(parallel, PARALLEL_MAX),
  };
}

class Runner {
  private readonly ctx: Xargs;
  private readonly plan: Plan;
  private readonly input: Fd;
  private readonly running = new Set<Pid>();
  private nullFd: Fd | undefined;
  /** Exit status that ends everything at once (124 … 127), or undefined. */
  private stop: number | undefined;
  started = 0;

  constructor(ctx: Xargs, plan: Plan, input: Fd) {
    this.ctx = ctx;
    this.plan = plan;
    this.input = input;
  }

  get stopped(): boolean {
    return this.stop !== undefined;
  }

  async run(argv: readonly string[]): Promise<void> {
    const { ctx } = this;
    if (ctx.options.prompt) {
      if (!(await ask(ctx.sys, argv.map(quoteIfNeeded).join(' '), '?...'))) return;
    } else if (ctx.options.verbose) await ctx.sys.write(2, encode(`${argv.map(quoteIfNeeded).join(' ')}\n`));
    while (this.running.size >= this.plan.parallel) await this.reap();
    if (this.stopped) return;
    this.started++;
    this.nullFd ??= await this.openStdin();
    this.running.add(await spawn(ctx.sys, { name: 'xargs', naming: 'plain', argv, dup: [[this.nullFd, 0]] }));
  }

  private async openStdin(): Promise<Fd> {
    if (this.ctx.options.argFile !== undefined) return 0;
    const path = this.ctx.options.openTty ? '/dev/tty' : '/dev/null';
    return this.ctx.sys.open(path, O.RDONLY | O.CLOEXEC);
  }

  private async reap(): Promise<void> {
    const { sys } = this.ctx;
    try {
      const result = await sys.waitpid(-1);
      if (!result || !this.running.delete(result.pid)) return;
      await this.judge(result.status);
    } catch (error) {
      if (!(error instanceof SysError) || error.code !== 'EINTR') throw error;
    }
  }

  private async judge(status: number): Promise<void> {
    const { ctx } = this;
    const [name] = this.plan.argv;
    if (WaitStatus.isSignaled(status)) {
      await ctx.warn(`${name}: terminated by signal ${WaitStatus.termSignal(status)}`);
      this.stop = 125;
      return;
    }
    const code = WaitStatus.exitCode(status);
    if (code === 255) {
      await ctx.warn(`${name}: exited with status 255; aborting`);
      this.stop = 124;
    } else if (code === 126 || code === 127) this.stop = code;
    else if (code !== 0) ctx.status = 123;
  }

  /** Waits for all; the final exit status. */
  async finish(): Promise<number> {
    while (this.running.size > 0) await this.reap();
    if (this.input !== 0) await this.ctx.sys.close(this.input);
    return this.stop ?? this.ctx.status;
  }
}

/** Collects arguments until a limit is reached, then runs the command line. */
class Builder {
  private readonly runner: Runner;
  private readonly plan: Plan;
  private readonly fixed: number;
  private readonly exact: boolean;
  private args: string[] = [];
  private chars: number;
  private lines = 0;

  constructor(runner: Runner, plan: Plan, exact: boolean) {
    this.runner = runner;
    this.plan = plan;
    this.exact = exact;
    this.fixed = plan.argv.reduce((sum, arg) => sum + encode(arg).length + 1, 0);
    this.chars = this.fixed;
  }

  get isEmpty(): boolean {
    return this.args.length === 0;
  }

  async add(item: Item): Promise<void> {
    const { plan } = this;
    const text = decode(item.bytes);
    const length = item.bytes.length + 1;
    if (plan.replace !== undefined) {
      const argv = plan.argv.map((arg) => arg.replaceAll(plan.replace!, () => text));
      await this.runner.run(argv);
      return;
    }
    if (this.fixed + length > plan.chars) throw new Fatal('argument line too long');
    if (this.chars + length > plan.chars) {
      if (this.exact && (plan.count !== Number.POSITIVE_INFINITY || plan.lines !== Number.POSITIVE_INFINITY))
        throw new Fatal('argument list too long');
      await this.flush();
    }
    this.args.push(text);
    this.chars += length;
    if (item.endsLine) this.lines++;
    if (this.args.length >= plan.count || this.lines >= plan.lines) await this.flush();
  }

  async flush(): Promise<void> {
    const args = this.args;
    this.args = [];
    this.chars = this.fixed;
    this.lines = 0;
    await this.runner.run([...this.plan.argv, ...args]);
  }
}

export default command(
  {
    name: 'xargs',
    usage: '[OPTION]... COMMAND [INITIAL-ARGS]...',
    summary: 'Run COMMAND with arguments INITIAL-ARGS and more arguments read from input.',
    options: OPTIONS,
    stopAtOperand: true,
    entries: spawnEntries,
  },
  async (ctx) => {
    const { options: o, sys } = ctx;
    const plan = planOf(ctx);
    const delimiter = o.null ? 0 : o.delimiter === undefined ? undefined : delimiterOf(o.delimiter);
    let input = 0;
    try {
      if (o.argFile !== undefined && o.argFile !== '-')
        input = await sys.open(o.argFile, O.RDONLY | O.CLOEXEC);
    } catch (error) {
      if (error instanceof SysError)
        throw new Fatal(`Cannot open input file '${o.argFile}': ${error.message}`);
      throw error;
    }
    const runner = new Runner(ctx, plan, input);
    const builder = new Builder(runner, plan, o.exit);
    const byLine = plan.replace !== undefined && delimiter === undefined;
    try {
      for await (const item of itemsOf(readChunks(sys, input), { delimiter, byLine, eof: o.eof })) {
        await builder.add(item);
        if (runner.stopped) break;
      }
    } catch (error) {
      if (!(error instanceof Fatal)) throw error;
      await ctx.error(error.message);
      if (!builder.isEmpty && error.message.startsWith('unmatched')) await builder.flush();
      await runner.finish();
      return 1;
    }
    const runsEmpty = runner.started === 0 && !o.noRunIfEmpty && plan.replace === undefined;
    if (!runner.stopped && (!builder.isEmpty || runsEmpty)) await builder.flush();
    return runner.finish();
  },
);
