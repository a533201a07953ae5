/**
 * Collects the pieces of an expanded word into fields (POSIX 2.6.5). Each field keeps two texts: what it
 * says, and the pattern in which characters that were quoted stand behind a backslash, for pathname expansion
 * and pattern matching.
 */
import { ShellError } from '../errors.ts';
import { ShellLimits } from '../limits.ts';

export interface Field {
  readonly text: string;
  /** Present when an unquoted `*`, `?` or `[` makes it a pattern. */
  readonly pattern?: string;
}

const MAGIC = /[*?[]/;
/** A bracket matters only with its counterpart: the command `[` is no pattern. */
const PATTERN = /[*?]|\[[\s\S]*\]/;
const QUOTABLE = /[\\*?[\]!^-]/g;

/** A text as a pattern that matches only itself. */
export const escapePattern = (s: string): string => s.replace(QUOTABLE, '\\$&');

/** How IFS splits: its white space separates without making empty fields. */
export class Separators {
  readonly value: string;
  private readonly all: RegExp | undefined;

  constructor(ifs: string) {
    this.value = ifs;
    this.all = ifs === '' ? undefined : new RegExp(`[${ifs.replace(/[\\\]^-]/g, '\\$&')}]`);
  }

  has(c: string): boolean {
    return this.value.includes(c);
  }

  isBlank(c: string): boolean {
    return (c === ' ' || c === '\t' || c === '\n') && this.value.includes(c);
  }

  occursIn(s: string): boolean {
    return this.all?.test(s) ?? false;
  }
}

/** `fields`: split and collect; `string`, `pattern`: one text or pattern, where separators are ordinary. */
export type FieldMode = 'fields' | 'string' | 'pattern';

export class Fields {
  readonly mode: FieldMode;
  private readonly separators: Separators;
  private readonly done: Field[] = [];
  private current = '';
  private currentPattern = '';
  private magic = false;
  /** A field has begun, though it may be empty. */
  private open = false;
  /** The last field ended by IFS white space: a separator that follows belongs to the same end. */
  private endedByBlank = false;

  constructor(mode: FieldMode, separators: Separators) {
    this.mode = mode;
    this.separators = separators;
  }

  /** Text of the program itself: never split. */
  literal(s: string, glob: boolean | undefined): void {
    this.open = true;
    this.endedByBlank = false;
    this.current += s;
    this.currentPattern += s;
    if (glob && !this.magic) this.magic = MAGIC.test(s);
  }

  quoted(s: string): void {
    this.open = true;
    this.endedByBlank = false;
    this.current += s;
    if (this.mode !== 'string') this.currentPattern += escapePattern(s);
  }

  /** The result of an unquoted expansion: split at separators. */
  expanded(s: string): void {
    if (this.mode !== 'fields' || !this.separators.occursIn(s)) {
      if (s !== '') this.literal(s, true);
      return;
    }
    let start = 0;
    for (let at = 0; at <= s.length; at += 1) {
      const c = s[at];
      if (c !== undefined && !this.separators.has(c)) continue;
      if (at > start) this.literal(s.slice(start, at), true);
      if (c !== undefined) this.separator(c);
      start = at + 1;
    }
  }

  private separator(c: string): void {
    if (this.separators.isBlank(c)) {
      if (!this.open) return;
      this.endField();
      this.endedByBlank = true;
    } else if (this.endedByBlank && !this.open) {
      this.endedByBlank = false;
    } else {
      this.endField();
    }
  }

  /** Ends the field in progress, even if it is empty. */
  endField(): void {
    const isPattern = this.magic && PATTERN.test(this.currentPattern);
    this.done.push(isPattern ? { text: this.current, pattern: this.currentPattern } : { text: this.current });
    if (this.done.length > ShellLimits.FIELDS) throw new ShellError('too many fields in expansion');
    this.current = '';
    this.currentPattern = '';
    this.magic = false;
    this.open = false;
    this.endedByBlank = false;
  }

  endOpenField(): void {
    if (this.open) this.endField();
  }

  finish(): readonly Field[] {
    this.endOpenField();
    return this.done;
  }

  /** In string mode: the text. */
  get text(): string {
    return this.current;
  }

  /** In pattern mode: the text as a pattern. */
  get pattern(): string {
    return this.currentPattern;
  }
}
