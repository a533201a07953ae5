/**
 * The fixtures: small riscv64 Linux programs without a C library, in the repository, run as processes. What
 * they print was recorded from qemu-riscv64 (tools/fixtures.mjs), or is what Linux does where qemu cannot.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runGuest } from './support/outcome.ts';

const FIXTURES = fileURLToPath(new URL('./fixtures/', import.meta.url));
const RUN_MS = 30_000;
/** Programs that start others do so on both sites of a small system, too. */
const SITES = 2;

describe('fixtures', () => {
  const names = readdirSync(`${FIXTURES}expected`).map((file) => file.replace(/\.txt$/, ''));
  for (const name of names) {
    it(
      name,
      async () => {
        const program = readFileSync(`${FIXTURES}bin/${name}`);
        const run = { args: [], stdin: '', timeoutMs: RUN_MS };
        const expected = readFileSync(`${FIXTURES}expected/${name}.txt`, 'utf8');
        for (const { stdout, stderr, end } of await runGuest(program, run, SITES)) {
          expect(`${stdout}--- ${end}\n`, stderr).toBe(expected);
        }
      },
      SITES * RUN_MS,
    );
  }
});
