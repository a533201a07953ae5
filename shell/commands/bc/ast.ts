/** The syntax tree of bc (POSIX bc, "Grammar", with GNU's logical operators, print, else, continue, halt). */
export type Place =
  | { kind: 'variable'; name: string }
  | { kind: 'element'; name: string; index: Expr }
  | { kind: 'special'; name: 'scale' | 'ibase' | 'obase' | 'last' };

export type Argument = Expr | { kind: 'array'; name: string };

export type Expr =
  | Place
  | { kind: 'number'; text: string }
  | { kind: 'assign'; operator: string; place: Place; value: Expr }
  | { kind: 'step'; place: Place; delta: 1 | -1; prefix: boolean }
  | { kind: 'negate' | 'not'; operand: Expr }
  | { kind: 'binary'; operator: string; left: Expr; right: Expr }
  | { kind: 'call'; name: string; args: Argument[] }
  | { kind: 'builtin'; name: 'length' | 'scale' | 'sqrt' | 'read'; arg: Expr | undefined };

export type Statement =
  | { kind: 'expression'; value: Expr; shown: boolean }
  | { kind: 'string'; text: string }
  | { kind: 'print'; items: (Expr | string)[] }
  | { kind: 'block'; body: Statement[] }
  | { kind: 'if'; test: Expr; yes: Statement; no: Statement | undefined }
  | { kind: 'while'; test: Expr; body: Statement }
  | { kind: 'for'; start: Expr | undefined; test: Expr | undefined; step: Expr | undefined; body: Statement }
  | { kind: 'return'; value: Expr | undefined }
  | {
      kind: 'define';
      name: string;
      isVoid: boolean;
      parameters: Parameter[];
      locals: Parameter[];
      body: Statement[];
    }
  | { kind: 'break' | 'continue' | 'halt' | 'quit' };

export interface Parameter {
  name: string;
  reference: boolean;
  array: boolean;
}

export class BcSyntaxError extends Error {
  readonly line: number;
  constructor(line: number, text = 'syntax error') {
    super(text);
    this.line = line;
  }
}
