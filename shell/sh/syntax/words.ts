/**
 * Words: from characters to parts. Every function starts at the source's position and leaves it behind what
 * it read. Three contexts differ in what quotes mean: unquoted text, the inside of double quotes (and
 * here-documents), and the operand of `${…}`.
 */
import type { Part, Word } from './ast.ts';
import { text } from './ast.ts';
import { decodeDollarQuote } from './escapes.ts';
import { readBraced } from './parameters.ts';
import type { Source } from './source.ts';

const PLAIN = /[^ \t\n;&|<>()'"\\$`]+/y;
const PLAIN_DOUBLE = /[^"\\$`\n]+/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const META = ' \t\n;&|<>()';

/** Collects parts, joining neighbouring plain text. */
export class Parts {
  readonly list: Part[] = [];
  private buffer = '';
  private readonly quoted: boolean;

  constructor(quoted = false) {
    this.quoted = quoted;
  }

  plain(s: string): void {
    this.buffer += s;
  }

  part(part: Part): void {
    this.flush();
    this.list.push(part);
  }

  finish(): Part[] {
    this.flush();
    return this.list;
  }

  private flush(): void {
    if (this.buffer === '') return;
    this.list.push(this.quoted ? { t: 'quoted', s: this.buffer } : text(this.buffer));
    this.buffer = '';
  }
}

/** An unquoted word up to the next blank or operator character. */
export function readWord(source: Source): Word {
  const parts = new Parts();
  for (;;) {
    const c = source.peek();
    if (c === '' || META.includes(c)) break;
    if (!readQuoting(source, parts, c)) parts.plain(source.match(PLAIN));
  }
  return { parts: parts.finish() };
}

/**
 * What means the same in words and in unquoted operands: quotes, backslash, `$`, backquote. False for other
 * characters.
 */
export function readQuoting(source: Source, parts: Parts, c: string): boolean {
  if (c === "'") parts.part(readSingle(source));
  else if (c === '"') parts.part(readDouble(source));
  else if (c === '\\') readBackslash(source, parts);
  else if (c === '$') readDollar(source, parts, false);
  else if (c === '`') parts.part(readBackquote(source, false));
  else return false;
  return true;
}

function readBackslash(source: Source, parts: Parts): void {
  const next = source.text.codePointAt(source.pos + 1);
  if (next === undefined) {
    if (!source.final) throw source.incomplete('Unterminated quoted string', '');
    source.pos += 1;
    parts.part({ t: 'quoted', s: '\\' });
    return;
  }
  const char = String.fromCodePoint(next);
  source.pos += 1 + char.length;
  parts.part({ t: 'quoted', s: char });
}

function readSingle(source: Source): Part {
  const end = source.text.indexOf("'", source.pos + 1);
  if (end < 0) throw source.incomplete('Unterminated quoted string', "'");
  source.pos += 1;
  const s = source.takeTo(end);
  source.pos += 1;
  return { t: 'quoted', s };
}

function readDollarSingle(source: Source): Part {
  let end = source.pos + 2;
  while (end < source.text.length && source.text[end] !== "'") end += source.text[end] === '\\' ? 2 : 1;
  if (end >= source.text.length) throw source.incomplete('Unterminated quoted string', "'");
  source.pos += 2;
  const s = decodeDollarQuote(source.takeTo(end));
  source.pos += 1;
  return { t: 'quoted', s };
}

function readDouble(source: Source): Part {
  source.pos += 1;
  source.enter();
  const parts = new Parts(true);
  while (source.peek() !== '"') {
    if (source.peek() === '') throw source.incomplete('Unterminated quoted string', '"');
    readInsideDouble(source, parts, '"');
  }
  source.leave();
  source.pos += 1;
  return { t: 'double', parts: parts.finish() };
}

/** One step inside double quotes; `escapable` are the characters beside $ ` \ that a backslash quotes. */
export function readInsideDouble(source: Source, parts: Parts, escapable: string): void {
  const c = source.peek();
  if (c === '\\') {
    const next = source.text[source.pos + 1] ?? '';
    const quoted = next !== '' && `$\`\\${escapable}`.includes(next);
    parts.plain(quoted ? next : '\\');
    source.pos += quoted ? 2 : 1;
  } else if (c === '$') readDollar(source, parts, true);
  else if (c === '`') parts.part(readBackquote(source, true));
  else if (c === '\n' || c === '"') parts.plain(source.takeTo(source.pos + 1));
  else parts.plain(source.match(PLAIN_DOUBLE));
}

/** The body of a here-document whose delimiter is unquoted. */
export function readHereBody(source: Source): Word {
  const parts = new Parts(true);
  while (source.peek() !== '') readInsideDouble(source, parts, '');
  return { parts: [{ t: 'double', parts: parts.finish() }] };
}

/** At `$`: an expansion, or the character itself. */
export function readDollar(source: Source, parts: Parts, double: boolean): void {
  const start = source.pos;
  source.pos += 1;
  const c = source.peek();
  if (c === '(') parts.part(readParenthesis(source));
  else if (c === '{') parts.part(readBraced(source, double));
  else if (c === "'" && !double) {
    source.pos = start;
    parts.part(readDollarSingle(source));
  } else if (c !== '' && '@*#?-$!0123456789'.includes(c)) {
    source.pos += 1;
    parts.part({ t: 'param', name: c });
  } else {
    const name = readName(source);
    if (name === '') parts.plain('$');
    else parts.part({ t: 'param', name });
  }
}

/** A name, which line continuations may interrupt. */
function readName(source: Source): string {
  let name = source.match(NAME);
  while (name !== '' && source.text[source.pos] === '\\' && source.text[source.pos + 1] === '\n') {
    source.peek();
    name += source.match(/[A-Za-z0-9_]+/y);
  }
  return name;
}

/** At the `(` of `$(`: arithmetic when it closes with `))`, else commands. */
function readParenthesis(source: Source): Part {
  source.enter();
  source.pos += 1;
  const parts = source.peek() === '(' ? tryArithmetic(source) : undefined;
  if (parts) {
    source.leave();
    return { t: 'arith', parts };
  }
  const body = source.grammar.substitution(source);
  source.leave();
  return { t: 'command', body };
}

/** At the second `(` of `((`: the expression, or undefined with nothing consumed when it is none. */
export function tryArithmetic(source: Source): Part[] | undefined {
  const { pos, line, depth } = source;
  const place = source.text.length - pos;
  if (source.notArithmetic.has(place)) return undefined;
  source.pos += 1;
  const parts = readArithmetic(source);
  if (parts) return parts;
  source.notArithmetic.add(place);
  source.pos = pos;
  source.line = line;
  source.depth = depth;
  return undefined;
}

/**
 * After `((`: the expression's parts up to `))`; undefined when a lone `)` shows that these are nested
 * subshells.
 */
export function readArithmetic(source: Source): Part[] | undefined {
  const parts = new Parts(true);
  for (let depth = 0; ; ) {
    const c = source.peek();
    if (c === '') throw source.incomplete("Missing '))'", ')');
    if (c === '(') depth += 1;
    else if (c === ')' && --depth < 0) {
      source.joinLines(/\)/y);
      if (source.text[source.pos + 1] !== ')') return undefined;
      source.pos += 2;
      return parts.finish();
    }
    if (c === '"') source.pos += 1;
    else if (c === '(' || c === ')') parts.plain(source.takeTo(source.pos + 1));
    else if ('\\$`\n'.includes(c)) readInsideDouble(source, parts, '"');
    else parts.plain(source.match(/[^()"\\$`\n]+/y));
  }
}

/** At a backquote: the old form of command substitution, with its own level of backslashes. */
export function readBackquote(source: Source, double: boolean): Part {
  const { line } = source;
  source.pos += 1;
  let body = '';
  for (;;) {
    const c = source.text[source.pos];
    if (c === undefined) throw source.incomplete('EOF in backquote substitution', '`');
    if (c === '`') break;
    if (c === '\\') body += readBackquoteEscape(source, double);
    else body += source.takeTo(source.pos + 1);
  }
  source.pos += 1;
  source.enter();
  const inner = source.inner(body, line);
  const node = source.grammar.program(inner);
  source.leave();
  return { t: 'command', body: node };
}

function readBackquoteEscape(source: Source, double: boolean): string {
  const next = source.text[source.pos + 1] ?? '';
  if (next === '\n') {
    source.peek();
    return '';
  }
  const quoted = next !== '' && (double ? '$`\\"' : '$`\\').includes(next);
  source.pos += 1;
  if (!quoted) return '\\';
  source.pos += 1;
  return next;
}
