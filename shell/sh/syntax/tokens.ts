/**
 * Tokens: operators, words, the numbers in front of redirections. Reading a newline reads the here-documents
 * announced before it.
 */
import { SyntaxFault } from '../errors.ts';
import type { Word } from './ast.ts';
import { literalOf } from './ast.ts';
import type { PendingHereDocument, Source } from './source.ts';
import { readHereBody, readWord } from './words.ts';

export type Token =
  | {
      readonly type: 'word';
      readonly word: Word;
      /** The text when nothing in it is quoted or expanded: what can be a keyword, an alias, a name. */
      readonly literal: string | undefined;
      readonly start: number;
      readonly line: number;
    }
  | { readonly type: 'io'; readonly fd: number; readonly start: number; readonly line: number }
  | { readonly type: 'op'; readonly op: string; readonly start: number; readonly line: number };

const BLANKS = /[ \t]+/y;
const COMMENT = /#[^\n]*/y;
const IO_NUMBER = /[0-9]+(?=[<>])/y;
const OPERATOR = /&&|\|\||;;&|;;|;&|<<-|<<<|<<|>>|>\||<>|<&|>&|&>>|&>|[&;|<>()]/y;
const REDIRECTION = /^(?:[<>]|&>)/;

export const isRedirection = (token: Token): boolean =>
  token.type === 'io' || (token.type === 'op' && REDIRECTION.test(token.op));

function skipBlanks(source: Source): void {
  for (;;) {
    const c = source.peek();
    if (c === ' ' || c === '\t') source.match(BLANKS);
    else if (c === '#') source.match(COMMENT);
    else return;
  }
}

/** The next token; at the end of the text the operator ''. */
export function readToken(source: Source): Token {
  skipBlanks(source);
  const { pos: start, line } = source;
  const c = source.peek();
  if (c === '') {
    if (source.pending.length > 0) readHereDocuments(source);
    return { type: 'op', op: '', start, line };
  }
  if (c === '\n') {
    source.takeTo(source.pos + 1);
    readHereDocuments(source);
    return { type: 'op', op: '\n', start, line };
  }
  const number = source.match(IO_NUMBER);
  if (number !== '') return { type: 'io', fd: Number(number), start, line };
  const op = source.match(OPERATOR);
  if (op !== '') return { type: 'op', op: joinedOperator(source, op), start, line };
  const word = readWord(source);
  return { type: 'word', word, literal: literalOf(word), start, line };
}

/** An operator that a line continuation cuts in two (`&\` newline `&`). */
function joinedOperator(source: Source, op: string): string {
  if (op.length > 1 || source.text[source.pos] !== '\\' || source.text[source.pos + 1] !== '\n') return op;
  const whole = /^(?:&&|\|\||;;|<<|>>|>\||<>|<&|>&)$/;
  const next = source.peek();
  if (next === '' || !whole.test(op + next)) return op;
  source.pos += 1;
  return op + next;
}

function readHereDocuments(source: Source): void {
  const pending = source.pending;
  source.pending = [];
  for (const document of pending) readHereDocument(source, document);
}

function readHereDocument(source: Source, document: PendingHereDocument): void {
  const { line } = source;
  let body = '';
  for (;;) {
    if (source.pos >= source.text.length) {
      if (!source.final) throw source.incomplete('here-document not ended', document.delimiter);
      break;
    }
    const newline = source.text.indexOf('\n', source.pos);
    const taken = source.takeTo(newline < 0 ? source.text.length : newline + 1);
    const raw = document.stripTabs ? taken.replace(/^\t+/, '') : taken;
    if (raw === document.delimiter || raw === `${document.delimiter}\n`) break;
    body += raw;
  }
  if (document.quoted) document.target.parts = [{ t: 'quoted', s: body }];
  else document.target.parts = readHereBody(source.inner(body, line)).parts;
}

/** The delimiter as quote removal leaves it, and whether anything in it was quoted. */
export function hereDelimiter(word: Word, line: number): { delimiter: string; quoted: boolean } {
  let delimiter = '';
  let quoted = false;
  for (const part of word.parts) {
    if (part.t === 'text') delimiter += part.s;
    else if (part.t === 'quoted') {
      delimiter += part.s;
      quoted = true;
    } else if (part.t === 'double' && part.parts.every((inner) => inner.t === 'quoted')) {
      for (const inner of part.parts) if (inner.t === 'quoted') delimiter += inner.s;
      quoted = true;
    } else throw new SyntaxFault('Bad here-document delimiter', line);
  }
  return { delimiter, quoted };
}
