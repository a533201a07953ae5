/** getopts (POSIX, getopts): state is OPTIND and the offset in the current cluster. */
import { ShellError } from '../errors.ts';
import type { Shell } from '../state/shell.ts';
import { isName } from '../state/variables.ts';
import type { Task } from '../task.ts';
import type { BuiltinTable } from './builtin.ts';

/** Moves on to argument `index` (from 1), at `offset` in it. */
function advance(sh: Shell, index: number, offset: number): void {
  sh.variables.set('OPTIND', String(index));
  sh.optionOffset = offset;
}

function* getopts(sh: Shell, args: readonly string[]): Task<number> {
  const [spec, name, ...given] = args[0] === '--' ? args.slice(1) : args;
  if (spec === undefined || name === undefined)
    throw new ShellError('getopts: Usage: getopts optstring var [arg]');
  if (!isName(name)) throw new ShellError(`getopts: ${name}: bad variable name`);
  const words = given.length > 0 ? given : sh.params;
  // Beyond the end when there are fewer arguments than last time.
  const index = Math.min(Number(sh.variables.get('OPTIND') ?? '1') || 1, words.length + 1);
  const word = words[index - 1];
  const offset = sh.optionOffset === 0 ? 1 : sh.optionOffset;
  if (
    word === undefined ||
    (sh.optionOffset === 0 && (!word.startsWith('-') || word === '-' || word === '--'))
  ) {
    advance(sh, word === '--' ? index + 1 : index, 0);
    sh.variables.unset('OPTARG');
    sh.variables.set(name, '?');
    return 1;
  }
  const letter = word[offset] ?? '';
  const last = offset + 1 >= word.length;
  const at = letter === ':' ? -1 : spec.indexOf(letter, spec.startsWith(':') ? 1 : 0);
  if (at < 0) {
    advance(sh, last ? index + 1 : index, last ? 0 : offset + 1);
    return yield* refuse(sh, { spec, name, letter, message: `Illegal option -${letter}`, answer: '?' });
  }
  if (spec[at + 1] !== ':') {
    advance(sh, last ? index + 1 : index, last ? 0 : offset + 1);
    sh.variables.unset('OPTARG');
    sh.variables.set(name, letter);
    return 0;
  }
  const attached = word.slice(offset + 1);
  const value = attached === '' ? words[index] : attached;
  advance(sh, attached === '' ? index + 2 : index + 1, 0);
  if (value === undefined) {
    advance(sh, index + 1, 0);
    return yield* refuse(sh, { spec, name, letter, message: `No arg for -${letter} option`, answer: ':' });
  }
  sh.variables.set('OPTARG', value);
  sh.variables.set(name, letter);
  return 0;
}

interface Refusal {
  readonly spec: string;
  readonly name: string;
  readonly letter: string;
  readonly message: string;
  /** What the variable becomes when the script wants to handle errors itself (leading colon). */
  readonly answer: string;
}

function* refuse(sh: Shell, { spec, name, letter, message, answer }: Refusal): Task<number> {
  if (spec.startsWith(':')) {
    sh.variables.set('OPTARG', letter);
    sh.variables.set(name, answer);
    return 0;
  }
  sh.variables.unset('OPTARG');
  sh.variables.set(name, '?');
  yield* sh.write(2, `${message}\n`);
  return 0;
}

export const getoptsBuiltins: BuiltinTable = { getopts: { run: getopts } };
