/** du: disk usage of trees; hard links are counted once. */
import { isDirectory } from '../../subsystems/unix/constants.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';
import { type Context, command, Fatal, SysError, UsageError } from './lib/command.ts';
import { globMatcher } from './lib/glob.ts';
import { baseName, joinPath } from './lib/path.ts';
import { quote, quoteName } from './lib/quote.ts';
import { humanSize, parseBlockSize } from './lib/size.ts';
import { strftime } from './lib/strftime.ts';
import { listDirectory } from './lib/walk.ts';
import { zoneOf } from './lib/zone.ts';

const OPTIONS = {
  null: { short: '0', long: 'null', help: 'end each output line with NUL, not newline' },
  all: { short: 'a', long: 'all', help: 'write counts for all files, not just directories' },
  apparent: { long: 'apparent-size', help: 'print apparent sizes, rather than disk usage' },
  blockSize: {
    short: 'B',
    long: 'block-size',
    arg: 'SIZE',
    help: 'scale sizes by SIZE before printing them',
  },
  bytes: { short: 'b', long: 'bytes', help: "equivalent to '--apparent-size --block-size=1'" },
  total: { short: 'c', long: 'total', help: 'produce a grand total' },
  followOperands: {
    short: 'DH',
    long: 'dereference-args',
    help: 'dereference only symlinks that are listed on the command line',
  },
  depth: {
    short: 'd',
    long: 'max-depth',
    arg: 'N',
    help: 'print the total for a directory only if it is N or fewer levels below',
  },
  exclude: { long: 'exclude', arg: 'PATTERN', many: true, help: 'exclude files that match PATTERN' },
  human: {
    short: 'h',
    long: 'human-readable',
    help: 'print sizes in human readable format (e.g., 1K 234M 2G)',
  },
  inodes: { long: 'inodes', help: 'list inode usage information instead of block usage' },
  kilo: { short: 'k', help: 'like --block-size=1K' },
  follow: { short: 'L', long: 'dereference', help: 'dereference all symbolic links' },
  countLinks: { short: 'l', long: 'count-links', help: 'count sizes many times if hard linked' },
  mega: { short: 'm', help: 'like --block-size=1M' },
  noFollow: {
    short: 'P',
    long: 'no-dereference',
    help: "don't follow any symbolic links (this is the default)",
  },
  separate: {
    short: 'S',
    long: 'separate-dirs',
    help: 'for directories do not include size of subdirectories',
  },
  si: { long: 'si', help: 'like -h, but use powers of 1000 not 1024' },
  summarize: { short: 's', long: 'summarize', help: 'display only a total for each argument' },
  time: { long: 'time', arg: 'WORD', optional: true, help: 'show time of the last modification of any file' },
  threshold: { short: 't', long: 'threshold', arg: 'SIZE', help: 'exclude entries smaller than SIZE' },
  oneFileSystem: { short: 'x', long: 'one-file-system', help: 'skip directories on different file systems' },
} as const;

type DuContext = Context<typeof OPTIONS>;

function formatter(ctx: DuContext): (bytes: number) => string {
  const last = ctx.given.findLast(({ key }) =>
    ['human', 'si', 'kilo', 'mega', 'bytes', 'blockSize'].includes(key),
  );
  if (ctx.options.inodes) return String;
  if (last?.key === 'human') return (bytes) => humanSize(bytes, 1024);
  if (last?.key === 'si') return (bytes) => humanSize(bytes, 1000);
  if (last?.key === 'blockSize') {
    const unit = parseBlockSize(String(last.value));
    if (!unit) throw new Fatal(`invalid --block-size argument ${quote(String(last.value))}`);
    const suffix = /^[a-zA-Z]/.test(String(last.value)) ? String(last.value) : '';
    return (bytes) => Math.ceil(bytes / unit) + suffix;
  }
  const unit = last?.key === 'bytes' ? 1 : last?.key === 'mega' ? 1024 ** 2 : 1024;
  return (bytes) => String(Math.ceil(bytes / unit));
}

/** What a tree comes to: its size, and its latest modification. */
interface Usage {
  size: number;
  latestMs: number;
}

class Du {
  private readonly ctx: DuContext;
  private readonly show: (bytes: number) => string;
  private readonly seen = new Set<string>();
  private readonly maxDepth: number;
  private readonly excluded: (path: string) => boolean;
  total = 0;

  constructor(ctx: DuContext, maxDepth: number) {
    this.ctx = ctx;
    this.show = formatter(ctx);
    this.maxDepth = maxDepth;
    const tests = ctx.options.exclude.map((pattern) => globMatcher(pattern));
    this.excluded = (path) => tests.some((test) => test(path) || test(baseName(path)));
  }

  private sizeOf(stat: Stat): number {
    const { options: o } = this.ctx;
    if (o.inodes) return 1;
    if (o.apparent || o.bytes) return isDirectory(stat.mode) && !o.bytes && !o.apparent ? 0 : stat.size;
    return stat.blocks * 512;
  }

  private async statOf(path: string, isOperand: boolean): Promise<Stat | undefined> {
    const { sys, options: o } = this.ctx;
    try {
      return o.follow || (o.followOperands && isOperand) ? await sys.stat(path) : await sys.lstat(path);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await this.ctx.error(`cannot access ${quoteName(path)}: ${error.message}`);
      return undefined;
    }
  }

  async operand(path: string): Promise<void> {
    const usage = await this.visit(path, 0, undefined);
    this.total += usage?.size ?? 0;
  }

  async line(size: number, latestMs: number, path: string): Promise<void> {
    const { out, options: o, sys } = this.ctx;
    if (o.threshold !== undefined && !this.passes(size, o.threshold)) return;
    const time = o.time === undefined ? '' : `${strftime('%Y-%m-%d %H:%M', latestMs, zoneOf(sys.env))}\t`;
    await out.write(`${this.show(size)}\t${time}${path}${o.null ? '\0' : '\n'}`);
  }

  private passes(size: number, threshold: string): boolean {
    const limit = parseBlockSize(threshold.replace(/^-/, ''));
    if (limit === undefined) throw new Fatal(`invalid --threshold argument ${quote(threshold)}`);
    return threshold.startsWith('-') ? size <= limit : size >= limit;
  }

  private async visit(path: string, depth: number, device: number | undefined): Promise<Usage | undefined> {
    const { options: o } = this.ctx;
    if (this.excluded(path)) return undefined;
    const stat = await this.statOf(path, depth === 0);
    if (!stat || (o.oneFileSystem && device !== undefined && stat.dev !== device)) return undefined;
    const directory = isDirectory(stat.mode);
    const id = `${stat.dev}:${stat.ino}`;
    if (!o.countLinks && (stat.nlink > 1 || directory || depth === 0)) {
      if (this.seen.has(id)) return undefined;
      this.seen.add(id);
    }
    const usage: Usage = { size: this.sizeOf(stat), latestMs: stat.mtimeMs };
    const own = directory ? await this.contents(path, depth, device ?? stat.dev, usage) : usage.size;
    const shown = depth === 0 || (depth <= this.maxDepth && (directory || o.all));
    if (shown) await this.line(o.separate ? own : usage.size, usage.latestMs, path);
    return usage;
  }

  /** Adds what is below to `usage`; returns the size without subdirectories. */
  private async contents(path: string, depth: number, device: number, usage: Usage): Promise<number> {
    let own = usage.size;
    try {
      for (const entry of await listDirectory(this.ctx.sys, path)) {
        const below = await this.visit(joinPath(path, entry.name), depth + 1, device);
        if (!below) continue;
        usage.size += below.size;
        usage.latestMs = Math.max(usage.latestMs, below.latestMs);
        if (!isDirectory(entry.type)) own += below.size;
      }
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      await this.ctx.error(`cannot read directory ${quoteName(path)}: ${error.message}`);
    }
    return own;
  }
}

export default command(
  {
    name: 'du',
    usage: '[OPTION]... [FILE]...',
    summary: 'Summarize device usage of the set of FILEs, recursively for directories.',
    options: OPTIONS,
  },
  async (ctx) => {
    const { options: o } = ctx;
    if (o.depth !== undefined && !/^\d+$/.test(o.depth))
      throw new UsageError(`invalid maximum depth ${quote(o.depth)}`);
    if (o.all && o.summarize) throw new UsageError('cannot both summarize and show all entries');
    if (o.summarize && o.depth !== undefined && o.depth !== '0') {
      throw new UsageError(`warning: summarizing conflicts with --max-depth=${o.depth}`);
    }
    const maxDepth = o.summarize ? 0 : o.depth === undefined ? Number.POSITIVE_INFINITY : Number(o.depth);
    const du = new Du(ctx, maxDepth);
    for (const path of ctx.operands.length > 0 ? ctx.operands : ['.']) await du.operand(path);
    if (o.total) await du.line(du.total, ctx.sys.now(), 'total');
  },
);
