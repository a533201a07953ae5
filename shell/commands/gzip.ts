/**
 * gzip, gunzip and zcat over node's zlib: names and times are kept in the header, files replaced like the
 * original does.
 */
import { constants, createGunzip, createGzip } from 'node:zlib';
import { isDirectory, isRegular, isSymlink, O } from '../../subsystems/unix/constants.ts';
import type { Fd, Program, Stat } from '../../subsystems/unix/sys.ts';
import { ask } from './lib/ask.ts';
import { type Context, command, SysError } from './lib/command.ts';
import { concat, encode, readChunks } from './lib/io.ts';
import { baseName, joinPath } from './lib/path.ts';
import { through } from './lib/stream.ts';
import { listDirectory, statIfAny } from './lib/walk.ts';

const OPTIONS = {
  stdout: {
    short: 'c',
    long: ['stdout', 'to-stdout'],
    help: 'write on standard output, keep original files unchanged',
  },
  decompress: { short: 'd', long: ['decompress', 'uncompress'], help: 'decompress' },
  force: { short: 'f', long: 'force', help: 'force overwrite of output file and compress links' },
  keep: { short: 'k', long: 'keep', help: "keep (don't delete) input files" },
  list: { short: 'l', long: 'list', help: 'list compressed file contents' },
  noName: { short: 'n', long: 'no-name', help: 'do not save or restore the original name and timestamp' },
  name: { short: 'N', long: 'name', help: 'save or restore the original name and timestamp' },
  quiet: { short: 'q', long: 'quiet', help: 'suppress all warnings' },
  recursive: { short: 'r', long: 'recursive', help: 'operate recursively on directories' },
  suffix: { short: 'S', long: 'suffix', arg: 'SUF', help: 'use suffix SUF on compressed files' },
  test: { short: 't', long: 'test', help: 'test compressed file integrity' },
  verbose: { short: 'v', long: 'verbose', help: 'verbose mode' },
  fast: { long: 'fast', help: 'compress faster' },
  best: { long: 'best', help: 'compress better' },
  level: { arg: 'LEVEL' },
} as const;

type Gzip = Context<typeof OPTIONS>;

const MAGIC = [0x1f, 0x8b];
const FNAME = 8;
const HEADER_BYTES = 10;

/** zlib's own header, replaced by one with time and name. */
async function* withHeader(
  chunks: AsyncIterable<Uint8Array>,
  header: Uint8Array,
): AsyncGenerator<Uint8Array, void, void> {
  let left = HEADER_BYTES;
  yield header;
  for await (const chunk of chunks) {
    const skip = Math.min(left, chunk.length);
    left -= skip;
    if (skip < chunk.length) yield chunk.subarray(skip);
  }
}

function header(name: string | undefined, mtimeMs: number, level: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes.set([...MAGIC, 8, name === undefined ? 0 : FNAME]);
  new DataView(bytes.buffer).setUint32(4, Math.max(0, Math.floor(mtimeMs / 1000)) >>> 0, true);
  bytes[8] = level === 9 ? 2 : level === 1 ? 4 : 0;
  bytes[9] = 3;
  return name === undefined ? bytes : concat([bytes, encode(name), Uint8Array.of(0)]);
}

function levelOf(ctx: Gzip): number {
  const last = ctx.given.findLast(({ key }) => key === 'level' || key === 'fast' || key === 'best');
  if (!last) return 6;
  return last.key === 'fast' ? 1 : last.key === 'best' ? 9 : Math.min(9, Math.max(1, Number(last.value)));
}

/** zlib's failures in gzip's words. */
function reasonOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'Z_BUF_ERROR') return 'unexpected end of file';
  if (code !== 'Z_DATA_ERROR') return undefined;
  const message = (error as Error).message;
  if (message.includes('header')) return 'not in gzip format';
  if (message.includes('data check')) return 'invalid compressed data--crc error';
  if (message.includes('length check')) return 'invalid compressed data--length error';
  return 'invalid compressed data--format violated';
}

interface Source {
  name: string;
  fd: Fd;
  stat: Stat | undefined;
}

class Job {
  private readonly ctx: Gzip;
  private readonly decompress: boolean;
  private readonly toStdout: boolean;
  private readonly suffix: string;

  constructor(ctx: Gzip, mode: 'gzip' | 'gunzip' | 'zcat') {
    const { options: o } = ctx;
    this.ctx = ctx;
    this.decompress = o.decompress || o.test || mode !== 'gzip';
    this.toStdout = o.stdout || mode === 'zcat';
    this.suffix = o.suffix ?? '.gz';
  }

  private async fail(text: string): Promise<void> {
    this.ctx.status = 1;
    await this.ctx.sys.write(2, encode(`gzip: ${text}\n`));
  }

  private async warn(text: string): Promise<void> {
    this.ctx.status ||= 2;
    if (!this.ctx.options.quiet) await this.ctx.sys.write(2, encode(`gzip: ${text}\n`));
  }

  private async *output(source: Source): AsyncGenerator<Uint8Array, void, void> {
    const input = readChunks(this.ctx.sys, source.fd);
    if (this.decompress) {
      yield* through(input, createGunzip());
      return;
    }
    const level = levelOf(this.ctx);
    const named = !this.ctx.options.noName && source.stat !== undefined && isRegular(source.stat.mode);
    const name = named && source.name !== '-' ? baseName(source.name) : undefined;
    const mtimeMs = named ? source.stat!.mtimeMs : 0;
    const zlib = createGzip({ level, memLevel: 9, strategy: constants.Z_DEFAULT_STRATEGY });
    yield* withHeader(through(input, zlib), header(name, mtimeMs, level));
  }

  /** Copies to a descriptor (or nowhere, with -t); false after a reported failure. */
  private async transfer(source: Source, to: Fd | undefined): Promise<boolean> {
    const shown = source.name === '-' ? 'stdin' : source.name;
    try {
      for await (const chunk of this.output(source)) {
        if (to === 1) await this.ctx.out.write(chunk);
        else if (to !== undefined) await this.ctx.sys.write(to, chunk);
      }
      return true;
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === undefined) throw error;
      await this.ctx.sys.write(2, encode(`\ngzip: ${shown}: ${reason}\n`));
      this.ctx.status = 1;
      return false;
    }
  }

  private async isTerminal(fd: Fd, what: string): Promise<boolean> {
    if (this.ctx.options.force || !(await this.ctx.sys.isatty(fd))) return false;
    const data =
      what === 'from'
        ? `compressed data not read from a terminal. Use -f to force decompression.`
        : 'compressed data not written to a terminal. Use -f to force compression.';
    await this.fail(`${data}\nFor help, type: gzip -h`);
    return true;
  }

  async stdin(): Promise<void> {
    const { options: o } = this.ctx;
    if (this.decompress ? await this.isTerminal(0, 'from') : await this.isTerminal(1, 'to')) return;
    await this.transfer({ name: '-', fd: 0, stat: undefined }, o.test ? undefined : 1);
  }

  async operand(path: string): Promise<void> {
    if (path === '-') return this.stdin();
    const { sys, options: o } = this.ctx;
    let name = path;
    let stat = await statIfAny(sys, path, o.force || this.toStdout || o.test);
    if (!stat && this.decompress) {
      name = path + this.suffix;
      stat = await statIfAny(sys, name, true);
    }
    if (!stat) return this.fail(`${this.decompress ? name : path}: No such file or directory`);
    if (isDirectory(stat.mode)) return this.directory(path);
    if (isSymlink(stat.mode)) return this.fail(`${name}: Too many levels of symbolic links`);
    const others = stat.nlink - 1;
    if (others > 0 && !this.toStdout && !o.force && !o.test && !o.list && !o.keep) {
      return this.warn(`${name} has ${others} other link${others === 1 ? '' : 's'} -- file ignored`);
    }
    if (!isRegular(stat.mode) && !this.toStdout && !o.force)
      return this.warn(`${name} is not a directory or a regular file - ignored`);
    await this.file(name, stat);
  }

  private async directory(path: string): Promise<void> {
    if (!this.ctx.options.recursive) return this.warn(`${path} is a directory -- ignored`);
    for (const { name } of await listDirectory(this.ctx.sys, path)) await this.operand(joinPath(path, name));
  }

  private target(name: string): string | undefined {
    return this.decompress ? this.bareName(name) : name + this.suffix;
  }

  /** The name of what a compressed file holds; undefined when it has no suffix of ours. */
  private bareName(name: string): string | undefined {
    if (name.endsWith(this.suffix)) return name.slice(0, -this.suffix.length);
    if (name.endsWith('.tgz') || name.endsWith('.taz')) return `${name.slice(0, -4)}.tar`;
    for (const suffix of ['.gz', '-gz', '.z', '-z', '_z'])
      if (name.endsWith(suffix)) return name.slice(0, -suffix.length);
    return undefined;
  }

  private async file(name: string, stat: Stat): Promise<void> {
    const { sys, options: o } = this.ctx;
    const fd = await this.ctx.attempt(
      () => name,
      () => sys.open(name, O.RDONLY),
    );
    if (fd === undefined) return;
    try {
      if (o.list) await this.list(name, fd, stat);
      else if (o.test || this.toStdout) {
        const ok = await this.transfer({ name, fd, stat }, o.test ? undefined : 1);
        if (ok && o.test && o.verbose) await this.ctx.sys.write(2, encode(`${name}:\t OK\n`));
      } else await this.replace({ name, fd, stat });
    } finally {
      await sys.close(fd);
    }
  }

  private async replace(source: Source): Promise<void> {
    const { sys, options: o } = this.ctx;
    const { name, stat } = source;
    const target = this.target(name);
    if (target === undefined) return this.warn(`${name}: unknown suffix -- ignored`);
    if (!this.decompress && name.endsWith(this.suffix) && !o.force) {
      await sys.write(2, encode(`gzip: ${name} already has ${this.suffix} suffix -- unchanged\n`));
      return;
    }
    if (!o.force && (await statIfAny(sys, target, false))) {
      const overwrites =
        (await sys.isatty(0)) &&
        (await ask(sys, this.ctx.name, `${target} already exists; do you wish to overwrite (y or n)?`));
      if (!overwrites) {
        if (!(await sys.isatty(0)))
          await sys.write(2, encode(`gzip: ${target} already exists;\tnot overwritten\n`));
        this.ctx.status ||= 2;
        return;
      }
    }
    const to = await this.ctx.attempt(
      () => target,
      () => sys.open(target, O.WRONLY | O.CREAT | O.TRUNC, 0o600),
    );
    if (to === undefined) return;
    const ok = await this.transfer(source, to);
    await sys.close(to);
    if (!ok) {
      await sys.unlink(target);
      return;
    }
    await this.keepAttributes(target, stat!);
    const size = (await sys.stat(target)).size;
    if (!o.keep) await sys.unlink(name);
    if (o.verbose)
      await sys.write(
        2,
        encode(
          `${name}:\t${this.ratio(stat!.size, size, baseName(this.decompress ? target : name).length + 1)} -- ${o.keep ? 'created' : 'replaced with'} ${target}\n`,
        ),
      );
  }

  private async keepAttributes(target: string, stat: Stat): Promise<void> {
    const { sys } = this.ctx;
    try {
      await sys.chown(target, stat.uid, stat.gid);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
    }
    await sys.chmod(target, stat.mode & 0o7777);
    await sys.utimens(target, stat.atimeMs, stat.mtimeMs);
  }

  private ratio(before: number, after: number, nameBytes: number): string {
    const [plain, packed] = this.decompress ? [after, before] : [before, after];
    const share = plain === 0 ? 0 : (100 * (plain - packed + 18 + nameBytes)) / plain;
    return `${share.toFixed(1).padStart(5)}%`;
  }

  private listed = false;

  private async list(name: string, fd: Fd, stat: Stat): Promise<void> {
    let size = 0;
    try {
      for await (const chunk of through(readChunks(this.ctx.sys, fd), createGunzip())) size += chunk.length;
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === undefined) throw error;
      return this.fail(`${name}: ${reason}`);
    }
    if (!this.listed) this.ctx.out.put('         compressed        uncompressed  ratio uncompressed_name\n');
    this.listed = true;
    const share = size === 0 ? 0 : (100 * (size - stat.size + 18 + baseName(name).length)) / size;
    await this.ctx.out.line(
      `${String(stat.size).padStart(19)} ${String(size).padStart(19)} ${share.toFixed(1).padStart(5)}% ${this.bareName(name) ?? name}`,
    );
  }
}

function compressor(name: 'gzip' | 'gunzip' | 'zcat', summary: string): Program {
  return command(
    {
      name,
      usage: '[OPTION]... [FILE]...',
      summary,
      options: OPTIONS,
      digits: 'level',
    },
    async (ctx) => {
      const job = new Job(ctx, name);
      if (ctx.operands.length === 0) await job.stdin();
      for (const path of ctx.operands) await job.operand(path);
    },
  );
}

export const gzip = compressor('gzip', 'Compress or uncompress FILEs (by default, compress FILES in-place).');
export const gunzip = compressor('gunzip', 'Uncompress FILEs in place.');
export const zcat = compressor('zcat', 'Uncompress FILEs to standard output.');
