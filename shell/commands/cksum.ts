/** cksum: POSIX's CRC (ISO/IEC 8802-3 polynomial, the length folded in) and byte count. */
import { command } from './lib/command.ts';
import { forEachInput } from './lib/io.ts';

const POLYNOMIAL = 0x04c11db7;

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  return crc >>> 0;
});

const step = (crc: number, byte: number): number => (crc << 8) ^ TABLE[((crc >>> 24) ^ byte) & 0xff]!;

export default command(
  {
    name: 'cksum',
    usage: '[FILE]...',
    summary: 'Print CRC checksum and byte counts of each FILE.',
    options: {},
  },
  async (ctx) => {
    await forEachInput(ctx, ctx.operands, async ({ name, chunks }) => {
      let crc = 0;
      let length = 0;
      for await (const chunk of chunks) {
        for (let i = 0; i < chunk.length; i++) crc = step(crc, chunk[i]!);
        length += chunk.length;
        const pause = ctx.sys.checkpoint();
        if (pause) await pause;
      }
      for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) crc = step(crc, rest & 0xff);
      const shown = name === '-' && ctx.operands.length === 0 ? '' : ` ${name}`;
      await ctx.out.line(`${~crc >>> 0} ${length}${shown}`);
    });
  },
);
