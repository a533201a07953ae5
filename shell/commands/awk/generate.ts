/**
 * Expressions of awk as JavaScript source. The text is made from the syntax tree alone: names are mangled
 * (`g_`, `l_`, `f_`), every
 * literal goes through JSON.stringify, so a program cannot inject code.
 *
 * Each expression knows its static type, which keeps conversions out of hot loops: 'number' and 'string'
 * are plain JS values,
 * 'any' is a Value (see values.ts).
 */
import type { Expr, Target } from './ast.ts';
import { AwkSyntaxError } from './ast.ts';
import { AwkError } from './fields.ts';
import { callBuiltin } from './generate-builtins.ts';
import type { FunctionInfo, Resolution } from './resolve.ts';

export interface Code {
  text: string;
  type: 'number' | 'string' | 'any';
}

const SPECIALS: Readonly<Record<string, Code['type']>> = {
  NR: 'number',
  FNR: 'number',
  NF: 'number',
  RSTART: 'any',
  RLENGTH: 'any',
  ARGC: 'any',
  FILENAME: 'any',
  FS: 'string',
  OFS: 'string',
  ORS: 'string',
  RS: 'string',
  SUBSEP: 'string',
  CONVFMT: 'string',
  OFMT: 'string',
};

export const isSpecial = (name: string): boolean => Object.hasOwn(SPECIALS, name);

export const number = (text: string): Code => ({ text, type: 'number' });
export const string = (text: string): Code => ({ text, type: 'string' });
export const any = (text: string): Code => ({ text, type: 'any' });

export class Generator {
  protected readonly resolution: Resolution;
  /** The function whose body is being made. */
  protected scope: FunctionInfo | undefined;
  /** Temporaries of that function. */
  protected temporaries = 0;
  /** Regular expression literals, compiled once. */
  readonly regexes: string[] = [];

  constructor(resolution: Resolution) {
    this.resolution = resolution;
  }

  temporary(): string {
    this.temporaries += 1;
    return `t${this.temporaries}`;
  }

  isArray(name: string): boolean {
    if (this.scope?.definition.parameters.includes(name)) return this.scope.arrays.has(name);
    return this.resolution.globalArrays.has(name);
  }

  private isParameter(name: string): boolean {
    return this.scope?.definition.parameters.includes(name) ?? false;
  }

  array(name: string): string {
    if (this.scope?.definition.parameters.includes(name)) return `l_${name}`;
    return name === 'ARGV' || name === 'ENVIRON' ? `rt.${name}` : `a_${name}`;
  }

  private scalar(name: string): string {
    if (this.scope?.definition.parameters.includes(name)) return `l_${name}`;
    return isSpecial(name) ? `rt.${name}` : `g_${name}`;
  }

  // --- conversions ---

  toNumber(expr: Expr): string {
    if (expr.kind === 'field') return `rt.fieldNum(${this.toNumber(expr.index)})`;
    const code = this.expression(expr);
    return code.type === 'number' ? code.text : `num(${code.text})`;
  }

  toText(expr: Expr): string {
    if (expr.kind === 'field') return `rt.fieldStr(${this.toNumber(expr.index)})`;
    const code = this.expression(expr);
    return code.type === 'string' ? code.text : `rt.str(${code.text})`;
  }

  /** As print shows it. */
  toShown(expr: Expr): string {
    if (expr.kind === 'field') return `rt.fieldStr(${this.toNumber(expr.index)})`;
    const code = this.expression(expr);
    return code.type === 'string' ? code.text : `rt.shown(${code.text})`;
  }

  /** A JS condition. */
  condition(expr: Expr): string {
    switch (expr.kind) {
      case 'not':
        return `!${this.condition(expr.operand)}`;
      case 'logical':
        return `(${this.condition(expr.left)} ${expr.operator} ${this.condition(expr.right)})`;
      case 'compare':
        return this.comparison(expr);
      case 'match':
        return `(${expr.negated ? '!' : ''}${this.regex(expr.right)}.test(${this.toText(expr.left)}))`;
      case 'regex':
        return `${this.regex(expr)}.test(rt.fieldStr(0))`;
      case 'in':
        return `${this.array(expr.array)}.has(${this.key(expr.subscripts)})`;
      case 'grouping':
        if (expr.items.length === 1 && expr.items[0]) return this.condition(expr.items[0]);
        break;
    }
    const code = this.expression(expr);
    if (code.type === 'number') return `(${code.text} !== 0)`;
    return code.type === 'string' ? `(${code.text} !== '')` : `rt.truth(${code.text})`;
  }

  private comparison({ operator, left, right }: Extract<Expr, { kind: 'compare' }>): string {
    const [a, b] = [this.expression(left), this.expression(right)];
    const sign = operator === '==' ? '===' : operator === '!=' ? '!==' : operator;
    if (a.type === 'number' && b.type === 'number') return `(${a.text} ${sign} ${b.text})`;
    if (a.type === 'string' || b.type === 'string')
      return `(${this.toText(left)} ${sign} ${this.toText(right)})`;
    return `(rt.compare(${a.text}, ${b.text}) ${sign} 0)`;
  }

  /** A PosixRegex: a literal is compiled once, anything else is a dynamic regular expression. */
  regex(expr: Expr): string {
    if (expr.kind === 'grouping' && expr.items.length === 1 && expr.items[0])
      return this.regex(expr.items[0]);
    if (expr.kind !== 'regex' && expr.kind !== 'string') return `rt.regex(${this.toText(expr)})`;
    const source = expr.kind === 'regex' ? expr.source : expr.value;
    let index = this.regexes.indexOf(source);
    if (index < 0) index = this.regexes.push(source) - 1;
    return `re${index}`;
  }

  /** The key of subscripts. */
  key(subscripts: readonly Expr[]): string {
    return subscripts.map((subscript) => this.toText(subscript)).join(' + rt.SUBSEP + ');
  }

  // --- expressions ---

  expression(expr: Expr): Code {
    switch (expr.kind) {
      case 'number':
        return number(Number.isFinite(expr.value) ? `(${expr.value})` : 'Infinity');
      case 'string':
        return string(JSON.stringify(expr.value));
      case 'regex':
      case 'compare':
      case 'match':
      case 'in':
      case 'not':
      case 'logical':
        return number(`(${this.condition(expr)} ? 1 : 0)`);
      case 'name':
        return this.name(expr.name);
      case 'field':
        return any(`rt.field(${this.toNumber(expr.index)})`);
      case 'element':
        return any(`rt.element(${this.array(expr.array)}, ${this.key(expr.subscripts)})`);
      case 'concat':
        return string(`(${this.toText(expr.left)} + ${this.toText(expr.right)})`);
      case 'sign':
        return number(
          expr.operator === '-' ? `(-${this.toNumber(expr.operand)})` : `(+${this.toNumber(expr.operand)})`,
        );
      case 'arithmetic':
        return number(this.arithmetic(expr.operator, this.toNumber(expr.left), this.toNumber(expr.right)));
      case 'grouping':
        return this.grouping(expr);
      default:
        return this.effect(expr);
    }
  }

  /** Expressions that change something or choose. */
  private effect(expr: Expr): Code {
    switch (expr.kind) {
      case 'conditional': {
        const [yes, no] = [this.expression(expr.yes), this.expression(expr.no)];
        const type = yes.type === no.type ? yes.type : 'any';
        return { text: `(${this.condition(expr.test)} ? ${yes.text} : ${no.text})`, type };
      }
      case 'assign':
        return this.assign(expr);
      case 'increment':
        return this.increment(expr);
      case 'call':
        return this.call(expr);
      case 'builtin':
        return callBuiltin(this, expr.name, expr.args);
      case 'getline':
        return this.getline(expr);
      default:
        throw new AwkSyntaxError('syntax error', 0);
    }
  }

  private grouping(expr: Extract<Expr, { kind: 'grouping' }>): Code {
    const [only] = expr.items;
    if (expr.items.length !== 1 || !only) throw new AwkSyntaxError('syntax error at or near ,', 0);
    return this.expression(only);
  }

  private name(name: string): Code {
    if (this.isArray(name)) {
      if (!this.isParameter(name)) throw new AwkError(`can't use array ${name} in a scalar context`);
      return any(`rt.scalarOf(l_${name}, '${name}')`);
    }
    return {
      text: this.scalar(name),
      type: this.scope?.definition.parameters.includes(name) ? 'any' : (SPECIALS[name] ?? 'any'),
    };
  }

  private arithmetic(operator: string, left: string, right: string): string {
    if (operator === '/') return `rt.divide(${left}, ${right})`;
    if (operator === '%') return `rt.modulo(${left}, ${right})`;
    return operator === '^' ? `Math.pow(${left}, ${right})` : `(${left} ${operator} ${right})`;
  }

  /** Source that stores `value` (a Code) in the target; its result is the value stored. */
  store(target: Target, value: Code): string {
    if (target.kind === 'name') {
      const special =
        !this.scope?.definition.parameters.includes(target.name) && SPECIALS[target.name] === 'string';
      if (this.isArray(target.name)) {
        if (!this.isParameter(target.name))
          throw new AwkError(`can't assign to ${target.name}; it's an array name.`);
        const stored = this.temporary();
        return `(${stored} = ${value.text}, l_${target.name} = rt.boxedOver(l_${target.name}, ${stored}, '${target.name}'), ${stored})`;
      }
      const text = special && value.type !== 'string' ? `rt.str(${value.text})` : value.text;
      return `(${this.scalar(target.name)} = ${text})`;
    }
    const result = this.temporary();
    if (target.kind === 'field') {
      const index = this.temporary();
      return `(${index} = ${this.toNumber(target.index)}, ${result} = ${value.text}, rt.setField(${index}, ${result}), ${result})`;
    }
    const key = this.temporary();
    return `(${key} = ${this.key(target.subscripts)}, ${result} = ${value.text}, ${this.array(target.array)}.set(${key}, ${result}), ${result})`;
  }

  private assign({ operator, target, value }: Extract<Expr, { kind: 'assign' }>): Code {
    if (operator === '') {
      const code = this.expression(value);
      return { text: this.store(target, code), type: this.storedType(target, code) };
    }
    const operand = this.temporary();
    return this.update(target, `${operand} = ${this.toNumber(value)}`, (old) =>
      this.arithmetic(operator, old, operand),
    );
  }

  private storedType(target: Target, code: Code): Code['type'] {
    const isSpecialString = target.kind === 'name' && SPECIALS[target.name] === 'string';
    return isSpecialString && code.type !== 'string' ? 'any' : code.type;
  }

  /** Reads, changes and stores a target once; the result is the new number. */
  private update(target: Target, first: string, change: (old: string) => string): Code {
    if (target.kind === 'name' && this.isArray(target.name)) {
      const { text } = this.name(target.name);
      return any(`(${first}, ${this.store(target, number(change(`num(${text})`)))})`);
    }
    if (target.kind === 'name') {
      const { text } = this.name(target.name);
      const next = change(`num(${text})`);
      const stored =
        SPECIALS[target.name] === 'string' && !this.scope?.definition.parameters.includes(target.name)
          ? `rt.str(${next})`
          : next;
      return { text: `(${first}, ${text} = ${stored})`, type: stored === next ? 'number' : 'any' };
    }
    const [at, result] = [this.temporary(), this.temporary()];
    if (target.kind === 'field') {
      return number(
        `(${at} = ${this.toNumber(target.index)}, ${first}, ${result} = ${change(`rt.fieldNum(${at})`)}, rt.setField(${at}, ${result}), ${result})`,
      );
    }
    const array = this.array(target.array);
    return number(
      `(${at} = ${this.key(target.subscripts)}, ${first}, ${result} = ${change(`num(${array}.get(${at}))`)}, ${array}.set(${at}, ${result}), ${result})`,
    );
  }

  private increment({ target, delta, prefix }: Extract<Expr, { kind: 'increment' }>): Code {
    const sign = delta > 0 ? '+ 1' : '- 1';
    const changed = this.update(target, '0', (old) => `(${old} ${sign})`);
    if (prefix) return changed;
    return number(`(num(${changed.text}) ${delta > 0 ? '- 1' : '+ 1'})`);
  }

  private call({ name, args, line }: Extract<Expr, { kind: 'call' }>): Code {
    const info = this.resolution.functions.get(name);
    if (!info) throw new AwkSyntaxError(`function ${name} never defined`, line);
    const list = args.map((arg, i) => {
      const parameter = info.definition.parameters[i] ?? '';
      if (info.arrays.has(parameter)) {
        if (arg.kind === 'name') return this.array(arg.name);
        return `rt.boxed(${this.expression(arg).text})`;
      }
      if (arg.kind === 'name' && this.isArray(arg.name)) return 'undefined';
      return this.expression(arg).text;
    });
    const text = `f_${name}(${list.join(', ')})`;
    return any(info.waits ? `(await ${text})` : text);
  }

  private getline({ from, source, target }: Extract<Expr, { kind: 'getline' }>): Code {
    const result = this.temporary();
    const call =
      from === 'main'
        ? `rt.getlineMain(${target !== undefined})`
        : `rt.getlineFrom('${from}', ${source ? this.toText(source) : "''"}, ${target !== undefined})`;
    const got = `(typeof (${result} = ${call}) === 'number' ? ${result} : (${result} = await ${result}))`;
    if (!target) return number(got);
    if (target.kind === 'name')
      return number(
        `(${got} > 0 ? (${this.store(target, any('new StrNum(rt.line)'))}, ${result}) : ${result})`,
      );
    // The index is worked out also when there is nothing to store.
    const at = this.temporary();
    const [index, set] =
      target.kind === 'field'
        ? [this.toNumber(target.index), `rt.setField(${at}, new StrNum(rt.line))`]
        : [this.key(target.subscripts), `${this.array(target.array)}.set(${at}, new StrNum(rt.line))`];
    return number(`(${at} = ${index}, ${got} > 0 ? (${set}, ${result}) : ${result})`);
  }
}
