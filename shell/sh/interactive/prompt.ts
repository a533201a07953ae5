/** Prompts: PS1, PS2, PS4 go through parameter, command and arithmetic expansion (POSIX 2.5.3). */
import { ShellError } from '../errors.ts';
import { expandString } from '../expand/word.ts';
import type { Shell } from '../state/shell.ts';
import type { Word } from '../syntax/ast.ts';
import { grammar } from '../syntax/parser.ts';
import { Source } from '../syntax/source.ts';
import { readHereBody } from '../syntax/words.ts';
import type { Task } from '../task.ts';

/** The value of a prompt variable, expanded; left as it is when it makes no sense. */
export function* expandPrompt(sh: Shell, variable: 'PS1' | 'PS2' | 'PS4', otherwise: string): Task<string> {
  const value = sh.variables.get(variable) ?? otherwise;
  if (!/[$`\\]/.test(value)) return value;
  const { status, options } = sh;
  const tracing = options.xtrace;
  options.set('xtrace', false);
  try {
    const word: Word = readHereBody(new Source(value, grammar, { line: sh.line }));
    return yield* expandString(sh, word);
  } catch (error) {
    if (error instanceof ShellError) return value;
    throw error;
  } finally {
    options.set('xtrace', tracing);
    sh.status = status;
  }
}
