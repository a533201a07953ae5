/**
 * Runs a text of the shell language: command by command, so that each sees the aliases and options of the
 * ones before it.
 */

import { execute } from '../exec/execute.ts';
import { Flags } from '../exec/flags.ts';
import type { Shell } from '../state/shell.ts';
import { parserFor } from '../syntax/parser.ts';
import type { Task } from '../task.ts';

export interface TextOptions {
  readonly flags: number;
  /** Line of the text's first line. */
  readonly line?: number;
  /** `set -v` shows the text as it is read: for scripts, not for `eval`. */
  readonly script?: boolean;
}

const BLANK = /^[\s;]*$/;

/** Returns the status of the last command; Flags.LAST applies to that command only. */
export function* runText(sh: Shell, text: string, options: TextOptions): Task<number> {
  const { flags, line = 1 } = options;
  const parser = parserFor(text, { line, alias: (name) => sh.aliases.get(name) });
  const { source } = parser;
  let status = 0;
  for (;;) {
    const before = source.text.length - source.pos;
    const node = parser.completeCommand();
    if (options.script && sh.options.verbose) {
      const start = source.text.length - before;
      yield* sh.write(2, source.text.slice(start, source.pos));
    }
    if (node === undefined) return status;
    if (node === null) continue;
    const last = (flags & Flags.LAST) !== 0 && BLANK.test(source.text.slice(source.pos, source.pos + 64));
    const final = last && BLANK.test(source.text.slice(source.pos));
    status = yield* execute(sh, node, final ? flags : flags & ~Flags.LAST);
    if (sh.skip) return status;
  }
}
