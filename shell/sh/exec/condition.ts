/**
 * `[[ … ]]`: the tests of `test`, with patterns on the right of `=` and regular expressions on the right of
 * `=~`.
 */

import { compileRegex } from '../../commands/lib/regex.ts';
import { evaluateTest } from '../../commands/lib/test-expression.ts';
import { evaluateArithmetic } from '../arith/evaluate.ts';
import { ShellError } from '../errors.ts';
import { Pattern } from '../expand/pattern.ts';
import { expandPattern, expandString } from '../expand/word.ts';
import type { Shell } from '../state/shell.ts';
import type { Condition } from '../syntax/ast.ts';
import type { Task } from '../task.ts';
import { wait } from '../task.ts';

export function* executeCondition(sh: Shell, condition: Condition): Task<boolean> {
  switch (condition.c) {
    case 'and':
      return (yield* executeCondition(sh, condition.left)) && (yield* executeCondition(sh, condition.right));
    case 'or':
      return (yield* executeCondition(sh, condition.left)) || (yield* executeCondition(sh, condition.right));
    case 'not':
      return !(yield* executeCondition(sh, condition.body));
    case 'unary':
      return yield* unary(sh, condition.op, yield* expandString(sh, condition.word));
    case 'binary':
      return yield* binary(sh, condition);
  }
}

function* unary(sh: Shell, op: string, value: string): Task<boolean> {
  if (op === '-v') return sh.variables.get(value) !== undefined;
  return yield* wait(evaluateTest(sh.sys, [op, value]));
}

function* binary(sh: Shell, condition: Condition & { c: 'binary' }): Task<boolean> {
  const { op } = condition;
  const left = yield* expandString(sh, condition.left);
  if (op === '=' || op === '==' || op === '!=') {
    const pattern = yield* expandPattern(sh, condition.right);
    return Pattern.of(pattern).matches(left) === (op !== '!=');
  }
  const right = yield* expandString(sh, condition.right);
  if (op === '<') return left < right;
  if (op === '>') return left > right;
  if (op === '=~') return regexMatches(left, right);
  if (/^-(?:eq|ne|lt|le|gt|ge)$/.test(op)) {
    const number = (s: string): string => String(evaluateArithmetic(sh.variables, s));
    return yield* wait(evaluateTest(sh.sys, [number(left), op, number(right)]));
  }
  return yield* wait(evaluateTest(sh.sys, [left, op, right]));
}

function regexMatches(text: string, pattern: string): boolean {
  try {
    return compileRegex(pattern, { extended: true }).test(text);
  } catch (error) {
    throw new ShellError(`[[: ${error instanceof Error ? error.message : 'bad regular expression'}`);
  }
}
