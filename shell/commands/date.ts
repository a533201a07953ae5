/** date: prints moments in any format. Setting the clock is refused: it belongs to the host. */
import { choose } from './lib/choice.ts';
import { type Context, command, Fatal, SysError, UsageError } from './lib/command.ts';
import { parseDate, parseStamp } from './lib/dateparse.ts';
import { forEachInput, textLines } from './lib/io.ts';
import { quote, quoteFile } from './lib/quote.ts';
import { strftime } from './lib/strftime.ts';
import { UTC, type Zone, zoneOf } from './lib/zone.ts';

const OPTIONS = {
  date: { short: 'd', long: 'date', arg: 'STRING', help: "display time described by STRING, not 'now'" },
  debug: { long: 'debug', help: 'annotate the parsed date (accepted)' },
  file: { short: 'f', long: 'file', arg: 'DATEFILE', help: 'like --date; once for each line of DATEFILE' },
  iso: {
    short: 'I',
    long: 'iso-8601',
    arg: 'FMT',
    optional: true,
    help: "output date/time in ISO 8601 format: 'date', 'hours', 'minutes', 'seconds', 'ns'",
  },
  resolution: { long: 'resolution', help: 'output the available resolution of timestamps' },
  mail: {
    short: 'R',
    long: ['rfc-email', 'rfc-822', 'rfc-2822'],
    help: 'output date and time in RFC 5322 format',
  },
  rfc3339: {
    long: 'rfc-3339',
    arg: 'FMT',
    help: "output date/time in RFC 3339 format: 'date', 'seconds', 'ns'",
  },
  reference: {
    short: 'r',
    long: 'reference',
    arg: 'FILE',
    help: 'display the last modification time of FILE',
  },
  set: { short: 's', long: 'set', arg: 'STRING', help: 'set time described by STRING' },
  utc: {
    short: 'u',
    long: ['utc', 'universal', 'uct'],
    help: 'print or set Coordinated Universal Time (UTC)',
  },
} as const;

const ISO: Readonly<Record<string, string>> = {
  date: '%Y-%m-%d',
  hours: '%Y-%m-%dT%H%:z',
  minutes: '%Y-%m-%dT%H:%M%:z',
  seconds: '%Y-%m-%dT%H:%M:%S%:z',
  ns: '%Y-%m-%dT%H:%M:%S,%N%:z',
};
const RFC3339: Readonly<Record<string, string>> = {
  date: '%Y-%m-%d',
  seconds: '%Y-%m-%d %H:%M:%S%:z',
  ns: '%Y-%m-%d %H:%M:%S.%N%:z',
};

function formatOf(ctx: Context<typeof OPTIONS>): string {
  const formats: string[] = [];
  for (const { key, value } of ctx.given) {
    if (key === 'iso') formats.push(value === true ? ISO.date! : choose('date', ISO, value, '--iso-8601'));
    else if (key === 'mail') formats.push('%a, %d %b %Y %H:%M:%S %z');
    else if (key === 'rfc3339') formats.push(choose('date', RFC3339, String(value), '--rfc-3339'));
    else if (key === 'resolution') formats.push('0.000000001');
  }
  formats.push(
    ...ctx.operands.filter((operand) => operand.startsWith('+')).map((operand) => operand.slice(1)),
  );
  if (formats.length > 1) throw new Fatal('multiple output formats specified');
  return formats[0] ?? '%a %b %e %H:%M:%S %Z %Y';
}

async function printDates(
  ctx: Context<typeof OPTIONS>,
  path: string,
  format: string,
  zone: Zone,
): Promise<void> {
  await forEachInput(ctx, [path], async ({ chunks }) => {
    for await (const line of textLines(chunks)) {
      const ms = parseDate(line, ctx.sys.now(), zone);
      if (ms === undefined) await ctx.error(`invalid date ${quote(line)}`);
      else await ctx.out.line(strftime(format, ms, zone));
    }
  });
}

/** The moment to print. */
async function moment(ctx: Context<typeof OPTIONS>, zone: Zone): Promise<number> {
  const { options: o, sys } = ctx;
  if (o.reference !== undefined) {
    try {
      return (await sys.stat(o.reference)).mtimeMs;
    } catch (error) {
      if (error instanceof SysError) throw new Fatal(`${quoteFile(o.reference)}: ${error.message}`);
      throw error;
    }
  }
  if (o.date === undefined) return sys.now();
  const ms = parseDate(o.date, sys.now(), zone);
  if (ms === undefined) throw new Fatal(`invalid date ${quote(o.date)}`);
  return ms;
}

function refuseToSet(ctx: Context<typeof OPTIONS>, zone: Zone): void {
  const text = ctx.options.set ?? ctx.operands.find((operand) => !operand.startsWith('+'));
  if (text === undefined) return;
  const now = ctx.sys.now();
  const reordered = text.replace(
    /^(\d{8})(\d{2}|\d{4})?(\.\d\d)?$/,
    (_, md: string, year = '', s = '') => year + md + s,
  );
  const valid = ctx.options.set === undefined ? parseStamp(reordered, now, zone) : parseDate(text, now, zone);
  if (valid === undefined) throw new Fatal(`invalid date ${quote(text)}`);
  throw new Fatal('cannot set date: Operation not permitted');
}

export default command(
  {
    name: 'date',
    usage: ['[OPTION]... [+FORMAT]', '[-u|--utc|--universal] [MMDDhhmm[[CC]YY][.ss]]'],
    summary: 'Display date and time in the given FORMAT.',
    options: OPTIONS,
  },
  async (ctx) => {
    const { options: o, operands, sys, out } = ctx;
    const zone = o.utc ? UTC : zoneOf(sys.env);
    if (operands.length > 1) throw new UsageError(`extra operand ${quote(operands[1]!)}`);
    const format = formatOf(ctx);
    if ([o.date, o.file, o.reference].filter((given) => given !== undefined).length > 1) {
      throw new UsageError('the options to specify dates for printing are mutually exclusive');
    }
    refuseToSet(ctx, zone);
    if (o.file === undefined) await out.line(strftime(format, await moment(ctx, zone), zone));
    else await printDates(ctx, o.file, format, zone);
  },
);
