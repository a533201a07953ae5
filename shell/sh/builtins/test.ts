/** `test` and `[`, in ash's words. */
import { evaluateTest, TestError } from '../../commands/lib/test-expression.ts';
import { ShellError } from '../errors.ts';
import type { Task } from '../task.ts';
import type { BuiltinTable, Run } from './builtin.ts';

function inWords(error: unknown, name: string): unknown {
  if (!(error instanceof TestError)) return error;
  switch (error.kind) {
    case 'number':
      return new ShellError(`${name}: Illegal number: ${error.subject}`);
    case 'operator':
      return new ShellError(`${name}: ${error.subject}: unexpected operator`);
    case 'argument':
      return new ShellError(`${name}: argument expected`);
    case 'parenthesis':
      return new ShellError(`${name}: closing paren expected`);
  }
}

function* later(result: Promise<boolean>, name: string): Task<number> {
  try {
    return (yield result) ? 0 : 1;
  } catch (error) {
    throw inWords(error, name);
  }
}

const test: Run = (sh, args, { name }) => {
  const words = name === '[' ? args.slice(0, -1) : args;
  if (name === '[' && args.at(-1) !== ']') throw new ShellError('[: missing ]');
  try {
    const result = evaluateTest(sh.sys, words);
    if (typeof result === 'boolean') return result ? 0 : 1;
    return later(result, name);
  } catch (error) {
    throw inWords(error, name);
  }
};

export const testBuiltins: BuiltinTable = { test: { run: test }, '[': { run: test } };
