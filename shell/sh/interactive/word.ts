/**
 * The word before the cursor as the shell would read it: where it starts, what it says without its quotes,
 * and how to put more text into it so that it says that too.
 */

export interface CursorWord {
  /** Index in the line. */
  readonly start: number;
  /** The word without quotes. */
  readonly text: string;
  /** The quote that is open at the cursor, if any. */
  readonly quote: '' | "'" | '"';
  /** The line before the word. */
  readonly before: string;
}

const BREAKS = new Set(' \t\n;&|<>()`');
const SPECIAL = /[\s\\;&|<>()'"`$*?[\]#~!{}]/g;
const SPECIAL_IN_DOUBLE = /[\\"`$]/g;

/** The word at the end of `line`. An assignment's value counts as a word of its own. */
export function wordAtEnd(line: string): CursorWord {
  let start = 0;
  let text = '';
  let quote: CursorWord['quote'] = '';
  for (let i = 0; i < line.length; i += 1) {
    const c = line[i]!;
    if (quote !== '') {
      if (c === quote) quote = '';
      else if (quote === '"' && c === '\\' && i + 1 < line.length) text += line[++i]!;
      else text += c;
    } else if (c === "'" || c === '"') quote = c;
    else if (c === '\\' && i + 1 < line.length) text += line[++i]!;
    else if (BREAKS.has(c) || (c === '=' && /^[A-Za-z_]\w*$/.test(text))) {
      start = i + 1;
      text = '';
    } else text += c;
  }
  return { start, text, quote, before: line.slice(0, start) };
}

/** `text` as it is typed inside the quote, from the quote's start on. */
export function quoted(text: string, quote: CursorWord['quote']): string {
  if (quote === '"') return `"${text.replace(SPECIAL_IN_DOUBLE, '\\$&')}`;
  if (quote === "'") return `'${text.replaceAll("'", "'\\''")}`;
  const tilde = /^~[^/]*\//.exec(text)?.[0] ?? '';
  return tilde + text.slice(tilde.length).replace(SPECIAL, '\\$&');
}
