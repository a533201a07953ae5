/**
 * The frame of every command: `command(spec, run)` makes the Program that parses the options of the spec's
 * table,
 * answers `--help` and `--version`, prints errors as `NAME: text` and turns them into exit statuses.
 *
 * Invariants: standard output is flushed before the program ends, whichever way; a usage error exits with
 * `usageStatus`, any other reported error with `failStatus`; Terminated passes through untouched, so a killed
 * process (SIGPIPE …) just ends.
 */
import { SysError } from '../../../subsystems/unix/errno.ts';
import type { Awaitable, Program, Sys } from '../../../subsystems/unix/sys.ts';
import { encode, Output, OutputError } from './io.ts';
import {
  type Given,
  type OptionTable,
  type OptionValues,
  optionsHelp,
  parseOptions,
  UsageError,
} from './options.ts';
import { quote } from './quote.ts';

export type { Given, OptionSpec, OptionTable, OptionValues } from './options.ts';
export { UsageError } from './options.ts';

export interface CommandSpec<T extends OptionTable> {
  readonly name: string;
  /** Usage lines without the command's name: '[OPTION]... [FILE]...'. */
  readonly usage: string | readonly string[];
  /** What it does: the paragraph of `--help`. */
  readonly summary: string;
  readonly options: T;
  /** Options end at the first operand. */
  readonly stopAtOperand?: boolean;
  /** `-NUMBER` is this option's argument. */
  readonly digits?: keyof T & string;
  /** Least and most operands; checked with GNU's "missing operand" and "extra operand". */
  readonly operands?: readonly [min: number, max: number];
  /** Exit status of a wrong command line (default 1). */
  readonly usageStatus?: number;
  /** Exit status once an error was reported (default 1). */
  readonly failStatus?: number;
  /**
   * The program reads its arguments itself (find, dd, expr …): all are operands; a lone --help or --version
   * is answered.
   */
  readonly raw?: boolean;
  /** Rewrites the arguments before parsing: historic forms such as `tail +5`. */
  readonly rewrite?: (args: string[]) => string[];
  /** Text after the option list of `--help`. */
  readonly more?: string;
  /** A line of advice between a usage error and the line about --help, if one fits `args`. */
  readonly hint?: (sys: Sys, args: readonly string[]) => Promise<string | undefined>;
  /** What fork can name, see Program. */
  readonly entries?: Program['entries'];
}

/** An error that ends the command at once: printed as `NAME: text`. */
export class Fatal extends Error {
  readonly status: number | undefined;
  constructor(text: string, status?: number) {
    super(text);
    this.status = status;
  }
}

export class Context<T extends OptionTable = OptionTable> {
  readonly sys: Sys;
  readonly name: string;
  /** Values by the table's keys. */
  readonly options: OptionValues<T>;
  /** The options in the order given. */
  readonly given: readonly Given<keyof T & string>[];
  readonly operands: string[];
  /** Standard output, buffered. */
  readonly out: Output;
  /** Exit status so far. */
  status = 0;
  private readonly failStatus: number;

  constructor(
    sys: Sys,
    spec: CommandSpec<T>,
    parsed: { options: OptionValues<T>; given: readonly Given<keyof T & string>[]; operands: string[] },
    out: Output,
  ) {
    this.sys = sys;
    this.name = spec.name;
    this.failStatus = spec.failStatus ?? 1;
    this.options = parsed.options;
    this.given = parsed.given;
    this.operands = parsed.operands;
    this.out = out;
  }

  /** Prints `NAME: text` on standard error and makes the exit status the failing one. */
  async error(text: string): Promise<void> {
    this.status = Math.max(this.status, this.failStatus);
    await this.warn(text);
  }

  /** Prints `NAME: text` on standard error; the exit status stays. */
  async warn(text: string): Promise<void> {
    await this.out.flushIfTty();
    await this.sys.write(2, encode(`${this.name}: ${text}\n`));
  }

  /**
   * Runs `work`; a SysError is reported as `${what}: reason` and answered with undefined.
   * `what` is made only when it is needed.
   */
  async attempt<R>(what: () => string, work: () => Awaitable<R>): Promise<R | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await this.error(`${what()}: ${error.message}`);
      return undefined;
    }
  }
}

/** The error class of failed calls, for `catch` blocks of the commands. */
export { isSysError, SysError } from '../../../subsystems/unix/errno.ts';

const VERSION = '0.1.0';

function helpText<T extends OptionTable>(spec: CommandSpec<T>): string {
  const lines = typeof spec.usage === 'string' ? [spec.usage] : spec.usage;
  const usage = lines
    .map((line, i) => `${i === 0 ? 'Usage:' : '  or: '} ${spec.name} ${line}`.trimEnd())
    .join('\n');
  const more = spec.more === undefined ? '' : `\n${spec.more.trimEnd()}\n`;
  return `${usage}\n${spec.summary}\n\n${optionsHelp(spec.options)}${more}`;
}

function checkOperands(operands: readonly string[], [min, max]: readonly [number, number]): void {
  if (operands.length < min) {
    const last = operands.at(-1);
    throw new UsageError(last === undefined ? 'missing operand' : `missing operand after ${quote(last)}`);
  }
  if (operands.length > max) throw new UsageError(`extra operand ${quote(operands[max]!)}`);
}

function parse<T extends OptionTable>(spec: CommandSpec<T>, argv: readonly string[]) {
  const args = spec.rewrite ? spec.rewrite(argv.slice(1)) : argv.slice(1);
  if (!spec.raw) return parseOptions(spec, args);
  const lone = args.length === 1 && (args[0] === '--help' || args[0] === '--version');
  const parsed = parseOptions(spec, lone ? args : []);
  return lone ? parsed : { ...parsed, operands: args };
}

/** Prints what ended the command early and tells its exit status; rethrows what is not a command's error. */
async function report<T extends OptionTable>(
  sys: Sys,
  spec: CommandSpec<T>,
  error: unknown,
  args: readonly string[],
): Promise<number> {
  const fail = spec.failStatus ?? 1;
  let text: string;
  let status = fail;
  if (error instanceof UsageError) {
    const hint = await spec.hint?.(sys, args);
    text = `${error.message}\n${hint === undefined ? '' : `${hint}\n`}Try '${spec.name} --help' for more information.`;
    status = spec.usageStatus ?? 1;
  } else if (error instanceof Fatal) {
    text = error.message;
    status = error.status ?? fail;
  } else if (error instanceof OutputError) text = `write error: ${error.message}`;
  else if (error instanceof SysError) text = error.message;
  else throw error;
  await sys.write(2, encode(`${spec.name}: ${text}\n`));
  return status;
}

/** Makes a Program of an option table and a body. The body's result, if a number, is the exit status. */
export function command<const T extends OptionTable>(
  spec: CommandSpec<T>,
  run: (ctx: Context<T>) => Promise<void> | Awaitable<number | undefined>,
): Program {
  const main = async (sys: Sys, argv: readonly string[]): Promise<number> => {
    const out = new Output(sys, 1);
    let status: number;
    try {
      const parsed = parse(spec, argv);
      const early = parsed.given.find(({ key }) => key === 'help' || key === 'version');
      const isOwn = early && Object.hasOwn(spec.options, early.key);
      if (early && !isOwn) {
        out.put(early.key === 'help' ? helpText(spec) : `${spec.name} (Chorus) ${VERSION}\n`);
        status = 0;
      } else {
        if (spec.operands) checkOperands(parsed.operands, spec.operands);
        const ctx = new Context(sys, spec, parsed, out);
        status = (await run(ctx)) ?? ctx.status;
      }
    } catch (error) {
      status = await report(sys, spec, error, argv.slice(1));
    }
    return finish(sys, spec, out, status);
  };
  return { name: spec.name, main, ...(spec.entries ? { entries: spec.entries } : {}) };
}

async function finish<T extends OptionTable>(
  sys: Sys,
  spec: CommandSpec<T>,
  out: Output,
  status: number,
): Promise<number> {
  try {
    await out.flush();
    return status;
  } catch (error) {
    return report(sys, spec, error, []);
  }
}
