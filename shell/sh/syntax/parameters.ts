/**
 * The syntax of `${…}`: name, operator and operands. What cannot be parsed becomes the operator `bad`, an
 * error only when it is expanded.
 */
import type { ParameterOperator, ParameterPart, Part, Word } from './ast.ts';
import type { Source } from './source.ts';
import { markTildes } from './tildes.ts';
import { Parts, readInsideDouble, readQuoting } from './words.ts';

const PARAMETER = /[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]/y;
const OPERATOR = /:?[-=?+]|%%?|##?|\/[/#%]?|\^\^?|,,?|:/y;
/** What the name and the operator are made of. */
const HEAD = /[A-Za-z0-9_@*#?$!:%=+/^,}-]*/y;
const MISSING = "Missing '}'";

/** At the `{` of `${`; `double`: inside double quotes, where operands of `-=?+` are quoted too. */
export function readBraced(source: Source, double: boolean): ParameterPart {
  source.pos += 1;
  source.joinLines(HEAD);
  source.enter();
  const part = readLength(source) ?? readIndirect(source) ?? readOperation(source, double);
  source.leave();
  return part;
}

function readLength(source: Source): ParameterPart | undefined {
  const rest = /#([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])\}/y;
  rest.lastIndex = source.pos;
  const found = rest.exec(source.text);
  if (!found?.[1]) return undefined;
  source.pos += found[0].length;
  return { t: 'param', name: found[1], op: 'length' };
}

function readIndirect(source: Source): ParameterPart | undefined {
  const rest = /!([A-Za-z_][A-Za-z0-9_]*)\}/y;
  rest.lastIndex = source.pos;
  const found = rest.exec(source.text);
  if (!found?.[1]) return undefined;
  source.pos += found[0].length;
  return { t: 'param', name: found[1], op: 'indirect' };
}

function readOperation(source: Source, double: boolean): ParameterPart {
  source.peek();
  const name = source.match(PARAMETER);
  if (source.peek() === '}' && name !== '') {
    source.pos += 1;
    return { t: 'param', name };
  }
  const operator = name === '' ? '' : source.match(OPERATOR);
  if (operator === '') return skipBad(source, name);
  if (operator === ':') return readSlice(source, name, double);
  if (operator.startsWith('/')) return readReplace(source, name, operator as ParameterOperator, double);
  const colon = operator.startsWith(':');
  const op = (colon ? operator.slice(1) : operator) as ParameterOperator;
  const quoted = double && '-=?+'.includes(op);
  const word = readOperand(source, quoted, '}', '^,'.includes(op[0] ?? ''));
  source.pos += 1;
  return { t: 'param', name, op, ...(colon && { colon }), word };
}

function readSlice(source: Source, name: string, double: boolean): ParameterPart {
  const word = readOperand(source, double, ':}', false);
  if (source.peek() === '}') {
    source.pos += 1;
    return { t: 'param', name, op: 'slice', word };
  }
  source.pos += 1;
  const second = readOperand(source, double, '}', false);
  source.pos += 1;
  return { t: 'param', name, op: 'slice', word, second };
}

function readReplace(source: Source, name: string, op: ParameterOperator, double: boolean): ParameterPart {
  const word = readOperand(source, false, '/}', true);
  if (source.peek() === '}') {
    source.pos += 1;
    return { t: 'param', name, op, word };
  }
  source.pos += 1;
  const second = readOperand(source, double, '}', false);
  source.pos += 1;
  return { t: 'param', name, op, word, second };
}

/** The rest of a substitution that makes no sense, up to its brace. */
function skipBad(source: Source, name: string): ParameterPart {
  readOperand(source, false, '}', false);
  source.pos += 1;
  return { t: 'param', name, op: 'bad' };
}

/** An operand up to one of the characters in `ends`, which stays unread. `pattern`: no tilde at its start. */
function readOperand(source: Source, quoted: boolean, ends: string, pattern: boolean): Word {
  const parts = new Parts(quoted);
  for (;;) {
    const c = source.peek();
    if (c === '') throw source.incomplete(MISSING, '}');
    if (ends.includes(c)) break;
    if (quoted) readQuotedOperand(source, parts, c);
    else if (!readQuoting(source, parts, c)) parts.plain(source.takeTo(source.pos + 1));
  }
  const list: readonly Part[] = parts.finish();
  return { parts: quoted || pattern ? list : markTildes(list, false) };
}

/** Inside double quotes a quote in the operand opens a nested quoted string, whose text stays quoted. */
function readQuotedOperand(source: Source, parts: Parts, c: string): void {
  if (c === '"') {
    readQuoting(source, parts, c);
    return;
  }
  if (c === '\\' || c === '$' || c === '`') readInsideDouble(source, parts, '"}');
  else parts.plain(source.takeTo(source.pos + 1));
}
