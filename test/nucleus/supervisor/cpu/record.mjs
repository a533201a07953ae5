/**
 * Records what qemu-riscv64 does with vectors of every instruction: `node
 * test/nucleus/supervisor/cpu/record.mjs [seed]`. Writes recorded/vectors.json: rows of [name, code words,
 * seed of the block, changes of the block], see snippets.ts.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const VECTORS_EACH = 10;
const OUTPUT_MAX = 64 * 1024 * 1024;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'chorus-record-'));
try {
  const bundle = join(folder, 'generate.mjs');
  await build({
    stdin: {
      contents: "export * from './generate.ts'; export * from './snippets.ts';",
      resolveDir: here('.'),
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: bundle,
  });
  const { vectors, seeded, program, changes, BLOCK_BYTES } = await import(pathToFileURL(bundle).href);
  const snippets = vectors(seeded(Number(process.argv[2] ?? 1)), VECTORS_EACH);
  const file = join(folder, 'program');
  writeFileSync(file, program(snippets), { mode: 0o755 });
  const output = execFileSync('qemu-riscv64', [file], { maxBuffer: OUTPUT_MAX });
  const rows = snippets.map(({ name, code, seed, block }, i) =>
    JSON.stringify([
      name,
      code,
      seed,
      changes(block, output.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES)),
    ]),
  );
  writeFileSync(here('recorded/vectors.json'), `[\n${rows.join(',\n')}\n]\n`);
} finally {
  rmSync(folder, { recursive: true });
}
