/** Cases in one file: a line `#### name` (`---- name` where # begins no comment), then its text. */
export interface Case {
  readonly name: string;
  readonly text: string;
}

const HEADING = /^(?:####|----) (.+)$/;

export function casesOf(text: string): Case[] {
  const cases: { name: string; lines: string[] }[] = [];
  for (const line of text.split('\n')) {
    const name = HEADING.exec(line)?.[1];
    if (name !== undefined) cases.push({ name, lines: [] });
    else cases.at(-1)?.lines.push(line);
  }
  return cases.map(({ name, lines }) => ({ name, text: `${lines.join('\n').trim()}\n` }));
}
