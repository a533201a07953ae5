/**
 * The pane's drawing: whatever a program shows in the emulator must appear on the host terminal, by diffs.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Emulator } from '../../../shell/ui/emulator.ts';
import { Painter, type Row } from '../../../shell/ui/painter.ts';

const SIZE = { rows: 6, columns: 20 };
const quiet = { onPassThrough: () => {}, onReply: () => {} };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Blanks without colour look alike, whatever attributes text would have there. */
const seen = (rows: readonly Row[]): string[] =>
  rows.map((row) => row.text.map((text, i) => `${text}|${row.style[i]}`).join(' '));

const fragment = fc.oneof(
  fc.stringMatching(/^[a-z ]{0,12}$/),
  fc.constantFrom(
    '\r\n',
    '\t',
    '\b',
    '漢字',
    'é',
    'e\u0301',
    '😀',
    '\x1b[K',
    '\x1b[2J',
    '\x1b[1J',
    '\x1b[L',
    '\x1b[3P',
  ),
  fc.tuple(fc.nat(5), fc.nat(19)).map(([y, x]) => `\x1b[${y + 1};${x + 1}H`),
  fc.constantFrom(
    '\x1b[m',
    '\x1b[1m',
    '\x1b[31m',
    '\x1b[44m',
    '\x1b[38;5;200m',
    '\x1b[48;2;1;2;3m',
    '\x1b[7m',
    '\x1b[4;9m',
  ),
  fc.constantFrom('\x1b[?1049h', '\x1b[?1049l', '\x1b[2;4r', '\x1b[r', '\x1b[S', '\x1bM'),
);

describe('painter', () => {
  it('erases from the last cell on', async () => {
    const inner = new Emulator(SIZE, quiet);
    await inner.write(bytes('ab\r\ncd\x1b[6;20Hx\x1b[1J'));
    expect(inner.text()).toBe('');
    expect(inner.cursor).toEqual({ row: 5, column: 19 });
    await inner.write(bytes('\x1b[?1049hab\x1b[6;20H\x1b[?1J\x1b[Hz'));
    expect(inner.text()).toBe('z');
  });

  it('shows on the host what the program drew', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fragment, { maxLength: 12 }), { maxLength: 6 }), async (steps) => {
        const inner = new Emulator(SIZE, quiet);
        const host = new Emulator(SIZE, quiet);
        const painter = new Painter();
        for (const step of steps) {
          await inner.write(bytes(step.join('')));
          const rows = inner.rows();
          await host.write(bytes(painter.paint(rows)));
          expect(seen(host.rows())).toEqual(seen(rows));
          expect(painter.paint(inner.rows())).toBe('');
        }
        inner.dispose();
        host.dispose();
      }),
      { numRuns: 120 },
    );
  });

  it('writes little when little changed', async () => {
    const inner = new Emulator({ rows: 24, columns: 80 }, quiet);
    const painter = new Painter();
    await inner.write(bytes('x'.repeat(80 * 20)));
    expect(painter.paint(inner.rows()).length).toBeGreaterThan(1600);
    await inner.write(bytes('\x1b[3;10Hy'));
    expect(painter.paint(inner.rows())).toBe('\x1b[3;10Hy');
  });

  it('draws everything again after forget, below a given row', async () => {
    const inner = new Emulator({ rows: 1, columns: 5 }, quiet);
    const painter = new Painter();
    await inner.write(bytes('ab'));
    expect(painter.paint(inner.rows(), 3)).toBe('\x1b[4;1Hab\x1b[K');
    painter.forget();
    expect(painter.paint(inner.rows(), 3)).toBe('\x1b[4;1Hab\x1b[K');
  });
});

describe('emulator', () => {
  it('hands on the modes that change input, and answers queries to the program', async () => {
    const passed: string[] = [];
    const replies: string[] = [];
    const inner = new Emulator(SIZE, {
      onPassThrough: (s) => passed.push(s),
      onReply: (s) => replies.push(s),
    });
    await inner.write(bytes('\x1b[?1000;1006h\x1b[?2004h\x1b[?25l\x1b]2;ti\x07\x07\x1b[6n\x1b[?1000l'));
    expect(passed).toEqual([
      '\x1b[?1000h',
      '\x1b[?1006h',
      '\x1b[?2004h',
      '\x1b]2;ti\x1b\\',
      '\x07',
      '\x1b[?1000l',
    ]);
    expect(replies).toEqual(['\x1b[1;1R']);
    expect(inner.cursorVisible).toBe(false);
    expect(inner.modesOn()).toBe('\x1b[?1006h\x1b[?2004h');
  });

  it('keeps what scrolled off', async () => {
    const inner = new Emulator(SIZE, quiet);
    await inner.write(bytes(Array.from({ length: 10 }, (_, i) => `line ${i}`).join('\r\n')));
    expect(inner.history).toBe(4);
    expect(inner.rows(4)[0]!.text.join('').trimEnd()).toBe('line 0');
    expect(inner.text().split('\n')[0]).toBe('line 4');
  });
});
