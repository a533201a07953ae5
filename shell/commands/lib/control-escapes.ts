/**
 * The escapes of C for control characters: the one table behind every text that knows `\n` and its kin
 * (echo, printf, `$'…'`, regular expressions, awk, sed, quoted names). What each knows besides is its own.
 */
export const CONTROL_ESCAPES = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
} as const satisfies Readonly<Record<string, string>>;

/** GNU's and the shells' letters for escape. */
export const ESCAPE_LETTERS = { e: '\x1b', E: '\x1b' } as const;

const NAMES = new Map<string, string>(
  Object.entries(CONTROL_ESCAPES).map(([letter, character]) => [character, `\\${letter}`]),
);

/** A control character as C writes it: `\n`, or three octal digits. */
export function escapeControl(character: string): string {
  return NAMES.get(character) ?? `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`;
}
