import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { onHost, onManager, step } from './random-operations.ts';
import { bench } from './support.ts';

const scratch = fs.mkdtempSync(join(tmpdir(), 'like-linux-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** The rights of the host's user decide what its calls answer: the comparison is root's, who may do everything. */
const asRoot = process.platform === 'linux' && process.geteuid?.() === 0;

describe.runIf(asRoot)('a File Manager on a memory volume and Linux', () => {
  let run = 0;

  it('give the same results and errors for random operations', () => {
    process.umask(0o022);
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const { root } = bench();
        root.mkdir('/t');
        const base = join(scratch, String(run++));
        fs.mkdirSync(base);
        for (const [i, each] of steps.entries()) {
          const context = `step ${i}: ${JSON.stringify(each)}`;
          expect(`${context} → ${onManager(root, '/t', each)}`).toBe(`${context} → ${onHost(base, each)}`);
        }
        fs.rmSync(base, { recursive: true });
      }),
      { numRuns: 300 },
    );
  });
});
