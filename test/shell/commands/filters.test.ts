/**
 * Text filters on a booted system: results recorded from GNU coreutils, sed, grep, gawk, bc and diffutils of
 * Debian 12.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testSystem } from '../../support/system.ts';

const CASES: readonly (readonly [script: string, stdout: string, exitCode?: number])[] = [
  ["printf 'b 2\\na 10\\nc 1\\n' | sort -k2n", 'c 1\nb 2\na 10\n'],
  ["printf 'v1.10\\nv1.9\\nv1.2~rc1\\nv1.2\\n' | sort -V", 'v1.2~rc1\nv1.2\nv1.9\nv1.10\n'],
  [
    "printf '12345678901234567891\\n12345678901234567890\\n3\\n' | sort -n | head -2",
    '3\n12345678901234567890\n',
  ],
  ["printf 'a\\na\\nb\\n' | uniq -c", '      2 a\n      1 b\n'],
  ['seq 20 | head -n -18; seq 20 | tail -n 2; seq 5 | tail -n +4', '1\n2\n19\n20\n4\n5\n'],
  ["printf 'a:b:c\\n' | cut -d: -f1,3 --output-delimiter=-", 'a-c\n'],
  ["echo Hello | tr '[:upper:][:lower:]' '[:lower:][:upper:]'", 'hELLO\n'],
  ["printf 'x y\\n' | wc", '      1       2       4\n'],
  ["printf 'foo\\nbar\\nfoobar\\n' | grep -n -A1 '^foo$'", '1:foo\n2-bar\n'],
  ["echo foobar | grep -oE '(fo|foo)(b|bar)'", 'foobar\n'],
  ['echo x | grep y', '', 1],
  ["echo abcd | sed -E 's/(a|ab)(c|bcd)/[\\1][\\2]/'", '[a][bcd]\n'],
  ["echo xabxc | sed 's/x*/-/g'", '-a-b-c-\n'],
  ["seq 5 | sed -n '$!{h;d};H;x;p'", '4\n5\n'],
  ["echo 'hello world' | sed 's/\\w\\+/\\u&/g'", 'Hello World\n'],
  ["seq 3 | sed ':a;N;$!ba;s/\\n/,/g'", '1,2,3\n'],
  ['printf \'b\\na\\n\' | awk \'{print | "sort"} END {close("sort"); print "done"}\'', 'a\nb\ndone\n'],
  ['awk \'BEGIN {while (("seq 3" | getline v) > 0) t = t v; print t; print system("exit 3")}\'', '123\n3\n'],
  ['awk \'BEGIN {cmd = "cat >/dev/null; exit 5"; print "" | cmd; print close(cmd)}\'', '5\n'],
  ["echo 'a b c' | awk '{$2 = \"X\"; print; print NF; NF = 2; print}'", 'a X c\n3\na X\n'],
  ['echo \'10 9 abc\' | awk \'{print ($1<$2), ($3>$1), "10"<"9"}\'', '0 1 1\n'],
  [
    "echo 'scale=20; 4*a(1); e(1); 2^64' | bc -l",
    '3.14159265358979323844\n2.71828182845904523536\n18446744073709551616\n',
  ],
  ["printf 'a\\nb\\nc\\n' > x; printf 'a\\nB\\nc\\n' > y; diff x y", '2c2\n< b\n---\n> B\n', 1],
  ['diff -u -Lx -Ly x y', '--- x\n+++ y\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n', 1],
  ['cmp x y', 'x y differ: byte 3, line 2\n', 1],
  ['comm -12 x x; paste -sd, x; tac x | head -1; rev x | tail -1', 'a\nb\nc\na,b,c\nc\nc\n'],
  ['printf abc | od -An -tx1', ' 61 62 63\n'],
  ["expr abc : 'a\\(.\\)c'; expr 7 / 2", 'b\n3\n'],
  ["printf 'a b\\nb c\\n' | tsort; printf 'a 1\\n' > p; printf 'a x\\n' > q; join p q", 'a\nb\nc\na 1 x\n'],
  ["printf 'a\\n' > in; sed -i.bak s/a/z/ in; cat in in.bak", 'z\na\n'],
];

describe('text filters', () => {
  let system: Awaited<ReturnType<typeof testSystem>>;
  beforeAll(async () => {
    system = await testSystem();
  });
  afterAll(() => system.dispose());

  it.each(CASES.map(([script, stdout, exitCode = 0]) => ({ script, stdout, exitCode })))(
    '$script',
    async ({ script, stdout, exitCode }) => {
      expect(await system.exec(script)).toMatchObject({ stdout, exitCode, stderr: '' });
    },
  );
});
