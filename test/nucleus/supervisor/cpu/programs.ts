/**
 * Runs programs of snippets: on the engine, and under qemu where it is installed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Exit } from '../../../../nucleus/supervisor/cpu/state.ts';
import type { TranslatorOptions } from '../../../../nucleus/supervisor/cpu/translator/translator.ts';
import { Machine } from './harness.ts';
import { BLOCK_BYTES, differences, program, type Snippet } from './snippets.ts';

const OUTPUT_MAX = 64 * 1024 * 1024;

export const qemuMissing = spawnSync('qemu-riscv64', ['--version']).error !== undefined;

/** The blocks after the snippets, on the engine, in slices of so many instructions. */
export function runOnEngine(
  snippets: readonly Snippet[],
  slice = 1_000_000,
  options?: TranslatorOptions,
): Uint8Array {
  const machine = new Machine(undefined, options);
  machine.loadElf(program(snippets));
  const exit = machine.run(Number.POSITIVE_INFINITY, slice);
  if (exit !== Exit.left || machine.status !== 0) throw new Error(`the program ended with exit ${exit}`);
  return Buffer.concat(machine.output);
}

export function runOnQemu(snippets: readonly Snippet[]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-cpu-'));
  try {
    const file = join(folder, 'program');
    writeFileSync(file, program(snippets), { mode: 0o755 });
    return execFileSync('qemu-riscv64', [file], { maxBuffer: OUTPUT_MAX });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A line for each snippet whose blocks differ. */
export function compare(
  snippets: readonly Snippet[],
  expected: (index: number) => Uint8Array,
  actual: Uint8Array,
): string[] {
  const found: string[] = [];
  for (const [i, { name, code, seed }] of snippets.entries()) {
    const block = actual.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES);
    const differs = differences(expected(i), block);
    if (differs.length === 0) continue;
    const words = code.map((word) => word.toString(16)).join(' ');
    found.push(`${name} [${words}] block ${seed}: ${differs.join('; ')}`);
  }
  return found;
}
