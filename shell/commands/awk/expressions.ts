/**
 * The expression half of the awk parser: one method per precedence level, lowest first (POSIX awk,
 * "Expressions in Decreasing Precedence").
 */
import { AwkSyntaxError, type Expr, type Target } from './ast.ts';
import { Lexer, type Token } from './lexer.ts';

const ASSIGNMENTS = new Set(['=', '+=', '-=', '*=', '/=', '%=', '^=']);
const COMPARISONS = new Set(['<', '<=', '==', '!=', '>', '>=']);

/** Where a sub-expression stands: after print a bare `>` redirects. */
interface Place {
  greater: boolean;
}

export class ExpressionParser {
  protected token: Token;
  private readonly lexer: Lexer;
  /** Tokens read so far, so that a failed guess can be taken back. */
  private readonly tokens: Token[] = [];
  private position = 0;
  private place: Place = { greater: true };

  constructor(text: string) {
    this.lexer = new Lexer(text);
    this.token = this.lexer.next();
    this.tokens.push(this.token);
  }

  // --- the token stream ---

  protected advance(): void {
    this.position += 1;
    if (this.position === this.tokens.length) this.tokens.push(this.lexer.next());
    this.token = this.tokens[this.position] ?? this.token;
  }

  protected mark(): number {
    return this.position;
  }

  protected reset(mark: number): void {
    this.position = mark;
    this.token = this.tokens[mark] ?? this.token;
  }

  /** Whether the cursor is at this keyword or punctuation. */
  protected is(text: string): boolean {
    return this.token.text === text && (this.token.kind === 'punctuation' || this.token.kind === 'keyword');
  }

  protected take(text: string): boolean {
    if (!this.is(text)) return false;
    this.advance();
    return true;
  }

  protected expect(text: string): void {
    if (!this.take(text)) throw this.unexpected();
  }

  protected unexpected(): AwkSyntaxError {
    const { kind, text, line } = this.token;
    const what = kind === 'end' ? 'end of file' : kind === 'newline' ? 'end of line' : text;
    return new AwkSyntaxError(`syntax error at or near ${what}`, line);
  }

  protected skipNewlines(): void {
    while (this.token.kind === 'newline') this.advance();
  }

  // --- expressions ---

  protected expression(): Expr {
    return this.within({ greater: true }, () => this.assignment());
  }

  /** The operands of print: no bare `>`. */
  protected outputList(): Expr[] {
    return this.within({ greater: false }, () => {
      const items = [this.assignment()];
      while (this.take(',')) {
        this.skipNewlines();
        items.push(this.assignment());
      }
      return items;
    });
  }

  protected redirectTarget(): Expr {
    return this.within({ greater: false }, () => this.concatenation(false));
  }

  protected expressionList(close: string): Expr[] {
    const items: Expr[] = [];
    this.skipNewlines();
    while (!this.is(close)) {
      items.push(this.expression());
      this.skipNewlines();
      if (!this.take(',')) break;
      this.skipNewlines();
    }
    return items;
  }

  private within<T>(place: Place, parse: () => T): T {
    const before = this.place;
    this.place = place;
    const result = parse();
    this.place = before;
    return result;
  }

  private assignment(): Expr {
    const test = this.or();
    if (!this.take('?')) return test;
    this.skipNewlines();
    const yes = this.assignment();
    this.skipNewlines();
    this.expect(':');
    this.skipNewlines();
    return { kind: 'conditional', test, yes, no: this.assignment() };
  }

  private or(): Expr {
    let left = this.and();
    while (this.take('||')) {
      this.skipNewlines();
      left = { kind: 'logical', operator: '||', left, right: this.and() };
    }
    return left;
  }

  private and(): Expr {
    let left = this.membership();
    while (this.take('&&')) {
      this.skipNewlines();
      left = { kind: 'logical', operator: '&&', left, right: this.membership() };
    }
    return left;
  }

  private membership(): Expr {
    let left = this.matching();
    while (this.take('in')) {
      if (this.token.kind !== 'name') throw this.unexpected();
      left = {
        kind: 'in',
        subscripts: left.kind === 'grouping' ? left.items : [left],
        array: this.token.text,
      };
      this.advance();
    }
    return left;
  }

  private matching(): Expr {
    let left = this.comparison();
    while (this.is('~') || this.is('!~')) {
      const negated = this.token.text === '!~';
      this.advance();
      left = { kind: 'match', negated, left, right: this.comparison() };
    }
    return left;
  }

  private comparison(): Expr {
    let left = this.concatenation(true);
    while (this.token.kind === 'punctuation' && COMPARISONS.has(this.token.text)) {
      if (this.token.text === '>' && !this.place.greater) break;
      const operator = this.token.text as '<';
      this.advance();
      left = this.pipedGetline({ kind: 'compare', operator, left, right: this.concatenation(true) });
    }
    return left;
  }

  /** `command | getline [var]`, which binds like a comparison, left to right. */
  private pipedGetline(command: Expr): Expr {
    let left = command;
    while (this.is('|')) {
      const mark = this.mark();
      this.advance();
      if (!this.take('getline')) {
        this.reset(mark);
        break;
      }
      left = { kind: 'getline', from: 'command', source: left, target: this.optionalTarget() };
    }
    return left;
  }

  protected concatenation(getline: boolean): Expr {
    let left = this.additive();
    for (;;) {
      if (getline) left = this.pipedGetline(left);
      if (!this.startsOperand()) return left;
      left = { kind: 'concat', left, right: this.additive() };
    }
  }

  private startsOperand(): boolean {
    const { kind, text } = this.token;
    if (
      kind === 'number' ||
      kind === 'string' ||
      kind === 'name' ||
      kind === 'function-name' ||
      kind === 'builtin'
    )
      return true;
    return (
      kind === 'punctuation' &&
      (text === '$' ||
        text === '(' ||
        text === '!' ||
        text === '++' ||
        text === '--' ||
        text === '-' ||
        text === '+')
    );
  }

  private additive(): Expr {
    let left = this.multiplicative();
    while (this.is('+') || this.is('-')) {
      const operator = this.token.text as '+' | '-';
      this.advance();
      left = { kind: 'arithmetic', operator, left, right: this.multiplicative() };
    }
    return left;
  }

  private multiplicative(): Expr {
    let left = this.unary();
    while (this.is('*') || this.is('/') || this.is('%')) {
      const operator = this.token.text as '*' | '/' | '%';
      this.advance();
      left = { kind: 'arithmetic', operator, left, right: this.unary() };
    }
    return left;
  }

  private unary(): Expr {
    if (this.take('!')) return { kind: 'not', operand: this.unary() };
    if (this.is('-') || this.is('+')) {
      const operator = this.token.text as '+' | '-';
      this.advance();
      return { kind: 'sign', operator, operand: this.unary() };
    }
    return this.power();
  }

  private power(): Expr {
    const left = this.postfix();
    if (!this.take('^')) return left;
    const right = this.is('-') || this.is('+') || this.is('!') ? this.unary() : this.power();
    return { kind: 'arithmetic', operator: '^', left, right };
  }

  /**
   * A target, what it is incremented by, or what it is assigned: an assignment may be any operand whose left
   * side is a target (`a && b = c`, `!x = y`), as every awk reads it.
   */
  private postfix(): Expr {
    const operand = this.incremented();
    if (this.token.kind !== 'punctuation' || !ASSIGNMENTS.has(this.token.text) || !isTarget(operand))
      return operand;
    const operator = this.token.text.slice(0, -1) as '' | '+';
    this.advance();
    this.skipNewlines();
    return { kind: 'assign', operator, target: operand, value: this.assignment() };
  }

  private incremented(): Expr {
    const operand = this.primary();
    if (!isTarget(operand)) return operand;
    if (this.take('++')) return { kind: 'increment', target: operand, delta: 1, prefix: false };
    if (this.take('--')) return { kind: 'increment', target: operand, delta: -1, prefix: false };
    return operand;
  }

  private primary(): Expr {
    const { token } = this;
    switch (token.kind) {
      case 'number':
        this.advance();
        return { kind: 'number', value: token.value ?? 0 };
      case 'string':
        this.advance();
        return { kind: 'string', value: token.text };
      case 'name':
        return this.variable();
      case 'function-name':
        return this.call();
      case 'builtin':
        return this.builtin();
      case 'keyword':
        if (this.take('getline')) return this.simpleGetline();
        throw this.unexpected();
      case 'punctuation':
        return this.punctuated();
      default:
        throw this.unexpected();
    }
  }

  private punctuated(): Expr {
    if (this.is('/') || this.is('/=')) {
      const source = this.lexer.regexAt(this.token);
      this.tokens.length = this.position + 1;
      this.advance();
      return { kind: 'regex', source };
    }
    if (this.take('$')) return { kind: 'field', index: this.fieldIndex() };
    if (this.take('(')) return this.group();
    if (this.is('++') || this.is('--')) {
      const delta = this.token.text === '++' ? 1 : -1;
      this.advance();
      const target = this.primary();
      if (!isTarget(target)) throw this.unexpected();
      return { kind: 'increment', target, delta, prefix: true };
    }
    throw this.unexpected();
  }

  private fieldIndex(): Expr {
    if (this.is('-') || this.is('+') || this.is('!')) {
      const operator = this.token.text;
      this.advance();
      const signed = this.is('-') || this.is('+') || this.is('!');
      const operand = signed ? this.fieldIndex() : this.incremented();
      return operator === '!'
        ? { kind: 'not', operand }
        : { kind: 'sign', operator: operator as '+' | '-', operand };
    }
    // `$$a++++` is `$($a++)++`: the inner field takes the first increment.
    return this.is('$') ? this.incremented() : this.primary();
  }

  private group(): Expr {
    const items = this.expressionList(')');
    this.expect(')');
    const only = items[0];
    if (only === undefined) throw this.unexpected();
    if (items.length > 1) return { kind: 'grouping', items };
    // A parenthesised variable is no longer an assignment target, but `(x)++` and `$(i)++` are written;
    // keep fields only.
    return only.kind === 'name' ? { kind: 'grouping', items } : only;
  }

  private variable(): Expr {
    const name = this.token.text;
    this.advance();
    if (!this.take('[')) return { kind: 'name', name };
    const subscripts = this.expressionList(']');
    this.expect(']');
    if (subscripts.length === 0) throw this.unexpected();
    return { kind: 'element', array: name, subscripts };
  }

  private call(): Expr {
    const { text: name, line } = this.token;
    this.advance();
    this.expect('(');
    const args = this.expressionList(')');
    this.expect(')');
    return { kind: 'call', name, args, line };
  }

  private builtin(): Expr {
    const name = this.token.text;
    this.advance();
    if (!this.is('(')) {
      if (name !== 'length') throw this.unexpected();
      return { kind: 'builtin', name, args: [] };
    }
    this.advance();
    const args = this.expressionList(')');
    this.expect(')');
    return { kind: 'builtin', name, args };
  }

  private simpleGetline(): Expr {
    const target = this.optionalTarget();
    if (!this.take('<')) return { kind: 'getline', from: 'main', target };
    return { kind: 'getline', from: 'file', source: this.primary(), target };
  }

  private optionalTarget(): Target | undefined {
    if (this.token.kind === 'name') return this.variable() as Target;
    if (!this.is('$')) return undefined;
    this.advance();
    return { kind: 'field', index: this.fieldIndex() };
  }
}

export function isTarget(expr: Expr): expr is Target {
  return expr.kind === 'name' || expr.kind === 'field' || expr.kind === 'element';
}
