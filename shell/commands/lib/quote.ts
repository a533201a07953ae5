/**
 * Names in messages and listings, quoted as GNU's quotearg does: single quotes, or shell words when needed.
 */

const SHELL_SPECIAL = /[\s!"#$&'()*;<=>?[\\^`{|}~]/;
const CONTROL = /[\x00-\x1f\x7f]/;

function ansiC(text: string): string {
  const named: Record<string, string> = {
    '\x07': '\\a',
    '\b': '\\b',
    '\t': '\\t',
    '\n': '\\n',
    '\v': '\\v',
    '\f': '\\f',
    '\r': '\\r',
  };
  return text
    .split(/([\x00-\x1f\x7f]+)/)
    .map((part, index) => {
      if (index % 2 === 0) return part === '' ? '' : `'${part.replaceAll("'", "'\\''")}'`;
      const codes = [...part].map((c) => named[c] ?? `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
      return `$'${codes.join('')}'`;
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
  return `'${text.replace(/[\\']/g, '\\$&').replace(/[\x00-\x1f\x7f]/g, (c) => {
    const names: Record<string, string> = {
      '\n': '\\n',
      '\t': '\\t',
      '\r': '\\r',
      '\f': '\\f',
      '\v': '\\v',
      '\x07': '\\a',
      '\b': '\\b',
    };
    return names[c] ?? `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`;
  })}'`;
}
