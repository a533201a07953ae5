/**
 * The disassembler against what GNU objdump writes (2.40; immediate forms with their own names).
 */
import { describe, expect, it } from 'vitest';
import { disassemble } from '../../../../nucleus/supervisor/cpu/disassembler.ts';
import { assemble } from './assembler.ts';

const AT = 0x1000;

/** Word and text; jumps are as if at AT. */
const EXPECTED: readonly (readonly [number, string])[] = [
  [0x0ff0000f, 'fence'],
  [0x0230000f, 'fence r,rw'],
  [0x8330000f, 'fence.tso'],
  [0x0100000f, 'pause'],
  [0x0000100f, 'fence.i'],
  [0x00302573, 'frcsr a0'],
  [0x00351073, 'fscsr a0'],
  [0x00159573, 'fsflags a0,a1'],
  [0x00259073, 'fsrm a1'],
  [0xc0002573, 'rdcycle a0'],
  [0xc02025f3, 'rdinstret a1'],
  [0x0031e573, 'csrrsi a0,fcsr,3'],
  [0x12302573, 'csrr a0,0x123'],
  [0x06b6252f, 'amoadd.w.aqrl a0,a1,(a2)'],
  [0x1405a52f, 'lr.w.aq a0,(a1)'],
  [0x1ab6352f, 'sc.d.rl a0,a1,(a2)'],
  [0x02c5f553, 'fadd.d fa0,fa1,fa2'],
  [0x02c59553, 'fadd.d fa0,fa1,fa2,rtz'],
  [0xc2051553, 'fcvt.w.d a0,fa0,rtz'],
  [0xd2050553, 'fcvt.d.w fa0,a0'],
  [0x4015f553, 'fcvt.s.d fa0,fa1'],
  [0x22b58553, 'fmv.d fa0,fa1'],
  [0x20b5a553, 'fabs.s fa0,fa1'],
  [0xf0050553, 'fmv.w.x fa0,a0'],
  [0x6ac5f543, 'fmadd.d fa0,fa1,fa2,fa3'],
  [0x00412507, 'flw fa0,4(sp)'],
  [0xfff5c513, 'not a0,a1'],
  [0x40b00533, 'neg a0,a1'],
  [0x0015b513, 'seqz a0,a1'],
  [0x00b03533, 'snez a0,a1'],
  [0x0005851b, 'sext.w a0,a1'],
  [0x0ff5f513, 'zext.b a0,a1'],
  [0xffb00513, 'li a0,-5'],
  [0x00058513, 'mv a0,a1'],
  [0x00000013, 'nop'],
  [0x00008067, 'ret'],
  [0x00850067, 'jr 8(a0)'],
  [0x008502e7, 'jalr t0,8(a0)'],
  [0x008000ef, 'jal 1008'],
  [0x0040006f, 'j 1004'],
  [0x00b51463, 'bne a0,a1,1008'],
  [0xfe050ee3, 'beqz a0,ffc'],
  [0x00a04463, 'bgtz a0,1008'],
  [0xfffff537, 'lui a0,0xfffff'],
  [0x00001517, 'auipc a0,0x1'],
  [0x42165593, 'srai a1,a2,0x21'],
  [0xffc42503, 'lw a0,-4(s0)'],
  [0x00a13023, 'sd a0,0(sp)'],
  [0xc0001073, 'unimp'],
  [0x0000007f, '.word 0x0000007f'],
  [0x0001, 'nop'],
  [0x6105, 'addi sp,sp,32'],
  [0x0808, 'addi a0,sp,16'],
  [0x450d, 'li a0,3'],
  [0x6505, 'lui a0,0x1'],
  [0x852e, 'mv a0,a1'],
  [0x952e, 'add a0,a0,a1'],
  [0x8502, 'jr a0'],
  [0x9502, 'jalr a0'],
  [0x9002, 'ebreak'],
  [0x050e, 'slli a0,a0,0x3'],
  [0x2501, 'sext.w a0,a0'],
  [0x0000, 'unimp'],
  [0x2001, '.short 0x2001'],
];

describe('disassemble', () => {
  it.each(EXPECTED.map(([word, text]) => [word.toString(16), text, word] as const))(
    '%s is %s',
    (_hex, text, word) => {
      const bytes = assemble([word]);
      expect(disassemble(bytes, AT)).toMatchObject({ text, length: bytes.length });
    },
  );

  it('tells what is left of bytes that end too early', () => {
    expect(disassemble(Uint8Array.of(), AT)).toMatchObject({ length: 0 });
    expect(disassemble(Uint8Array.of(0x13), AT)).toMatchObject({ text: '.byte 0x13', length: 1 });
    expect(disassemble(Uint8Array.of(0x13, 0x05), AT)).toMatchObject({ text: '.short 0x0513', length: 2 });
  });
});
