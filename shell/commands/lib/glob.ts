/** fnmatch(3): shell patterns as predicates, for find -name, ls -I, tar --exclude. */

const CLASSES: Readonly<Record<string, string>> = {
  alpha: '\\p{L}',
  digit: '0-9',
  alnum: '\\p{L}0-9',
  upper: '\\p{Lu}',
  lower: '\\p{Ll}',
  space: '\\s',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  print: '\\x20-\\x7e\\u{a0}-\\u{10ffff}',
  graph: '\\x21-\\x7e\\u{a1}-\\u{10ffff}',
  cntrl: '\\x00-\\x1f\\x7f',
  xdigit: '0-9A-Fa-f',
};

export interface GlobOptions {
  /** A leading dot must be matched by a dot (FNM_PERIOD). */
  period?: boolean;
  /** Slashes must be matched by slashes (FNM_PATHNAME). */
  pathname?: boolean;
  ignoreCase?: boolean;
}

const literal = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/**
 * A bracket expression at `at` (just after '['), as a regular expression class; undefined when it is not
 * closed.
 */
function bracket(pattern: string, at: number): { source: string; end: number } | undefined {
  let i = at;
  const negated = pattern[i] === '!' || pattern[i] === '^';
  if (negated) i++;
  let body = '';
  for (let first = true; ; first = false) {
    const char = pattern[i];
    if (char === undefined) return undefined;
    if (char === ']' && !first)
      return { source: body === '' ? '(?!)' : `[${negated ? '^' : ''}${body}]`, end: i + 1 };
    const named = /^\[:(\w+):\]/.exec(pattern.slice(i));
    if (named && CLASSES[named[1]!]) {
      body += CLASSES[named[1]!];
      i += named[0].length;
      continue;
    }
    const from = char === '\\' && pattern[i + 1] !== undefined ? pattern[++i]! : char;
    i++;
    if (pattern[i] === '-' && pattern[i + 1] !== undefined && pattern[i + 1] !== ']') {
      const to = pattern[i + 1] === '\\' ? pattern[i + 2]! : pattern[i + 1]!;
      i += pattern[i + 1] === '\\' ? 3 : 2;
      if (from <= to) body += `${literal(from)}-${literal(to)}`;
    } else body += literal(from);
  }
}

/** The pattern as a regular expression source, anchored at both ends. */
export function globSource(pattern: string, options: GlobOptions = {}): string {
  const any = options.pathname ? '[^/]' : '[^]';
  let source = options.period && !pattern.startsWith('.') ? '(?!\\.)' : '';
  for (let i = 0; i < pattern.length; ) {
    const char = pattern[i]!;
    i++;
    if (char === '*') source += `${any}*`;
    else if (char === '?') source += any;
    else if (char === '\\' && i < pattern.length) source += literal(pattern[i++]!);
    else if (char === '[') {
      const set = bracket(pattern, i);
      source += set ? set.source : '\\[';
      i = set?.end ?? i;
    } else source += literal(char);
  }
  return `^${source}$`;
}

export function globMatcher(pattern: string, options: GlobOptions = {}): (name: string) => boolean {
  const regex = new RegExp(globSource(pattern, options), options.ignoreCase ? 'iu' : 'u');
  return (name) => regex.test(name);
}
