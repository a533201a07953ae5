/**
 * What must be known before code is made: which names are arrays, and which functions may wait.
 * awk tells arrays from scalars only by use, and passes a function's untyped parameter on by use in the
 * function called;
 * both are settled here by going round until nothing changes.
 */
import {
  type AwkProgram,
  AwkSyntaxError,
  type Expr,
  type FunctionDefinition,
  type Statement,
} from './ast.ts';

export interface FunctionInfo {
  definition: FunctionDefinition;
  /** Parameters that are arrays. */
  arrays: Set<string>;
  /** It may wait: it loops, reads, writes to a file, or calls one that does. */
  waits: boolean;
}

export interface Resolution {
  functions: Map<string, FunctionInfo>;
  globalArrays: Set<string>;
  globalScalars: Set<string>;
}

const WAITING_BUILTINS = new Set(['system', 'close', 'fflush']);
const ARRAY_VARIABLES = ['ARGV', 'ENVIRON'];

/** Arguments of built-in functions that are arrays. */
const ARRAY_ARGUMENTS: Readonly<Record<string, readonly number[]>> = {
  split: [1],
  match: [2],
  asort: [0, 1],
  asorti: [0, 1],
};

type Visit = { expr: (expr: Expr) => void; statement: (statement: Statement) => void };

function childrenOf(node: object): object[] {
  return Object.values(node).flatMap((value) => {
    if (Array.isArray(value))
      return value.filter((item): item is object => typeof item === 'object' && item !== null);
    return typeof value === 'object' && value !== null ? [value as object] : [];
  });
}

const STATEMENTS = new Set([
  'expression',
  'print',
  'printf',
  'if',
  'while',
  'do',
  'for',
  'forIn',
  'block',
  'next',
  'nextfile',
  'break',
  'continue',
  'exit',
  'return',
  'delete',
]);

/** Calls `visit` for every node below (and with) `node`. */
function walk(node: object, visit: Visit): void {
  const { kind } = node as { kind?: string };
  if (kind !== undefined && STATEMENTS.has(kind)) visit.statement(node as Statement);
  else if (kind !== undefined) visit.expr(node as Expr);
  for (const child of childrenOf(node)) walk(child, visit);
}

/** Whether the nodes below `node` can wait, given which functions do. */
export function waits(node: object, functions: ReadonlyMap<string, FunctionInfo>): boolean {
  let found = false;
  walk(node, {
    expr: (expr) => {
      if (expr.kind === 'getline') found = true;
      else if (expr.kind === 'builtin') found ||= WAITING_BUILTINS.has(expr.name);
      else if (expr.kind === 'call') found ||= functions.get(expr.name)?.waits ?? false;
    },
    statement: (statement) => {
      if (statement.kind === 'print' || statement.kind === 'printf') found ||= statement.to !== undefined;
      else found ||= ['while', 'do', 'for', 'forIn'].includes(statement.kind);
    },
  });
  return found;
}

class Resolver {
  readonly functions = new Map<string, FunctionInfo>();
  readonly arrays = new Set<string>(ARRAY_VARIABLES);
  readonly names = new Set<string>();
  private changed = false;
  private readonly program: AwkProgram;

  constructor(program: AwkProgram) {
    this.program = program;
    for (const definition of program.functions) {
      this.functions.set(definition.name, { definition, arrays: new Set(), waits: false });
    }
  }

  resolve(): Resolution {
    const { begin, end, rules } = this.program;
    do {
      this.changed = false;
      for (const info of this.functions.values()) this.scan(info.definition.body, info);
      this.scan({ begin, end, rules }, undefined);
      for (const info of this.functions.values()) {
        if (info.waits || !waits(info.definition.body, this.functions)) continue;
        info.waits = true;
        this.changed = true;
      }
    } while (this.changed);
    const globalScalars = new Set([...this.names].filter((name) => !this.arrays.has(name)));
    return { functions: this.functions, globalArrays: this.arrays, globalScalars };
  }

  private scan(node: object, info: FunctionInfo | undefined): void {
    const isArray = (name: string) => this.markArray(name, info);
    walk(node, {
      expr: (expr) => {
        if (expr.kind === 'element' || expr.kind === 'in') isArray(expr.array);
        else if (expr.kind === 'name') this.markName(expr.name, info);
        else if (expr.kind === 'builtin') this.scanBuiltin(expr.name, expr.args, isArray);
        else if (expr.kind === 'call') this.scanCall(expr, info, isArray);
      },
      statement: (statement) => {
        if (statement.kind === 'forIn') {
          isArray(statement.array);
          this.markName(statement.variable, info);
        } else if (statement.kind === 'delete') isArray(statement.array);
      },
    });
  }

  private scanBuiltin(name: string, args: readonly Expr[], isArray: (name: string) => void): void {
    for (const at of ARRAY_ARGUMENTS[name] ?? []) {
      const array = args[at];
      if (array?.kind === 'name') isArray(array.name);
    }
  }

  private scanCall(
    call: Extract<Expr, { kind: 'call' }>,
    info: FunctionInfo | undefined,
    isArray: (name: string) => void,
  ): void {
    const callee = this.functions.get(call.name);
    if (!callee) throw new AwkSyntaxError(`function ${call.name} never defined`, call.line);
    const { parameters } = callee.definition;
    if (call.args.length > parameters.length)
      throw new AwkSyntaxError(`function ${call.name} called with more args than accepts`, call.line);
    call.args.forEach((arg, i) => {
      if (arg.kind !== 'name') return;
      const parameter = parameters[i] ?? '';
      if (callee.arrays.has(parameter)) isArray(arg.name);
      else if (this.isArrayHere(arg.name, info) && !callee.arrays.has(parameter)) {
        callee.arrays.add(parameter);
        this.changed = true;
      }
    });
  }

  private isArrayHere(name: string, info: FunctionInfo | undefined): boolean {
    return info?.definition.parameters.includes(name) ? info.arrays.has(name) : this.arrays.has(name);
  }

  private markArray(name: string, info: FunctionInfo | undefined): void {
    const set = info?.definition.parameters.includes(name) ? info.arrays : this.arrays;
    if (set.has(name)) return;
    set.add(name);
    this.changed = true;
  }

  private markName(name: string, info: FunctionInfo | undefined): void {
    if (!info?.definition.parameters.includes(name)) this.names.add(name);
  }
}

/** Throws AwkSyntaxError for a function that is not defined. */
export function resolve(program: AwkProgram): Resolution {
  return new Resolver(program).resolve();
}
