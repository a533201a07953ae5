/**
 * `[[ … ]]`: words inside are neither split nor globbed, and `&&`, `||`, `!`, parentheses combine the tests.
 */
import { SyntaxFault } from '../errors.ts';
import type { Condition, Node, Word } from './ast.ts';
import type { Parser } from './parser.ts';

const UNARY = /^-[a-zA-Z]$/;
const BINARY = new Set([
  '=',
  '==',
  '!=',
  '=~',
  '-eq',
  '-ne',
  '-lt',
  '-le',
  '-gt',
  '-ge',
  '-nt',
  '-ot',
  '-ef',
]);

export function readCondition(parser: Parser): Node {
  const { line } = parser.next();
  const expression = readOr(parser);
  parser.skipNewlines();
  parser.expectKeyword(']]');
  return { k: 'condition', line, expression };
}

function readOr(parser: Parser): Condition {
  let left = readAnd(parser);
  for (parser.skipNewlines(); parser.isOp('||'); parser.skipNewlines()) {
    parser.next();
    left = { c: 'or', left, right: readAnd(parser) };
  }
  return left;
}

function readAnd(parser: Parser): Condition {
  let left = readNot(parser);
  for (parser.skipNewlines(); parser.isOp('&&'); parser.skipNewlines()) {
    parser.next();
    left = { c: 'and', left, right: readNot(parser) };
  }
  return left;
}

function readNot(parser: Parser): Condition {
  parser.skipNewlines();
  if (parser.keyword() === '!') {
    parser.next();
    return { c: 'not', body: readNot(parser) };
  }
  if (!parser.isOp('(')) return readTest(parser);
  parser.next();
  parser.source.enter();
  const inner = readOr(parser);
  parser.source.leave();
  parser.expectOp(')');
  return inner;
}

function operand(parser: Parser): Word {
  const token = parser.peek();
  if (token.type !== 'word') throw parser.unexpected(']]');
  parser.next();
  return token.word;
}

function readTest(parser: Parser): Condition {
  const op = parser.keyword();
  if (op === ']]') throw parser.unexpected();
  const first = operand(parser);
  if (op !== undefined && UNARY.test(op) && parser.peek().type === 'word' && parser.keyword() !== ']]')
    return { c: 'unary', op, word: operand(parser) };
  const operator = binaryOperator(parser);
  if (operator === undefined) return { c: 'unary', op: '-n', word: first };
  if (operator === '=~') return { c: 'binary', op: operator, left: first, right: regexOperand(parser) };
  return { c: 'binary', op: operator, left: first, right: operand(parser) };
}

function binaryOperator(parser: Parser): string | undefined {
  for (const op of ['<', '>']) {
    if (!parser.isOp(op)) continue;
    parser.next();
    return op;
  }
  const word = parser.keyword();
  if (word === undefined || !BINARY.has(word)) return undefined;
  // The right side of =~ is read by other rules, so the look-ahead must not go beyond the operator.
  parser.next();
  return word;
}

/** A regular expression may hold parentheses and bars: everything up to a blank outside quotes and groups. */
function regexOperand(parser: Parser): Word {
  const { source } = parser;
  const blank = /[ \t]*/y;
  source.match(blank);
  const found = source.match(/(?:\([^)\n]*\)|[^\s()$'"\\`]|\\.)+/y);
  if (found === '') return operand(parser);
  if (!/[\s)]/.test(source.peek() || ' ')) throw new SyntaxFault('Bad regular expression', source.line);
  return { parts: [{ t: 'quoted', s: found }] };
}
