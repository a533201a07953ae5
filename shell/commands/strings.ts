/** strings: runs of printable characters in binary files (POSIX strings). */
import { command, Fatal } from './lib/command.ts';
import { forEachInput } from './lib/io.ts';
import { quote } from './lib/quote.ts';

const RADIXES: Readonly<Record<string, number>> = { o: 8, d: 10, x: 16 };
const OFFSET_COLUMNS = 7;
const DEFAULT_LENGTH = 4;

const isPrintable = (byte: number): boolean => (byte >= 32 && byte < 127) || byte === 9;

export default command(
  {
    name: 'strings',
    usage: '[option(s)] [file(s)]',
    summary: 'Display printable strings in [file(s)] (stdin by default).',
    options: {
      all: { short: 'a', long: 'all', help: 'scan the entire file (always done)' },
      names: { short: 'f', long: 'print-file-name', help: 'print the name of the file before each string' },
      length: { short: 'n', long: 'bytes', arg: 'number', help: 'least length of a string; default 4' },
      radix: {
        short: 't',
        long: 'radix',
        arg: 'o|d|x',
        help: 'print the offset of each string in this base',
      },
      octal: { short: 'o', help: 'an alias for --radix=o' },
    },
    digits: 'length',
  },
  async (ctx) => {
    const { options, out } = ctx;
    const least = options.length === undefined ? DEFAULT_LENGTH : Number(options.length);
    if (!Number.isInteger(least) || least < 1)
      throw new Fatal(`invalid minimum string length ${options.length}`);
    const radix = options.octal ? 8 : options.radix === undefined ? 0 : RADIXES[options.radix];
    if (radix === undefined) throw new Fatal(`invalid radix ${quote(options.radix ?? '')}`);
    await forEachInput(ctx, ctx.operands, async ({ name, chunks }) => {
      let run = '';
      let offset = 0;
      const end = (): void => {
        if (run.length >= least) {
          if (options.names) out.put(`${name === '-' ? '{standard input}' : name}: `);
          if (radix > 0) out.put(`${(offset - run.length).toString(radix).padStart(OFFSET_COLUMNS)} `);
          out.put(`${run}\n`);
        }
        run = '';
      };
      for await (const chunk of chunks) {
        for (const byte of chunk) {
          if (isPrintable(byte)) run += String.fromCharCode(byte);
          else if (run !== '') end();
          offset += 1;
        }
        if (out.full) await out.flush();
      }
      end();
    });
  },
);
