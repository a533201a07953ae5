/** tar: archives over the tar-stream library. The parts are in tar/. */
import { createGunzip, createGzip } from 'node:zlib';
import { O } from '../../subsystems/unix/constants.ts';
import type { Awaitable, Fd } from '../../subsystems/unix/sys.ts';
import { command, Fatal, SysError } from './lib/command.ts';
import { encode, Output, readChunks } from './lib/io.ts';
import { loadNames } from './lib/names.ts';
import { through } from './lib/stream.ts';
import { zoneOf } from './lib/zone.ts';
import { Creator } from './tar/create.ts';
import { Extractor, members } from './tar/extract.ts';
import { type Headers, MemberList } from './tar/list.ts';
import { excluder, Selection, stripComponents, wantedNames } from './tar/names.ts';
import { modeOf, OPTIONS, oldStyle, type TarContext } from './tar/options.ts';

const EXIT_DELAYED = '\ntar: Exiting with failure status due to previous errors';
/** Archives are filled up to a multiple of this: 20 blocks of 512 bytes. */
const RECORD_BYTES = 10240;
const BLOCK_BYTES = 512;
const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

async function open(ctx: TarContext, flags: number): Promise<Fd> {
  const path = ctx.options.file ?? ctx.sys.env.TAPE ?? '-';
  if (path === '-') return flags === O.RDONLY ? 0 : 1;
  try {
    return await ctx.sys.open(path, flags, 0o666);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    throw new Fatal(`${path}: Cannot open: ${error.message}\ntar: Error is not recoverable: exiting now`);
  }
}

const NOT_GZIP = Object.assign(new Error('not in gzip format'), { code: 'Z_DATA_ERROR' });

/** The archive's bytes, unzipped when they are gzip's, whatever the options say. */
async function* archive(ctx: TarContext, fd: Fd): AsyncGenerator<Uint8Array, void, void> {
  const chunks = readChunks(ctx.sys, fd);
  const first = await chunks.next();
  if (first.done || (first.value.length < BLOCK_BYTES && !isGzip(first.value)))
    throw new Fatal(`This does not look like a tar archive${EXIT_DELAYED}`);
  if (ctx.options.gzip && !isGzip(first.value)) throw damage(NOT_GZIP);
  const whole = (async function* () {
    yield first.value;
    yield* chunks;
  })();
  yield* isGzip(first.value) ? through(whole, createGunzip()) : whole;
}

async function* padded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    yield chunk;
  }
  const rest = length % RECORD_BYTES;
  if (rest > 0) yield new Uint8Array(RECORD_BYTES - rest);
}

/** -C changes the directory for the operands after it: operands are taken in the order given. */
async function changeDirectory(ctx: TarContext): Promise<void> {
  for (const dir of ctx.options.directory) {
    try {
      await ctx.sys.chdir(dir);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new Fatal(`${dir}: Cannot open: ${error.message}\ntar: Error is not recoverable: exiting now`);
    }
  }
}

/** What -v and -vv print of the members put into an archive. */
function memberLog(
  ctx: TarContext,
  to: Fd,
): { added(header: Headers): Promise<void>; flush(): Awaitable<void> } {
  const level = ctx.given.filter(({ key }) => key === 'verbose').length;
  const log = new Output(ctx.sys, to);
  const lines = new MemberList(zoneOf(ctx.sys.env), ctx.options.numericOwner);
  return {
    added: async (header) => {
      if (level > 0) await log.line(level > 1 ? lines.line(header, header.name) : header.name);
    },
    flush: () => log.flush(),
  };
}

async function create(ctx: TarContext): Promise<void> {
  const { options: o, sys } = ctx;
  const operands = await wantedNames(ctx);
  if (operands.length === 0)
    throw new Fatal(
      "Cowardly refusing to create an empty archive\nTry 'tar --help' or 'tar --usage' for more information.",
    );
  const isExcluded = await excluder(ctx);
  const fd = await open(ctx, O.WRONLY | O.CREAT | O.TRUNC);
  const { dev, ino } = await sys.fstat(fd);
  await changeDirectory(ctx);
  const log = memberLog(ctx, fd === 1 ? 2 : 1);
  const creator = new Creator(ctx, {
    names: await loadNames(sys),
    isExcluded,
    added: log.added,
    archiveId: fd === 1 ? undefined : `${dev}:${ino}`,
  });
  const each = (async function* () {
    yield* operands;
  })();
  const zips = o.gzip || (o.auto && /\.(tgz|taz|gz)$/.test(o.file ?? ''));
  const bytes = padded(creator.bytes(each));
  const out = new Output(sys, fd);
  for await (const chunk of zips ? through(bytes, createGzip()) : bytes) await out.write(chunk);
  await out.flush();
  await log.flush();
}

/** Messages of the readers when an archive is damaged. */
function damage(error: unknown): Fatal | undefined {
  if (!(error instanceof Error) || error instanceof SysError) return undefined;
  const { message } = error;
  const recoverable = '\ntar: Error is not recoverable: exiting now';
  if (/Unexpected end|unexpected end/.test(message))
    return new Fatal(`Unexpected EOF in archive${recoverable}`);
  if (/Invalid tar header|checksum/i.test(message))
    return new Fatal(`This does not look like a tar archive${EXIT_DELAYED}`);
  if ('code' in error && String(error.code).startsWith('Z_'))
    return new Fatal(`gzip: stdin: ${message}\ntar: Child returned status 1${recoverable}`);
  return undefined;
}

async function read(ctx: TarContext, mode: 'extract' | 'list'): Promise<void> {
  const { options: o, sys } = ctx;
  const selection = new Selection(await wantedNames(ctx), o.wildcards);
  const isExcluded = await excluder(ctx);
  const strip = Number(o.strip ?? 0);
  if (!Number.isInteger(strip)) throw new Fatal(`${o.strip}: Invalid number of elements`);
  const fd = await open(ctx, O.RDONLY);
  await changeDirectory(ctx);
  const extractor = new Extractor(ctx, await loadNames(sys));
  const lines = new MemberList(zoneOf(sys.env), o.numericOwner);
  const level = ctx.given.filter(({ key }) => key === 'verbose').length + (mode === 'list' ? 1 : 0);
  const log = new Output(sys, o.toStdout ? 2 : 1);
  for await (const entry of members(archive(ctx, fd))) {
    const { header } = entry;
    if (!selection.takes(header.name) || isExcluded(header.name)) continue;
    const name = mode === 'extract' ? stripComponents(header.name, strip) : header.name;
    if (name === '') continue;
    if (level > 0) await log.line(level > 1 ? lines.line(header, header.name) : header.name);
    if (header.type === 'link') header.linkname = stripComponents(header.linkname, strip);
    if (mode === 'extract') await extractor.make(header, name, entry as AsyncIterable<Uint8Array>);
  }
  await extractor.finish();
  await log.flush();
  for (const name of selection.missing) {
    ctx.status = 2;
    await ctx.warn(`${name}: Not found in archive`);
  }
}

/** -r: what is there already is read up to its end, then written again followed by the new members. */
async function append(ctx: TarContext): Promise<void> {
  const path = ctx.options.file;
  if (path === undefined || path === '-') throw new Fatal("Options '-Aru' are incompatible with '-f -'");
  const { sys } = ctx;
  const fd = await open(ctx, O.RDWR | O.CREAT);
  let end = 0;
  for await (const { header } of members(archive(ctx, fd))) {
    const data = Math.ceil((header.size ?? 0) / 512) * 512;
    const long = header.name.length > 100 || (header.linkname?.length ?? 0) > 100 ? 1024 : 0;
    end += 512 + data + long;
  }
  await changeDirectory(ctx);
  const log = memberLog(ctx, 1);
  const creator = new Creator(ctx, {
    names: await loadNames(sys),
    isExcluded: await excluder(ctx),
    added: log.added,
    archiveId: undefined,
  });
  const operands = await wantedNames(ctx);
  const each = (async function* () {
    yield* operands;
  })();
  await sys.lseek(fd, end, 0);
  for await (const chunk of creator.bytes(each)) await sys.write(fd, chunk);
  const size = await sys.lseek(fd, 0, 1);
  await sys.ftruncate(fd, Math.ceil(size / RECORD_BYTES) * RECORD_BYTES);
  await log.flush();
}

export default command(
  {
    name: 'tar',
    usage: '[OPTION]... [FILE]...',
    summary:
      'Save many files together into a single archive, and restore individual files from it.\n\n  tar -cf archive.tar foo bar  # Create archive.tar from files foo and bar.\n  tar -tvf archive.tar         # List all files in archive.tar verbosely.\n  tar -xf archive.tar          # Extract all files from archive.tar.',
    options: OPTIONS,
    rewrite: oldStyle,
    usageStatus: 64,
    failStatus: 2,
  },
  async (ctx) => {
    const mode = modeOf(ctx);
    try {
      if (mode === 'create') await create(ctx);
      else if (mode === 'append') await append(ctx);
      else await read(ctx, mode);
    } catch (error) {
      throw damage(error) ?? error;
    }
    if (ctx.status !== 0) await ctx.sys.write(2, encode(`tar:${EXIT_DELAYED.slice(5)}\n`));
  },
);
