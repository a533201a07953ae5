/**
 * The syntax tree of an awk program (POSIX.1-2017 awk, "Grammar"). Names are resolved by resolve.ts, not
 * here.
 */
export type Expr =
  | { kind: 'number'; value: number }
  | { kind: 'string'; value: string }
  | { kind: 'regex'; source: string }
  | { kind: 'name'; name: string }
  | { kind: 'field'; index: Expr }
  | { kind: 'element'; array: string; subscripts: Expr[] }
  | { kind: 'assign'; operator: '' | '+' | '-' | '*' | '/' | '%' | '^'; target: Target; value: Expr }
  | { kind: 'increment'; target: Target; delta: 1 | -1; prefix: boolean }
  | { kind: 'conditional'; test: Expr; yes: Expr; no: Expr }
  | { kind: 'logical'; operator: '&&' | '||'; left: Expr; right: Expr }
  | { kind: 'not'; operand: Expr }
  | { kind: 'sign'; operator: '+' | '-'; operand: Expr }
  | { kind: 'arithmetic'; operator: '+' | '-' | '*' | '/' | '%' | '^'; left: Expr; right: Expr }
  | { kind: 'compare'; operator: '<' | '<=' | '==' | '!=' | '>' | '>='; left: Expr; right: Expr }
  | { kind: 'match'; negated: boolean; left: Expr; right: Expr }
  | { kind: 'concat'; left: Expr; right: Expr }
  | { kind: 'in'; subscripts: Expr[]; array: string }
  /** A parenthesised list: only print and `(i, j) in array` take it. */
  | { kind: 'grouping'; items: Expr[] }
  | { kind: 'builtin'; name: string; args: Expr[] }
  | { kind: 'call'; name: string; args: Expr[]; line: number }
  | { kind: 'getline'; from: 'main' | 'file' | 'command'; source?: Expr; target?: Target };

export type Target = Extract<Expr, { kind: 'name' | 'field' | 'element' }>;

export type Redirection = { kind: '>' | '>>' | '|'; to: Expr };

export type Statement =
  | { kind: 'expression'; value: Expr }
  | { kind: 'print'; args: Expr[]; to?: Redirection }
  | { kind: 'printf'; args: Expr[]; to?: Redirection }
  | { kind: 'if'; test: Expr; yes: Statement; no?: Statement }
  | { kind: 'while'; test: Expr; body: Statement }
  | { kind: 'do'; body: Statement; test: Expr }
  | { kind: 'for'; start?: Statement; test?: Expr; step?: Statement; body: Statement }
  | { kind: 'forIn'; variable: string; array: string; body: Statement }
  | { kind: 'block'; body: Statement[] }
  | { kind: 'next' | 'nextfile' | 'break' | 'continue' }
  | { kind: 'exit'; code?: Expr }
  | { kind: 'return'; value?: Expr }
  | { kind: 'delete'; array: string; subscripts?: Expr[] };

export interface Rule {
  pattern: { kind: 'always' } | { kind: 'when'; test: Expr } | { kind: 'range'; from: Expr; to: Expr };
  /** undefined = print the record. */
  action?: Statement;
}

export interface FunctionDefinition {
  name: string;
  parameters: string[];
  body: Statement;
  line: number;
}

export interface AwkProgram {
  begin: Statement[];
  end: Statement[];
  rules: Rule[];
  functions: FunctionDefinition[];
}

/** A program that cannot be compiled; the command prints `awk: line N: text`, exit status 2. */
export class AwkSyntaxError extends Error {
  readonly line: number;

  constructor(text: string, line: number) {
    super(text);
    this.line = line;
  }
}
