/**
 * What grep looks for: all its patterns as one matcher. Several patterns act as alternatives: leftmost, then
 * longest.
 */

import { Fatal } from './lib/command.ts';
import { compileRegex, type PosixRegex, RegexError } from './lib/regex.ts';

export type Dialect = 'basic' | 'extended' | 'fixed' | 'perl';

export interface MatcherOptions {
  dialect: Dialect;
  ignoreCase: boolean;
  whole: 'word' | 'line' | undefined;
}

export interface Matcher {
  test(line: string): boolean;
  /** The next match at or after `from` as [start, end]. */
  find(line: string, from: number): [number, number] | undefined;
}

const quoteJs = (text: string): string => text.replace(/[\^$\\.*+?()[\]{}|/]/g, '\\$&');
const WORD = '[\\p{L}\\p{M}\\p{N}_]';

/** A JS pattern as matcher. */
function scripted(source: string, options: MatcherOptions, flags: string): Matcher {
  let wrapped = source;
  if (options.whole === 'line') wrapped = `(?<![^])(?:${source})(?![^])`;
  else if (options.whole === 'word') wrapped = `(?<!${WORD})(?:${source})(?!${WORD})`;
  const regex = new RegExp(wrapped, flags + (options.ignoreCase ? 'gi' : 'g'));
  return {
    test: (line) => {
      regex.lastIndex = 0;
      return regex.test(line);
    },
    find: (line, from) => {
      regex.lastIndex = from;
      const match = regex.exec(line);
      return match ? [match.index, match.index + match[0].length] : undefined;
    },
  };
}

function fixed(patterns: readonly string[], options: MatcherOptions): Matcher {
  const longestFirst = [...patterns].sort((a, b) => b.length - a.length).map(quoteJs);
  const matcher = scripted(longestFirst.join('|'), options, 'su');
  const [only] = patterns;
  if (patterns.length > 1 || only === undefined || options.ignoreCase || options.whole) return matcher;
  return { ...matcher, test: (line) => line.includes(only) };
}

/** -P: V8's regular expressions are Perl's, but for a few constructs, which are refused clearly. */
function perl(patterns: readonly string[], options: MatcherOptions): Matcher {
  const kept = patterns.map((pattern) => pattern.replace(/^(.*)\\K/s, '(?<=$1)'));
  let source = kept.map((pattern) => `(?:${pattern})`).join('|');
  const inline = /^\(\?:\(\?([ims]+)\)/.exec(source);
  if (inline) source = source.replace(inline[0], '(?:');
  source = source
    .replace(/\(\?P?<([A-Za-z_]\w*)>/g, '(?<$1>')
    .replace(/\\h/g, '[ \\t]')
    .replace(/\\A/g, '(?<![^])')
    .replace(/\\[zZ]/g, '(?![^])');
  const settings = { ...options, ignoreCase: options.ignoreCase || (inline?.[1]?.includes('i') ?? false) };
  for (const flags of ['u', '']) {
    try {
      return scripted(source, settings, flags);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  throw new Fatal(`unsupported or invalid Perl regular expression: ${patterns.join('|')}`, 2);
}

function alternatives(regexes: readonly PosixRegex[]): Matcher {
  const [only] = regexes;
  if (regexes.length === 1 && only) {
    return {
      test: (line) => only.test(line),
      find: (line, from) => {
        const match = only.exec(line, from);
        return match ? [match.index, match.end] : undefined;
      },
    };
  }
  return {
    test: (line) => regexes.some((regex) => regex.test(line)),
    find: (line, from) => {
      let best: [number, number] | undefined;
      for (const regex of regexes) {
        const match = regex.exec(line, from);
        if (match && (!best || match.index < best[0] || (match.index === best[0] && match.end > best[1]))) {
          best = [match.index, match.end];
        }
      }
      return best;
    },
  };
}

/** Throws Fatal (exit status 2) for a malformed pattern. */
export function matcherOf(patterns: readonly string[], options: MatcherOptions): Matcher {
  if (patterns.length === 0) return { test: () => false, find: () => undefined };
  if (options.dialect === 'fixed') return fixed(patterns, options);
  if (options.dialect === 'perl') return perl(patterns, options);
  const plain = patterns.every((pattern) => !/[\^$\\.*+?()[\]{}|]/.test(pattern));
  if (plain && patterns.length > 1) return fixed(patterns, options);
  try {
    const extended = options.dialect === 'extended';
    const { ignoreCase, whole } = options;
    return alternatives(patterns.map((pattern) => compileRegex(pattern, { extended, ignoreCase, whole })));
  } catch (error) {
    if (error instanceof RegexError) throw new Fatal(error.message, 2);
    throw error;
  }
}
