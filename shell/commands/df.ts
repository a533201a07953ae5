/** df: space of the mounted file systems. */
import type { StatFs } from '../../subsystems/unix/sys.ts';
import { type Context, command, Fatal, SysError } from './lib/command.ts';
import { type Mount, readMounts } from './lib/mounts.ts';
import { canonicalize } from './lib/path.ts';
import { quote, quoteFile } from './lib/quote.ts';
import { humanSize, parseBlockSize } from './lib/size.ts';

const OPTIONS = {
  all: { short: 'a', long: 'all', help: 'include pseudo, duplicate, inaccessible file systems' },
  blockSize: {
    short: 'B',
    long: 'block-size',
    arg: 'SIZE',
    help: 'scale sizes by SIZE before printing them',
  },
  human: { short: 'h', long: 'human-readable', help: 'print sizes in powers of 1024 (e.g., 1023M)' },
  si: { short: 'H', long: 'si', help: 'print sizes in powers of 1000 (e.g., 1.1G)' },
  inodes: { short: 'i', long: 'inodes', help: 'list inode information instead of block usage' },
  kilo: { short: 'k', help: 'like --block-size=1K' },
  mega: { short: 'm', help: 'like --block-size=1M' },
  local: { short: 'l', long: 'local', help: 'limit listing to local file systems' },
  portability: { short: 'P', long: 'portability', help: 'use the POSIX output format' },
  total: { long: 'total', help: 'produce a grand total' },
  type: {
    short: 't',
    long: 'type',
    arg: 'TYPE',
    many: true,
    help: 'limit listing to file systems of type TYPE',
  },
  printType: { short: 'T', long: 'print-type', help: 'print file system type' },
  excludeType: {
    short: 'x',
    long: 'exclude-type',
    arg: 'TYPE',
    many: true,
    help: 'limit listing to file systems not of type TYPE',
  },
} as const;

type Df = Context<typeof OPTIONS>;

interface Row {
  mount: Mount;
  fs: StatFs;
}

interface Units {
  show: (bytes: number) => string;
  header: string;
}

function unitsOf(ctx: Df): Units {
  const last = ctx.given.findLast(({ key }) => ['human', 'si', 'kilo', 'mega', 'blockSize'].includes(key));
  if (last?.key === 'human') return { show: (bytes) => humanSize(bytes, 1024), header: 'Size' };
  if (last?.key === 'si') return { show: (bytes) => humanSize(bytes, 1000), header: 'Size' };
  let unit = last?.key === 'mega' ? 1024 ** 2 : 1024;
  if (last?.key === 'blockSize') {
    const parsed = parseBlockSize(String(last.value));
    if (!parsed) throw new Fatal(`invalid --block-size argument ${quote(String(last.value))}`);
    unit = parsed;
  }
  const name =
    unit % 1024 ** 2 === 0 ? `${unit / 1024 ** 2}M` : unit % 1024 === 0 ? `${unit / 1024}K` : `${unit}B`;
  const header = ctx.options.portability ? `${unit}-blocks` : `${name}-blocks`;
  return { show: (bytes) => String(Math.ceil(bytes / unit)), header };
}

/** Used share of what users may use, rounded up; '-' when there is nothing. */
function percent(used: number, available: number): string {
  const sum = used + available;
  return sum > 0 ? `${Math.ceil((used * 100) / sum)}%` : '-';
}

function fieldsOf(row: Row, o: Df['options'], units: Units): string[] {
  const { fs, mount } = row;
  const head = [mount.source, ...(o.printType ? [mount.type] : [])];
  if (o.inodes) {
    const used = fs.files - fs.ffree;
    return [...head, String(fs.files), String(used), String(fs.ffree), percent(used, fs.ffree), mount.target];
  }
  const used = fs.blocks - fs.bfree;
  const show = (blocks: number): string => units.show(blocks * fs.bsize);
  return [...head, show(fs.blocks), show(used), show(fs.bavail), percent(used, fs.bavail), mount.target];
}

function headers(o: Df['options'], units: Units): string[] {
  const type = o.printType ? ['Type'] : [];
  if (o.inodes) return ['Filesystem', ...type, 'Inodes', 'IUsed', 'IFree', 'IUse%', 'Mounted on'];
  const scaled = units.header === 'Size';
  const use = o.portability ? 'Capacity' : 'Use%';
  return ['Filesystem', ...type, units.header, 'Used', scaled ? 'Avail' : 'Available', use, 'Mounted on'];
}

/** Aligned columns: text on the left, numbers on the right, at least 14 for the first. */
function table(rows: readonly string[][], textColumns: number): string {
  const last = rows[0]!.length - 1;
  const widths = rows[0]!.map((_, i) =>
    Math.max(
      i === 0 ? 14 : i > textColumns - 1 && i < last - 1 ? 5 : 0,
      ...rows.map((row) => row[i]!.length),
    ),
  );
  return rows
    .map((row) =>
      row
        .map((field, i) =>
          i === last ? field : i < textColumns ? field.padEnd(widths[i]!) : field.padStart(widths[i]!),
        )
        .join(' '),
    )
    .map((line) => `${line}\n`)
    .join('');
}

async function rowFor(ctx: Df, mount: Mount): Promise<Row | undefined> {
  try {
    return { mount, fs: await ctx.sys.statfs(mount.target) };
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    await ctx.error(`${quoteFile(mount.target)}: ${error.message}`);
    return undefined;
  }
}

/** The mount that holds a path: the deepest target above it. */
async function mountOf(ctx: Df, mounts: readonly Mount[], path: string): Promise<Mount | undefined> {
  try {
    const full = await canonicalize(ctx.sys, path, 'none');
    const isAbove = (target: string): boolean =>
      full === target || full.startsWith(target === '/' ? '/' : `${target}/`);
    const above = mounts.filter(({ target }) => isAbove(target));
    return above.reduce<Mount | undefined>(
      (best, mount) => (best && best.target.length > mount.target.length ? best : mount),
      undefined,
    );
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    await ctx.error(`${quoteFile(path)}: ${error.message}`);
    return undefined;
  }
}

function total(rows: readonly Row[]): Row {
  const sum = (pick: (fs: StatFs) => number): number => rows.reduce((n, { fs }) => n + pick(fs), 0);
  const fs: StatFs = {
    ...rows[0]!.fs,
    bsize: 1,
    blocks: sum((f) => f.blocks * f.bsize),
    bfree: sum((f) => f.bfree * f.bsize),
    bavail: sum((f) => f.bavail * f.bsize),
    files: sum((f) => f.files),
    ffree: sum((f) => f.ffree),
  };
  return { mount: { source: 'total', target: '-', type: '-', options: '' }, fs };
}

export default command(
  {
    name: 'df',
    usage: '[OPTION]... [FILE]...',
    summary:
      'Show information about the file system on which each FILE resides,\nor all file systems by default.',
    options: OPTIONS,
  },
  async (ctx) => {
    const { options: o, operands } = ctx;
    const units = unitsOf(ctx);
    const mounts = await readMounts(ctx.sys);
    const rows: Row[] = [];
    if (operands.length > 0) {
      for (const path of operands) {
        const mount = await mountOf(ctx, mounts, path);
        const row = mount && (await rowFor(ctx, mount));
        if (row) rows.push(row);
      }
    } else {
      for (const mount of mounts) {
        const row = await rowFor(ctx, mount);
        if (row && (o.all || row.fs.blocks > 0)) rows.push(row);
      }
    }
    const kept = rows.filter(
      ({ mount: { type } }) =>
        (o.type.length === 0 || o.type.includes(type)) && !o.excludeType.includes(type),
    );
    if (kept.length === 0) {
      if (ctx.status === 0) throw new Fatal('no file systems processed');
      return;
    }
    if (o.total) kept.push(total(kept));
    const lines = [headers(o, units), ...kept.map((row) => fieldsOf(row, o, units))];
    ctx.out.put(table(lines, o.printType ? 2 : 1));
  },
);
