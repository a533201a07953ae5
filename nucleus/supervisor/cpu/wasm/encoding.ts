/**
 * Numbers and names as WebAssembly's binary format writes them (WebAssembly Core Specification 1.0, chapter
 * 5). Everything appends to a plain array of bytes.
 */
export type Bytes = number[];

/** Unsigned LEB128 of an integer 0 … 2^32 - 1. */
export function unsigned(out: Bytes, value: number): void {
  let rest = value >>> 0;
  while (rest >= 0x80) {
    out.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  out.push(rest);
}

/** Signed LEB128 of a 32-bit integer. */
export function signed(out: Bytes, value: number): void {
  let rest = value | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0)) {
      out.push(byte);
      return;
    }
    out.push(byte | 0x80);
  }
}

/** Signed LEB128 of a 64-bit integer; values that fit 32 bits take the short way. */
export function signed64(out: Bytes, value: number | bigint): void {
  if (typeof value === 'number' && (value | 0) === value) {
    signed(out, value);
    return;
  }
  let rest = BigInt.asIntN(64, BigInt(value));
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && (byte & 0x40) === 0) || (rest === -1n && (byte & 0x40) !== 0)) {
      out.push(byte);
      return;
    }
    out.push(byte | 0x80);
  }
}

export function append(out: Bytes, bytes: ArrayLike<number>): void {
  for (let i = 0; i < bytes.length; i++) out.push(bytes[i]!);
}

/** A name: ASCII here. */
export function name(out: Bytes, text: string): void {
  unsigned(out, text.length);
  for (let i = 0; i < text.length; i++) out.push(text.charCodeAt(i));
}
