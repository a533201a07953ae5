/**
 * The command line, read by node:util's parseArgs and checked against the table. Flags stand before the first
 * operand (before the command's name, too); from there on everything belongs to the script or program.
 * Commands that run neither take flags among their operands.
 */
import { parseArgs } from 'node:util';
import {
  COMMANDS,
  type CommandName,
  type CommandSpec,
  FLAGS,
  type FlagName,
  type FlagSpec,
} from './table.ts';

/** A wrong command line: one line for standard error, status 2. */
export class UsageError extends Error {}

/** Values of the flags as given: text, a list for those that may be repeated, true for switches. */
export type FlagValues = {
  [N in FlagName]?: (typeof FLAGS)[N] extends { multiple: true }
    ? string[]
    : (typeof FLAGS)[N] extends { value: string }
      ? string
      : true;
};

export interface Arguments {
  command: CommandName;
  flags: FlagValues;
  operands: string[];
}

const OPTIONS = Object.fromEntries(
  Object.entries(FLAGS as Record<string, FlagSpec>).map(([name, spec]) => [
    name,
    {
      type: spec.value === undefined ? ('boolean' as const) : ('string' as const),
      ...(spec.short === undefined ? {} : { short: spec.short }),
      ...(spec.multiple ? { multiple: true } : {}),
    },
  ]),
);

interface Token {
  kind: string;
  name?: string;
  rawName?: string;
  value?: string | undefined;
  inlineValue?: boolean | undefined;
  index: number;
}

function tokensOf(args: string[]): Token[] {
  return parseArgs({ args, options: OPTIONS, strict: false, allowPositionals: true, tokens: true }).tokens;
}

/** The flags at the front of `args`, and where the first operand is. */
function scan(args: string[]): { flags: Token[]; operandsAt: number } {
  const flags: Token[] = [];
  for (const token of tokensOf(args)) {
    if (token.kind === 'positional') return { flags, operandsAt: token.index };
    if (token.kind === 'option-terminator') return { flags, operandsAt: token.index + 1 };
    flags.push(token);
  }
  return { flags, operandsAt: args.length };
}

/** Flags and operands in any order; all after `--` is operands. */
function scanMixed(args: string[]): { flags: Token[]; operands: string[] } {
  const tokens = tokensOf(args);
  const operands = tokens.filter(({ kind }) => kind === 'positional').map(({ value = '' }) => value);
  return { flags: tokens.filter(({ kind }) => kind === 'option'), operands };
}

function isFlag(name: string): name is FlagName {
  return Object.hasOwn(FLAGS, name);
}

/** Files the tokens under their names. Throws UsageError for what the table does not know. */
function collect(tokens: readonly Token[], into: Record<string, unknown>): void {
  for (const { name = '', rawName = '', value, inlineValue } of tokens) {
    if (!isFlag(name)) throw new UsageError(`unknown flag: ${rawName}`);
    const spec: FlagSpec = FLAGS[name];
    if (spec.value === undefined) {
      if (inlineValue) throw new UsageError(`${rawName} takes no value`);
      into[name] = true;
    } else if (value === undefined) throw new UsageError(`${rawName} needs a value: ${spec.value}`);
    else if (spec.multiple) into[name] = [...((into[name] as string[] | undefined) ?? []), value];
    else into[name] = value;
  }
}

function checkCommand(name: CommandName, flags: FlagValues, operands: readonly string[]): void {
  const spec: CommandSpec = COMMANDS[name];
  for (const flag of Object.keys(flags) as FlagName[]) {
    if (flag === 'help' || flag === 'version' || spec.flags.includes(flag)) continue;
    throw new UsageError(`chorus ${name} takes no --${flag}`);
  }
  if (operands.length > spec.operandsMax) throw new UsageError(`chorus ${name}: unexpected '${operands[0]}'`);
}

/** Reads the arguments after `chorus`. Throws UsageError. */
export function readArguments(args: readonly string[]): Arguments {
  const flags: Record<string, unknown> = {};
  const front = scan([...args]);
  collect(front.flags, flags);
  const name = args[front.operandsAt];
  if (name === undefined) {
    checkCommand('terminal', flags as FlagValues, []);
    return { command: 'terminal', flags: flags as FlagValues, operands: [] };
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    throw new UsageError(`unknown command: ${name} (chorus --help lists them)`);
  }
  const command = name as CommandName;
  const spec: CommandSpec = COMMANDS[command];
  const rest = args.slice(front.operandsAt + 1);
  const own = scan(rest);
  const { flags: given, operands } = spec.mixed
    ? scanMixed(rest)
    : { flags: own.flags, operands: rest.slice(own.operandsAt) };
  collect(given, flags);
  checkCommand(command, flags as FlagValues, operands);
  return { command, flags: flags as FlagValues, operands };
}

/** A whole number in a range. Throws UsageError. */
export function integerFlag(
  flag: FlagName,
  text: string | undefined,
  min: number,
  max: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^[+-]?\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(`--${flag}: expected a number from ${min} to ${max}, not '${text}'`);
}

/** Seconds, with fraction, as milliseconds. Throws UsageError. */
export function secondsFlag(flag: FlagName, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (seconds > 0) return seconds * 1000;
  throw new UsageError(`--${flag}: expected seconds above 0, not '${text}'`);
}
