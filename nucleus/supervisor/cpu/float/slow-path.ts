/**
 * The import by which the processor has an instruction done by the exact path: operands and results stay in
 * the registers of the running thread, so only small integers cross the border.
 */
import type { SiteMemory } from '../../../memory/site-memory.ts';
import type { HelperImport } from '../interpreter/emitter.ts';
import { FCSR } from '../state.ts';
import { Type } from '../wasm/opcodes.ts';
import { SLOW_IMPORT } from './code.ts';
import { ROUNDING_MAX } from './format.ts';
import { roundingMode } from './rounding.ts';
import { floatOperations } from './softfloat.ts';

const { i32 } = Type;

/**
 * (operation, addresses of rd, rs1, rs2 and rs3, rounding immediate): 1 when the rounding mode is illegal.
 */
export const floatImports: readonly HelperImport[] = [
  { name: SLOW_IMPORT, params: [i32, i32, i32, i32, i32, i32], results: [i32] },
];

const ILLEGAL = 1;
const DONE = 0;

export function makeFloatImports(memory: SiteMemory): Record<string, (...args: number[]) => number> {
  const { view } = memory;
  const register = (address: number): bigint => view.getBigUint64(address, true);
  const slow = (
    index: number,
    rd: number,
    rs1: number,
    rs2: number,
    rs3: number,
    immediate: number,
  ): number => {
    const { run, sources, rounds } = floatOperations[index]!;
    const fcsr = view.getInt32(FCSR, true);
    const mode = rounds ? roundingMode(immediate, fcsr) : 0;
    if (mode > ROUNDING_MAX) return ILLEGAL;
    const second = sources.length > 1 ? register(rs2) : 0n;
    const third = sources.length > 2 ? register(rs3) : 0n;
    const { bits, flags } = run(mode, register(rs1), second, third);
    view.setBigUint64(rd, bits, true);
    view.setInt32(FCSR, fcsr | flags, true);
    return DONE;
  };
  return { [SLOW_IMPORT]: slow as (...args: number[]) => number };
}
