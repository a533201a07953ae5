/** base64: encodes and decodes in chunks of whole groups. */
import { O } from '../../subsystems/unix/constants.ts';
import { type Context, command, Fatal, SysError } from './lib/command.ts';
import { concat, readChunks } from './lib/io.ts';
import { quote, quoteFile } from './lib/quote.ts';

const OPTIONS = {
  decode: { short: 'dD', long: 'decode', help: 'decode data' },
  ignore: { short: 'i', long: 'ignore-garbage', help: 'when decoding, ignore non-alphabet characters' },
  wrap: {
    short: 'w',
    long: 'wrap',
    arg: 'COLS',
    help: 'wrap encoded lines after COLS character (default 76, 0 = no wrapping)',
  },
} as const;

const buffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

async function encodeAll(
  { out }: Context<typeof OPTIONS>,
  chunks: AsyncIterable<Uint8Array>,
  width: number,
): Promise<void> {
  let rest: Uint8Array = new Uint8Array(0);
  let column = 0;
  const put = async (text: string): Promise<void> => {
    if (width === 0) return out.write(text) ?? undefined;
    let at = 0;
    while (at < text.length) {
      if (column === width) {
        out.put('\n');
        column = 0;
      }
      const piece = text.slice(at, at + width - column);
      out.put(piece);
      at += piece.length;
      column += piece.length;
    }
    if (out.full) await out.flush();
  };
  for await (const chunk of chunks) {
    const all = rest.length > 0 ? concat([rest, chunk]) : chunk;
    const whole = all.length - (all.length % 3);
    await put(buffer(all.subarray(0, whole)).toString('base64'));
    rest = all.slice(whole);
  }
  await put(buffer(rest).toString('base64'));
  if (column > 0) out.put('\n');
}

async function decodeAll(
  { out, options }: Context<typeof OPTIONS>,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  let rest = '';
  let ended = false;
  for await (const chunk of chunks) {
    const raw = buffer(chunk).toString('latin1').replace(/\n/g, '');
    const text = rest + (options.ignore ? raw.replace(/[^A-Za-z0-9+/=]/g, '') : raw);
    const bad = /[^A-Za-z0-9+/=]/.exec(text);
    const usable = bad ? text.slice(0, bad.index) : text;
    const whole = bad ? usable.length : usable.length - (usable.length % 4);
    const group = usable.slice(0, whole);
    // Padding ends a group; what follows it starts a new one.
    for (const part of group.match(/[^=]+={0,2}|=+/g) ?? []) {
      if (ended && part.startsWith('=')) throw new Fatal('invalid input');
      await out.write(Buffer.from(part, 'base64'));
      ended = part.includes('=');
    }
    if (bad) throw new Fatal('invalid input');
    rest = usable.slice(whole);
  }
  if (rest === '') return;
  await out.write(Buffer.from(rest, 'base64'));
  throw new Fatal('invalid input');
}

export default command(
  {
    name: 'base64',
    usage: '[OPTION]... [FILE]',
    summary: 'Base64 encode or decode FILE, or standard input, to standard output.',
    options: OPTIONS,
    operands: [0, 1],
  },
  async (ctx) => {
    const { options: o, sys } = ctx;
    const width = o.wrap ?? '76';
    if (!/^\d+$/.test(width)) throw new Fatal(`invalid wrap size: ${quote(width)}`);
    const [name = '-'] = ctx.operands;
    try {
      const fd = name === '-' ? 0 : await sys.open(name, O.RDONLY);
      const chunks = readChunks(sys, fd);
      await (o.decode ? decodeAll(ctx, chunks) : encodeAll(ctx, chunks, Number(width)));
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new Fatal(
        error.code === 'EISDIR' ? `read error: ${error.message}` : `${quoteFile(name)}: ${error.message}`,
      );
    }
  },
);
