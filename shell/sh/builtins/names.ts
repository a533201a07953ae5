/** What names mean: command, type, hash, alias, unalias. */
import { ShellError } from '../errors.ts';
import { DEFAULT_PATH, findCommand } from '../exec/lookup.ts';
import { invoke } from '../exec/simple.ts';
import type { Shell } from '../state/shell.ts';
import { isReserved } from '../syntax/parser.ts';
import type { Task } from '../task.ts';
import type { BuiltinCall, BuiltinTable, Run } from './builtin.ts';
import { builtins } from './index.ts';
import { quoteValue } from './variables.ts';

type Meaning =
  | { readonly kind: 'alias'; readonly value: string }
  | { readonly kind: 'keyword' | 'function' | 'special' | 'builtin' }
  | { readonly kind: 'file'; readonly path: string; readonly hashed: boolean };

function* meaningOf(sh: Shell, name: string, path?: string): Task<Meaning | undefined> {
  if (isReserved(name)) return { kind: 'keyword' };
  const alias = sh.aliases.get(name);
  if (alias !== undefined) return { kind: 'alias', value: alias };
  const builtin = builtins().get(name);
  if (builtin?.special) return { kind: 'special' };
  if (sh.functions.has(name)) return { kind: 'function' };
  if (builtin) return { kind: 'builtin' };
  const hashed = path === undefined && sh.hash.has(name);
  const found = yield* findFile(sh, name, path);
  return found === undefined ? undefined : { kind: 'file', path: found, hashed };
}

/** A name with a slash must be an executable file too. */
function* findFile(sh: Shell, name: string, path?: string): Task<string | undefined> {
  const found = name.includes('/')
    ? yield* findCommand(sh, name.replace(/^.*\//, ''), name.replace(/\/[^/]*$/, '') || '/')
    : yield* findCommand(sh, name, path);
  if (!found?.executable) return undefined;
  return name.includes('/') ? name : found.path;
}

function shortMeaning(name: string, meaning: Meaning): string {
  if (meaning.kind === 'alias') return `alias ${name}=${quoteValue(meaning.value)}`;
  return meaning.kind === 'file' ? meaning.path : name;
}

function longMeaning(name: string, meaning: Meaning): string {
  switch (meaning.kind) {
    case 'keyword':
      return `${name} is a shell keyword`;
    case 'alias':
      return `${name} is an alias for ${meaning.value}`;
    case 'special':
      return `${name} is a special shell builtin`;
    case 'builtin':
      return `${name} is a shell builtin`;
    case 'function':
      return `${name} is a shell function`;
    case 'file':
      return `${name} is ${meaning.hashed ? 'a tracked alias for ' : ''}${meaning.path}`;
  }
}

function* describe(sh: Shell, names: readonly string[], long: boolean, path?: string): Task<number> {
  let status = 0;
  for (const name of names) {
    const meaning = yield* meaningOf(sh, name, path);
    if (meaning) yield* sh.write(1, `${long ? longMeaning(name, meaning) : shortMeaning(name, meaning)}\n`);
    else {
      status = 127;
      if (long) yield* sh.write(1, `${name}: not found\n`);
    }
  }
  return status;
}

/** `command -v`, `-V`; without them it comes here only when there is nothing to strip. */
function* command(sh: Shell, args: readonly string[], call: BuiltinCall): Task<number> {
  let path: string | undefined;
  let mode = '';
  let at = 0;
  for (; /^-[^-]/.test(args[at] ?? ''); at += 1) {
    for (const letter of args[at]!.slice(1)) {
      if (letter === 'p') path = DEFAULT_PATH;
      else if (letter === 'v' || letter === 'V') mode = letter;
      else throw new ShellError(`command: Illegal option -${letter}`);
    }
  }
  if (args[at] === '--') at += 1;
  const rest = args.slice(at);
  if (rest.length === 0) return 0;
  if (mode !== '') return yield* describe(sh, rest, mode === 'V', path);
  return yield* invoke(sh, { args: rest, assigns: [], redirects: [], flags: call.flags, plain: true, path });
}

const type: Run = (sh, args) => {
  const [first] = args;
  if (first === '-t') return typeWords(sh, args.slice(1));
  return describe(sh, first === '-p' || first === '-a' ? args.slice(1) : args, true);
};

const WORDS = {
  special: 'builtin',
  builtin: 'builtin',
  alias: 'alias',
  keyword: 'keyword',
  function: 'function',
  file: 'file',
};

/** `type -t`: one word for each. */
function* typeWords(sh: Shell, names: readonly string[]): Task<number> {
  let status = 0;
  for (const name of names) {
    const meaning = yield* meaningOf(sh, name);
    if (meaning) yield* sh.write(1, `${WORDS[meaning.kind]}\n`);
    else status = 1;
  }
  return status;
}

function* hash(sh: Shell, args: readonly string[]): Task<number> {
  if (args[0] === '-r') {
    sh.hash.clear();
    return 0;
  }
  if (args.length === 0) {
    yield* sh.write(1, [...sh.hash.values()].map((path) => `${path}\n`).join(''));
    return 0;
  }
  let status = 0;
  for (const name of args) {
    if (builtins().has(name) || sh.functions.has(name)) continue;
    sh.hash.delete(name);
    if ((yield* findCommand(sh, name))?.executable) continue;
    yield* sh.complain(`hash: ${name}: not found`);
    status = 1;
  }
  return status;
}

function* alias(sh: Shell, given: readonly string[]): Task<number> {
  const args = given[0] === '--' || given[0] === '-p' ? given.slice(1) : given;
  const show = ([name, value]: readonly [string, string]): string => `${name}=${quoteValue(value)}\n`;
  if (args.length === 0) yield* sh.write(1, [...sh.aliases].sort().map(show).join(''));
  let status = 0;
  for (const arg of args) {
    const at = arg.indexOf('=', 1);
    const value = sh.aliases.get(arg);
    if (at > 0) sh.aliases.set(arg.slice(0, at), arg.slice(at + 1));
    else if (value !== undefined) yield* sh.write(1, show([arg, value]));
    else {
      yield* sh.write(2, `alias: ${arg} not found\n`);
      status = 1;
    }
  }
  return status;
}

function* unalias(sh: Shell, given: readonly string[]): Task<number> {
  const args = given[0] === '--' ? given.slice(1) : given;
  if (args[0] === '-a') {
    sh.aliases.clear();
    return 0;
  }
  let status = 0;
  for (const name of args) {
    if (sh.aliases.delete(name)) continue;
    yield* sh.write(2, `unalias: ${name} not found\n`);
    status = 1;
  }
  return status;
}

export const nameBuiltins: BuiltinTable = {
  command: { run: command },
  type: { run: type },
  hash: { run: hash },
  alias: { run: alias },
  unalias: { run: unalias },
};
