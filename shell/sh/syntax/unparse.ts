/** Syntax trees back to text: what job messages show. Parsing the result gives the same tree. */
import type { CaseItem, Condition, Node, Part, Redirect, Word } from './ast.ts';

/** Single quotes around what is not one itself. */
function quoteSingle(s: string): string {
  if (s === '') return "''";
  const pieces = s.split("'").map((piece) => (piece === '' ? '' : `'${piece}'`));
  return pieces.join(`\\'`);
}
const quoteDouble = (s: string): string => s.replace(/[$`"\\]/g, '\\$&');

function unparsePart(part: Part, double: boolean): string {
  switch (part.t) {
    case 'text':
      // A quote behind it would make `$'…'` of a dollar.
      return part.s.endsWith('$') ? `${part.s.slice(0, -1)}'$'` : part.s;
    case 'quoted':
      return double ? quoteDouble(part.s) : quoteSingle(part.s);
    case 'double':
      return `"${part.parts.map((inner) => unparsePart(inner, true)).join('')}"`;
    case 'tilde':
      return `~${part.user}`;
    case 'command':
      return `$(${part.body ? unparse(part.body) : ''})`;
    case 'arith':
      return `$((${part.parts.map((inner) => unparsePart(inner, true)).join('')}))`;
    case 'param':
      return unparseParameter(part, double);
  }
}

function unparseParameter(part: Part & { t: 'param' }, double: boolean): string {
  const { name, op, colon, word, second } = part;
  if (op === undefined) return `\${${name}}`;
  if (op === 'length') return `\${#${name}}`;
  if (op === 'indirect') return `\${!${name}}`;
  if (op === 'bad') return `\${${name}!}`;
  const operand = (w: Word, inDouble: boolean): string =>
    w.parts.map((inner) => unparsePart(inner, inDouble)).join('');
  // Patterns have quoting of their own, also inside double quotes.
  const first = word ? operand(word, double && '-=?+slice'.includes(op)) : '';
  const sign = op === 'slice' ? ':' : `${colon ? ':' : ''}${op}`;
  const rest = second ? `${op === 'slice' ? ':' : '/'}${operand(second, double)}` : '';
  return `\${${name}${sign}${first}${rest}}`;
}

export const unparseWord = (word: Word): string =>
  word.parts.map((part) => unparsePart(part, false)).join('');

function unparseRedirect(redirect: Redirect): string {
  const { fd, op, target } = redirect;
  const implied = op.startsWith('<') ? 0 : 1;
  if (op === '<<' || op === '<<-') return `${fd === implied ? '' : fd}<<...`;
  return `${fd === implied ? '' : fd}${op}${unparseWord(target)}`;
}

function unparseCase(item: CaseItem): string {
  const patterns = item.patterns.map(unparseWord).join('|');
  return `${patterns}) ${item.body ? unparse(item.body) : ''}${item.fall ? ' ;&' : ' ;;'}`;
}

function unparseCondition(condition: Condition): string {
  switch (condition.c) {
    case 'and':
    case 'or':
      return `( ${unparseCondition(condition.left)} ${condition.c === 'and' ? '&&' : '||'} ${unparseCondition(condition.right)} )`;
    case 'not':
      return `! ${unparseCondition(condition.body)}`;
    case 'unary':
      return `${condition.op} ${unparseWord(condition.word)}`;
    case 'binary':
      return `${unparseWord(condition.left)} ${condition.op} ${unparseWord(condition.right)}`;
  }
}

/** A list as part of a line: what `;` must not follow ends in `&`. */
function sequence(nodes: readonly Node[]): string {
  return nodes
    .map((node, i) => unparse(node) + (i === nodes.length - 1 ? '' : node.k === 'async' ? ' ' : '; '))
    .join('');
}

const closed = (node: Node): string => (unparse(node).endsWith('&') ? unparse(node) : `${unparse(node)};`);

export function unparse(node: Node): string {
  switch (node.k) {
    case 'simple': {
      const assigns = node.assigns.map((a) => `${a.name}${a.append ? '+' : ''}=${unparseWord(a.value)}`);
      return [...assigns, ...node.words.map(unparseWord), ...node.redirects.map(unparseRedirect)].join(' ');
    }
    case 'pipeline':
      return node.commands.map(unparse).join(' | ');
    case 'not':
      return `! ${unparse(node.body)}`;
    case 'and':
    case 'or':
      return `${unparse(node.left)} ${node.k === 'and' ? '&&' : '||'} ${unparse(node.right)}`;
    case 'list':
      return sequence(node.items);
    case 'async':
      return `${unparse(node.body)} &`;
    case 'redirected':
      return [unparse(node.body), ...node.redirects.map(unparseRedirect)].join(' ');
    case 'arithmetic':
      return `((${node.expression.parts.map((part) => unparsePart(part, true)).join('')}))`;
    case 'condition':
      return `[[ ${unparseCondition(node.expression)} ]]`;
    default:
      return unparseCompound(node);
  }
}

type Compound = Extract<
  Node,
  { k: 'subshell' | 'group' | 'if' | 'while' | 'until' | 'for' | 'afor' | 'case' | 'function' }
>;

function unparseCompound(node: Compound): string {
  switch (node.k) {
    case 'subshell':
      return `(${unparse(node.body)})`;
    case 'group':
      return `{ ${closed(node.body)} }`;
    case 'if': {
      const otherwise = node.otherwise ? ` else ${closed(node.otherwise)}` : '';
      return `if ${closed(node.test)} then ${closed(node.then)}${otherwise} fi`;
    }
    case 'while':
    case 'until':
      return `${node.k} ${closed(node.test)} do ${closed(node.body)} done`;
    case 'for': {
      const words = node.words ? ` in ${node.words.map(unparseWord).join(' ')}` : '';
      return `for ${node.name}${words}; do ${closed(node.body)} done`;
    }
    case 'afor': {
      const clauses = [node.init, node.test, node.step].map((word) =>
        word.parts.map((p) => unparsePart(p, true)).join(''),
      );
      return `for ((${clauses.join(';')})); do ${closed(node.body)} done`;
    }
    case 'case':
      return `case ${unparseWord(node.subject)} in ${node.items.map(unparseCase).join(' ')} esac`;
    case 'function':
      return `${node.name}() ${unparse(node.body)}`;
  }
}
