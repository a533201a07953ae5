/**
 * sites, ports, groups, ipctrace: what the nuclei of all sites tell in /proc/chorus. The files hold one
 * record per line, JSON or
 * text; JSON records become aligned columns (or stay JSON with --json), text passes as it is.
 */
import { O } from '../../subsystems/unix/constants.ts';
import type { Program } from '../../subsystems/unix/sys.ts';
import { type Context, command, Fatal, SysError } from './lib/command.ts';
import { readChunks, textLines } from './lib/io.ts';

const OPTIONS = {
  json: { long: 'json', help: 'print records as JSON, one per line' },
  noHeaders: { long: 'no-headers', help: 'print no header line' },
  site: { short: 's', long: 'site', arg: 'N', help: 'only records of site N' },
} as const;

const TRACE_OPTIONS = {
  json: { long: 'json', help: 'print events as JSON, one per line' },
  count: { short: 'n', long: 'count', arg: 'N', help: 'end after N events' },
  site: { short: 's', long: 'site', arg: 'N', help: 'only events of site N' },
} as const;

type Row = Readonly<Record<string, unknown>>;

/** A line as a record, or undefined when it is plain text. */
function recordOf(line: string): Row | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Row;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function valueText(value: unknown): string {
  if (value === undefined || value === null) return '-';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(3);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** 'uptimeMs' → 'UPTIME-MS'. */
const headerOf = (key: string): string => key.replace(/([a-z])([A-Z])/g, '$1-$2').toUpperCase();

function table(rows: readonly Row[], headers: boolean): string {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const body = rows.map((row) => keys.map((key) => valueText(row[key])));
  const lines = headers ? [keys.map(headerOf), ...body] : body;
  const numeric = keys.map((key) => rows.every((row) => typeof row[key] === 'number'));
  const widths = keys.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  return lines
    .map((line) =>
      line.map((text, i) => (numeric[i] ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))).join('  '),
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

async function openInfo(ctx: Context, path: string): Promise<number> {
  try {
    return await ctx.sys.open(path, O.RDONLY);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    throw new Fatal(`${path}: ${error.message}`);
  }
}

const isOfSite = (row: Row | undefined, site: string | undefined): boolean =>
  site === undefined || (row !== undefined && valueText(row.site) === site);

function tableCommand(name: string, summary: string): Program {
  return command({ name, usage: '[OPTION]...', summary, options: OPTIONS, operands: [0, 0] }, async (ctx) => {
    const { options: o, out, sys } = ctx;
    const fd = await openInfo(ctx as unknown as Context, `/proc/chorus/${name}`);
    const rows: Row[] = [];
    for await (const line of textLines(readChunks(sys, fd))) {
      const row = recordOf(line);
      if (!isOfSite(row, o.site) || line === '') continue;
      if (!row || o.json) await out.line(line);
      else rows.push(row);
    }
    if (rows.length > 0) out.put(table(rows, !o.noHeaders));
  });
}

/** One event as a line: the fields that every event has first, then the rest as key=value. */
function eventText(row: Row): string {
  const { time, site, actor, kind, operation, ...rest } = row;
  const head = [time, site, actor, kind, operation].filter((value) => value !== undefined).map(valueText);
  const tail = Object.entries(rest).map(([key, value]) => `${key}=${valueText(value)}`);
  return [...head, ...tail].join(' ');
}

export const sites = tableCommand('sites', 'List the sites of the system.');
export const ports = tableCommand('ports', 'List the ports of all sites.');
export const groups = tableCommand('groups', 'List the port groups and their members.');

export const ipctrace = command(
  {
    name: 'ipctrace',
    usage: '[OPTION]...',
    summary: 'Print every event of the nuclei (sends, receives, calls, migrations …) as it happens.',
    options: TRACE_OPTIONS,
    operands: [0, 0],
  },
  async (ctx) => {
    const { options: o, out, sys } = ctx;
    if (o.count !== undefined && !/^\d+$/.test(o.count)) throw new Fatal(`invalid count: '${o.count}'`);
    let left = o.count === undefined ? Number.POSITIVE_INFINITY : Number(o.count);
    if (left === 0) return;
    const fd = await openInfo(ctx as unknown as Context, '/proc/chorus/trace');
    for await (const line of textLines(readChunks(sys, fd))) {
      const row = recordOf(line);
      if (!isOfSite(row, o.site)) continue;
      await out.line(row && !o.json ? eventText(row) : line);
      await out.flush();
      if (--left === 0) return;
    }
  },
);
