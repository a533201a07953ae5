/** Backslash escapes of format strings: stat --printf, find -printf. */
import { CONTROL_ESCAPES } from './control-escapes.ts';

const ESCAPES: Readonly<Record<string, string>> = { ...CONTROL_ESCAPES, e: '\x1b' };

/** Replaces \n, \t …, octal \NNN and hexadecimal \xHH; any other character stands for itself. */
export function expandEscapes(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|[\s\S])/g, (_, body: string) => {
    if (/^x./.test(body)) return String.fromCharCode(Number.parseInt(body.slice(1), 16));
    if (/^[0-7]/.test(body)) return String.fromCharCode(Number.parseInt(body, 8) & 0xff);
    return ESCAPES[body] ?? body;
  });
}
