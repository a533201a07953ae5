/**
 * How a C test program says what it needs: comments `guest: NAME[=VALUE]…` among its first lines.
 *
 *   args=A,B,C        arguments (split at commas)                      stdin=TEXT       a line of input
 *   flags=-lm -O2     added to the compiler's command line             dynamic          linked dynamically
 *   reference=native  compared with a native build instead of qemu's run (where qemu is known to be wrong)
 *   reference=file    compared with NAME.expected beside the program (where no reference can run it)
 *   sites=N           run on every one of N sites, with the same result
 *   timeout=SECONDS   default 20                                       stderr           standard error, too
 *
 * A value goes on to the next NAME= or the end of the comment.
 */

export type Reference = 'qemu' | 'native' | 'file';

export interface Directives {
  readonly args: readonly string[];
  readonly stdin: string;
  readonly flags: readonly string[];
  readonly dynamic: boolean;
  readonly reference: Reference;
  readonly sites: number;
  readonly timeoutMs: number;
  readonly stderr: boolean;
}

const NAMES = ['args', 'stdin', 'flags', 'dynamic', 'reference', 'sites', 'timeout', 'stderr'] as const;
const WORD = new RegExp(`(?:^|\\s)(${NAMES.join('|')})(?:=|(?=\\s|$))`, 'g');
const COMMENT = /\/\*\s*guest:\s*(.*?)\s*\*\//gs;
const TIMEOUT_SECONDS = 20;

function values(source: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, text = ''] of source.matchAll(COMMENT)) {
    const words = [...text.matchAll(WORD)];
    if (words[0] === undefined || words[0].index > 0) throw new Error(`guest: unknown: ${text}`);
    for (const [i, word] of words.entries()) {
      found.set(word[1]!, text.slice(word.index + word[0].length, words[i + 1]?.index).trim());
    }
  }
  return found;
}

const listOf = (text: string | undefined, separator: string | RegExp): string[] =>
  text === undefined || text === '' ? [] : text.split(separator);

/** Reads the directives of a program's source. Throws on those that are unknown. */
export function directivesOf(source: string): Directives {
  const found = values(source);
  const reference = found.get('reference') ?? 'qemu';
  if (reference !== 'qemu' && reference !== 'native' && reference !== 'file') {
    throw new Error(`guest: reference=${reference} is none of qemu, native, file`);
  }
  const stdin = found.get('stdin');
  return {
    args: listOf(found.get('args'), ','),
    stdin: stdin === undefined ? '' : `${stdin}\n`,
    flags: listOf(found.get('flags'), /\s+/),
    dynamic: found.has('dynamic'),
    reference,
    sites: Number(found.get('sites') ?? 1),
    timeoutMs: Number(found.get('timeout') ?? TIMEOUT_SECONDS) * 1000,
    stderr: found.has('stderr'),
  };
}
