/**
 * Every instruction, of both lengths, with the outcomes that record.mjs got from qemu-riscv64.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMPRESSED } from '../../../../nucleus/supervisor/cpu/compressed.ts';
import { INSTRUCTIONS } from '../../../../nucleus/supervisor/cpu/instructions.ts';
import { randomBlock } from './generate.ts';
import { NEVER } from './harness.ts';
import { compare, runOnEngine } from './programs.ts';
import { changed, type Snippet } from './snippets.ts';

type Row = [name: string, code: number[], seed: number, changes: (number | string)[]];
const rows = JSON.parse(readFileSync(new URL('recorded/vectors.json', import.meta.url), 'utf8')) as Row[];
const snippets: Snippet[] = rows.map(([name, code, seed]) => ({
  name,
  code,
  seed,
  block: randomBlock(seed),
}));

/** What has no vectors, because it leaves the snippet. Tested in engine.test.ts. */
const ELSEWHERE = ['ecall', 'ebreak', 'fence.i', 'jalr', 'c.ebreak', 'c.jr', 'c.jalr', 'reserved'];

describe('vectors recorded from qemu', () => {
  it('cover every instruction', () => {
    const names = new Set([...rows.map(([name]) => name), ...ELSEWHERE]);
    const all = [...INSTRUCTIONS.map(({ mnemonic }) => mnemonic), ...COMPRESSED.map(({ name }) => name)];
    expect(all.filter((name) => !names.has(name))).toEqual([]);
  });

  it('give the same registers, flags and memory', () => {
    const expected = (i: number): Uint8Array => changed(snippets[i]!.block, rows[i]![3]);
    expect(compare(snippets, expected, runOnEngine(snippets))).toEqual([]);
  });

  it('give the same when every instruction is decoded by itself', () => {
    const expected = (i: number): Uint8Array => changed(snippets[i]!.block, rows[i]![3]);
    expect(compare(snippets, expected, runOnEngine(snippets, 1, NEVER))).toEqual([]);
  });
});
