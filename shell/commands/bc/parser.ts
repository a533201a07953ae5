/**
 * Parses bc: a token list and recursive descent. Relations are lower than + and assignment binds to its left
 * operand alone.
 */
import {
  type Argument,
  BcSyntaxError,
  type Expr,
  type Parameter,
  type Place,
  type Statement,
} from './ast.ts';

interface Token {
  kind: 'number' | 'name' | 'string' | 'operator' | 'newline' | 'end';
  text: string;
  line: number;
}

const TOKEN =
  /[ \t\r]+|\\\n|\/\*[\s\S]*?\*\/|#[^\n]*|(\n)|((?:[0-9A-Z](?:\\\n)?)+\.?(?:[0-9A-Z](?:\\\n)?)*|\.(?:[0-9A-Z](?:\\\n)?)+)|([a-z][a-z0-9_]*)|"([^"]*)"|(\+\+|--|[-+*/%^]=|[<>=!]=|&&|\|\||[-+*/%^<>=!(){}[\],;.])/y;

/** Throws BcSyntaxError for a character that begins no token. */
export function tokenize(text: string, firstLine: number): Token[] {
  const tokens: Token[] = [];
  let line = firstLine;
  for (let at = 0; at < text.length; ) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw new BcSyntaxError(line, `illegal character: ${text[at]}`);
    const [whole, newline, number, name, string, operator] = match;
    if (newline !== undefined) tokens.push({ kind: 'newline', text: '\n', line });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number.replace(/\\\n/g, ''), line });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, line });
    else if (string !== undefined) tokens.push({ kind: 'string', text: string, line });
    else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator, line });
    line += whole.split('\n').length - 1;
    at += whole.length;
  }
  tokens.push({ kind: 'end', text: '', line });
  return tokens;
}

const RELATIONS = ['<', '<=', '==', '!=', '>', '>='];
const ASSIGNMENTS = ['=', '+=', '-=', '*=', '/=', '%=', '^='];
const BUILTINS = ['length', 'scale', 'sqrt', 'read'];
/** Words that are never variables. */
const RESERVED = new Set(
  'auto break continue define else for halt if limits print quit return warranty while'.split(' '),
);
const SPECIALS = ['scale', 'ibase', 'obase', 'last'];

export class BcParser {
  /** There was a `quit`: it ends bc when it is read, wherever it stands (POSIX). */
  quits = false;
  private at = 0;
  private readonly tokens: Token[];

  constructor(tokens: Token[]) {
    this.tokens = tokens;
  }

  private get token(): Token {
    return this.tokens[this.at] ?? { kind: 'end', text: '', line: 0 };
  }

  private is(text: string): boolean {
    return this.token.text === text && (this.isKind('operator') || this.isKind('name'));
  }

  private isKind(kind: Token['kind']): boolean {
    return this.token.kind === kind;
  }

  private take(text: string): boolean {
    if (!this.is(text)) return false;
    this.at += 1;
    return true;
  }

  private expect(text: string): void {
    if (!this.take(text)) throw new BcSyntaxError(this.token.line);
  }

  private newlines(): void {
    while (this.isKind('newline')) this.at += 1;
  }

  /** All statements to the end. */
  program(): Statement[] {
    const list: Statement[] = [];
    for (;;) {
      while (this.isKind('newline') || this.is(';')) this.at += 1;
      if (this.isKind('end')) return list;
      // A definition may be followed by anything on its line.
      if (this.is('define')) {
        list.push(this.definition());
        continue;
      }
      list.push(this.statement());
      if (!this.isKind('newline') && !this.isKind('end') && !this.is(';'))
        throw new BcSyntaxError(this.token.line);
    }
  }

  private definition(): Statement {
    this.at += 1;
    const isVoid = this.is('void') && this.tokens[this.at + 1]?.kind === 'name' && this.take('void');
    const name = this.name();
    this.expect('(');
    const parameters = this.parameters(')');
    this.expect(')');
    this.newlines();
    this.expect('{');
    while (this.isKind('newline') || this.is(';')) this.at += 1;
    const locals: Parameter[] = [];
    while (this.take('auto')) {
      locals.push(...this.parameters(';'));
      while (this.isKind('newline') || this.is(';')) this.at += 1;
    }
    return { kind: 'define', name, isVoid, parameters, locals, body: this.blockBody() };
  }

  private parameters(close: string): Parameter[] {
    const list: Parameter[] = [];
    while (!this.is(close) && !this.isKind('newline')) {
      const reference = this.take('*');
      const name = this.name();
      const array = this.take('[');
      if (array) this.expect(']');
      list.push({ name, array, reference });
      if (!this.take(',')) break;
    }
    return list;
  }

  private name(): string {
    const { kind, text, line } = this.token;
    if (kind !== 'name') throw new BcSyntaxError(line);
    this.at += 1;
    return text;
  }

  private blockBody(): Statement[] {
    const body: Statement[] = [];
    for (;;) {
      while (this.isKind('newline') || this.is(';')) this.at += 1;
      if (this.take('}')) return body;
      body.push(this.statement());
      if (!this.isKind('newline') && !this.is(';') && !this.is('}')) throw new BcSyntaxError(this.token.line);
    }
  }

  private statement(): Statement {
    if (this.take('{')) return { kind: 'block', body: this.blockBody() };
    if (this.isKind('string')) {
      this.at += 1;
      return { kind: 'string', text: this.tokens[this.at - 1]?.text ?? '' };
    }
    for (const kind of ['break', 'continue', 'halt', 'quit'] as const) {
      if (!this.take(kind)) continue;
      this.quits ||= kind === 'quit';
      return { kind };
    }
    if (this.take('if')) return this.ifStatement();
    if (this.take('while')) {
      this.expect('(');
      const test = this.expression();
      this.expect(')');
      return { kind: 'while', test, body: this.body() };
    }
    if (this.take('for')) return this.forStatement();
    if (this.take('return')) return this.returnStatement();
    if (this.take('print')) return this.printStatement();
    if (this.take('limits') || this.take('warranty')) return { kind: 'block', body: [] };
    const value = this.expression();
    return { kind: 'expression', value, shown: value.kind !== 'assign' };
  }

  private body(): Statement {
    this.newlines();
    if (this.is(';')) return { kind: 'block', body: [] };
    return this.statement();
  }

  private ifStatement(): Statement {
    this.expect('(');
    const test = this.expression();
    this.expect(')');
    const yes = this.body();
    const mark = this.at;
    if (yes.kind === 'block' && this.isKind('newline')) this.newlines();
    if (this.take('else')) return { kind: 'if', test, yes, no: this.body() };
    this.at = mark;
    return { kind: 'if', test, yes, no: undefined };
  }

  private forStatement(): Statement {
    this.expect('(');
    const start = this.is(';') ? undefined : this.expression();
    this.expect(';');
    const test = this.is(';') ? undefined : this.expression();
    this.expect(';');
    const step = this.is(')') ? undefined : this.expression();
    this.expect(')');
    return { kind: 'for', start, test, step, body: this.body() };
  }

  private returnStatement(): Statement {
    const bare = this.isKind('newline') || this.isKind('end') || this.is(';') || this.is('}');
    if (bare) return { kind: 'return', value: undefined };
    if (this.is('(') && this.tokens[this.at + 1]?.text === ')') {
      this.at += 2;
      return { kind: 'return', value: undefined };
    }
    return { kind: 'return', value: this.expression() };
  }

  private printStatement(): Statement {
    const items: (Expr | string)[] = [];
    do {
      if (this.isKind('string')) {
        items.push(this.token.text);
        this.at += 1;
      } else items.push(this.expression());
    } while (this.take(','));
    return { kind: 'print', items };
  }

  private expression(): Expr {
    return this.binary(0);
  }

  private static readonly LEVELS: readonly (readonly string[])[] = [
    ['||'],
    ['&&'],
    ['!'],
    RELATIONS,
    ['+', '-'],
    ['*', '/', '%'],
  ];

  private binary(level: number): Expr {
    const operators = BcParser.LEVELS[level];
    if (!operators) return this.raised();
    if (operators[0] === '!') {
      if (this.take('!')) return { kind: 'not', operand: this.binary(level) };
      return this.binary(level + 1);
    }
    let left = this.binary(level + 1);
    while (this.isKind('operator') && operators.includes(this.token.text)) {
      const operator = this.token.text;
      this.at += 1;
      left = { kind: 'binary', operator, left, right: this.binary(level + 1) };
    }
    return left;
  }

  private unary(): Expr {
    if (this.take('-')) return { kind: 'negate', operand: this.unary() };
    if (this.take('!')) return { kind: 'not', operand: this.unary() };
    return this.postfix();
  }

  /** Powers, to the right; the sign of a number binds tighter, so -2^2 is 4. */
  private raised(): Expr {
    const left = this.unary();
    if (!this.take('^')) return left;
    const right = this.raised();
    return { kind: 'binary', operator: '^', left, right };
  }

  private postfix(): Expr {
    const { token } = this;
    if (this.is('++') || this.is('--')) {
      this.at += 1;
      const place = this.primary();
      if (!isPlace(place)) throw new BcSyntaxError(token.line);
      return { kind: 'step', place, delta: token.text === '++' ? 1 : -1, prefix: true };
    }
    const operand = this.primary();
    if (!isPlace(operand)) return operand;
    if (this.take('++')) return { kind: 'step', place: operand, delta: 1, prefix: false };
    if (this.take('--')) return { kind: 'step', place: operand, delta: -1, prefix: false };
    if (this.isKind('operator') && ASSIGNMENTS.includes(this.token.text)) {
      const operator = this.token.text.slice(0, -1);
      this.at += 1;
      return { kind: 'assign', operator, place: operand, value: this.binary(0) };
    }
    return operand;
  }

  private primary(): Expr {
    const { kind, text, line } = this.token;
    if (kind === 'number') {
      this.at += 1;
      return { kind: 'number', text };
    }
    if (this.take('(')) {
      const inner = this.expression();
      this.expect(')');
      // Wrapped, so that `(x = 1)` is printed and `(x) = 1` is no assignment.
      return { kind: 'binary', operator: '()', left: inner, right: inner };
    }
    if (this.take('.')) return { kind: 'special', name: 'last' };
    if (kind !== 'name' || RESERVED.has(text)) throw new BcSyntaxError(line);
    this.at += 1;
    if (BUILTINS.includes(text) && this.is('(')) return this.builtin(text as 'length');
    if (SPECIALS.includes(text)) return { kind: 'special', name: text as 'scale' };
    if (this.take('(')) return this.call(text);
    if (!this.take('[')) return { kind: 'variable', name: text };
    const index = this.expression();
    this.expect(']');
    return { kind: 'element', name: text, index };
  }

  private builtin(name: 'length' | 'scale' | 'sqrt' | 'read'): Expr {
    this.expect('(');
    const arg = this.is(')') ? undefined : this.expression();
    this.expect(')');
    return { kind: 'builtin', name, arg };
  }

  private call(name: string): Expr {
    const args: Argument[] = [];
    while (!this.is(')')) {
      const [word, open, close] = [this.token, this.tokens[this.at + 1], this.tokens[this.at + 2]];
      if (word.kind === 'name' && open?.text === '[' && close?.text === ']') {
        args.push({ kind: 'array', name: word.text });
        this.at += 3;
      } else args.push(this.expression());
      if (!this.take(',')) break;
    }
    this.expect(')');
    return { kind: 'call', name, args };
  }
}

export function isPlace(expr: Expr): expr is Place {
  return expr.kind === 'variable' || expr.kind === 'element' || expr.kind === 'special';
}
