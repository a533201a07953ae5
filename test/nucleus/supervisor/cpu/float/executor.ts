/** Executes single float instructions on the processor, as the oracle does (driver.mjs). */
import {
  type Instruction,
  INSTRUCTIONS as TABLE,
} from '../../../../../nucleus/supervisor/cpu/instructions.ts';
import * as cpu from '../../../../../nucleus/supervisor/cpu/state.ts';
import { encode } from '../assembler.ts';
import { Machine } from '../harness.ts';

export const DYNAMIC = 7;
const CODE = 0x10000;
/** Of each mnemonic: with rm 0 … 7. */
const VARIANTS = 8;
const RESULT = 13;
const OPERANDS = [10, 11, 12] as const;

export interface Outcome {
  readonly exit: cpu.Exit;
  readonly bits: bigint;
  readonly fcsr: number;
}

export class Executor {
  private readonly machine = new Machine(8 * 1024 * 1024);
  private readonly variants = new Map<string, { readonly at: number; readonly row: Instruction }>();

  constructor() {
    const rows = TABLE.filter(({ mnemonic, format }) => mnemonic.startsWith('f') && !format.imm);
    const code = new Uint32Array(rows.length * VARIANTS);
    const [rs1, rs2, rs3] = OPERANDS;
    rows.forEach((row, n) => {
      const { mnemonic } = row;
      this.variants.set(mnemonic, { at: CODE + n * VARIANTS * 4, row });
      for (let rm = 0; rm < VARIANTS; rm++)
        code[n * VARIANTS + rm] = encode(mnemonic, { rd: RESULT, rs1, rs2, rs3, rm });
    });
    this.machine.loadCode(CODE, new Uint8Array(code.buffer));
  }

  /** `fcsr`: before; `rm`: in the instruction. */
  execute(mnemonic: string, operands: readonly bigint[], fcsr: number, rm = DYNAMIC): Outcome {
    const { state, engine, space } = this.machine;
    const { at, row } = this.variants.get(mnemonic)!;
    operands.forEach((value, n) => {
      const low = Number(BigInt.asIntN(32, value));
      const high = Number(BigInt.asIntN(32, value >> 32n));
      if (row.format.rs1 === 'x') cpu.setXHalves(state, OPERANDS[n]!, low, high);
      else cpu.setFHalves(state, OPERANDS[n]!, low, high);
    });
    cpu.setFcsr(state, fcsr);
    cpu.setPc(state, at + rm * 4);
    const exit = engine.run(state, space, 1);
    const float = row.format.rd === 'f';
    const low = float ? cpu.getFLow(state, RESULT) : cpu.getXLow(state, RESULT);
    const high = float ? cpu.getFHigh(state, RESULT) : cpu.getXHigh(state, RESULT);
    return { exit, bits: (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0), fcsr: cpu.getFcsr(state) };
  }
}
