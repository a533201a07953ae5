/**
 * Statements and whole awk programs as JavaScript: the program's tree becomes a module body that is run
 * against a Runtime.
 */
import type { Awaitable } from '../../../subsystems/unix/sys.ts';
import type { AwkProgram, Expr, Redirection, Rule, Statement } from './ast.ts';
import { AwkSyntaxError } from './ast.ts';
import { Generator, isSpecial } from './generate.ts';
import { type FunctionInfo, resolve, waits } from './resolve.ts';
import { AwkExit, AwkNext, type Runtime } from './runtime.ts';
import { num, StrNum, type Value } from './values.ts';

/** A compiled program, bound to a runtime. */
export interface CompiledAwk {
  begin(): Awaitable<void>;
  /** Runs the rules on the current record; true = nextfile. */
  record(): Awaitable<boolean | undefined>;
  end(): Awaitable<void>;
  assign(name: string, value: Value): void;
}

/** Loops look at the scheduler every now and then. */
const STEP = 'if (--rt.steps < 0) await rt.pause();';

class Compiler extends Generator {
  private readonly program: AwkProgram;
  /** How `next` is written where we are: rules return, functions throw. */
  private inRules = false;
  private ranges = 0;

  constructor(program: AwkProgram) {
    super(resolve(program));
    this.program = program;
  }

  source(): string {
    const { begin, end, rules } = this.program;
    const functions = [...this.resolution.functions.values()].map((info) => this.functionSource(info));
    const parts = [
      this.unit(
        'begin',
        begin.map((action) => this.statement(action)).join('\n'),
        waits(begin, this.resolution.functions),
      ),
      this.recordSource(rules),
      this.unit(
        'end',
        end.map((action) => this.statement(action)).join('\n'),
        waits(end, this.resolution.functions),
      ),
    ];
    const { globalScalars, globalArrays } = this.resolution;
    const scalars = [...globalScalars].filter((name) => !isSpecial(name));
    const arrays = [...globalArrays].filter((name) => name !== 'ARGV' && name !== 'ENVIRON');
    const declarations = [
      ...scalars.map((name) => `let g_${name};`),
      ...arrays.map((name) => `const a_${name} = new Map();`),
      ...this.regexes.map((source, i) => `const re${i} = rt.regex(${JSON.stringify(source)});`),
      ...Array.from({ length: this.ranges }, (_, i) => `let range${i} = false;`),
    ];
    const setters = scalars.map((name) => `${name}: (v) => { g_${name} = v; }`);
    return `'use strict';\n${[...declarations, ...functions, ...parts].join('\n')}\nreturn { begin, record, end, setters: { ${setters.join(', ')} } };`;
  }

  /** A function around a body, with the temporaries that making the body has used. */
  private unit(name: string, body: string, isAsync: boolean, parameters = ''): string {
    const names = Array.from({ length: this.temporaries }, (_, i) => `t${i + 1}`);
    this.temporaries = 0;
    const temporaries = names.length > 0 ? `let ${names.join(', ')};\n` : '';
    return `${isAsync ? 'async ' : ''}function ${name}(${parameters}) {\n${temporaries}${body}\n}`;
  }

  private functionSource(info: FunctionInfo): string {
    this.scope = info;
    const { name, parameters, body } = info.definition;
    const locals = parameters.map((parameter) =>
      info.arrays.has(parameter) ? `l_${parameter} = new Map()` : `l_${parameter}`,
    );
    const source = this.unit(`f_${name}`, this.statement(body), info.waits, locals.join(', '));
    this.scope = undefined;
    return source;
  }

  private recordSource(rules: readonly Rule[]): string {
    this.inRules = true;
    const body = rules.map((rule) => this.rule(rule)).join('\n');
    this.inRules = false;
    return this.unit('record', body, waits({ rules }, this.resolution.functions));
  }

  private rule({ pattern, action }: Rule): string {
    const body = action ? this.statement(action) : 'rt.print(rt.fieldStr(0) + rt.ORS);';
    if (pattern.kind === 'always') return body;
    if (pattern.kind === 'when') return `if (${this.condition(pattern.test)}) { ${body} }`;
    const range = `range${this.ranges}`;
    this.ranges += 1;
    return `if (${range} || ${this.condition(pattern.from)}) { ${range} = !${this.condition(pattern.to)};\n${body} }`;
  }

  private statement(statement: Statement): string {
    switch (statement.kind) {
      case 'expression':
        return `${this.expression(statement.value).text};`;
      case 'print':
        return this.output(this.printed(statement.args), statement.to);
      case 'printf':
        return this.output(this.formatted(statement.args), statement.to);
      case 'block':
        return `{ ${statement.body.map((item) => this.statement(item)).join('\n')} }`;
      case 'if':
        return `if (${this.condition(statement.test)}) ${this.block(statement.yes)}${statement.no ? ` else ${this.block(statement.no)}` : ''}`;
      case 'delete':
        if (!statement.subscripts) return `${this.array(statement.array)}.clear();`;
        return `${this.array(statement.array)}.delete(${this.key(statement.subscripts)});`;
      case 'while':
      case 'do':
      case 'for':
      case 'forIn':
        return this.loop(statement);
      default:
        return this.jump(statement);
    }
  }

  private block(statement: Statement): string {
    return `{ ${this.statement(statement)} }`;
  }

  private loop(statement: Extract<Statement, { kind: 'while' | 'do' | 'for' | 'forIn' }>): string {
    const body = `{ ${STEP}\n${this.statement(statement.body)} }`;
    if (statement.kind === 'while') return `while (${this.condition(statement.test)}) ${body}`;
    if (statement.kind === 'do') return `do ${body} while (${this.condition(statement.test)});`;
    if (statement.kind === 'forIn') {
      const key = this.temporary();
      const store = this.store({ kind: 'name', name: statement.variable }, { text: key, type: 'string' });
      const array = this.array(statement.array);
      return `for (${key} of [...${array}.keys()]) { ${store};\n${STEP}\n${this.statement(statement.body)} }`;
    }
    const part = (item: Statement | undefined) => (item ? this.statement(item).replace(/;$/, '') : '');
    const start = statement.start ? this.statement(statement.start) : '';
    const test = statement.test ? this.condition(statement.test) : '';
    if (statement.step && statement.step.kind !== 'expression') {
      return `${start} for (let first = true; ; first = false) { if (!first) { ${this.statement(statement.step)} } if (!(${test || 'true'})) break; ${body} }`;
    }
    return `${start} for (; ${test}; ${part(statement.step)}) ${body}`;
  }

  private jump(statement: Statement): string {
    switch (statement.kind) {
      case 'break':
      case 'continue':
        return `${statement.kind};`;
      case 'next':
        return this.inRules ? 'return;' : 'throw new AwkNext(false);';
      case 'nextfile':
        return this.inRules ? 'return true;' : 'throw new AwkNext(true);';
      case 'exit':
        return `throw new AwkExit(${statement.code ? this.toNumber(statement.code) : ''});`;
      case 'return':
        if (!this.scope) throw new AwkSyntaxError('return not in function', 0);
        return statement.value ? `return ${this.expression(statement.value).text};` : 'return;';
      default:
        throw new AwkSyntaxError('syntax error', 0);
    }
  }

  private printed(args: readonly Expr[]): string {
    if (args.length === 0) return 'rt.fieldStr(0) + rt.ORS';
    return `${args.map((arg) => this.toShown(arg)).join(' + rt.OFS + ')} + rt.ORS`;
  }

  private formatted(args: readonly Expr[]): string {
    const [format, ...rest] = args;
    const values = rest.map((arg) => this.expression(arg).text);
    return `rt.sprintf(${[format ? this.toText(format) : "''", ...values].join(', ')})`;
  }

  private output(text: string, to: Redirection | undefined): string {
    if (!to) return `rt.print(${text});`;
    const [body, name, wait] = [this.temporary(), this.temporary(), this.temporary()];
    return `${body} = ${text}; ${name} = ${this.toText(to.to)}; ${wait} = rt.printTo('${to.kind}', ${name}, ${body}); if (${wait}) await ${wait};`;
  }
}

interface Made {
  begin(): Awaitable<void>;
  record(): Awaitable<boolean | undefined>;
  end(): Awaitable<void>;
  setters: Record<string, (value: Value) => void>;
}

type Factory = (
  rt: Runtime,
  num: (value: Value) => number,
  StrNumClass: typeof StrNum,
  Next: typeof AwkNext,
  Exit: typeof AwkExit,
) => Made;

const STRING_VARIABLES = new Set(['FS', 'OFS', 'ORS', 'RS', 'SUBSEP', 'CONVFMT', 'OFMT']);
const VALUE_VARIABLES = ['NR', 'FNR', 'NF', 'FILENAME', 'RSTART', 'RLENGTH', 'ARGC'];

function assignSpecial(rt: Runtime, name: string, value: Value): boolean {
  if (STRING_VARIABLES.has(name)) {
    rt[name as 'FS'] = rt.str(value);
    return true;
  }
  if (!VALUE_VARIABLES.includes(name)) return false;
  (rt as unknown as Record<string, Value>)[name] = value;
  return true;
}

/** Compiles a program; throws AwkSyntaxError, or AwkError for a malformed regular expression. */
export function compileAwk(program: AwkProgram, rt: Runtime): CompiledAwk {
  const source = new Compiler(program).source();
  const make = new Function('rt', 'num', 'StrNum', 'AwkNext', 'AwkExit', source) as Factory;
  const { begin, record, end, setters } = make(rt, num, StrNum, AwkNext, AwkExit);
  return {
    begin,
    record,
    end,
    assign: (name, value) => {
      if (!assignSpecial(rt, name, value) && Object.hasOwn(setters, name)) setters[name]?.(value);
    },
  };
}
