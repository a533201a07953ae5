/**
 * Option arguments that are one of a few words, as GNU's argmatch reads them: unambiguous prefixes will do.
 */
import { Fatal } from './command.ts';
import { quote } from './quote.ts';

/** The words in lines of synonyms (those with the same value). */
function listed<V>(words: Readonly<Record<string, V>>): string {
  const groups = new Map<V, string[]>();
  for (const [name, value] of Object.entries(words)) groups.set(value, [...(groups.get(value) ?? []), name]);
  return [...groups.values()].map((names) => `\n  - ${names.map(quote).join(', ')}`).join('');
}

/**
 * The value of `text`. Throws Fatal with the list of words, and `status`, when it is none of them.
 * `option` is how the message names what the word belongs to, `command` whose help it points to.
 */
export function choose<V>(
  command: string,
  words: Readonly<Record<string, V>>,
  text: string,
  option: string,
  status = 1,
): V {
  const exact = Object.hasOwn(words, text) ? words[text] : undefined;
  if (exact !== undefined) return exact;
  const matches = text === '' ? [] : Object.keys(words).filter((name) => name.startsWith(text));
  const values = new Set(matches.map((name) => words[name]));
  if (values.size === 1) return words[matches[0]!]!;
  const kind = matches.length > 0 ? 'ambiguous' : 'invalid';
  throw new Fatal(
    [
      `${kind} argument ${quote(text)} for ${quote(option)}`,
      `Valid arguments are:${listed(words)}`,
      `Try '${command} --help' for more information.`,
    ].join('\n'),
    status,
  );
}
