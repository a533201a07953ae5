/**
 * Names in messages and listings, quoted as GNU's quotearg does: single quotes, or shell words when needed.
 */
import { escapeControl } from './control-escapes.ts';

const SHELL_SPECIAL = /[\s!"#$&'()*;<=>?[\\^`{|}~]/;
const CONTROL = /[\x00-\x1f\x7f]/;

function ansiC(text: string): string {
  return text
    .split(/([\x00-\x1f\x7f]+)/)
    .map((part, index) => {
      if (index % 2 === 0) return part === '' ? '' : `'${part.replaceAll("'", "'\\''")}'`;
      return `$'${[...part].map(escapeControl).join('')}'`;
    })
    .join('');
}

/** A shell word that stands for `name`, always in quotes: how GNU tools show file names in messages. */
export function quoteName(name: string): string {
  if (CONTROL.test(name)) {
    const word = ansiC(name);
    return word.startsWith('$') ? `''${word}` : word;
  }
  if (!name.includes("'")) return `'${name}'`;
  if (!/["$`\\!]/.test(name)) return `"${name}"`;
  return `'${name.replaceAll("'", "'\\''")}'`;
}

/** A shell word, quoted only when it needs to be: how `ls` shows names on a terminal. */
export function quoteIfNeeded(name: string): string {
  if (name === '') return "''";
  return SHELL_SPECIAL.test(name) || CONTROL.test(name) ? quoteName(name) : name;
}

/** A file name in front of a colon in a message (`cat: NAME: reason`): quoted only when it needs to be. */
export function quoteFile(name: string): string {
  return name.includes(':') ? quoteName(name) : quoteIfNeeded(name);
}

/** Plain quotes around an argument in a message. */
export function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replace(/[\x00-\x1f\x7f]/g, escapeControl)}'`;
}

/** GNU head's and tail's wording of `FILE: reason`. */
export function openOrReadError(text: string): string {
  const split = text.lastIndexOf(': ');
  const name = quoteName(text.slice(0, split));
  const reason = text.slice(split + 2);
  return reason === 'Is a directory'
    ? `error reading ${name}: ${reason}`
    : `cannot open ${name} for reading: ${reason}`;
}
