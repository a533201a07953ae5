/** Recursive-descent parser of awk: statements here, expressions in expressions.ts. */
import {
  type AwkProgram,
  AwkSyntaxError,
  type FunctionDefinition,
  type Redirection,
  type Rule,
  type Statement,
} from './ast.ts';
import { ExpressionParser } from './expressions.ts';

class Parser extends ExpressionParser {
  private readonly program: AwkProgram = { begin: [], end: [], rules: [], functions: [] };
  /** Loops around the statement being read. */
  private loops = 0;

  parseProgram(): AwkProgram {
    this.skipTerminators();
    while (this.token.kind !== 'end') {
      this.item();
      this.skipTerminators();
    }
    return this.program;
  }

  private skipTerminators(): void {
    while (this.token.kind === 'newline' || this.is(';')) this.advance();
  }

  private item(): void {
    if (this.take('function')) this.program.functions.push(this.functionDefinition());
    else if (this.take('BEGIN')) this.program.begin.push(this.requiredAction());
    else if (this.take('END')) this.program.end.push(this.requiredAction());
    else this.program.rules.push(this.rule());
  }

  private requiredAction(): Statement {
    if (!this.is('{')) throw this.unexpected();
    return this.action();
  }

  private functionDefinition(): FunctionDefinition {
    const { text: name, kind, line } = this.token;
    if (kind !== 'name' && kind !== 'function-name') throw this.unexpected();
    this.advance();
    this.expect('(');
    const parameters: string[] = [];
    while (!this.is(')')) {
      if (this.token.kind !== 'name') throw this.unexpected();
      if (parameters.includes(this.token.text))
        throw new AwkSyntaxError(`function ${name}: duplicate parameter ${this.token.text}`, line);
      parameters.push(this.token.text);
      this.advance();
      if (!this.take(',')) break;
      this.skipNewlines();
      if (this.is(')')) throw this.unexpected();
    }
    this.expect(')');
    this.skipNewlines();
    return { name, parameters, body: this.action(), line };
  }

  private rule(): Rule {
    if (this.is('{')) return { pattern: { kind: 'always' }, action: this.action() };
    const test = this.expression();
    let pattern: Rule['pattern'] = { kind: 'when', test };
    if (this.take(',')) {
      this.skipNewlines();
      pattern = { kind: 'range', from: test, to: this.expression() };
    }
    return this.is('{') ? { pattern, action: this.action() } : { pattern };
  }

  private action(): Statement {
    this.expect('{');
    const body: Statement[] = [];
    this.skipTerminators();
    while (!this.is('}')) {
      body.push(this.statement());
      this.skipTerminators();
    }
    this.advance();
    return { kind: 'block', body };
  }

  private statement(): Statement {
    if (this.is('{')) return this.action();
    if (this.token.kind === 'keyword') {
      const compound = this.compound();
      if (compound) return compound;
    }
    const statement = this.simple();
    this.endOfStatement();
    return statement;
  }

  private endOfStatement(): void {
    if (this.token.kind === 'newline' || this.is(';')) this.advance();
    else if (!this.is('}') && this.token.kind !== 'end') throw this.unexpected();
  }

  private compound(): Statement | undefined {
    if (this.take('if')) return this.ifStatement();
    if (this.take('while')) {
      const test = this.parenthesised();
      return { kind: 'while', test, body: this.loopBody() };
    }
    if (this.take('do')) {
      const body = this.loopBody();
      this.skipTerminators();
      this.expect('while');
      const test = this.parenthesised();
      this.endOfStatement();
      return { kind: 'do', body, test };
    }
    return this.take('for') ? this.forStatement() : undefined;
  }

  private parenthesised() {
    this.expect('(');
    const test = this.expression();
    this.expect(')');
    return test;
  }

  /** The body of a loop or branch: newlines may come first, a lone `;` is empty. */
  private loopBody(): Statement {
    this.loops += 1;
    const body = this.body();
    this.loops -= 1;
    return body;
  }

  private body(): Statement {
    this.skipNewlines();
    if (this.take(';')) return { kind: 'block', body: [] };
    return this.statement();
  }

  private ifStatement(): Statement {
    const test = this.parenthesised();
    const yes = this.body();
    const mark = this.mark();
    this.skipTerminators();
    if (!this.take('else')) {
      this.reset(mark);
      return { kind: 'if', test, yes };
    }
    return { kind: 'if', test, yes, no: this.body() };
  }

  private forStatement(): Statement {
    this.expect('(');
    const loop = this.forIn();
    if (loop) return loop;
    const start = this.is(';') ? undefined : this.simple();
    this.expect(';');
    this.skipNewlines();
    const test = this.is(';') ? undefined : this.expression();
    this.expect(';');
    this.skipNewlines();
    const step = this.is(')') ? undefined : this.simple();
    this.expect(')');
    return { kind: 'for', start, test, step, body: this.loopBody() };
  }

  private forIn(): Statement | undefined {
    const mark = this.mark();
    const variable = this.token;
    if (variable.kind !== 'name') return undefined;
    this.advance();
    if (this.take('in') && this.token.kind === 'name') {
      const array = this.token.text;
      this.advance();
      if (this.take(')')) return { kind: 'forIn', variable: variable.text, array, body: this.loopBody() };
    }
    this.reset(mark);
    return undefined;
  }

  private simple(): Statement {
    if (this.token.kind !== 'keyword') return { kind: 'expression', value: this.expression() };
    if (this.take('print')) return this.output('print');
    if (this.take('printf')) return this.output('printf');
    if (this.take('delete')) return this.deleteStatement();
    if (this.take('exit'))
      return { kind: 'exit', code: this.atStatementEnd() ? undefined : this.expression() };
    if (this.take('return'))
      return { kind: 'return', value: this.atStatementEnd() ? undefined : this.expression() };
    for (const kind of ['next', 'nextfile', 'break', 'continue'] as const) {
      if (!this.is(kind)) continue;
      if (this.loops === 0 && (kind === 'break' || kind === 'continue'))
        throw new AwkSyntaxError(`${kind} statement outside of a loop`, this.token.line);
      this.advance();
      return { kind };
    }
    return { kind: 'expression', value: this.expression() };
  }

  private atStatementEnd(): boolean {
    return this.token.kind === 'newline' || this.token.kind === 'end' || this.is(';') || this.is('}');
  }

  private output(kind: 'print' | 'printf'): Statement {
    const args = this.atStatementEnd() || this.atRedirection() ? [] : this.outputList();
    const only = args.length === 1 ? args[0] : undefined;
    const list = only?.kind === 'grouping' ? only.items : args;
    if (kind === 'printf' && list.length === 0) throw this.unexpected();
    for (const redirection of ['>', '>>', '|'] as const) {
      if (this.take(redirection))
        return {
          kind,
          args: list,
          to: { kind: redirection, to: this.redirectTarget() } satisfies Redirection,
        };
    }
    return { kind, args: list };
  }

  private atRedirection(): boolean {
    return this.is('>') || this.is('>>') || this.is('|');
  }

  private deleteStatement(): Statement {
    const array = this.token.text;
    if (this.token.kind !== 'name') throw this.unexpected();
    this.advance();
    if (!this.take('[')) return { kind: 'delete', array };
    const subscripts = this.expressionList(']');
    this.expect(']');
    return { kind: 'delete', array, subscripts };
  }
}

/** Parses the text of a program; throws AwkSyntaxError. */
export function parseAwk(text: string): AwkProgram {
  const program = new Parser(text).parseProgram();
  const seen = new Set<string>();
  for (const { name, line } of program.functions) {
    if (seen.has(name)) throw new AwkSyntaxError(`function ${name} is defined twice`, line);
    seen.add(name);
  }
  return program;
}
