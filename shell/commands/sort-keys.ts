/**
 * sort's keys: `-k FIELD[.C][OPTS][,FIELD[.C][OPTS]]`, where they lie in a line, and how each ordering
 * compares.
 * Lines are latin1 strings, so comparing strings compares bytes (what strcoll does in C.UTF-8).
 */
import { Fatal } from './lib/command.ts';
import { quote } from './lib/quote.ts';

export type Ordering = 'text' | 'numeric' | 'general' | 'human' | 'month' | 'version' | 'random';

export interface KeyOptions {
  ordering: Ordering;
  reverse: boolean;
  fold: boolean;
  dictionary: boolean;
  printing: boolean;
  skipStart: boolean;
  skipEnd: boolean;
}

export interface SortKey extends KeyOptions {
  /** Fields and characters to skip before the key; the end likewise, Infinity = end of line. */
  startField: number;
  startChar: number;
  endField: number;
  endChar: number;
}

export const plainOptions = (): KeyOptions => ({
  ordering: 'text',
  reverse: false,
  fold: false,
  dictionary: false,
  printing: false,
  skipStart: false,
  skipEnd: false,
});

const ORDERINGS: Readonly<Record<string, Ordering>> = {
  n: 'numeric',
  g: 'general',
  h: 'human',
  M: 'month',
  V: 'version',
  R: 'random',
};

function incompatible(ordering: Ordering, letter: string): Fatal {
  const letters = Object.keys(ORDERINGS).filter((key) => ORDERINGS[key] === ordering || key === letter);
  const sorted = letters.sort((a, b) => a.toLowerCase().localeCompare(b.toLowerCase(), 'en'));
  return new Fatal(`options '-${sorted.join('')}' are incompatible`, 2);
}

/** Applies one ordering letter; false when it is none. `b` counts for the side it stands on. */
export function applyLetter(options: KeyOptions, letter: string, side: 'start' | 'end' | 'both'): boolean {
  const ordering = ORDERINGS[letter];
  if (ordering) {
    if (options.ordering !== 'text' && options.ordering !== ordering)
      throw incompatible(options.ordering, letter);
    options.ordering = ordering;
  } else if (letter === 'r') options.reverse = true;
  else if (letter === 'f') options.fold = true;
  else if (letter === 'd') options.dictionary = true;
  else if (letter === 'i') options.printing = true;
  else if (letter === 'b') {
    if (side !== 'end') options.skipStart = true;
    if (side !== 'start') options.skipEnd = true;
  } else return false;
  return true;
}

function positive(text: string, what: string, spec: string): number {
  if (!/^\d+$/.test(text)) throw new Fatal(`${what}: invalid count at start of ${quote(text || spec)}`);
  return Number(text);
}

export function parseKey(spec: string): SortKey {
  const match = /^(\d*)(?:\.(\d*))?([a-zA-Z]*)(?:,(\d*)(?:\.(\d*))?([a-zA-Z]*))?$/.exec(spec);
  if (!match) throw new Fatal(`stray character in field spec: invalid field specification ${quote(spec)}`);
  const [, startField = '', startChar, startLetters = '', endField, endChar, endLetters = ''] = match;
  const first = positive(startField, 'invalid number at field start', spec);
  if (first === 0) throw new Fatal(`field number is zero: invalid field specification ${quote(spec)}`);
  const char = startChar === undefined ? 1 : positive(startChar, "invalid number after '.'", spec);
  if (char === 0) throw new Fatal(`character offset is zero: invalid field specification ${quote(spec)}`);
  const key: SortKey = {
    ...plainOptions(),
    startField: first - 1,
    startChar: char - 1,
    endField: Infinity,
    endChar: 0,
  };
  for (const letter of startLetters) if (!applyLetter(key, letter, 'start')) badLetter(spec);
  if (endField === undefined) return key;
  const last = positive(endField, "invalid number after ','", spec);
  if (last === 0) throw new Fatal(`field number is zero: invalid field specification ${quote(spec)}`);
  key.endField = last - 1;
  key.endChar =
    endChar === undefined || endChar === '' ? 0 : positive(endChar, "invalid number after '.'", spec);
  for (const letter of endLetters) if (!applyLetter(key, letter, 'end')) badLetter(spec);
  return key;
}

function badLetter(spec: string): never {
  throw new Fatal(`stray character in field spec: invalid field specification ${quote(spec)}`);
}

const isBlank = (code: number): boolean => code === 32 || code === 9 || code === 10;

function skipBlanks(line: string, from: number): number {
  let at = from;
  while (at < line.length && isBlank(line.charCodeAt(at))) at += 1;
  return at;
}

function skipField(line: string, from: number): number {
  let at = skipBlanks(line, from);
  while (at < line.length && !isBlank(line.charCodeAt(at))) at += 1;
  return at;
}

function startOf(line: string, key: SortKey, tab: string | undefined): number {
  let at = 0;
  for (let field = key.startField; field > 0 && at < line.length; field -= 1) {
    if (tab === undefined) at = skipField(line, at);
    else {
      const found = line.indexOf(tab, at);
      at = found < 0 ? line.length : found + 1;
    }
  }
  if (key.skipStart) at = skipBlanks(line, at);
  return Math.min(line.length, at + key.startChar);
}

function endOf(line: string, key: SortKey, tab: string | undefined): number {
  if (key.endField === Infinity) return line.length;
  let at = 0;
  const fields = key.endChar === 0 ? key.endField + 1 : key.endField;
  for (let field = fields; field > 0 && at < line.length; field -= 1) {
    if (tab === undefined) at = skipField(line, at);
    else {
      const found = line.indexOf(tab, at);
      if (found < 0) at = line.length;
      else at = field > 1 || key.endChar > 0 ? found + 1 : found;
    }
  }
  if (key.endChar === 0) return at;
  if (key.skipEnd) at = skipBlanks(line, at);
  return Math.min(line.length, at + key.endChar);
}

/** The text of a key in a line; undefined tab = fields are separated by the empty string before blanks. */
export function keyText(line: string, key: SortKey, tab: string | undefined): string {
  const start = startOf(line, key, tab);
  return line.slice(start, Math.max(start, endOf(line, key, tab)));
}
