/** Replays what record.py recorded from a Linux terminal, byte for byte. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TtyLimits } from '../../../drivers/tty/limits.ts';
import { LineDiscipline } from '../../../drivers/tty/line-discipline.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import { rawTermios, saneTermios, type Termios } from '../../../subsystems/unix/termios.ts';

type Step =
  | ['set', Record<string, boolean | number>]
  | ['type', string]
  | ['write', string]
  | ['read', number, string | null]
  | ['screen', string];

const corpus = JSON.parse(
  readFileSync(new URL('./corpus/terminal.json', import.meta.url), 'utf8'),
) as Step[][];

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const text = (data: Uint8Array): string => Buffer.from(data).toString('latin1');

function changed(from: Termios, change: Record<string, boolean | number>): Termios {
  const result: Record<string, unknown> = { ...from, cc: { ...from.cc } };
  for (const [name, value] of Object.entries(change)) {
    if (typeof value === 'boolean') result[name] = value;
    else (result.cc as Record<string, number>)[name] = value;
  }
  return result as unknown as Termios;
}

/** Runs the steps' causes and returns the steps with our effects. */
function replay(steps: readonly Step[]): Step[] {
  const line = new LineDiscipline(() => {}, changed(saneTermios(), { imaxbel: false }));
  return steps.map((step): Step => {
    if (step[0] === 'set') line.termios = changed(line.termios, step[1]);
    else if (step[0] === 'type') line.receive(bytes(step[1]));
    else if (step[0] === 'write') line.write(bytes(step[1]));
    else if (step[0] === 'read') return ['read', step[1], line.readable() ? text(line.take(step[1])) : null];
    else return ['screen', text(line.output.queue.take(1e6))];
    return step;
  });
}

describe('the line discipline and a Linux terminal', () => {
  it('agree on every recorded case', () => {
    const differing = corpus
      .map((steps) => ({ linux: JSON.stringify(steps), ours: JSON.stringify(replay(steps)) }))
      .filter(({ linux, ours }) => linux !== ours)
      .map(({ linux, ours }) => `linux ${linux}\n ours ${ours}`);
    expect(differing.slice(0, 5).join('\n')).toBe('');
    expect(differing).toHaveLength(0);
    expect(corpus.length).toBeGreaterThan(500);
  });
});

describe('the line discipline alone', () => {
  it('tells keyboard signals in order, and none without ISIG', () => {
    const signals: number[] = [];
    const line = new LineDiscipline((sig) => signals.push(sig));
    line.receive(bytes('\x03\x1c\x1a'));
    line.termios = { ...line.termios, isig: false };
    line.receive(bytes('\x03'));
    expect(signals).toEqual([Sig.INT, Sig.QUIT, Sig.TSTP]);
  });

  it('rings the bell when a line cannot grow, and still ends it', () => {
    const line = new LineDiscipline(() => {});
    line.receive(bytes('x'.repeat(TtyLimits.INPUT_BYTES - 1)));
    line.output.queue.clear();
    expect(line.receive(bytes('yy\n'))).toBe(3);
    expect(text(line.output.queue.take(99))).toBe('\x07\x07\r\n');
    expect(line.take(9999)).toHaveLength(TtyLimits.INPUT_BYTES);
  });

  it('takes no more raw input than it has room for', () => {
    const line = new LineDiscipline(() => {}, rawTermios(saneTermios()));
    expect(line.receive(new Uint8Array(5000))).toBe(TtyLimits.INPUT_BYTES - 1);
    expect(line.receive(bytes('x'))).toBe(0);
    line.take(10);
    expect(line.receive(new Uint8Array(50))).toBe(10);
  });

  it('bounds echoes that nobody takes', () => {
    const line = new LineDiscipline(() => {});
    for (let i = 0; i < 100; i++) {
      line.receive(bytes(`${'x'.repeat(4000)}\x15`));
    }
    expect(line.output.queue.length).toBeLessThan(4 * TtyLimits.OUTPUT_BYTES);
    line.receive(bytes('\x13'));
    line.output.queue.clear();
    for (let i = 0; i < 100; i++) line.receive(bytes(`${'x'.repeat(4000)}\x15`));
    line.receive(bytes('\x11'));
    expect(line.output.queue.length).toBeLessThanOrEqual(TtyLimits.ECHO_BYTES);
  });
});
