/** nl: numbers lines, with logical pages of header, body and footer (POSIX nl). */
import { type Context, command, Fatal } from './lib/command.ts';
import { forEachInput } from './lib/io.ts';
import { quote } from './lib/quote.ts';
import { compileRegex, type PosixRegex, RegexError } from './lib/regex.ts';
import { codecOf } from './lib/text.ts';
import { TextOutput, textBatches } from './lib/textio.ts';

const OPTIONS = {
  body: { short: 'b', long: 'body-numbering', arg: 'STYLE', help: 'use STYLE for numbering body lines' },
  delimiter: { short: 'd', long: 'section-delimiter', arg: 'CC', help: 'use CC for logical page delimiters' },
  footer: {
    short: 'f',
    long: 'footer-numbering',
    arg: 'STYLE',
    help: 'use STYLE for numbering footer lines',
  },
  header: {
    short: 'h',
    long: 'header-numbering',
    arg: 'STYLE',
    help: 'use STYLE for numbering header lines',
  },
  increment: {
    short: 'i',
    long: 'line-increment',
    arg: 'NUMBER',
    help: 'line number increment at each line',
  },
  blanks: {
    short: 'l',
    long: 'join-blank-lines',
    arg: 'NUMBER',
    help: 'group of NUMBER empty lines counted as one',
  },
  format: {
    short: 'n',
    long: 'number-format',
    arg: 'FORMAT',
    help: 'insert line numbers according to FORMAT',
  },
  noRenumber: { short: 'p', long: 'no-renumber', help: 'do not reset line numbers for each section' },
  separator: {
    short: 's',
    long: 'number-separator',
    arg: 'STRING',
    help: 'add STRING after (possible) line number',
  },
  start: {
    short: 'v',
    long: 'starting-line-number',
    arg: 'NUMBER',
    help: 'first line number for each section',
  },
  width: { short: 'w', long: 'number-width', arg: 'NUMBER', help: 'use NUMBER columns for line numbers' },
} as const;

type Ctx = Context<typeof OPTIONS>;
type Style = 'a' | 't' | 'n' | PosixRegex;

function styleOf(text: string, section: string): Style {
  if (text === 'a' || text === 't' || text === 'n') return text;
  if (!text.startsWith('p'))
    throw new Fatal(
      `invalid ${section} numbering style: ${quote(text)}\nTry 'nl --help' for more information.`,
    );
  try {
    return compileRegex(text.slice(1), { extended: false });
  } catch (error) {
    if (error instanceof RegexError) throw new Fatal(error.message);
    throw error;
  }
}

function numberOf(text: string | undefined, fallback: number, what: string, least: number): number {
  if (text === undefined) return fallback;
  if (!/^-?\d+$/.test(text) || Number(text) < least) throw new Fatal(`invalid ${what}: ${quote(text)}`);
  return Number(text);
}

class Numberer {
  private number: number;
  private blank = 0;
  private style: Style;
  private readonly styles: Record<'header' | 'body' | 'footer', Style>;
  private readonly sections: Record<string, 'header' | 'body' | 'footer'>;
  private readonly start: number;
  private readonly increment: number;
  private readonly group: number;
  private readonly width: number;
  private readonly separator: string;
  private readonly ctx: Ctx;

  constructor(ctx: Ctx) {
    const { options } = ctx;
    this.ctx = ctx;
    this.styles = {
      header: styleOf(options.header ?? 'n', 'header'),
      body: styleOf(options.body ?? 't', 'body'),
      footer: styleOf(options.footer ?? 'n', 'footer'),
    };
    this.style = this.styles.body;
    this.start = numberOf(options.start, 1, 'starting line number', -Infinity);
    this.increment = numberOf(options.increment, 1, 'line number increment', -Infinity);
    this.group = numberOf(options.blanks, 1, 'line number of blank lines', 1);
    this.width = numberOf(options.width, 6, 'line number field width', 1);
    this.separator = options.separator ?? '\t';
    this.number = this.start;
    const given = options.delimiter ?? '\\:';
    const pair = given.length === 1 ? `${given}:` : given;
    this.sections =
      pair === '' ? {} : { [pair.repeat(3)]: 'header', [pair.repeat(2)]: 'body', [pair]: 'footer' };
    if (!['ln', 'rn', 'rz'].includes(options.format ?? 'rn'))
      throw new Fatal(`invalid line numbering format: ${quote(options.format ?? '')}`);
  }

  line(text: string): string {
    const section = Object.hasOwn(this.sections, text) ? this.sections[text] : undefined;
    if (section) {
      this.style = this.styles[section];
      if (!this.ctx.options.noRenumber) this.number = this.start;
      return '';
    }
    if (!this.isNumbered(text)) return ' '.repeat(this.width + this.separator.length) + text;
    const shown = this.shown();
    this.number += this.increment;
    return shown + this.separator + text;
  }

  private isNumbered(text: string): boolean {
    if (this.style === 'n') return false;
    if (this.style === 't') return text !== '';
    if (this.style !== 'a') return this.style.test(text);
    if (text !== '' || this.group === 1) {
      this.blank = 0;
      return true;
    }
    this.blank += 1;
    if (this.blank < this.group) return false;
    this.blank = 0;
    return true;
  }

  private shown(): string {
    const text = String(this.number);
    if (this.ctx.options.format === 'ln') return text.padEnd(this.width);
    if (this.ctx.options.format !== 'rz') return text.padStart(this.width);
    return this.number < 0
      ? `-${text.slice(1).padStart(this.width - 1, '0')}`
      : text.padStart(this.width, '0');
  }
}

export default command(
  {
    name: 'nl',
    usage: '[OPTION]... [FILE]...',
    summary: 'Write each FILE to standard output, with line numbers added.',
    options: OPTIONS,
  },
  async (ctx) => {
    const numberer = new Numberer(ctx);
    const codec = codecOf(ctx.sys.env);
    const out = new TextOutput(ctx.out, codec);
    await forEachInput(ctx, ctx.operands, async (input) => {
      for await (const { lines } of textBatches(input.chunks, codec)) {
        for (const line of lines) out.put(`${numberer.line(line)}\n`);
        await out.drain();
      }
    });
  },
);
