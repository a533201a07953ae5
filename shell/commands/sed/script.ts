/** A parsed sed script: a flat list of commands; `{` and the jumps hold the index where to go on. */
import type { PosixRegex } from '../lib/regex.ts';

export type Address =
  | { kind: 'line'; line: number }
  | { kind: 'last' }
  /** undefined = the empty regex: the last one used. */
  | { kind: 'regex'; regex: PosixRegex | undefined }
  | { kind: 'step'; first: number; step: number }
  /** The 0 of `0,/re/`. */
  | { kind: 'zero' };

export type RangeEnd = Address | { kind: 'plus'; count: number } | { kind: 'multiple'; of: number };

export type CaseMode = 'upper' | 'lower' | 'end';

export type ReplacementPart =
  | { kind: 'text'; text: string }
  /** 0 = the whole match. */
  | { kind: 'group'; index: number }
  /** \U \L \E, and \u \l for the next character only. */
  | { kind: 'case'; mode: CaseMode }
  | { kind: 'caseNext'; mode: 'upper' | 'lower' };

export interface Substitution {
  regex: PosixRegex | undefined;
  replacement: ReplacementPart[];
  global: boolean;
  /** Replace from the nth match on (or only it, without `global`). */
  nth: number;
  print: number;
  evaluate: boolean;
  file: string | undefined;
}

export interface SedCommand {
  name: string;
  first?: Address;
  last?: RangeEnd;
  negated: boolean;
  /** A range has begun; `until` is its last line when that is known. */
  active: boolean;
  /** A range that has begun at a line number: it does not begin again after that line. */
  begun: boolean;
  until: number;
  /** a i c: text; r R w W: file name; e: shell command; b t T: label. */
  text: string;
  /** q Q: exit status; l: line length; -1 = not given. */
  number: number;
  /** Where a jump or an unmatched `{` goes on. */
  target: number;
  substitution?: Substitution;
  map?: Map<string, string>;
}

export interface SedScript {
  commands: SedCommand[];
  /** `#n` on the first line. */
  quiet: boolean;
}

/** A malformed script: `sed: -e expression #1, char N: text`. */
export class SedSyntaxError extends Error {}
