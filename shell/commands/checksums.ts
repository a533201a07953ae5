/**
 * md5sum, sha1sum, sha256sum, sha512sum (…): digests of files, and their verification with -c. Hashing is
 * node:crypto's.
 */
import { createHash } from 'node:crypto';
import { O } from '../../subsystems/unix/constants.ts';
import type { Program } from '../../subsystems/unix/sys.ts';
import { type Context, command, SysError } from './lib/command.ts';
import { forEachInput, readChunks, textLines } from './lib/io.ts';
import { quoteFile } from './lib/quote.ts';

const OPTIONS = {
  binary: { short: 'b', long: 'binary', help: 'read in binary mode' },
  check: { short: 'c', long: 'check', help: 'read checksums from the FILEs and check them' },
  tag: { long: 'tag', help: 'create a BSD-style checksum' },
  text: { short: 't', long: 'text', help: 'read in text mode (default)' },
  zero: {
    short: 'z',
    long: 'zero',
    help: 'end each output line with NUL, not newline, and disable file name escaping',
  },
  ignoreMissing: { long: 'ignore-missing', help: "with -c: don't fail or report status for missing files" },
  quiet: { long: 'quiet', help: "with -c: don't print OK for each successfully verified file" },
  status: { long: 'status', help: "with -c: don't output anything, status code shows success" },
  strict: { long: 'strict', help: 'with -c: exit non-zero for improperly formatted checksum lines' },
  warn: { short: 'w', long: 'warn', help: 'with -c: warn about improperly formatted checksum lines' },
} as const;

type Sum = Context<typeof OPTIONS>;

interface Algorithm {
  /** node:crypto's name. */
  hash: string;
  /** The tag of BSD-style lines. */
  tag: string;
  /** Hexadecimal digits of a digest. */
  digits: number;
}

async function digest(algorithm: Algorithm, chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash(algorithm.hash);
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** GNU's escaping of names with newlines and backslashes: the line then starts with a backslash. */
function escapeName(name: string): { prefix: string; text: string } {
  const text = name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return { prefix: text === name ? '' : '\\', text };
}

async function printSums(ctx: Sum, algorithm: Algorithm): Promise<void> {
  const { options: o, out } = ctx;
  await forEachInput(ctx, ctx.operands, async ({ name, chunks }) => {
    const sum = await digest(algorithm, chunks);
    const { prefix, text } = o.zero ? { prefix: '', text: name } : escapeName(name);
    const end = o.zero ? '\0' : '\n';
    const mode = o.binary && !o.text ? '*' : ' ';
    await out.write(
      o.tag ? `${prefix}${algorithm.tag} (${text}) = ${sum}${end}` : `${prefix}${sum} ${mode}${text}${end}`,
    );
  });
}

interface Entry {
  sum: string;
  name: string;
}

function parseLine(line: string, { tag, digits }: Algorithm): Entry | undefined {
  const isEscaped = line.startsWith('\\');
  const body = isEscaped ? line.slice(1) : line;
  const plain = new RegExp(`^\\s*([0-9a-fA-F]{${digits}})(?: [ *]?|\\t)(.+)$`, 's').exec(body);
  const tagged = new RegExp(`^${tag} ?\\((.*)\\) = ([0-9a-fA-F]{${digits}})$`, 's').exec(body);
  const sum = plain?.[1] ?? tagged?.[2];
  const name = plain?.[2] ?? tagged?.[1];
  if (sum === undefined || name === undefined) return undefined;
  const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', '\\': '\\' };
  return {
    sum: sum.toLowerCase(),
    name: isEscaped ? name.replace(/\\([nr\\])/g, (_, c: string) => escapes[c]!) : name,
  };
}

interface Tally {
  matched: number;
  mismatched: number;
  unreadable: number;
  malformed: number;
  formatted: number;
}

async function checkEntry(ctx: Sum, algorithm: Algorithm, { sum, name }: Entry, tally: Tally): Promise<void> {
  const { sys, out, options: o } = ctx;
  let actual: string;
  try {
    const fd = name === '-' ? 0 : await sys.open(name, O.RDONLY);
    actual = await digest(algorithm, readChunks(sys, fd));
    if (fd !== 0) await sys.close(fd);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    if (o.ignoreMissing && error.code === 'ENOENT') return;
    tally.unreadable++;
    await ctx.error(`${quoteFile(name)}: ${error.message}`);
    if (!o.status) out.put(`${name}: FAILED open or read\n`);
    return;
  }
  const ok = actual === sum;
  if (ok) tally.matched++;
  else tally.mismatched++;
  if (!o.status && !(ok && o.quiet)) out.put(`${name}: ${ok ? 'OK' : 'FAILED'}\n`);
}

const counted = (n: number, one: string, many: string): string => `WARNING: ${n} ${n === 1 ? one : many}`;

async function summarize(ctx: Sum, list: string, tally: Tally): Promise<void> {
  const { options: o } = ctx;
  if (tally.formatted === 0) {
    await ctx.error(`${quoteFile(list)}: no properly formatted checksum lines found`);
    return;
  }
  if (tally.mismatched > 0 || tally.unreadable > 0 || (o.strict && tally.malformed > 0)) ctx.status = 1;
  if (!o.status) {
    if (tally.malformed > 0)
      await ctx.warn(
        counted(tally.malformed, 'line is improperly formatted', 'lines are improperly formatted'),
      );
    if (tally.unreadable > 0)
      await ctx.warn(
        counted(tally.unreadable, 'listed file could not be read', 'listed files could not be read'),
      );
    if (tally.mismatched > 0)
      await ctx.warn(
        counted(tally.mismatched, 'computed checksum did NOT match', 'computed checksums did NOT match'),
      );
  }
  if (o.ignoreMissing && tally.matched === 0 && tally.mismatched === 0)
    await ctx.error(`${quoteFile(list)}: no file was verified`);
}

async function check(ctx: Sum, algorithm: Algorithm): Promise<void> {
  await forEachInput(ctx, ctx.operands, async ({ name: list, chunks, isStdin }) => {
    const shown = isStdin ? 'standard input' : list;
    const tally: Tally = { matched: 0, mismatched: 0, unreadable: 0, malformed: 0, formatted: 0 };
    let number = 0;
    for await (const line of textLines(chunks)) {
      number++;
      if (line.startsWith('#') || line === '') continue;
      const entry = parseLine(line, algorithm);
      if (!entry) {
        tally.malformed++;
        if (ctx.options.warn)
          await ctx.warn(`${shown}: ${number}: improperly formatted ${algorithm.tag} checksum line`);
        continue;
      }
      tally.formatted++;
      await checkEntry(ctx, algorithm, entry, tally);
    }
    await ctx.out.flush();
    await summarize(ctx, shown, tally);
  });
}

function checksum(name: string, algorithm: Algorithm): Program {
  return command(
    {
      name,
      usage: '[OPTION]... [FILE]...',
      summary: `Print or check ${algorithm.tag} checksums.\n\nWith no FILE, or when FILE is -, read standard input.`,
      options: OPTIONS,
    },
    (ctx) => (ctx.options.check ? check(ctx, algorithm) : printSums(ctx, algorithm)),
  );
}

export const md5sum = checksum('md5sum', { hash: 'md5', tag: 'MD5', digits: 32 });
export const sha1sum = checksum('sha1sum', { hash: 'sha1', tag: 'SHA1', digits: 40 });
export const sha224sum = checksum('sha224sum', { hash: 'sha224', tag: 'SHA224', digits: 56 });
export const sha256sum = checksum('sha256sum', { hash: 'sha256', tag: 'SHA256', digits: 64 });
export const sha384sum = checksum('sha384sum', { hash: 'sha384', tag: 'SHA384', digits: 96 });
export const sha512sum = checksum('sha512sum', { hash: 'sha512', tag: 'SHA512', digits: 128 });
