/** The numbers in control sequences are cut, whatever the pieces in which they come. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Emulator } from '../../../shell/ui/emulator.ts';
import { ParameterLimit } from '../../../shell/ui/parameter-limit.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const filtered = (...pieces: string[]): string => {
  const limit = new ParameterLimit();
  return pieces.map((piece) => new TextDecoder().decode(limit.filter(bytes(piece)))).join('');
};

describe('numbers of control sequences', () => {
  it.each([
    ['\x1b[2147483647Ix', '\x1b[2147Ix'],
    ['\x1b[12345;67890mtext 1234567', '\x1b[1234;6789mtext 1234567'],
    ['\x1b[?000002004h', '\x1b[?000002004h'],
    ['\u009b123456A', '\u009b1234A'],
    ['\x1b]2;title 1234567\x07', '\x1b]2;title 1234567\x07'],
    ['\x1b[12\x1b[345678J', '\x1b[12\x1b[3456J'],
    ['no sequence 1234567', 'no sequence 1234567'],
  ])('%j becomes %j', (text, expected) => {
    expect(filtered(text)).toBe(expected);
    expect(filtered(...text)).toBe(expected);
  });

  it('nothing that a program writes keeps the terminal busy, or ends it', { timeout: 60_000 }, async () => {
    const number = fc.constantFrom('', '0', '1', '2', '5', '47', '1049', '99999', '2147483647');
    const sequence = fc
      .tuple(
        fc.constantFrom('', '', '?', '>', '='),
        fc.array(number, { maxLength: 3 }),
        fc.constantFrom('', '', '', '!', ' ', '$', '"'),
        fc.constantFrom(...'@ABCDEFGHIJKLMPSTXZ`abcdefghilmnpqrstux{|}~'),
      )
      .map(([prefix, numbers, between, final]) => `\x1b[${prefix}${numbers.join(';')}${between}${final}`);
    const other = fc.constantFrom(
      'abc',
      '漢字',
      '\r\n',
      '\n',
      '\t',
      '\b',
      '\x1bM',
      '\x1bD',
      '\x1b7',
      '\x1b8',
      '\x1bc',
    );
    const size = fc.record({
      rows: fc.integer({ min: 1, max: 6 }),
      columns: fc.integer({ min: 1, max: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(size, fc.array(fc.oneof(sequence, other), { maxLength: 20 }), async (shape, parts) => {
        const emulator = new Emulator(shape, { onPassThrough: () => {}, onReply: () => {} });
        await emulator.write(bytes(parts.join('')));
        expect(emulator.rows()).toHaveLength(shape.rows);
        emulator.dispose();
      }),
      { numRuns: 300 },
    );
  });
});
