/** echo and printf: the logic is shared with the programs of /bin. */
import { isSysError } from '../../../subsystems/unix/errno.ts';
import { shellEcho } from '../../commands/lib/echo-text.ts';
import type { PrintfProblem } from '../../commands/lib/printf-format.ts';
import { formatPrintf } from '../../commands/lib/printf-format.ts';
import { ShellError } from '../errors.ts';
import type { Shell } from '../state/shell.ts';
import { isName } from '../state/variables.ts';
import type { Task } from '../task.ts';
import type { BuiltinTable } from './builtin.ts';

function* put(sh: Shell, text: string, command: string): Task<number> {
  try {
    yield* sh.write(1, text);
    return 0;
  } catch (error) {
    if (!isSysError(error)) throw error;
    yield* sh.complain(`${command}: ${command}: I/O error`);
    return 1;
  }
}

const PROBLEMS: Readonly<Record<PrintfProblem['kind'], (subject: string) => string>> = {
  'not-numeric': (subject) => `printf: ${subject}: expected numeric value`,
  partial: (subject) => `printf: ${subject}: not completely converted`,
  range: (subject) => `printf: ${subject}: Numerical result out of range`,
  directive: (subject) => `printf: ${subject}: invalid directive`,
};

function* printf(sh: Shell, args: readonly string[]): Task<number> {
  let rest = args;
  let variable: string | undefined;
  if (rest[0] === '-v') {
    variable = rest[1] ?? '';
    if (!isName(variable)) throw new ShellError(`printf: ${variable}: bad variable name`);
    rest = rest.slice(2);
  }
  if (rest[0] === '--') rest = rest.slice(1);
  else if (/^-./.test(rest[0] ?? '')) throw new ShellError(`printf: Illegal option ${rest[0]!.slice(0, 2)}`);
  const [format, ...values] = rest;
  if (format === undefined) throw new ShellError('printf: usage: printf format [arg ...]');
  const { text, problems } = formatPrintf(format, values, false);
  if (variable !== undefined) sh.variables.set(variable, text);
  const status = variable === undefined ? yield* put(sh, text, 'printf') : 0;
  for (const problem of problems) yield* sh.complain(PROBLEMS[problem.kind](problem.subject));
  return problems.some((problem) => problem.kind === 'directive') ? 2 : problems.length > 0 ? 1 : status;
}

export const outputBuiltins: BuiltinTable = {
  echo: { run: (sh, args) => put(sh, shellEcho(args), 'echo') },
  printf: { run: printf },
};
