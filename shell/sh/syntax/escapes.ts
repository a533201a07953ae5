/**
 * Backslash escapes of `$'…'` (POSIX 2024, 2.2.4), as text; bytes above 127 become the lossless form of the
 * shell's text.
 */
import { CONTROL_ESCAPES, ESCAPE_LETTERS } from '../../commands/lib/control-escapes.ts';
import { utf8 } from '../../commands/lib/text.ts';

const SIMPLE: Readonly<Record<string, string>> = {
  ...CONTROL_ESCAPES,
  ...ESCAPE_LETTERS,
  '\\': '\\',
  "'": "'",
  '"': '"',
  '?': '?',
};
const ESCAPE =
  /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|c([\s\S])|([\s\S]))/g;

function replacement(groups: readonly (string | undefined)[], bytes: number[]): string | number {
  const [hex, short, long, octal, control, simple] = groups;
  if (hex !== undefined) return bytes.push(Number.parseInt(hex, 16));
  if (octal !== undefined) return bytes.push(Number.parseInt(octal, 8) & 0xff);
  const point = short ?? long;
  if (point !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(point, 16), 0x10ffff));
  if (control !== undefined) return String.fromCharCode(control.charCodeAt(0) & 0x1f);
  return SIMPLE[simple ?? ''] ?? `\\${simple}`;
}

/** Replaces the escapes of the inside of `$'…'`; the result ends at a NUL. */
export function decodeDollarQuote(source: string): string {
  const chunks: Uint8Array[] = [];
  let last = 0;
  for (const found of source.matchAll(ESCAPE)) {
    chunks.push(utf8.encode(source.slice(last, found.index)));
    last = found.index + found[0].length;
    const bytes: number[] = [];
    const value = replacement(found.slice(1), bytes);
    chunks.push(typeof value === 'string' ? utf8.encode(value) : Uint8Array.from(bytes));
  }
  chunks.push(utf8.encode(source.slice(last)));
  const all = Buffer.concat(chunks);
  const end = all.indexOf(0);
  return utf8.decode(end < 0 ? all : all.subarray(0, end));
}
