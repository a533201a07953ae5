/**
 * Texts within a sed script: the replacement of s, the strings of y, the text of a i c; and the output of l.
 */
import { CONTROL_ESCAPES } from '../lib/control-escapes.ts';
import { numericEscape } from '../lib/regex-parse.ts';
import type { TextCodec } from '../lib/text.ts';
import type { CaseMode, ReplacementPart } from './script.ts';

/** `\b` is no character here. */
const { b: _boundary, ...SIMPLE_ESCAPES } = CONTROL_ESCAPES;
const SIMPLE: Readonly<Record<string, string>> = SIMPLE_ESCAPES;
const CASES: Readonly<Record<string, ReplacementPart>> = {
  U: { kind: 'case', mode: 'upper' },
  L: { kind: 'case', mode: 'lower' },
  E: { kind: 'case', mode: 'end' },
  u: { kind: 'caseNext', mode: 'upper' },
  l: { kind: 'caseNext', mode: 'lower' },
};

/** What a backslash and the character behind it stand for in a text: [text, length with the backslash]. */
function escapeAt(text: string, at: number): [string, number] {
  const letter = text[at + 1] ?? '';
  const simple = SIMPLE[letter];
  if (simple !== undefined) return [simple, 2];
  const numeric = numericEscape(text, at + 1, 'sed');
  if (numeric) return [numeric[0], numeric[1] + 1];
  return [letter, 2];
}

/**
 * The replacement of s: `&`, `\0`…`\9`, `\n`, GNU's case conversions; a backslash makes anything else
 * literal.
 */
export function parseReplacement(text: string): ReplacementPart[] {
  const parts: ReplacementPart[] = [];
  let literal = '';
  const push = (part: ReplacementPart) => {
    if (literal !== '') parts.push({ kind: 'text', text: literal });
    literal = '';
    parts.push(part);
  };
  for (let at = 0; at < text.length; ) {
    const char = text[at] ?? '';
    const next = text[at + 1] ?? '';
    if (char === '&') {
      push({ kind: 'group', index: 0 });
      at += 1;
    } else if (char === '\\' && /[0-9]/.test(next)) {
      push({ kind: 'group', index: Number(next) });
      at += 2;
    } else if (char === '\\' && CASES[next]) {
      push(CASES[next]);
      at += 2;
    } else if (char === '\\') {
      const [escaped, length] = escapeAt(text, at);
      literal += escaped;
      at += length;
    } else {
      literal += char;
      at += 1;
    }
  }
  if (literal !== '') parts.push({ kind: 'text', text: literal });
  return parts;
}

/** The characters of a y string. */
export function splitEscapes(text: string): string[] {
  const chars: string[] = [];
  for (let at = 0; at < text.length; ) {
    if (text[at] === '\\') {
      const [char, length] = escapeAt(text, at);
      chars.push(char);
      at += length;
    } else {
      const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
      chars.push(char);
      at += char.length;
    }
  }
  return chars;
}

/** The text of a, i, c: GNU's escapes; a backslash before anything else goes, what it stands before stays. */
export function unescapeText(text: string): string {
  let result = '';
  for (let at = 0; at < text.length; ) {
    const [piece, length] = text[at] === '\\' ? escapeAt(text, at) : [text[at] ?? '', 1];
    result += piece;
    at += length;
  }
  return result;
}

function convert(text: string, mode: CaseMode | 'none'): string {
  return mode === 'upper' ? text.toUpperCase() : mode === 'lower' ? text.toLowerCase() : text;
}

/** The replacement for one match. */
export function expandReplacement(
  parts: readonly ReplacementPart[],
  groups: readonly (string | undefined)[],
): string {
  let result = '';
  let mode: CaseMode | 'none' = 'none';
  let next: 'upper' | 'lower' | 'none' = 'none';
  for (const part of parts) {
    if (part.kind === 'case') {
      mode = part.mode;
      next = 'none';
    } else if (part.kind === 'caseNext') next = part.mode;
    else {
      const text = part.kind === 'text' ? part.text : (groups[part.index] ?? '');
      if (next === 'none' || text === '') result += convert(text, mode);
      else {
        const first = String.fromCodePoint(text.codePointAt(0) ?? 0);
        result += convert(first, next) + convert(text.slice(first.length), mode);
        next = 'none';
      }
    }
  }
  return result;
}

const NAMED: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  92: '\\\\',
};

/** The unambiguous form of l, folded to `width` columns (0 and 1 = never). */
export function visibleText(text: string, codec: TextCodec, width: number, delimiter: string): string {
  let result = '';
  let column = 0;
  for (const byte of codec.encode(text)) {
    const printable =
      byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
    const shown = NAMED[byte] ?? printable;
    if (width > 1 && column + shown.length > width - 1) {
      result += '\\\n';
      column = 0;
    }
    result += shown;
    column += shown.length;
  }
  return `${result}$${delimiter}`;
}
