/**
 * getopt_long(3) over a declared table: one table per command drives parsing, `--help` and the usage errors.
 *
 * Accepted forms: clusters (`-la`), attached and separate arguments (`-n5`, `-n 5`, `--lines=5`, `--lines
 * 5`),
 * unambiguous prefixes of long names, `--` as the end, and GNU's permutation of operands unless
 * `stopAtOperand`.
 * Error texts are glibc's.
 */
export interface OptionSpec {
  /** Every character is a short name of the option. */
  readonly short?: string;
  readonly long?: string | readonly string[];
  /** Name of its argument in the help; an option without it is a switch. */
  readonly arg?: string;
  /** The argument may be left out, and is then only taken when attached (`--color[=WHEN]`, `-iSUFFIX`). */
  readonly optional?: true;
  /** May be given several times: all arguments are kept, in order. */
  readonly many?: true;
  /** One line for `--help`; options without one are accepted and not listed. */
  readonly help?: string;
}

export type OptionTable = Readonly<Record<string, OptionSpec>>;

type Value<O extends OptionSpec> = O extends { many: true }
  ? string[]
  : O extends { optional: true }
    ? string | true | undefined
    : O extends { arg: string }
      ? string | undefined
      : boolean;

/** What parsing yields per table: switches are booleans, arguments strings (the last one given wins). */
export type OptionValues<T extends OptionTable> = { -readonly [K in keyof T]: Value<T[K]> };

/** One option as it was given, for commands where the order matters (`ls -lC1`, `rm -fi`). */
export interface Given<Key> {
  key: Key;
  /** `true` for a switch, or for an optional argument that was left out. */
  value: string | true;
  /** As spelled: 'l' or 'long'. */
  name: string;
}

export interface Parsed<T extends OptionTable> {
  options: OptionValues<T>;
  given: Given<keyof T & string>[];
  operands: string[];
}

export interface ParseRules<T extends OptionTable> {
  readonly options: T;
  /** Everything from the first operand on is an operand (env, xargs, timeout …). */
  readonly stopAtOperand?: boolean;
  /** The option that `-NUMBER` sets (head, split, nice …). */
  readonly digits?: keyof T & string;
}

/** A wrong command line; `command` prints it followed by the "Try … --help" line. */
export class UsageError extends Error {}

type Names = Map<string, string>;

function longNames(spec: OptionSpec): readonly string[] {
  return spec.long === undefined ? [] : typeof spec.long === 'string' ? [spec.long] : spec.long;
}

/** Long name (without dashes) or single character → key, for every option plus help and version. */
function namesOf(table: OptionTable): { short: Names; long: Names } {
  const short: Names = new Map();
  const long: Names = new Map([
    ['help', 'help'],
    ['version', 'version'],
  ]);
  for (const [key, spec] of Object.entries(table)) {
    for (const char of spec.short ?? '') short.set(char, key);
    for (const name of longNames(spec)) long.set(name, key);
  }
  return { short, long };
}

function findLong(long: Names, name: string): { key: string; name: string } {
  const exact = long.get(name);
  if (exact !== undefined) return { key: exact, name };
  const matches = [...long].filter(([candidate]) => candidate.startsWith(name));
  const [first] = matches;
  if (!first) throw new UsageError(`unrecognized option '--${name}'`);
  if (matches.some(([, key]) => key !== first[1])) {
    const list = matches.map(([candidate]) => `'--${candidate}'`).join(' ');
    throw new UsageError(`option '--${name}' is ambiguous; possibilities: ${list}`);
  }
  return { key: first[1], name: first[0] };
}

class Parser<T extends OptionTable> {
  private readonly rules: ParseRules<T>;
  private readonly names: { short: Names; long: Names };
  readonly given: Given<string>[] = [];
  readonly operands: string[] = [];

  constructor(rules: ParseRules<T>) {
    this.rules = rules;
    this.names = namesOf(rules.options);
  }

  parse(args: readonly string[]): void {
    for (let i = 0; i < args.length; i++) {
      const arg = args[i]!;
      if (arg === '--') {
        this.operands.push(...args.slice(i + 1));
        return;
      }
      if (arg.startsWith('--')) i += this.long(arg.slice(2), args[i + 1]);
      else if (arg.startsWith('-') && arg.length > 1) i += this.cluster(arg, args[i + 1]);
      else if (this.rules.stopAtOperand) {
        this.operands.push(...args.slice(i));
        return;
      } else this.operands.push(arg);
    }
  }

  /** Returns how many further arguments were taken. */
  private long(text: string, next: string | undefined): number {
    const equals = text.indexOf('=');
    const { key, name } = findLong(this.names.long, equals < 0 ? text : text.slice(0, equals));
    const spec = this.rules.options[key];
    if (equals >= 0) {
      if (spec?.arg === undefined) throw new UsageError(`option '--${name}' doesn't allow an argument`);
      this.given.push({ key, value: text.slice(equals + 1), name });
      return 0;
    }
    if (spec?.arg === undefined || spec.optional) {
      this.given.push({ key, value: true, name });
      return 0;
    }
    if (next === undefined) throw new UsageError(`option '--${name}' requires an argument`);
    this.given.push({ key, value: next, name });
    return 1;
  }

  private cluster(arg: string, next: string | undefined): number {
    const chars = [...arg];
    for (let i = 1; i < chars.length; i++) {
      const char = chars[i]!;
      if (this.rules.digits !== undefined && char >= '0' && char <= '9') {
        const digits = /^\d+/.exec(chars.slice(i).join(''))![0];
        this.given.push({ key: this.rules.digits, value: digits, name: char });
        i += digits.length - 1;
        continue;
      }
      const key = this.names.short.get(char);
      if (key === undefined) throw new UsageError(`invalid option -- '${char}'`);
      const spec = this.rules.options[key]!;
      if (spec.arg === undefined) {
        this.given.push({ key, value: true, name: char });
        continue;
      }
      const rest = chars.slice(i + 1).join('');
      if (rest !== '' || spec.optional) {
        this.given.push({ key, value: rest === '' ? true : rest, name: char });
        return 0;
      }
      if (next === undefined) throw new UsageError(`option requires an argument -- '${char}'`);
      this.given.push({ key, value: next, name: char });
      return 1;
    }
    return 0;
  }
}

function valuesOf<T extends OptionTable>(table: T, given: readonly Given<string>[]): OptionValues<T> {
  const values: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(table)) {
    values[key] = spec.many ? [] : spec.arg === undefined ? false : undefined;
  }
  for (const { key, value } of given) {
    const spec = table[key];
    if (spec?.many) (values[key] as unknown[]).push(value);
    else values[key] = value;
  }
  return values as OptionValues<T>;
}

/**
 * Parses arguments (without argv[0]); throws UsageError with glibc's text. `help` and `version` appear in
 * `given`.
 */
export function parseOptions<T extends OptionTable>(
  rules: ParseRules<T>,
  args: readonly string[],
): Parsed<T> {
  const parser = new Parser(rules);
  parser.parse(args);
  const { given, operands } = parser;
  return {
    options: valuesOf(rules.options, given),
    given: given as Given<keyof T & string>[],
    operands,
  };
}

const HELP_COLUMN = 29;

function helpLine(spec: OptionSpec): string {
  const longs = longNames(spec);
  const argument = spec.arg === undefined ? '' : spec.optional ? `[=${spec.arg}]` : `=${spec.arg}`;
  const names = [...(spec.short ?? '')].map((char) => `-${char}`);
  names.push(...longs.map((name) => `--${name}`));
  let left = `  ${spec.short ? '' : '    '}${names.join(', ')}`;
  if (longs.length > 0) left += argument;
  else if (spec.arg !== undefined) left += spec.optional ? `[${spec.arg}]` : ` ${spec.arg}`;
  if (left.length > HELP_COLUMN - 2) return `${left}\n${' '.repeat(HELP_COLUMN)}${spec.help}`;
  return left.padEnd(HELP_COLUMN) + spec.help;
}

/** The option list of `--help`. */
export function optionsHelp(table: OptionTable): string {
  const rows = Object.values(table).filter((spec) => spec.help !== undefined);
  rows.push({ long: 'help', help: 'display this help and exit' });
  rows.push({ long: 'version', help: 'output version information and exit' });
  return rows.map((spec) => `${helpLine(spec)}\n`).join('');
}
