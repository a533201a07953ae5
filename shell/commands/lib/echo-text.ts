/** What echo prints: the escapes that XSI's echo (the shell's built-in) and GNU's `echo -e` know. */
import { CONTROL_ESCAPES, ESCAPE_LETTERS } from './control-escapes.ts';

const SIMPLE: Readonly<Record<string, string>> = { ...CONTROL_ESCAPES, ...ESCAPE_LETTERS, '\\': '\\' };
const XSI = /\\(?:0([0-7]{0,3})|([abcfnrtv\\]))/g;
const GNU = /\\(?:0([0-7]{0,3})|([abceEfnrtv\\])|x([0-9a-fA-F]{1,2}))/g;

/** A byte as the lossless text form has it: ASCII, else a lone surrogate. */
export const byteText = (byte: number): string => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);

interface Escaped {
  readonly text: string;
  /** `\c`: print nothing after it. */
  readonly stopped: boolean;
}

export function unescapeEcho(source: string, gnu: boolean): Escaped {
  if (!source.includes('\\')) return { text: source, stopped: false };
  let text = '';
  let last = 0;
  for (const found of source.matchAll(gnu ? GNU : XSI)) {
    text += source.slice(last, found.index);
    last = found.index + found[0].length;
    const [, octal, simple, hex] = found;
    if (simple === 'c') return { text, stopped: true };
    if (octal !== undefined) text += byteText(Number.parseInt(octal || '0', 8) & 0xff);
    else if (hex !== undefined) text += byteText(Number.parseInt(hex, 16));
    else text += SIMPLE[simple ?? ''] ?? '';
  }
  return { text: text + source.slice(last), stopped: false };
}

/** The built-in of the shell (as ash has it): `-n`, and escapes always. */
export function shellEcho(args: readonly string[]): string {
  const quiet = args[0] === '-n';
  const words = quiet ? args.slice(1) : args;
  const { text, stopped } = unescapeEcho(words.join(' '), false);
  return quiet || stopped ? text : `${text}\n`;
}

/** GNU's program: `-n`, `-e`, `-E`, in clusters. */
export function gnuEcho(args: readonly string[]): string {
  let newline = true;
  let escapes = false;
  let at = 0;
  for (; /^-[neE]+$/.test(args[at] ?? ''); at += 1) {
    for (const letter of args[at]!.slice(1)) {
      if (letter === 'n') newline = false;
      else escapes = letter === 'e';
    }
  }
  const line = args.slice(at).join(' ');
  const { text, stopped } = escapes ? unescapeEcho(line, true) : { text: line, stopped: false };
  return newline && !stopped ? `${text}\n` : text;
}
