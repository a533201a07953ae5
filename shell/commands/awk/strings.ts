/**
 * The string functions of awk. Positions count characters: where a string has astral ones, code points are
 * counted.
 */
import type { PosixRegex } from '../lib/regex.ts';
import { type AwkArray, StrNum } from './values.ts';

const ASTRAL = /[\ud800-\udbff]/;

export function lengthOf(text: string): number {
  return ASTRAL.test(text) ? [...text].length : text.length;
}

/** Index in UTF-16 units → characters. */
function charactersBefore(text: string, units: number): number {
  return ASTRAL.test(text) ? [...text.slice(0, units)].length : units;
}

/**
 * substr(s, m[, n]): n characters from m; a start before the string counts as 1, as gawk and BWK awk have
 * it.
 */
export function substr(text: string, from: number, count = Infinity): string {
  if (Number.isNaN(from) || Number.isNaN(count)) return '';
  const first = Math.max(1, Math.trunc(from)) - 1;
  const last = first + Math.max(0, Math.trunc(count));
  if (!ASTRAL.test(text)) return text.slice(first, last);
  return [...text].slice(first, last).join('');
}

export function indexOf(text: string, part: string): number {
  const found = text.indexOf(part);
  return found < 0 ? 0 : charactersBefore(text, found) + 1;
}

/** RSTART and RLENGTH of a match, and its groups. */
export function match(
  text: string,
  regex: PosixRegex,
): { start: number; length: number; groups: readonly (string | undefined)[] } {
  const found = regex.exec(text);
  if (!found) return { start: 0, length: -1, groups: [] };
  return {
    start: charactersBefore(text, found.index) + 1,
    length: lengthOf(text.slice(found.index, found.end)),
    groups: found.groups,
  };
}

/**
 * The replacement of sub and gsub: `&` is the match; of the backslashes before an `&` each two stand for
 * one, and an odd one
 * makes the `&` literal. Other backslashes are ordinary.
 */
function replacementParts(text: string): { literal: string; whole: boolean }[] {
  const parts: { literal: string; whole: boolean }[] = [];
  let literal = '';
  let at = 0;
  for (const match of text.matchAll(/(\\*)&/g)) {
    const slashes = match[1]?.length ?? 0;
    literal += text.slice(at, match.index) + '\\'.repeat(slashes >> 1);
    at = match.index + match[0].length;
    if (slashes % 2 === 1) literal += '&';
    else {
      parts.push({ literal, whole: true });
      literal = '';
    }
  }
  parts.push({ literal: literal + text.slice(at), whole: false });
  return parts;
}

export interface Substituted {
  text: string;
  count: number;
}

/** sub (once) and gsub (all, not overlapping; an empty match does not follow a match). */
export function substitute(text: string, regex: PosixRegex, replacement: string, all: boolean): Substituted {
  const plain = !replacement.includes('&') && !replacement.includes('\\');
  const parts = plain ? [] : replacementParts(replacement);
  let result = '';
  let copied = 0;
  let count = 0;
  let lastEnd = -1;
  for (let from = 0; from <= text.length; ) {
    const found = regex.exec(text, from);
    if (!found) break;
    const { index, end } = found;
    if (index !== end || index !== lastEnd) {
      count += 1;
      result += text.slice(copied, index);
      if (plain) result += replacement;
      else
        for (const { literal, whole } of parts) result += whole ? literal + text.slice(index, end) : literal;
      copied = end;
      lastEnd = end;
      if (!all) break;
    }
    from = end > index ? end : end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
  }
  return { text: count === 0 ? text : result + text.slice(copied), count };
}

/** gawk's gensub: `how` is 'g…' or a number; `\0`…`\9` in the replacement are groups. */
export function gensub(text: string, regex: PosixRegex, replacement: string, how: string): string {
  const all = /^[gG]/.test(how);
  const nth = all ? 0 : Math.max(1, Math.trunc(Number(how) || 1));
  let result = '';
  let copied = 0;
  let count = 0;
  let lastEnd = -1;
  for (let from = 0; from <= text.length; ) {
    const found = regex.exec(text, from);
    if (!found) break;
    const { index, end, groups } = found;
    if (index !== end || index !== lastEnd) {
      count += 1;
      lastEnd = end;
      if (all || count === nth) {
        const expanded = replacement.replace(/\\([0-9&\\])|&/g, (whole, char: string | undefined) => {
          if (whole === '&') return groups[0] ?? '';
          return char !== undefined && /[0-9]/.test(char) ? (groups[Number(char)] ?? '') : (char ?? '');
        });
        result += text.slice(copied, index) + expanded;
        copied = end;
        if (!all) break;
      }
    }
    from = end > index ? end : end + 1;
  }
  return result + text.slice(copied);
}

/**
 * [group, start, length] of the groups that took part in a match from `start` (1-based), for gawk's
 * three-argument match. JS tells where a group matched only by its text: each is looked for from where the
 * one before began.
 */
export function groupPlaces(
  text: string,
  start: number,
  groups: readonly (string | undefined)[],
): [number, number, number][] {
  const places: [number, number, number][] = [];
  let from = start - 1;
  groups.forEach((group, i) => {
    if (group === undefined || start === 0) return;
    const found = i === 0 ? from : text.indexOf(group, from);
    if (found >= 0) from = found;
    places.push([i, from + 1, lengthOf(group)]);
  });
  return places;
}

/** Fields separated by blanks and newlines. */
export function splitBlanks(text: string): string[] {
  const fields: string[] = [];
  const { length } = text;
  let at = 0;
  for (;;) {
    let code = text.charCodeAt(at);
    while (code === 32 || code === 9 || code === 10) {
      at += 1;
      code = text.charCodeAt(at);
    }
    if (at >= length) return fields;
    const start = at;
    while (at < length && code !== 32 && code !== 9 && code !== 10) {
      at += 1;
      code = text.charCodeAt(at);
    }
    fields.push(text.slice(start, at));
  }
}

/** Fields between matches of a regular expression; empty matches separate nothing. */
export function splitRegex(text: string, regex: PosixRegex): string[] {
  const fields: string[] = [];
  let start = 0;
  for (let from = 0; from < text.length; ) {
    const found = regex.exec(text, from);
    if (!found) break;
    if (found.end === found.index) {
      from = found.end + 1;
      continue;
    }
    fields.push(text.slice(start, found.index));
    start = found.end;
    from = found.end;
  }
  fields.push(text.slice(start));
  return fields;
}

/** Fills an array with fields 1…n. */
export function fillArray(array: AwkArray, fields: readonly string[]): number {
  array.clear();
  for (let i = 0; i < fields.length; i += 1) array.set(String(i + 1), new StrNum(fields[i] ?? ''));
  return fields.length;
}
