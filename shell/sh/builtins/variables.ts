/** export, readonly, local, unset, let. */
import { evaluateArithmetic } from '../arith/evaluate.ts';
import { ShellError } from '../errors.ts';
import type { Shell } from '../state/shell.ts';
import { isName } from '../state/variables.ts';
import type { Task } from '../task.ts';
import type { BuiltinTable, Run } from './builtin.ts';

/** A value in single quotes, as the shell reads it back. */
export const quoteValue = (s: string): string => `'${s.replaceAll("'", `'"'"'`)}'`;

interface Declared {
  readonly name: string;
  readonly value: string | undefined;
}

function parseDeclaration(sh: Shell, arg: string, command: string): Declared {
  const at = arg.indexOf('=');
  const append = at > 0 && arg[at - 1] === '+';
  const name = at < 0 ? arg : arg.slice(0, append ? at - 1 : at);
  if (!isName(name)) throw new ShellError(`${command}: ${name}: bad variable name`);
  if (at < 0) return { name, value: undefined };
  const value = arg.slice(at + 1);
  return { name, value: append ? (sh.variables.get(name) ?? '') + value : value };
}

function* list(sh: Shell, attribute: 'exported' | 'readonly', command: string): Task<number> {
  let text = '';
  for (const name of sh.variables.names()) {
    const variable = sh.variables.lookup(name);
    if (!variable?.[attribute]) continue;
    text += `${command} ${name}${variable.value === undefined ? '' : `=${quoteValue(variable.value)}`}\n`;
  }
  yield* sh.write(1, text);
  return 0;
}

function declare(command: 'export' | 'readonly', attribute: 'exported' | 'readonly'): Run {
  return (sh, args) => {
    let rest = args;
    let remove = false;
    let print = args.length === 0;
    while (/^-[pn]+$/.test(rest[0] ?? '')) {
      remove ||= rest[0]!.includes('n');
      print ||= rest[0]!.includes('p');
      rest = rest.slice(1);
    }
    if (rest[0] === '--') rest = rest.slice(1);
    else if (/^-./.test(rest[0] ?? ''))
      throw new ShellError(`${command}: Illegal option ${rest[0]!.slice(0, 2)}`);
    if (rest.length === 0 && print) return list(sh, attribute, command);
    for (const arg of rest) {
      const { name, value } = parseDeclaration(sh, arg, command);
      if (value !== undefined) sh.variables.set(name, value);
      sh.variables.declare(name, { [attribute]: !remove });
    }
    return 0;
  };
}

const local: Run = (sh, args) => {
  if (sh.functionLine === 0) throw new ShellError('local: not in a function');
  for (const arg of args) {
    if (arg === '-' || /^-[a-zA-Z]+$/.test(arg)) continue;
    const { name, value } = parseDeclaration(sh, arg, 'local');
    sh.variables.makeLocal(name);
    if (value !== undefined) sh.variables.set(name, value);
  }
  return 0;
};

const unset: Run = (sh, args) => {
  let rest = args;
  let what: 'v' | 'f' | undefined;
  while (/^-[vf]+$/.test(rest[0] ?? '')) {
    what = rest[0]!.endsWith('f') ? 'f' : 'v';
    rest = rest.slice(1);
  }
  if (rest[0] === '--') rest = rest.slice(1);
  else if (/^-./.test(rest[0] ?? '')) throw new ShellError(`unset: Illegal option ${rest[0]!.slice(0, 2)}`);
  for (const name of rest) {
    if (what !== 'f' && !isName(name)) throw new ShellError(`unset: ${name}: bad variable name`);
    if (what !== 'f' && (what === 'v' || sh.variables.lookup(name))) sh.variables.unset(name);
    else if (what === 'f' || what === undefined) sh.functions.delete(name);
  }
  return 0;
};

const evaluateAll: Run = (sh, args) => {
  if (args.length === 0) throw new ShellError('let: expression expected');
  let value: number | bigint = 0;
  for (const arg of args) value = evaluateArithmetic(sh.variables, arg);
  return value === 0 ? 1 : 0;
};

export const variableBuiltins: BuiltinTable = {
  export: { special: true, run: declare('export', 'exported') },
  readonly: { special: true, run: declare('readonly', 'readonly') },
  local: { special: true, run: local },
  unset: { special: true, run: unset },
  let: { run: evaluateAll },
};
