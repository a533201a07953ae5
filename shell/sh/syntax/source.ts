/**
 * The text that is being parsed, with a position and a line count, shared by a parser and the parsers of the
 * substitutions inside it. Here-documents wait here until the line that announced them ends.
 */
import { Incomplete, SyntaxFault } from '../errors.ts';
import { ShellLimits } from '../limits.ts';
import type { Node, Part, Word } from './ast.ts';

export interface PendingHereDocument {
  readonly delimiter: string;
  readonly quoted: boolean;
  readonly stripTabs: boolean;
  readonly line: number;
  /** Filled with the body when it has been read. */
  readonly target: { parts: readonly Part[] };
}

/** What word parsing needs from the command parser, handed in because they call each other. */
export interface Grammar {
  /** Parses commands up to the `)` that closes a `$(`, which it consumes. */
  substitution(source: Source): Node | undefined;
  /** Parses a whole text (the inside of backquotes). */
  program(source: Source): Node | undefined;
}

export interface SourceOptions {
  readonly line?: number;
  /** False while more text may be appended: an open here-document is then incomplete instead of ended. */
  readonly final?: boolean;
  /** alias name → value, undefined when there is none. */
  readonly alias?: (name: string) => string | undefined;
}

export class Source {
  text: string;
  pos = 0;
  line: number;
  final: boolean;
  depth = 0;
  readonly grammar: Grammar;
  readonly alias: ((name: string) => string | undefined) | undefined;
  pending: PendingHereDocument[] = [];
  /**
   * Places (length of the rest) where `((` turned out not to be arithmetic: tried once, or nesting would cost
   * 2^depth.
   */
  readonly notArithmetic = new Set<number>();
  /** Aliases whose text is being read: name and the length of the text behind it. */
  activeAliases: { name: string; rest: number }[] = [];

  constructor(text: string, grammar: Grammar, options: SourceOptions = {}) {
    this.text = text;
    this.grammar = grammar;
    this.line = options.line ?? 1;
    this.final = options.final ?? true;
    this.alias = options.alias;
  }

  /** A source for a piece of text inside this one. */
  inner(text: string, line: number): Source {
    const inner = new Source(text, this.grammar, { line, ...(this.alias && { alias: this.alias }) });
    inner.depth = this.depth;
    return inner;
  }

  /** The next character after removing line continuations; '' at the end. */
  peek(): string {
    const c = this.text[this.pos];
    if (c !== '\\') return c ?? '';
    while (this.text[this.pos] === '\\' && this.text[this.pos + 1] === '\n') {
      this.pos += 2;
      this.line += 1;
      if (this.pos >= this.text.length && !this.final) throw this.incomplete('line continued', '');
    }
    return this.text[this.pos] ?? '';
  }

  /**
   * Takes the line continuations out of the run of characters that `run` (sticky) describes, so that one
   * expression can match a token that several lines spell.
   */
  joinLines(run: RegExp): void {
    let at = this.pos;
    for (;;) {
      run.lastIndex = at;
      at += run.exec(this.text)?.[0].length ?? 0;
      if (this.text[at] !== '\\' || this.text[at + 1] !== '\n') return;
      if (at + 2 >= this.text.length && !this.final) throw this.incomplete('line continued', '');
      this.text = this.text.slice(0, at) + this.text.slice(at + 2);
      this.line += 1;
    }
  }

  /** Consumes what the sticky expression matches here; it must not match newlines. */
  match(sticky: RegExp): string {
    sticky.lastIndex = this.pos;
    const found = sticky.exec(this.text)?.[0] ?? '';
    this.pos += found.length;
    return found;
  }

  /** Consumes up to `end` and returns the text, counting lines. */
  takeTo(end: number): string {
    const taken = this.text.slice(this.pos, end);
    for (let at = taken.indexOf('\n'); at >= 0; at = taken.indexOf('\n', at + 1)) this.line += 1;
    this.pos = end;
    return taken;
  }

  enter(): void {
    this.depth += 1;
    if (this.depth > ShellLimits.NESTING) throw new SyntaxFault('nested too deeply', this.line);
  }

  leave(): void {
    this.depth -= 1;
  }

  incomplete(message: string, expects: string): Incomplete {
    return new Incomplete(message, this.line, expects);
  }

  /** Puts an alias' text in front of what is left. */
  splice(name: string, value: string, start: number): void {
    const rest = this.text.slice(this.pos);
    this.activeAliases.push({ name, rest: rest.length });
    this.text = this.text.slice(0, start) + value + rest;
    this.pos = start;
  }

  /** True while the text of alias `name` is being read: it is not expanded again then. */
  isActiveAlias(name: string): boolean {
    const left = this.text.length - this.pos;
    this.activeAliases = this.activeAliases.filter((alias) => left >= alias.rest);
    return this.activeAliases.some((alias) => alias.name === name);
  }
}

export type { Word };
