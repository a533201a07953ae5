/**
 * Scripts mangled at random, from the corpus of real ones: the shell ends with some status in time, or is
 * ended at its time limit, and the system it ran on is as good as before.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { seededRandom } from '../../../nucleus/clock.ts';
import { parseCases } from '../../conformance/cases.mjs';
import { testSystem } from '../../support/system.ts';
import { expectHealthy, processesAlive } from './support.ts';

const SEED = 4242;
const SCRIPTS = 250;
/** A mangled loop may run for ever: it is ended then. */
const LIMIT_MS = 400;
const LATE_MS = 5000;

const corpus = new URL('../../conformance/corpus/', import.meta.url);
const scripts = readdirSync(corpus)
  .filter((file) => file.endsWith('.sh'))
  .flatMap((file) => parseCases(readFileSync(new URL(file, corpus), 'utf8')).map(({ script }) => script));

const random = seededRandom(SEED);
const below = (count: number): number => Math.floor(random.next() * count);
const pick = <T>(from: readonly T[]): T => from[below(from.length)]!;

const BITS = [
  '"',
  "'",
  '`',
  '$(',
  '$((',
  '${',
  '}',
  ')',
  '((',
  '<<EOF\n',
  '\n',
  '\\',
  ';;',
  '&',
  '|',
  '&&',
  '\0',
];
const WORDS = [
  'do',
  'done',
  'if',
  'fi',
  'case',
  'esac',
  'in',
  '{',
  'function f',
  '!',
  '2>&',
  '<&-',
  '${x:',
  'é\ud83d',
];

/** One change to a script. */
function mangle(script: string): string {
  const [from, to] = [below(script.length + 1), below(script.length + 1)].sort((a, b) => a - b) as [
    number,
    number,
  ];
  switch (below(6)) {
    case 0:
      return script.slice(0, from) + script.slice(Math.min(to, from + 10));
    case 1:
      return script.slice(0, from) + pick(BITS) + script.slice(from);
    case 2:
      return `${script.slice(0, from)} ${pick(WORDS)} ${script.slice(from)}`;
    case 3:
      return script.slice(0, from);
    case 4:
      return script.slice(0, to) + script.slice(from, to) + script.slice(to);
    default:
      return script.slice(0, from) + pick(scripts).slice(below(40)) + script.slice(from);
  }
}

it('mangled scripts end, and harm nothing', { timeout: 90_000 }, async () => {
  const { system } = await testSystem();
  const late: string[] = [];
  const odd: string[] = [];
  for (let n = 0; n < SCRIPTS; n++) {
    let script = pick(scripts);
    for (let changes = 1 + below(3); changes > 0; changes--) script = mangle(script);
    const startMs = performance.now();
    const { exitCode, stderr } = await system.exec(script, { timeoutMs: LIMIT_MS, user: 'user' });
    if (performance.now() - startMs > LATE_MS) late.push(script);
    // What a JavaScript error would look like on the way out.
    if (/TypeError|RangeError|ReferenceError|InternalError|\bat .*:\d+:\d+/.test(stderr))
      odd.push(`${script}\n=> ${stderr}`);
    if (!(exitCode >= 0 && exitCode < 256)) odd.push(`${script}\n=> ${exitCode}`);
  }
  expect(odd).toEqual([]);
  expect(late).toEqual([]);
  await system.exec('kill -9 -1', { user: 'user' });
  await expectHealthy(system);
  expect(await processesAlive(system)).toBe(0);
});
