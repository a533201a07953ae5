/** Classes of bytes as a terminal sees them, and the names of the control bytes it gives meaning to. */

export const Byte = {
  bell: 0x07,
  backspace: 0x08,
  tab: 0x09,
  newline: 0x0a,
  return: 0x0d,
  space: 0x20,
  caret: 0x5e,
  delete: 0x7f,
} as const;

/** ASCII control characters; bytes above 0x7f are none (they may be UTF-8). */
export const isControl = (byte: number): boolean => byte < 0x20 || byte === Byte.delete;

/** A byte of a UTF-8 character that is not its first. */
export const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

/** What VWERASE counts as part of a word: letters (all that start a UTF-8 character), digits, underscore. */
export function isWordByte(byte: number): boolean {
  if (byte >= 0xc0) return byte !== 0xd7 && byte !== 0xf7;
  const lower = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x7a) || byte === 0x5f;
}
