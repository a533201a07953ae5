/** `set`: options and positional parameters. */
import { ShellError } from '../errors.ts';
import { enableJobControl } from '../jobs/control.ts';
import type { OptionName } from '../state/options.ts';
import { OPTION_NAMES } from '../state/options.ts';
import type { Shell } from '../state/shell.ts';
import type { Task } from '../task.ts';
import type { BuiltinTable, Run } from './builtin.ts';
import { quoteValue } from './variables.ts';

function* printVariables(sh: Shell): Task<number> {
  let text = '';
  for (const name of sh.variables.names()) {
    const value = sh.variables.get(name);
    if (value !== undefined) text += `${name}=${quoteValue(value)}\n`;
  }
  yield* sh.write(1, text);
  return 0;
}

/** `set -o`: for people; `set +o`: for the shell to read again. */
function* printOptions(sh: Shell, on: boolean): Task<number> {
  const lines = OPTION_NAMES.map((name) => {
    const value = sh.options.has(name);
    return on ? `${name.padEnd(15)} ${value ? 'on' : 'off'}` : `set ${value ? '-o' : '+o'} ${name}`;
  });
  yield* sh.write(1, `${on ? 'Current option settings\n' : ''}${lines.join('\n')}\n`);
  return 0;
}

function* changed(sh: Shell, name: OptionName): Task<void> {
  if (name === 'allexport') sh.variables.exportAll = sh.options.has(name);
  if (name === 'monitor') yield* enableJobControl(sh, sh.options.has(name));
}

/** Applies one argument such as `-ex` or `-o name`; returns how many arguments it took. */
export function* applyOption(sh: Shell, args: readonly string[], at: number): Task<number> {
  const arg = args[at]!;
  const on = arg.startsWith('-');
  let taken = 1;
  for (const letter of arg.slice(1)) {
    if (letter !== 'o') {
      yield* changed(sh, sh.options.setLetter(letter, on));
      continue;
    }
    const name = args[at + taken];
    if (name === undefined) {
      yield* printOptions(sh, on);
      continue;
    }
    taken += 1;
    yield* changed(sh, sh.options.setName(name, on));
  }
  return taken;
}

function* set(sh: Shell, args: readonly string[]): Task<number> {
  let at = 0;
  while (/^(?:-.|\+)/.test(args[at] ?? '') && args[at] !== '--') {
    try {
      at += yield* applyOption(sh, args, at);
    } catch (error) {
      if (error instanceof ShellError) throw new ShellError(`set: ${error.message}`);
      throw error;
    }
  }
  if (args[at] === '--') sh.params = args.slice(at + 1);
  else if (args[at] === '-') {
    sh.options.set('xtrace', false);
    sh.options.set('verbose', false);
    if (at + 1 < args.length) sh.params = args.slice(at + 1);
  } else if (at < args.length) sh.params = args.slice(at);
  return 0;
}

const run: Run = (sh, args) => (args.length === 0 ? printVariables(sh) : set(sh, args));

export const setBuiltins: BuiltinTable = { set: { special: true, run } };
