/** rev: reverses the characters of each line (util-linux). */
import { command } from './lib/command.ts';
import { forEachInput } from './lib/io.ts';
import { codecOf } from './lib/text.ts';
import { TextOutput, textBatches } from './lib/textio.ts';

export default command(
  { name: 'rev', usage: '[file...]', summary: 'Reverse lines characterwise.', options: {} },
  async (ctx) => {
    const codec = codecOf(ctx.sys.env);
    const out = new TextOutput(ctx.out, codec);
    await forEachInput(ctx, ctx.operands, async (input) => {
      for await (const { lines, unterminated } of textBatches(input.chunks, codec)) {
        const reversed = lines.map((line) => [...line].reverse().join(''));
        out.put(reversed.join('\n') + (unterminated ? '' : '\n'));
        await out.drain();
      }
    });
  },
);
