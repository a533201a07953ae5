/** yes: repeats a line for ever, in big writes. */
import { command } from './lib/command.ts';
import { CHUNK_BYTES, encode } from './lib/io.ts';

export default command(
  {
    name: 'yes',
    usage: '[STRING]...',
    summary: "Repeatedly output a line with all specified STRING(s), or 'y'.",
    options: {},
  },
  async ({ operands, out }) => {
    const line = `${operands.length > 0 ? operands.join(' ') : 'y'}\n`;
    const block = encode(line.repeat(Math.max(1, Math.floor(CHUNK_BYTES / line.length))));
    for (;;) await out.writeThrough(block);
  },
);
