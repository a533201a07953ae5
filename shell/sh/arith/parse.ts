/**
 * Arithmetic expressions (POSIX 2.6.4: C's operators on signed integers) to trees, by precedence climbing.
 */
import { ShellError } from '../errors.ts';
import { ShellLimits } from '../limits.ts';
import type { Int } from './int64.ts';
import { parseInt64 } from './int64.ts';

export type Expression =
  | { readonly e: 'constant'; readonly value: Int }
  | { readonly e: 'variable'; readonly name: string }
  | { readonly e: 'unary'; readonly op: string; readonly operand: Expression }
  | { readonly e: 'binary'; readonly op: string; readonly left: Expression; readonly right: Expression }
  | { readonly e: 'logical'; readonly op: '&&' | '||'; readonly left: Expression; readonly right: Expression }
  | {
      readonly e: 'choice';
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    }
  | { readonly e: 'assign'; readonly name: string; readonly op: string; readonly value: Expression }
  | { readonly e: 'step'; readonly name: string; readonly by: 1 | -1; readonly postfix: boolean };

const TOKEN =
  /\s*(?:(0[xX][0-9a-fA-F]+|[0-9]+(?:#[0-9a-zA-Z@_]+)?)|([A-Za-z_][A-Za-z0-9_]*)|(<<=|>>=|\*\*|\+\+|--|&&|\|\||[-+*/%&|^<>=!]=|<<|>>|[-+*/%&|^<>=!~?:(),]))/y;
const LEVELS: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '==': 6,
  '!=': 6,
  '<': 7,
  '>': 7,
  '<=': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '%': 10,
  '**': 11,
};
const ASSIGNMENTS = new Set(['=', '+=', '-=', '*=', '/=', '%=', '<<=', '>>=', '&=', '^=', '|=']);

interface Lexeme {
  readonly number?: string;
  readonly name?: string;
  readonly op?: string;
}

class ExpressionParser {
  private readonly source: string;
  private readonly tokens: Lexeme[] = [];
  private at = 0;
  private depth = 0;

  constructor(source: string) {
    this.source = source;
    let pos = 0;
    while (source.slice(pos).trim() !== '') {
      TOKEN.lastIndex = pos;
      const found = TOKEN.exec(source);
      if (!found) throw this.error('expecting primary');
      const [all, number, name, op] = found;
      this.tokens.push({ ...(number && { number }), ...(name && { name }), ...(op && { op }) });
      pos += all.length;
    }
  }

  error(what: string): ShellError {
    return new ShellError(`arithmetic expression: ${what}: "${this.source}"`);
  }

  whole(): Expression {
    if (this.tokens.length === 0) return { e: 'constant', value: 0 };
    const expression = this.comma();
    if (this.at < this.tokens.length) throw this.error('expecting EOF');
    return expression;
  }

  private get op(): string | undefined {
    return this.tokens[this.at]?.op;
  }

  private accept(op: string): boolean {
    if (this.op !== op) return false;
    this.at += 1;
    return true;
  }

  private comma(): Expression {
    let left = this.assignment();
    while (this.accept(',')) left = { e: 'binary', op: ',', left, right: this.assignment() };
    return left;
  }

  private assignment(): Expression {
    this.depth += 1;
    if (this.depth > ShellLimits.ARITHMETIC_DEPTH) throw this.error('nested too deeply');
    const name = this.tokens[this.at]?.name;
    const op = this.tokens[this.at + 1]?.op;
    let result: Expression;
    if (name !== undefined && op !== undefined && ASSIGNMENTS.has(op)) {
      this.at += 2;
      result = { e: 'assign', name, op: op.slice(0, -1), value: this.assignment() };
    } else result = this.choice();
    this.depth -= 1;
    return result;
  }

  private choice(): Expression {
    const test = this.binary(1);
    if (!this.accept('?')) return test;
    const then = this.comma();
    if (!this.accept(':')) throw this.error("expecting ':'");
    return { e: 'choice', test, then, otherwise: this.assignment() };
  }

  private binary(least: number): Expression {
    let left = this.unary();
    for (;;) {
      const op = this.op;
      const level = op === undefined ? undefined : LEVELS[op];
      if (op === undefined || level === undefined || level < least) return left;
      this.at += 1;
      const right = this.binary(op === '**' ? level : level + 1);
      left =
        op === '&&' || op === '||' ? { e: 'logical', op, left, right } : { e: 'binary', op, left, right };
    }
  }

  private unary(): Expression {
    const op = this.op;
    if (op === '++' || op === '--') {
      const name = this.tokens[this.at + 1]?.name;
      if (name !== undefined) {
        this.at += 2;
        return { e: 'step', name, by: op === '++' ? 1 : -1, postfix: false };
      }
    }
    if (op !== undefined && ['-', '+', '!', '~', '++', '--'].includes(op)) return this.prefixed(op);
    return this.postfix();
  }

  /** `++5` is two signs in front of a constant. */
  private prefixed(op: string): Expression {
    this.at += 1;
    this.depth += 1;
    if (this.depth > ShellLimits.ARITHMETIC_DEPTH) throw this.error('nested too deeply');
    const operand = this.unary();
    this.depth -= 1;
    return op.length === 2 ? operand : { e: 'unary', op, operand };
  }

  private postfix(): Expression {
    const token = this.tokens[this.at];
    if (this.accept('(')) {
      const inner = this.comma();
      if (!this.accept(')')) throw this.error("expecting ')'");
      return inner;
    }
    if (token?.number !== undefined) {
      this.at += 1;
      return { e: 'constant', value: this.constant(token.number) };
    }
    if (token?.name === undefined) throw this.error('expecting primary');
    this.at += 1;
    if (this.op !== '++' && this.op !== '--') return { e: 'variable', name: token.name };
    const by = this.accept('++') ? 1 : -1;
    if (by < 0) this.at += 1;
    return { e: 'step', name: token.name, by, postfix: true };
  }

  private constant(digits: string): Int {
    const value = digits.includes('#') ? based(digits) : parseInt64(digits);
    if (value === undefined) throw this.error('expecting EOF');
    return value;
  }
}

/** `base#digits`, bases 2 to 36. */
function based(text: string): Int | undefined {
  const [base = '', digits = ''] = text.split('#');
  const value = Number.parseInt(digits, Number(base));
  return Number.isSafeInteger(value) &&
    value.toString(Number(base)) === digits.toLowerCase().replace(/^0+(?=.)/, '')
    ? value
    : undefined;
}

const cache = new Map<string, Expression>();

/** The tree of an expression; recent ones are kept. */
export function parseArithmetic(source: string): Expression {
  const known = cache.get(source);
  if (known) return known;
  const expression = new ExpressionParser(source).whole();
  if (cache.size >= ShellLimits.ARITHMETIC_CACHE) cache.clear();
  cache.set(source, expression);
  return expression;
}
