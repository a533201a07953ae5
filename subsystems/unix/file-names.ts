/**
 * Names as strings and back. The names of a host's files, and those that Linux programs use, are bytes; what
 * is no UTF-8 is carried as lone surrogates U+DC80 … U+DCFF, one per stray byte, as the commands' text codec
 * does, so that every file can be named.
 */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const STRAY = 0xdc00;

export function decodeName(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return decodeStray(bytes);
  }
}

/** Valid sequences as they are, every other byte as a surrogate. */
function decodeStray(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at]!);
    const piece = length > 0 ? tryDecode(bytes.subarray(at, at + length), length) : undefined;
    text += piece ?? String.fromCharCode(STRAY + bytes[at]!);
    at += piece === undefined ? 1 : length;
  }
  return text;
}

function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

function tryDecode(bytes: Uint8Array, length: number): string | undefined {
  if (bytes.length < length) return undefined;
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

const HAS_STRAY = /[\udc80-\udcff]/u;

/** A name or path for the host's calls: a string where that says it all. */
export function encodeName(text: string): string | Buffer {
  if (!HAS_STRAY.test(text)) return text;
  const parts: Buffer[] = [];
  // With the u flag a surrogate that belongs to a pair does not match: only the lone ones are stray bytes.
  for (const piece of text.split(/([\udc80-\udcff])/u)) {
    const code = piece.length === 1 ? piece.charCodeAt(0) : 0;
    if (code >= 0xdc80 && code <= 0xdcff) parts.push(Buffer.from([code - STRAY]));
    else parts.push(Buffer.from(piece));
  }
  return Buffer.concat(parts);
}

/** The bytes of a name, path or argument. */
export function nameBytes(text: string): Uint8Array {
  const encoded = encodeName(text);
  return typeof encoded === 'string' ? Buffer.from(encoded) : encoded;
}
