/** Compound commands: one reader per keyword, found by table. */
import { SyntaxFault } from '../errors.ts';
import type { CaseItem, Node, Word } from './ast.ts';
import { readCondition } from './conditions.ts';
import type { Parser } from './parser.ts';
import { wordArgument } from './parser.ts';
import { readArithmetic, tryArithmetic } from './words.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

type Reader = (parser: Parser) => Node;

function readGroup(parser: Parser): Node {
  parser.expectKeyword('{');
  const body = parser.body('}');
  parser.expectKeyword('}');
  return { k: 'group', body };
}

function readIf(parser: Parser): Node {
  parser.next();
  const test = parser.body('then');
  parser.expectKeyword('then');
  const then = parser.body('fi');
  const word = parser.keyword();
  if (word === 'elif') return { k: 'if', test, then, otherwise: readIf(parser) };
  let otherwise: Node | undefined;
  if (word === 'else') {
    parser.next();
    otherwise = parser.body('fi');
  }
  parser.expectKeyword('fi');
  return { k: 'if', test, then, ...(otherwise && { otherwise }) };
}

function readLoop(k: 'while' | 'until'): Reader {
  return (parser) => {
    parser.next();
    const test = parser.body('do');
    return { k, test, body: readDo(parser) };
  };
}

function readDo(parser: Parser): Node {
  parser.expectKeyword('do');
  const body = parser.body('done');
  parser.expectKeyword('done');
  return body;
}

function readFor(parser: Parser): Node {
  const { line } = parser.next();
  if (parser.isOp('(')) return readArithmeticFor(parser, line);
  const token = parser.peek();
  if (parser.isOp('')) throw parser.source.incomplete('Bad for loop variable', '');
  if (token.type !== 'word' || token.literal === undefined || !NAME.test(token.literal))
    throw new SyntaxFault('Bad for loop variable', token.line);
  parser.next();
  const name = token.literal;
  const semicolon = parser.isOp(';');
  if (semicolon) parser.next();
  parser.toCommand();
  if (semicolon || parser.keyword() !== 'in') return { k: 'for', line, name, body: readDo(parser) };
  parser.next();
  const words: Word[] = [];
  for (let next = parser.peek(); next.type === 'word'; next = parser.peek()) {
    words.push(wordArgument(next.word));
    parser.next();
  }
  if (!parser.isOp(';') && !parser.isOp('\n')) throw parser.unexpected();
  parser.next();
  parser.toCommand();
  return { k: 'for', line, name, words, body: readDo(parser) };
}

/** `for ((init; test; step))`, the form that ksh and bash have. */
function readArithmeticFor(parser: Parser, line: number): Node {
  const { source } = parser;
  const open = parser.peek().start;
  if (source.text[open + 1] !== '(') throw parser.unexpected();
  parser.next();
  source.pos = open + 2;
  const parts = readArithmetic(source);
  const plain = parts?.every((part) => part.t === 'quoted')
    ? parts.map((part) => (part.t === 'quoted' ? part.s : ''))
    : [];
  const clauses = plain.join('').split(';');
  if (!parts || clauses.length !== 3) throw new SyntaxFault('Bad for loop variable', line);
  if (parser.isOp(';')) parser.next();
  parser.skipNewlines();
  const [init, test, step] = clauses.map((s): Word => ({ parts: [{ t: 'quoted', s: s.trim() }] }));
  const body = parser.keyword() === '{' ? readGroup(parser) : readDo(parser);
  return { k: 'afor', line, init: init!, test: test!, step: step!, body };
}

function readCase(parser: Parser): Node {
  const { line } = parser.next();
  const token = parser.peek();
  if (token.type !== 'word') throw parser.unexpected();
  parser.next();
  parser.toCommand();
  parser.expectKeyword('in');
  parser.skipNewlines();
  const items: CaseItem[] = [];
  while (parser.keyword() !== 'esac') {
    const item = readCaseItem(parser);
    items.push(item.item);
    if (item.last) break;
    parser.skipNewlines();
  }
  parser.expectKeyword('esac');
  return { k: 'case', line, subject: wordArgument(token.word), items };
}

function readCaseItem(parser: Parser): { item: CaseItem; last: boolean } {
  if (parser.isOp('(')) parser.next();
  const patterns: Word[] = [];
  for (;;) {
    const token = parser.peek();
    if (token.type !== 'word') throw parser.unexpected(')');
    patterns.push(wordArgument(token.word));
    parser.next();
    if (!parser.isOp('|')) break;
    parser.next();
  }
  parser.expectOp(')');
  const body = parser.list();
  const fall = parser.isOp(';&');
  const ended = parser.isOp(';;') || parser.isOp(';;&') || fall;
  if (ended) parser.next();
  else if (parser.keyword() !== 'esac') throw parser.unexpected(';;');
  return { item: { patterns, ...(body && { body }), ...(fall && { fall }) }, last: !ended };
}

/** `(`: a subshell, or `((expression))` when it closes so. */
function readParenthesis(parser: Parser): Node {
  const open = parser.next();
  const { source } = parser;
  if (source.text[source.pos] === '(') {
    const { line } = source;
    const parts = tryArithmetic(source);
    if (parts) return { k: 'arithmetic', line, expression: { parts } };
  }
  const body = parser.body(')');
  parser.expectOp(')');
  return { k: 'subshell', line: open.line, body };
}

/** Behind `name`, at `(`. */
export function readFunction(parser: Parser, name: string, line: number): Node {
  parser.expectOp('(');
  parser.expectOp(')');
  return readFunctionBody(parser, name, line);
}

function readFunctionBody(parser: Parser, name: string, line: number): Node {
  if (!/^[^$`'"\\=/]+$/.test(name)) throw new SyntaxFault('Bad function name', line);
  parser.toCommand();
  return { k: 'function', line, name, body: parser.command() };
}

/** `function name [()] body`, the form that ksh and bash have; without a name it is an ordinary command. */
function readKeywordFunction(parser: Parser): Node {
  const { line } = parser.next();
  const name = parser.keyword();
  if (name === undefined) throw parser.unexpected();
  parser.next();
  if (parser.isOp('(')) return readFunction(parser, name, line);
  return readFunctionBody(parser, name, line);
}

export const COMPOUND: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['{', readGroup],
  ['(', readParenthesis],
  ['if', readIf],
  ['while', readLoop('while')],
  ['until', readLoop('until')],
  ['for', readFor],
  ['case', readCase],
  ['[[', readCondition],
  ['function', readKeywordFunction],
]);
