/**
 * Runs bc. Evaluation is made of generators that yield now and then, so that the caller can let others
 * run and write output,
 * and when `read()` wants a line. Variables are dynamically scoped: a call saves the names it binds and
 * restores them.
 */
import type { Argument, Expr, Parameter, Place, Statement } from './ast.ts';
import {
  add,
  BcError,
  type BcNumber,
  compare,
  divide,
  formatNumber,
  integer,
  lengthOf,
  modulo,
  multiply,
  negate,
  ONE,
  parseNumber,
  power,
  rescale,
  squareRoot,
  subtract,
  ZERO,
} from './number.ts';

type Definition = Extract<Statement, { kind: 'define' }>;
type Step<T> = Generator<'pause' | 'read', T, string | undefined>;

const STEPS_PER_PAUSE = 5000;
const CALL_DEPTH_MAX = 4000;
const ARRAY_MAX = 16_777_215n;
const OBASE_MAX = 2 ** 31 - 1;

class Return {
  readonly value: BcNumber;
  constructor(value: BcNumber) {
    this.value = value;
  }
}
/** Thrown by quit and halt. */
export class BcQuit {}

type Flow = 'break' | 'continue' | undefined;

const truth = (condition: boolean): BcNumber => (condition ? ONE : ZERO);

export class BcInterpreter {
  private scale = 0;
  private ibase = 10;
  private obase = 10;
  private last = ZERO;
  private variables = new Map<string, BcNumber>();
  private arrays = new Map<string, Map<bigint, BcNumber>>();
  private readonly functions = new Map<string, Definition>();
  private steps = 0;
  private depth = 0;
  private column = 0;
  private readonly write: (text: string) => void;
  private readonly lineLength: number;

  constructor(write: (text: string) => void, lineLength: number) {
    this.write = write;
    this.lineLength = lineLength;
  }

  set initialScale(scale: number) {
    this.scale = scale;
  }

  *run(statement: Statement): Step<void> {
    try {
      yield* this.execute(statement);
    } catch (error) {
      this.depth = 0;
      if (error instanceof Return) return;
      throw error;
    }
  }

  private *tick(): Step<void> {
    this.steps += 1;
    if (this.steps < STEPS_PER_PAUSE) return;
    this.steps = 0;
    yield 'pause';
  }

  // --- output ---

  /** Puts text, folding long lines with a backslash. */
  private put(text: string, fold: boolean): void {
    for (const char of text) {
      if (fold && this.lineLength > 0 && char !== '\n' && this.column >= this.lineLength - 2) {
        this.write('\\\n');
        this.column = 0;
      }
      this.write(char);
      this.column = char === '\n' ? 0 : this.column + 1;
    }
  }

  /** A call of a `void` function has no result to show. */
  private isVoid(expr: Expr): boolean {
    return expr.kind === 'call' && this.functions.get(expr.name)?.isVoid === true;
  }

  private show(value: BcNumber): void {
    this.put(formatNumber(value, this.obase), true);
  }

  // --- statements ---

  private *execute(statement: Statement): Step<Flow> {
    switch (statement.kind) {
      case 'expression': {
        const value = yield* this.evaluate(statement.value);
        if (!statement.shown || this.isVoid(statement.value)) return undefined;
        this.last = value;
        this.show(value);
        this.put('\n', false);
        return undefined;
      }
      case 'string':
        this.put(statement.text, false);
        return undefined;
      case 'print':
        return yield* this.print(statement.items);
      case 'block':
        for (const item of statement.body) {
          const flow = yield* this.execute(item);
          if (flow) return flow;
        }
        return undefined;
      case 'if':
        if ((yield* this.evaluate(statement.test)).digits !== 0n) return yield* this.execute(statement.yes);
        return statement.no ? yield* this.execute(statement.no) : undefined;
      case 'while':
      case 'for':
        return yield* this.loop(statement);
      case 'return':
        throw new Return(statement.value ? yield* this.evaluate(statement.value) : ZERO);
      case 'define':
        this.functions.set(statement.name, statement);
        return undefined;
      case 'halt':
      case 'quit':
        throw new BcQuit();
      default:
        return statement.kind;
    }
  }

  private *print(items: readonly (Expr | string)[]): Step<Flow> {
    for (const item of items) {
      if (typeof item === 'string') this.put(unescapeText(item), false);
      else {
        this.last = yield* this.evaluate(item);
        this.show(this.last);
      }
    }
    return undefined;
  }

  private *loop(statement: Extract<Statement, { kind: 'while' | 'for' }>): Step<Flow> {
    if (statement.kind === 'for' && statement.start) yield* this.evaluate(statement.start);
    for (;;) {
      yield* this.tick();
      if (statement.test && (yield* this.evaluate(statement.test)).digits === 0n) return undefined;
      if ((yield* this.execute(statement.body)) === 'break') return undefined;
      if (statement.kind === 'for' && statement.step) yield* this.evaluate(statement.step);
    }
  }

  // --- expressions ---

  private *evaluate(expr: Expr): Step<BcNumber> {
    switch (expr.kind) {
      case 'number':
        return parseNumber(expr.text, this.ibase);
      case 'variable':
      case 'element':
      case 'special':
        return this.load(expr, expr.kind === 'element' ? yield* this.index(expr.index) : 0n);
      case 'assign': {
        const index = expr.place.kind === 'element' ? yield* this.index(expr.place.index) : 0n;
        const value = yield* this.evaluate(expr.value);
        const result =
          expr.operator === '' ? value : this.calculate(expr.operator, this.load(expr.place, index), value);
        return this.store(expr.place, index, result);
      }
      case 'step': {
        const index = expr.place.kind === 'element' ? yield* this.index(expr.place.index) : 0n;
        const before = this.load(expr.place, index);
        const after = this.store(expr.place, index, add(before, integer(expr.delta)));
        return expr.prefix ? after : before;
      }
      case 'negate':
        return negate(yield* this.evaluate(expr.operand));
      case 'not':
        return truth((yield* this.evaluate(expr.operand)).digits === 0n);
      case 'binary':
        return yield* this.binary(expr);
      case 'call':
        return yield* this.call(expr.name, expr.args);
      case 'builtin':
        return yield* this.builtin(expr);
    }
  }

  private *binary({ operator, left, right }: Extract<Expr, { kind: 'binary' }>): Step<BcNumber> {
    const a = yield* this.evaluate(left);
    if (operator === '()') return a;
    if (operator === '&&') return truth(a.digits !== 0n && (yield* this.evaluate(right)).digits !== 0n);
    if (operator === '||') return truth(a.digits !== 0n || (yield* this.evaluate(right)).digits !== 0n);
    return this.calculate(operator, a, yield* this.evaluate(right));
  }

  private calculate(operator: string, a: BcNumber, b: BcNumber): BcNumber {
    switch (operator) {
      case '+':
        return add(a, b);
      case '-':
        return subtract(a, b);
      case '*':
        return multiply(a, b, this.scale);
      case '/':
        return divide(a, b, this.scale);
      case '%':
        return modulo(a, b, this.scale);
      case '^':
        return power(a, b, this.scale);
      case '<':
        return truth(compare(a, b) < 0);
      case '<=':
        return truth(compare(a, b) <= 0);
      case '>':
        return truth(compare(a, b) > 0);
      case '>=':
        return truth(compare(a, b) >= 0);
      case '==':
        return truth(compare(a, b) === 0);
      default:
        return truth(compare(a, b) !== 0);
    }
  }

  private *index(expr: Expr): Step<bigint> {
    const index = rescale(yield* this.evaluate(expr), 0).digits;
    if (index < 0n || index > ARRAY_MAX) throw new BcError('Array subscript out of bounds');
    return index;
  }

  private array(name: string): Map<bigint, BcNumber> {
    let array = this.arrays.get(name);
    if (!array) {
      array = new Map();
      this.arrays.set(name, array);
    }
    return array;
  }

  private load(place: Place, index: bigint): BcNumber {
    if (place.kind === 'variable') return this.variables.get(place.name) ?? ZERO;
    if (place.kind === 'element') return this.array(place.name).get(index) ?? ZERO;
    return place.name === 'last' ? this.last : integer(this[place.name]);
  }

  private store(place: Place, index: bigint, value: BcNumber): BcNumber {
    if (place.kind === 'variable') this.variables.set(place.name, value);
    else if (place.kind === 'element') this.array(place.name).set(index, value);
    else if (place.name === 'last') this.last = value;
    else this.setSpecial(place.name, Number(rescale(value, 0).digits));
    return value;
  }

  private setSpecial(name: 'scale' | 'ibase' | 'obase', value: number): void {
    if (name === 'scale') {
      if (value < 0) throw new BcError('negative scale, set to 0');
      this.scale = value;
    } else if (name === 'ibase') this.ibase = Math.min(36, Math.max(2, value));
    else this.obase = Math.min(OBASE_MAX, Math.max(2, value));
  }

  private *builtin(expr: Extract<Expr, { kind: 'builtin' }>): Step<BcNumber> {
    if (expr.name === 'read') {
      const line = yield 'read';
      const match = /^\s*(-?)\s*([0-9A-F]*\.?[0-9A-F]*)/.exec(line ?? '');
      const value = parseNumber(match?.[2] ?? '', this.ibase);
      return match?.[1] ? negate(value) : value;
    }
    const value = expr.arg ? yield* this.evaluate(expr.arg) : ZERO;
    if (expr.name === 'sqrt') return squareRoot(value, this.scale);
    return integer(expr.name === 'length' ? lengthOf(value) : value.scale);
  }

  private *call(name: string, args: readonly Argument[]): Step<BcNumber> {
    const definition = this.functions.get(name);
    if (!definition) throw new BcError(`Function ${name} not defined.`);
    const { parameters, locals, body } = definition;
    if (parameters.length !== args.length) throw new BcError('Parameter number mismatch');
    const values: (BcNumber | Map<bigint, BcNumber>)[] = [];
    for (const [i, arg] of args.entries()) {
      if ((arg.kind === 'array') !== parameters[i]?.array) throw new BcError('Parameter type mismatch');
      if (arg.kind !== 'array') values.push(yield* this.evaluate(arg));
      else {
        const array = this.array(arg.name);
        values.push(parameters[i]?.reference ? array : new Map(array));
      }
    }
    yield* this.tick();
    this.depth += 1;
    if (this.depth > CALL_DEPTH_MAX) throw new BcError('Function call depth exceeded');
    const bound = [...parameters, ...locals];
    const saved = bound.map((parameter) => this.bind(parameter, undefined));
    for (const [i, parameter] of parameters.entries()) this.bind(parameter, values[i]);
    try {
      for (const statement of body) yield* this.execute(statement);
      return ZERO;
    } catch (error) {
      if (error instanceof Return) return error.value;
      throw error;
    } finally {
      this.depth -= 1;
      for (let i = bound.length - 1; i >= 0; i -= 1) this.bind(bound[i] as Parameter, saved[i]);
    }
  }

  /** Gives a name a new value (undefined = fresh) and answers the old one. */
  private bind(
    { name, array }: Parameter,
    value: BcNumber | Map<bigint, BcNumber> | undefined,
  ): BcNumber | Map<bigint, BcNumber> | undefined {
    if (array) {
      const old = this.arrays.get(name);
      if (value instanceof Map) this.arrays.set(name, value);
      else this.arrays.delete(name);
      return old;
    }
    const old = this.variables.get(name);
    if (value && !(value instanceof Map)) this.variables.set(name, value);
    else this.variables.delete(name);
    return old;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  q: '"',
  r: '\r',
  t: '\t',
  '\\': '\\',
};

function unescapeText(text: string): string {
  return text.replace(/\\([abfnqrt\\])/g, (_, letter: string) => ESCAPES[letter] ?? letter);
}
