/** more: shows text a screenful at a time; copies it when its output is not a terminal. */
import { O } from '../../subsystems/unix/constants.ts';
import type { Fd } from '../../subsystems/unix/sys.ts';
import { rawTermios, type Termios } from '../../subsystems/unix/termios.ts';
import { type Context, command, SysError } from './lib/command.ts';
import { forEachInput, type Input, textLines } from './lib/io.ts';
import { displayWidth } from './lib/width.ts';

const OPTIONS = {
  silent: { short: 'd', long: 'silent', help: 'display help instead of ringing bell' },
  logical: { short: 'f', long: 'logical', help: 'count logical rather than screen lines' },
  noPause: { short: 'l', long: 'no-pause', help: 'suppress pause after form feed' },
  clean: { short: 'c', long: 'clean-print', help: 'do not scroll, display text and clean line ends' },
  print: { short: 'p', long: 'print-over', help: 'do not scroll, clean screen and display text' },
  squeeze: { short: 's', long: 'squeeze', help: 'squeeze multiple blank lines into one' },
  plain: { short: 'u', long: 'plain', help: 'suppress underlining and bold' },
  lines: { short: 'n', long: 'lines', arg: 'NUMBER', help: 'the number of lines per screenful' },
} as const;

type More = Context<typeof OPTIONS>;
/** What a key asks for: so many further lines, to end, or to go to the next file. */
type Answer = number | 'quit' | 'next';

class Pager {
  private readonly ctx: More;
  private readonly keys: Fd;
  private readonly rows: number;
  private readonly columns: number;
  private readonly saved: Termios;
  private left: number;
  private blank = false;

  constructor(ctx: More, keys: Fd, saved: Termios, size: { rows: number; columns: number }) {
    this.ctx = ctx;
    this.keys = keys;
    this.saved = saved;
    this.rows = Number(ctx.options.lines ?? 0) || (size.rows || 24) - 1;
    this.columns = size.columns || 80;
    this.left = this.rows;
  }

  private async key(): Promise<string> {
    const { sys } = this.ctx;
    const bytes = await sys.read(this.keys, 1);
    return bytes.length === 0 ? 'q' : String.fromCharCode(bytes[0]!);
  }

  private async ask(prompt: string): Promise<Answer> {
    const { sys, out } = this.ctx;
    out.put(`\x1b[7m${prompt}\x1b[0m`);
    await out.flush();
    await sys.tcsetattr(this.keys, 'drain', { ...rawTermios(this.saved), isig: true, opost: true });
    try {
      for (;;) {
        const key = await this.key();
        if (key === ' ' || key === 'f' || key === 'z') return this.rows;
        if (key === '\r' || key === '\n' || key === 'j') return 1;
        if (key === 'd' || key === '\x04') return Math.max(1, Math.floor(this.rows / 2));
        if (key === 'q' || key === 'Q' || key === '\x03') return 'quit';
        if (key === ':') return (await this.key()) === 'n' ? 'next' : 'quit';
      }
    } finally {
      await sys.tcsetattr(this.keys, 'drain', this.saved);
      out.put('\r\x1b[K');
      await out.flush();
    }
  }

  /** Shows one input; false when the user wants to end. */
  async show({ fd, chunks, isStdin }: Input): Promise<boolean> {
    const { ctx } = this;
    const size = isStdin ? 0 : (await ctx.sys.fstat(fd)).size;
    let shown = 0;
    for await (const line of textLines(chunks)) {
      if (ctx.options.squeeze && line === '' && this.blank) continue;
      this.blank = line === '';
      const height = ctx.options.logical ? 1 : Math.max(1, Math.ceil(displayWidth(line) / this.columns));
      if (this.left < height) {
        const percent = size > 0 ? `(${Math.floor((shown * 100) / size)}%)` : '';
        const answer = await this.ask(`--More--${percent}`);
        if (answer === 'quit') return false;
        if (answer === 'next') return true;
        this.left = Math.max(answer, height);
      }
      await ctx.out.line(line);
      this.left -= height;
      shown += Buffer.byteLength(line) + 1;
    }
    return true;
  }
}

async function copy(ctx: More): Promise<void> {
  await forEachInput(ctx, ctx.operands, async ({ name, chunks, isStdin }) => {
    if (!isStdin) ctx.out.put(`::::::::::::::\n${name}\n::::::::::::::\n`);
    for await (const chunk of chunks) await ctx.out.write(chunk);
  });
}

/** A terminal to read keys from: standard error, or the controlling terminal. */
async function keyboard(ctx: More): Promise<Fd | undefined> {
  const { sys } = ctx;
  try {
    if (await sys.isatty(2)) return 2;
    return await sys.open('/dev/tty', O.RDWR);
  } catch (error) {
    if (error instanceof SysError) return undefined;
    throw error;
  }
}

export default command(
  {
    name: 'more',
    usage: '[OPTION]... FILE...',
    summary:
      'Display the contents of a file in a terminal, a screenful at a time.\nKeys: space next screen, enter next line, d half a screen, :n next file, q quit.',
    options: OPTIONS,
    digits: 'lines',
  },
  async (ctx) => {
    const { sys } = ctx;
    const keys = (await sys.isatty(1)) ? await keyboard(ctx) : undefined;
    if (keys === undefined) return copy(ctx);
    const pager = new Pager(ctx, keys, await sys.tcgetattr(keys), await sys.tcgetwinsize(1));
    let goes = true;
    await forEachInput(ctx, ctx.operands, async (input) => {
      if (goes) goes = await pager.show(input);
    });
  },
);
