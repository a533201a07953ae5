import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateArithmetic } from '../../../shell/sh/arith/evaluate.ts';

function calculator(initial: Record<string, string> = {}) {
  const variables = new Map(Object.entries(initial));
  const evaluate = (source: string): string =>
    String(
      evaluateArithmetic(
        { get: (name) => variables.get(name), set: (name, value) => void variables.set(name, value) },
        source,
      ),
    );
  return { variables, evaluate };
}

describe('arithmetic', () => {
  it.each([
    ['1 + 2 * 3 - 4 / 2', '5'],
    ['-7 / 2', '-3'],
    ['-7 % 3', '-1'],
    ['1 ? 2 : 3 ? 4 : 5', '2'],
    ['1 || 1 && 0', '1'],
    ['5 & 3 | 8 ^ 1', '9'],
    ['~0', '-1'],
    ['010 + 0x10', '24'],
    ['9223372036854775807 + 1', '-9223372036854775808'],
    ['1 << 63', '-9223372036854775808'],
    ['-1 >> 70', '-1'],
    ['2 ** 10', '1024'],
    ['', '0'],
  ])('%s = %s', (source, value) => {
    expect(calculator().evaluate(source)).toBe(value);
  });

  it('evaluates only the chosen side, and assigns', () => {
    const { evaluate, variables } = calculator({ x: '5' });
    expect(evaluate('0 && (x = 9)')).toBe('0');
    expect(evaluate('x += 2, x++ + ++x')).toBe('16');
    expect(variables.get('x')).toBe('9');
  });

  it.each(['1 +', '2 3', '(1', '1 = 2', '08', '1 ? 2', '@'])('refuses %j', (source) => {
    expect(() => calculator().evaluate(source)).toThrow('arithmetic expression');
  });

  it('refuses division by zero and values that are no numbers', () => {
    expect(() => calculator().evaluate('1 / 0')).toThrow('division by zero');
    expect(() => calculator({ x: 'a b' }).evaluate('x')).toThrow('Illegal number: a b');
  });

  it('agrees with 64-bit integers for every pair', () => {
    const int64 = fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-1000n, 1000n));
    const operations: [string, (a: bigint, b: bigint) => bigint][] = [
      ['+', (a, b) => a + b],
      ['-', (a, b) => a - b],
      ['*', (a, b) => a * b],
      ['&', (a, b) => a & b],
      ['|', (a, b) => a | b],
      ['^', (a, b) => a ^ b],
      ['/', (a, b) => (b === 0n ? 0n : a / b)],
      ['%', (a, b) => (b === 0n ? 0n : a % b)],
    ];
    fc.assert(
      fc.property(int64, int64, fc.constantFrom(...operations), (a, b, [op, expected]) => {
        if (b === 0n && (op === '/' || op === '%')) return;
        const { evaluate } = calculator({ a: String(a), b: String(b) });
        expect(evaluate(`a ${op} b`)).toBe(String(BigInt.asIntN(64, expected(a, b))));
      }),
    );
  });
});
