/** awk where the awks of Debian differ from one another, and where programs are refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestSystem, testSystem } from '../../support/system.ts';

const CASES: readonly (readonly [program: string, stdout: string])[] = [
  ['BEGIN { if (!x = 3) print "never"; print x }', '3\n'],
  ['BEGIN { n = split("abc", part, //); print n, part[1], part[3] }', '3 a c\n'],
  ['BEGIN { if (match("a foo b", /(f)(o+)/, m)) print m[2], m[2, "start"], m[2, "length"] }', 'oo 4 2\n'],
  ['BEGIN { print strtonum("0x1F"), strtonum("017"), strtonum("12abc") }', '31 15 12\n'],
  [
    'BEGIN { a[1] = "pear"; a[2] = 10; a[3] = "fig"; n = asort(a); print n, a[1], a[2], a[3] }',
    '3 10 fig pear\n',
  ],
  ['BEGIN { a["y"]; a["x"]; n = asorti(a, b); print n, b[1], b[2], length(a) }', '2 x y 2\n'],
  ['BEGIN { print mktime("2001 09 09 01 46 40"), strftime("%H:%M", 0, 1) }', '1000000000 00:00\n'],
  ['BEGIN { print "+inf" + 0, "-nan" + 0, "inf" + 0, log(0) }', 'inf nan 0 -inf\n'],
  ['BEGIN { print typeof(x), typeof(1), typeof("a"), isarray(y) }', 'unassigned number string 0\n'],
  [
    'function f(t, plain) { if (plain) return t "!"; t[1]; return length(t) } BEGIN { print f(a), f("s", 1) }',
    '1 s!\n',
  ],
  ['function f(v) { v = v + 1; return v } function g(v) { v[1] = 2 } BEGIN { g(a); print f(a[1]) }', '3\n'],
];

/** Programs that are refused (status 1) or fail (2), and what the message tells. */
const REFUSED: readonly (readonly [program: string, message: RegExp, exitCode: number])[] = [
  ['BEGIN { continue }', /continue statement outside of a loop/, 1],
  ['function f(x, x) { }', /duplicate parameter x/, 1],
  ['function f(t) { t[1] = 1 } BEGIN { v = 2; f(v) }', /array/, 2],
  ['function f(t) { t[1] = 1 } BEGIN { f(3) }', /scalar as an array/, 2],
  ['function f(t) { t[1] = 1; t = 2 } BEGIN { f(a) }', /array t in a scalar context/, 2],
  ['BEGIN { printf "%d" }', /not enough arguments/, 2],
  ['BEGIN { print $(-1) }', /field -1/, 2],
];

describe('awk', () => {
  let system: TestSystem;
  beforeAll(async () => {
    system = await testSystem({ env: { TZ: 'UTC' } });
  });
  afterAll(() => system.dispose());

  const run = (program: string) => system.exec('awk "$1"', { args: [program] });

  it.each(CASES)('%s', async (program, stdout) => {
    const result = await run(program);
    expect(result).toMatchObject({ stdout, stderr: '', exitCode: 0 });
  });

  it.each(REFUSED)('refuses %s', async (program, message, exitCode) => {
    const result = await run(program);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toMatch(message);
  });
});
