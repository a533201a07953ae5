import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapePattern } from '../../../shell/sh/expand/fields.ts';
import { Pattern } from '../../../shell/sh/expand/pattern.ts';

describe('patterns', () => {
  it.each([
    ['*', '', true],
    ['a*b?c', 'axxbyc', true],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[]]', ']', true],
    ['[a-]', '-', true],
    ['[[:digit:]]*', '5x', true],
    ['[', '[', true],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['?', 'é', true],
    ['?', '😀', true],
    ['a\\', 'a\\', true],
  ])('%s on %j: %s', (pattern, text, expected) => {
    expect(new Pattern(pattern).matches(text)).toBe(expected);
  });

  it('finds shortest and longest prefixes and suffixes', () => {
    const pattern = new Pattern('*/');
    expect(pattern.prefix('a/b/c', false)).toBe(2);
    expect(pattern.prefix('a/b/c', true)).toBe(4);
    expect(new Pattern('.*').suffix('a.b.c', false)).toBe(2);
    expect(new Pattern('.*').suffix('a.b.c', true)).toBe(4);
    expect(new Pattern('x').suffix('abc', true)).toBe(-1);
  });

  it('agrees with regular expressions', () => {
    const piece = fc.constantFrom('*', '?', 'a', 'b', '[ab]', '[!a]');
    const translate: Record<string, string> = { '*': '.*', '?': '.', '[!a]': '[^a]' };
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.stringMatching(/^[abc]{0,8}$/), (pieces, text) => {
        const expression = new RegExp(`^${pieces.map((p) => translate[p] ?? p).join('')}$`, 's');
        expect(new Pattern(pieces.join('')).matches(text)).toBe(expression.test(text));
      }),
    );
  });

  it('matches what was quoted only as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(new Pattern(escapePattern(text)).matches(text)).toBe(true);
      }),
    );
  });

  it('does not blow up on many stars', () => {
    expect(new Pattern(`${'*a'.repeat(30)}b`).matches('a'.repeat(3000))).toBe(false);
  });
});
