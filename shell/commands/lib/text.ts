/**
 * Bytes ↔ text for the commands that work on characters (sed, grep, awk, sort, cut -c …).
 *
 * The locale is C.UTF-8 unless LC_ALL, LC_CTYPE or LANG say C or POSIX, where every byte is one character
 * (latin1).
 * Both directions are lossless: in UTF-8 a byte that is not part of a valid sequence becomes the lone
 * surrogate U+DC00 + byte
 * (Python's "surrogateescape"), which encode turns back into the same byte. So `sed s/a/b/` never damages
 * binary data.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import type { Environment } from '../../../subsystems/unix/sys.ts';

export interface TextCodec {
  /** False where one byte is one character. */
  readonly multibyte: boolean;
  decode(bytes: Uint8Array): string;
  encode(text: string): Uint8Array;
  /** A string as the program got it (argument, environment) in the form that decode gives. */
  adopt(argument: string): string;
}

const ESCAPED = /[\uDC80-\uDCFF]/u;

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Length of the valid UTF-8 sequence at `at`, 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}

function decodeMixed(bytes: Uint8Array): string {
  const buffer = asBuffer(bytes);
  let text = '';
  let start = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += buffer.toString('utf8', start, at) + String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
    at += 1;
    start = at;
  }
  return text + buffer.toString('utf8', start);
}

function encodeMixed(text: string): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const piece of text.split(/([\uDC80-\uDCFF])/u)) {
    const code = piece.charCodeAt(0);
    if (piece.length === 1 && code >= 0xdc80 && code <= 0xdcff) parts.push(Uint8Array.of(code - 0xdc00));
    else if (piece !== '') parts.push(Buffer.from(piece));
  }
  return Buffer.concat(parts);
}

export const utf8: TextCodec = {
  multibyte: true,
  decode: (bytes) => (isUtf8(bytes) ? asBuffer(bytes).toString('utf8') : decodeMixed(bytes)),
  encode: (text) => (ESCAPED.test(text) ? encodeMixed(text) : Buffer.from(text)),
  adopt: (argument) => argument,
};

export const latin1: TextCodec = {
  multibyte: false,
  decode: (bytes) => asBuffer(bytes).toString('latin1'),
  encode: (text) => Buffer.from(text, 'latin1'),
  adopt: (argument) => Buffer.from(argument).toString('latin1'),
};

/** The codec that the environment's locale variables choose. */
export function codecOf(env: Environment): TextCodec {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return locale === 'C' || locale === 'POSIX' ? latin1 : utf8;
}
