/** Sections and symbols, of a good file and of spoilt ones. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elfSections, elfSymbols, SymbolTable } from '../../../../subsystems/unix/linux/elf-symbols.ts';

const FIXTURE = fileURLToPath(new URL('../../../guest/fixtures/bin/fork', import.meta.url));

describe('ELF symbols', () => {
  const file = readFileSync(FIXTURE);

  it('reads sections', () => {
    const sections = elfSections(file);
    const text = sections.find(({ name }) => name === '.text');
    expect(text?.executable).toBe(true);
    expect(text?.bytes).toHaveLength(text?.size ?? -1);
    const bss = sections.find(({ name }) => name === '.bss');
    expect(bss?.bytes).toHaveLength(0);
    expect(bss?.size).toBeGreaterThan(0);
  });

  it('finds the symbol of an address', () => {
    const symbols = new SymbolTable(elfSymbols(file));
    const sum = symbols.named('depth_sum');
    expect(sum?.kind).toBe('function');
    expect(symbols.text(sum!.address)).toBe('depth_sum');
    expect(symbols.text(sum!.address + 4)).toBe('depth_sum+0x4');
    expect(symbols.text(8)).toBeUndefined();
    const addresses = symbols.symbols.map(({ address }) => address);
    expect(addresses).toEqual([...addresses].sort((a, b) => a - b));
  });

  it('survives spoilt files', () => {
    const spoiling = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(spoiling, fc.nat(file.length), (changes, length) => {
        const spoilt = Uint8Array.from(file).subarray(0, length);
        for (const [at, value] of changes) if (at < length) spoilt[at] = value;
        elfSections(spoilt);
        new SymbolTable(elfSymbols(spoilt)).text(0x10100);
      }),
    );
    expect(elfSections(new Uint8Array(0))).toEqual([]);
    expect(elfSymbols(new TextEncoder().encode('#!/bin/sh'))).toEqual([]);
  });
});
