/**
 * POSIX regular expressions, basic and extended, to a syntax tree (POSIX.1-2017 XBD 9; GNU additions as
 * glibc's regcomp).
 * regex.ts turns the tree into something that matches.
 */
import { CONTROL_ESCAPES } from './control-escapes.ts';

export type RegexNode =
  | { kind: 'char'; char: string }
  /** One character, or an assertion; `source` is JS syntax under the flags `su`. */
  | { kind: 'set'; source: string }
  | { kind: 'assert'; source: string }
  | { kind: 'group'; index: number; body: RegexNode }
  | { kind: 'alternatives'; options: RegexNode[] }
  | { kind: 'sequence'; items: RegexNode[] }
  | { kind: 'repeat'; body: RegexNode; min: number; max: number }
  | { kind: 'reference'; index: number };

export interface RegexSyntax {
  extended: boolean;
  /** ^ and $ match at embedded newlines also (sed's M). */
  multiline?: boolean;
  /**
   * Which backslash escapes of characters hold: sed's (\n \t \xHH \oNNN \dNNN \cX) or awk's (\n \t \" \/
   * \ddd, also within brackets).
   */
  escapes?: 'sed' | 'awk';
}

/** Message texts are regerror(3)'s. */
export class RegexError extends Error {}

/** RE_DUP_MAX of glibc. */
const REPEAT_MAX = 32767;

/** Bytes that are no characters (see text.ts): no wildcard matches them. */
const INVALID = '\\udc80-\\udcff';
const ANY = `[^${INVALID}]`;
export const WORD = '[\\p{L}\\p{M}\\p{N}_]';
const CLASSES: Readonly<Record<string, string>> = {
  alpha: '\\p{L}\\p{Nl}',
  digit: '0-9',
  alnum: '\\p{L}\\p{N}',
  upper: '\\p{Lu}',
  lower: '\\p{Ll}',
  space: '\\t-\\r \\u1680\\u2000-\\u2006\\u2008-\\u200a\\u2028\\u2029\\u205f\\u3000',
  blank: '\\t ',
  punct: '\\p{P}\\p{S}',
  print: '\\P{C}',
  graph: '\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}',
  cntrl: '\\p{Cc}',
  xdigit: '0-9A-Fa-f',
};

/** `\b` is the edge of a word. */
const { b: _edge, ...CHARACTERS } = CONTROL_ESCAPES;
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = CHARACTERS;

const GNU_OPERATORS: Readonly<Record<string, RegexNode>> = {
  w: { kind: 'set', source: WORD },
  W: { kind: 'set', source: WORD.replace('[', '[^') },
  s: { kind: 'set', source: `[${CLASSES.space}]` },
  S: { kind: 'set', source: `[^${CLASSES.space}]` },
  b: { kind: 'assert', source: `(?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))` },
  B: { kind: 'assert', source: `(?:(?<=${WORD})(?=${WORD})|(?<!${WORD})(?!${WORD}))` },
  '<': { kind: 'assert', source: `(?<!${WORD})(?=${WORD})` },
  '>': { kind: 'assert', source: `(?<=${WORD})(?!${WORD})` },
  '`': { kind: 'assert', source: '(?<![^])' },
  "'": { kind: 'assert', source: '(?![^])' },
};

/** One character as it stands inside a JS character class. */
function inClass(char: string): string {
  return /[\\\]^[\-/]/.test(char) ? `\\${char}` : char;
}

/**
 * Reads `\xHH`, `\oNNN`, `\dNNN`, `\cX` (sed) or `\ddd` (awk) after the backslash: [character, length], or
 * undefined.
 */
export function numericEscape(
  text: string,
  at: number,
  escapes: 'sed' | 'awk',
): [string, number] | undefined {
  const rest = text.slice(at, at + 4);
  const hex = /^x([0-9A-Fa-f]{1,2})/.exec(rest);
  if (hex) return [String.fromCharCode(Number.parseInt(hex[1] ?? '', 16)), hex[0].length];
  if (escapes === 'awk') {
    const octal = /^[0-7]{1,3}/.exec(rest);
    return octal ? [String.fromCharCode(Number.parseInt(octal[0], 8) & 0xff), octal[0].length] : undefined;
  }
  const octal = /^o([0-7]{1,3})/.exec(rest);
  if (octal) return [String.fromCharCode(Number.parseInt(octal[1] ?? '', 8) & 0xff), octal[0].length];
  const decimal = /^d([0-9]{1,3})/.exec(rest);
  if (decimal) return [String.fromCharCode(Number(decimal[1]) & 0xff), decimal[0].length];
  if (rest[0] === 'c' && rest.length > 1)
    return [String.fromCharCode(rest.toUpperCase().charCodeAt(1) ^ 0x40), 2];
  return undefined;
}

class Parser {
  groups = 0;
  private at = 0;
  private readonly closed = new Set<number>();
  private readonly text: string;
  private readonly syntax: RegexSyntax;
  private depth = 0;

  constructor(text: string, syntax: RegexSyntax) {
    this.text = text;
    this.syntax = syntax;
  }

  parse(): RegexNode {
    const node = this.alternatives();
    if (this.at < this.text.length) throw new RegexError('Unmatched ) or \\)');
    return node;
  }

  /** The operator at the cursor, spelt as in an ERE: '(', ')', '|', '{', '+', '?', '*' … else ''. */
  private operator(): string {
    const char = this.text[this.at] ?? '';
    const next = this.text[this.at + 1] ?? '';
    if (char === '*') return '*';
    if (this.syntax.extended) return char !== '' && '(){|+?'.includes(char) ? char : '';
    return char === '\\' && next !== '' && '(){|+?'.includes(next) ? next : '';
  }

  private skipOperator(): void {
    this.at += this.syntax.extended || this.text[this.at] === '*' ? 1 : 2;
  }

  private alternatives(): RegexNode {
    const options = [this.sequence()];
    while (this.operator() === '|') {
      this.skipOperator();
      options.push(this.sequence());
    }
    return options.length === 1 && options[0] ? options[0] : { kind: 'alternatives', options };
  }

  private atEnd(): boolean {
    if (this.at >= this.text.length) return true;
    const operator = this.operator();
    if (operator === ')') return this.depth > 0 || !this.syntax.extended;
    return operator === '|';
  }

  private sequence(): RegexNode {
    const items: RegexNode[] = [];
    while (!this.atEnd()) items.push(this.repeated(this.atom(items)));
    return items.length === 1 && items[0] ? items[0] : { kind: 'sequence', items };
  }

  private repeated(atom: RegexNode): RegexNode {
    let node = atom;
    if (!this.syntax.extended && node.kind === 'assert' && node.source === this.lineStart()) return node;
    for (;;) {
      const operator = this.operator();
      if (operator === '*') node = { kind: 'repeat', body: node, min: 0, max: Infinity };
      else if (operator === '+') node = { kind: 'repeat', body: node, min: 1, max: Infinity };
      else if (operator === '?') node = { kind: 'repeat', body: node, min: 0, max: 1 };
      else if (operator === '{') {
        const interval = this.interval(node);
        if (!interval) return node;
        node = interval;
        continue;
      } else return node;
      this.skipOperator();
    }
  }

  /** An interval at the cursor; undefined when an ERE's brace is an ordinary character. */
  private interval(body: RegexNode): RegexNode | undefined {
    const width = this.syntax.extended ? 1 : 2;
    const rest = this.text.slice(this.at + width);
    const match = (this.syntax.extended ? /^(\d*)(,?)(\d*)\}/ : /^(\d*)(,?)(\d*)\\\}/).exec(rest);
    if (!match || (match[1] === '' && match[2] === '')) {
      if (this.syntax.extended) return undefined;
      throw new RegexError(/^[\d,]*$/.test(rest) ? 'Unmatched \\{' : 'Invalid content of \\{\\}');
    }
    const min = Number(match[1] || 0);
    const max = match[3] ? Number(match[3]) : match[2] ? Infinity : min;
    if (min > max) throw new RegexError('Invalid content of \\{\\}');
    if (min > REPEAT_MAX || (max !== Infinity && max > REPEAT_MAX))
      throw new RegexError('Regular expression too big');
    this.at += width + match[0].length;
    return { kind: 'repeat', body, min, max };
  }

  private lineStart(): string {
    return this.syntax.multiline ? '(?<![^\\n])' : '(?<![^])';
  }

  private lineEnd(): string {
    return this.syntax.multiline ? '(?![^\\n])' : '(?![^])';
  }

  private atom(before: readonly RegexNode[]): RegexNode {
    const operator = this.operator();
    if (operator === '(') return this.group();
    const first = before.length === 0;
    const char = this.text[this.at] ?? '';
    if (operator === '{' && this.syntax.extended && !first) return this.literal();
    if (operator !== '' && operator !== ')') return this.misplaced(operator);
    if (char === '^' && (this.syntax.extended || first)) {
      this.at += 1;
      return { kind: 'assert', source: this.lineStart() };
    }
    if (char === '$' && (this.syntax.extended || this.dollarEnds())) {
      this.at += 1;
      return { kind: 'assert', source: this.lineEnd() };
    }
    if (char === '.') {
      this.at += 1;
      return { kind: 'set', source: ANY };
    }
    if (char === '[') return this.bracket();
    if (char === '\\') return this.escape();
    return this.literal();
  }

  /**
   * A repetition with nothing to repeat: an ordinary character (BRE `*`), or ignored as glibc does in an
   * ERE.
   */
  private misplaced(operator: string): RegexNode {
    if (!this.syntax.extended && operator !== '*') {
      if (operator === '{') throw new RegexError('Invalid preceding regular expression');
    }
    if (this.syntax.extended && operator !== '{') {
      this.skipOperator();
      return { kind: 'sequence', items: [] };
    }
    this.skipOperator();
    return { kind: 'char', char: operator };
  }

  /** In a BRE `$` anchors only at the end of the pattern or of a subexpression. */
  private dollarEnds(): boolean {
    const rest = this.text.slice(this.at + 1);
    return rest === '' || rest.startsWith('\\)') || rest.startsWith('\\|');
  }

  private literal(): RegexNode {
    const code = this.text.codePointAt(this.at) ?? 0;
    const char = String.fromCodePoint(code);
    this.at += char.length;
    return { kind: 'char', char };
  }

  private group(): RegexNode {
    this.skipOperator();
    this.groups += 1;
    const index = this.groups;
    this.depth += 1;
    const body = this.alternatives();
    this.depth -= 1;
    if (this.operator() !== ')') throw new RegexError('Unmatched ( or \\(');
    this.skipOperator();
    this.closed.add(index);
    return { kind: 'group', index, body };
  }

  private escape(): RegexNode {
    const char = this.text[this.at + 1];
    if (char === undefined) throw new RegexError('Trailing backslash');
    const { escapes } = this.syntax;
    if (escapes !== 'awk' && /[1-9]/.test(char)) {
      if (!this.closed.has(Number(char))) throw new RegexError('Invalid back reference');
      this.at += 2;
      return { kind: 'reference', index: Number(char) };
    }
    if (escapes) {
      const numeric = numericEscape(this.text, this.at + 1, escapes);
      const simple = escapes === 'awk' && char === 'b' ? '\b' : SIMPLE_ESCAPES[char];
      if (simple !== undefined || numeric) {
        this.at += 1 + (simple !== undefined ? 1 : (numeric?.[1] ?? 0));
        return { kind: 'char', char: simple ?? numeric?.[0] ?? '' };
      }
    }
    const gnu = Object.hasOwn(GNU_OPERATORS, char) ? GNU_OPERATORS[char] : undefined;
    this.at += gnu ? 2 : 1;
    return gnu ?? this.literal();
  }

  private bracket(): RegexNode {
    let at = this.at + 1;
    let negated = false;
    if (this.text[at] === '^') {
      negated = true;
      at += 1;
    }
    let body = '';
    for (let first = true; first || this.text[at] !== ']'; first = false) {
      if (at >= this.text.length) throw new RegexError('Unmatched [, [^, [:, [., or [=');
      const element = this.element(at);
      at = element.next;
      const isRange = this.text[at] === '-' && this.text[at + 1] !== ']' && at + 1 < this.text.length;
      if (element.char === undefined) body += element.source;
      else if (!isRange) body += inClass(element.char);
      else {
        const end = this.element(at + 1);
        if (end.char === undefined || (end.char.codePointAt(0) ?? 0) < (element.char.codePointAt(0) ?? 0)) {
          throw new RegexError('Invalid range end');
        }
        body += `${inClass(element.char)}-${inClass(end.char)}`;
        at = end.next;
      }
    }
    this.at = at + 1;
    return { kind: 'set', source: `[${negated ? `^${INVALID}` : ''}${body}]` };
  }

  /** One element of a bracket expression: a character, or a class as JS class source. */
  private element(at: number): { char?: string; source?: string; next: number } {
    const { text, syntax } = this;
    const named = text[at] === '[' ? /^\[([:=.])(.*?)\1\]/s.exec(text.slice(at)) : null;
    if (named) {
      const name = named[2] ?? '';
      const next = at + named[0].length;
      if (named[1] !== ':') {
        if ([...name].length !== 1) throw new RegexError('Invalid collation character');
        return { char: name, next };
      }
      const source = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
      if (source === undefined) throw new RegexError('Invalid character class name');
      return { source, next };
    }
    if (text[at] === '[' && /[:=.]/.test(text[at + 1] ?? ''))
      throw new RegexError('Unmatched [, [^, [:, [., or [=');
    if (text[at] === '\\' && syntax.escapes) {
      const escaped = this.bracketEscape(at);
      if (escaped) return escaped;
    }
    const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
    return { char, next: at + char.length };
  }

  private bracketEscape(at: number): { char: string; next: number } | undefined {
    const { text, syntax } = this;
    const letter = text[at + 1] ?? '';
    const simple = syntax.escapes === 'awk' && letter === 'b' ? '\b' : SIMPLE_ESCAPES[letter];
    if (simple !== undefined) return { char: simple, next: at + 2 };
    const numeric = numericEscape(text, at + 1, syntax.escapes ?? 'sed');
    if (numeric) return { char: numeric[0], next: at + 1 + numeric[1] };
    if (syntax.escapes !== 'awk' || letter === '') return undefined;
    return { char: letter, next: at + 2 };
  }
}

/** Parses `text`; throws RegexError. */
export function parseRegex(text: string, syntax: RegexSyntax): { root: RegexNode; groups: number } {
  const parser = new Parser(text, syntax);
  const root = parser.parse();
  return { root, groups: parser.groups };
}
