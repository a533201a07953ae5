/** Evaluates arithmetic trees against the shell's variables. */
import { ShellError } from '../errors.ts';
import type { Int } from './int64.ts';
import * as int from './int64.ts';
import type { Expression } from './parse.ts';
import { parseArithmetic } from './parse.ts';

/** Where names come from: unset reads as undefined. */
export interface ArithmeticVariables {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

const BINARY: Readonly<Record<string, (a: Int, b: Int) => Int>> = {
  '+': int.add,
  '-': int.subtract,
  '*': int.multiply,
  '/': int.divide,
  '%': int.remainder,
  '**': int.power,
  '&': int.and,
  '|': int.or,
  '^': int.xor,
  '<<': int.shiftLeft,
  '>>': int.shiftRight,
  '<': (a, b) => (a < b ? 1 : 0),
  '>': (a, b) => (a > b ? 1 : 0),
  '<=': (a, b) => (a <= b ? 1 : 0),
  '>=': (a, b) => (a >= b ? 1 : 0),
  // A value has one representation only, so identity is equality.
  '==': (a, b) => (a === b ? 1 : 0),
  '!=': (a, b) => (a === b ? 0 : 1),
  ',': (_a, b) => b,
};

class Evaluation {
  private readonly variables: ArithmeticVariables;
  private readonly source: string;

  constructor(variables: ArithmeticVariables, source: string) {
    this.variables = variables;
    this.source = source;
  }

  value(node: Expression): Int {
    switch (node.e) {
      case 'constant':
        return node.value;
      case 'variable':
        return this.variable(node.name);
      case 'unary':
        return this.unary(node.op, this.value(node.operand));
      case 'binary':
        return this.apply(node.op, this.value(node.left), this.value(node.right));
      case 'logical':
        return this.logical(node);
      case 'choice':
        return this.value(isTrue(this.value(node.test)) ? node.then : node.otherwise);
      case 'assign':
        return this.assign(node);
      case 'step':
        return this.step(node);
    }
  }

  private unary(op: string, operand: Int): Int {
    if (op === '-') return int.negate(operand);
    if (op === '~') return int.complement(operand);
    if (op === '!') return isTrue(operand) ? 0 : 1;
    return operand;
  }

  private logical(node: Expression & { e: 'logical' }): Int {
    const left = isTrue(this.value(node.left));
    if (node.op === '&&') return left && isTrue(this.value(node.right)) ? 1 : 0;
    return left || isTrue(this.value(node.right)) ? 1 : 0;
  }

  private apply(op: string, a: Int, b: Int): Int {
    if ((op === '/' || op === '%') && b === 0)
      throw new ShellError(`arithmetic expression: division by zero: "${this.source}"`);
    if (op === '**' && b < 0)
      throw new ShellError(`arithmetic expression: exponent less than 0: "${this.source}"`);
    return BINARY[op]!(a, b);
  }

  private assign(node: Expression & { e: 'assign' }): Int {
    const right = this.value(node.value);
    const value = node.op === '' ? right : this.apply(node.op, this.variable(node.name), right);
    this.variables.set(node.name, String(value));
    return value;
  }

  private step(node: Expression & { e: 'step' }): Int {
    const old = this.variable(node.name);
    const value = int.add(old, node.by);
    this.variables.set(node.name, String(value));
    return node.postfix ? old : value;
  }

  /** A variable's value must be a constant; unset and empty count as 0. */
  private variable(name: string): Int {
    const text = this.variables.get(name);
    if (text === undefined || text === '') return 0;
    const quick = Number(text);
    if (Number.isSafeInteger(quick) && String(quick) === text) return quick;
    const constant = int.parseInt64(text);
    if (constant !== undefined) return constant;
    if (text.trim() === '') return 0;
    throw new ShellError(`Illegal number: ${text}`);
  }
}

const isTrue = (value: Int): boolean => value !== 0;

/** The value of `source`; throws ShellError for malformed expressions and division by zero. */
export function evaluateArithmetic(variables: ArithmeticVariables, source: string): Int {
  return new Evaluation(variables, source).value(parseArithmetic(source));
}
