/** split: cuts its input into files, by lines, bytes, or number of chunks. */
import { O } from '../../subsystems/unix/constants.ts';
import { command, Fatal, SysError, UsageError } from './lib/command.ts';
import { lineBatches, readAll, readChunks } from './lib/io.ts';
import { quote, quoteName } from './lib/quote.ts';
import { parseSize } from './lib/size.ts';
import { spawnEntries } from './lib/spawn.ts';
import { Files, OPTIONS, type Piece, type Split } from './split-files.ts';

type Chunks = AsyncIterable<Uint8Array>;

async function byBytes(chunks: Chunks, files: Files, size: number): Promise<void> {
  let file: Piece | undefined;
  let left = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      if (left === 0) {
        await files.close(file);
        file = await files.next();
        left = size;
      }
      const piece = chunk.subarray(at, at + left);
      await file!.write(piece);
      at += piece.length;
      left -= piece.length;
    }
  }
  await files.close(file);
}

async function byLines(chunks: Chunks, files: Files, count: number, separator: number): Promise<void> {
  let file: Piece | undefined;
  let left = 0;
  for await (const { lines, unterminated } of lineBatches(chunks, separator)) {
    for (const line of lines) {
      if (left === 0) {
        await files.close(file);
        file = await files.next();
        left = count;
      }
      file!.put(line);
      if (!unterminated) file!.put(Uint8Array.of(separator));
      if (file!.full) await file!.flush();
      left--;
    }
  }
  await files.close(file);
}

/** -C: whole lines up to `size` bytes; longer lines are cut. */
async function byLineBytes(chunks: Chunks, files: Files, size: number, separator: number): Promise<void> {
  let file: Piece | undefined;
  let left = 0;
  for await (const { lines, unterminated } of lineBatches(chunks, separator)) {
    for (const line of lines) {
      let record = line;
      if (!unterminated) {
        record = new Uint8Array(line.length + 1);
        record.set(line);
        record[line.length] = separator;
      }
      while (record.length > 0) {
        if (!file || left === 0 || (record.length > left && left < size)) {
          await files.close(file);
          file = await files.next();
          left = size;
        }
        const piece = record.subarray(0, left);
        await file.write(piece);
        left -= piece.length;
        record = record.subarray(piece.length);
      }
    }
  }
  await files.close(file);
}

/** Ends of the N chunks: equal bytes, or whole lines for l/N. */
function chunkEnds(data: Uint8Array, count: number, whole: boolean, separator: number): number[] {
  const size = Math.floor(data.length / count);
  const ends: number[] = [];
  for (let i = 1; i <= count; i++) {
    const nominal = i === count ? data.length : i * size;
    if (!whole || i === count) {
      ends.push(nominal);
      continue;
    }
    const from = Math.max(nominal - 1, 0);
    const found = data.indexOf(separator, from);
    ends.push(Math.max(ends.at(-1) ?? 0, found < 0 ? data.length : found + 1));
  }
  return ends;
}

interface ChunkSpec {
  kind: 'bytes' | 'lines' | 'round';
  count: number;
  /** K of K/N: only this one, on standard output. */
  only: number | undefined;
}

function chunkSpec(text: string): ChunkSpec {
  const match = /^(?:([lr])\/)?(?:(\d+)\/)?(\d+)$/.exec(text);
  const count = Number(match?.[3]);
  if (!match || count === 0)
    throw new Fatal(`invalid number of chunks: ${quote(text.replace(/^[lr]\//, ''))}`);
  const only = match[2] === undefined ? undefined : Number(match[2]);
  if (only !== undefined && (only < 1 || only > count))
    throw new Fatal(`invalid chunk number: ${quote(match[2]!)}`);
  return { kind: match[1] === 'l' ? 'lines' : match[1] === 'r' ? 'round' : 'bytes', count, only };
}

async function roundRobin(
  ctx: Split,
  data: Uint8Array,
  files: Files,
  { count, only }: ChunkSpec,
  separator: number,
): Promise<void> {
  const outputs: Piece[] = [];
  if (only === undefined) for (let i = 0; i < count; i++) outputs.push(await files.next());
  let at = 0;
  for (let i = 0; at < data.length; i++) {
    const found = data.indexOf(separator, at);
    const end = found < 0 ? data.length : found + 1;
    const target = only === undefined ? outputs[i % count] : i % count === only - 1 ? ctx.out : undefined;
    await target?.write(data.subarray(at, end));
    at = end;
  }
  for (const file of outputs) await files.close(file);
}

async function byChunks(
  ctx: Split,
  data: Uint8Array,
  files: Files,
  spec: ChunkSpec,
  separator: number,
): Promise<void> {
  if (spec.kind === 'round') return roundRobin(ctx, data, files, spec, separator);
  const ends = chunkEnds(data, spec.count, spec.kind === 'lines', separator);
  let start = 0;
  for (const [i, end] of ends.entries()) {
    const piece = data.subarray(start, end);
    start = end;
    if (spec.only !== undefined) {
      if (spec.only === i + 1) await ctx.out.write(piece);
      continue;
    }
    if (piece.length === 0 && ctx.options.elide) continue;
    const file = await files.next();
    await file.write(piece);
    await files.close(file);
  }
}

function sizeArgument(text: string, what: string): number {
  const size = parseSize(text);
  if (size === 0) throw new Fatal(`invalid number of ${what}: ${quote(text)}: Numerical result out of range`);
  if (size === undefined) throw new Fatal(`invalid number of ${what}: ${quote(text)}`);
  return size;
}

export default command(
  {
    name: 'split',
    usage: '[OPTION]... [FILE [PREFIX]]',
    summary:
      'Output pieces of FILE to PREFIXaa, PREFIXab, ...;\ndefault size is 1000 lines, and default PREFIX is x.',
    options: OPTIONS,
    digits: 'lines',
    entries: spawnEntries,
    operands: [0, 2],
  },
  async (ctx) => {
    const { options: o, sys } = ctx;
    const ways = [o.bytes, o.lineBytes, o.lines, o.chunks].filter((way) => way !== undefined);
    if (ways.length > 1) throw new UsageError('cannot split in more than one way');
    const [name = '-', prefix = 'x'] = ctx.operands;
    const separator = o.separator === undefined ? 10 : o.separator === '\\0' ? 0 : o.separator.charCodeAt(0);
    const spec = o.chunks === undefined ? undefined : chunkSpec(o.chunks);
    const files = new Files(ctx, prefix, spec?.count);
    let fd = 0;
    try {
      if (name !== '-') fd = await sys.open(name, O.RDONLY);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new Fatal(`cannot open ${quoteName(name)} for reading: ${error.message}`);
    }
    const chunks = readChunks(sys, fd);
    try {
      if (spec) await byChunks(ctx, await readAll(sys, fd), files, spec, separator);
      else if (o.bytes !== undefined) await byBytes(chunks, files, sizeArgument(o.bytes, 'bytes'));
      else if (o.lineBytes !== undefined)
        await byLineBytes(chunks, files, sizeArgument(o.lineBytes, 'lines'), separator);
      else await byLines(chunks, files, sizeArgument(o.lines ?? '1000', 'lines'), separator);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new Fatal(`${name}: ${error.message}`);
    }
  },
);
