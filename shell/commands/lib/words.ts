/** Splitting of one string into arguments with quotes and backslashes: `env -S`. */

/** Words separated by blanks; '…' is literal, "…" knows backslash escapes, backslash quotes one character. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  const pattern = /\s*((?:'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\\[\s\S]|[^\s'"\\])+)/gy;
  for (const match of text.matchAll(pattern)) {
    const word = match[1]!.replace(
      /'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\\([\s\S])/g,
      (_, single?: string, double?: string, char?: string) =>
        single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? char ?? '',
    );
    words.push(word);
  }
  return words;
}
