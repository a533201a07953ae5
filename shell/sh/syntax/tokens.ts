/**
 * Tokens: operators, words, the numbers in front of redirections. Reading a newline reads the here-documents
 * announced before it.
 */
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
/** Characters of operators and of the numbers before them. */
const SPELT = /[0-9&|;<>()]/;
const SPELT_RUN = /[0-9&|;<>-]*/y;
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
  if (SPELT.test(c)) {
    source.joinLines(SPELT_RUN);
    const number = source.match(IO_NUMBER);
    if (number !== '') return { type: 'io', fd: Number(number), start, line };
    const op = source.match(OPERATOR);
    if (op !== '') return { type: 'op', op, start, line };
  }
  const word = readWord(source);
  return { type: 'word', word, literal: literalOf(word), start, line };
}

function readHereDocuments(source: Source): void {
  const pending = source.pending;
  source.pending = [];
  for (const document of pending) readHereDocument(source, document);
}

/** A line of the body; with an unquoted delimiter, continued lines are one. */
function hereLine(source: Source, document: PendingHereDocument): { raw: string; joined: string } {
  let raw = '';
  let joined = '';
  for (;;) {
    const newline = source.text.indexOf('\n', source.pos);
    const taken = source.takeTo(newline < 0 ? source.text.length : newline + 1);
    raw += taken;
    joined += taken;
    if (document.quoted || !/(?:^|[^\\])(?:\\\\)*\\\n$/.test(taken)) return { raw, joined };
    joined = joined.slice(0, -2);
    if (source.pos >= source.text.length) return { raw, joined };
  }
}

function readHereDocument(source: Source, document: PendingHereDocument): void {
  const { line } = source;
  let body = '';
  for (;;) {
    if (source.pos >= source.text.length) {
      if (!source.final) throw source.incomplete('here-document not ended', document.delimiter);
      break;
    }
    const { raw, joined } = hereLine(source, document);
    const candidate = document.stripTabs ? joined.replace(/^\t+/, '') : joined;
    if (candidate === document.delimiter || candidate === `${document.delimiter}\n`) break;
    body += document.stripTabs ? raw.replace(/^\t+/, '') : raw;
  }
  if (document.quoted) document.target.parts = [{ t: 'quoted', s: body }];
  else document.target.parts = readHereBody(source.inner(body, line)).parts;
}

const HERE_QUOTING = /\\\n|\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"/g;

/**
 * The delimiter as quote removal alone leaves the word's text (nothing in it is expanded), and whether
 * anything was quoted.
 */
export function hereDelimiter(raw: string): { delimiter: string; quoted: boolean } {
  let quoted = false;
  const delimiter = raw.replace(HERE_QUOTING, (whole: string, escaped, single, double) => {
    if (whole === '\\\n') return '';
    quoted = true;
    return escaped ?? single ?? double.replace(/\\(?:\n|([$`"\\]))/g, '$1');
  });
  return { delimiter, quoted };
}
