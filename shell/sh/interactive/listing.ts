/** Names in columns, down first, as ls and every shell list them. */
import { displayWidth, padTo } from '../../commands/lib/width.ts';

const GAP_COLUMNS = 2;

/** Lines, each ended. */
export function inColumns(names: readonly string[], columns: number): string {
  const width = Math.max(...names.map(displayWidth)) + GAP_COLUMNS;
  const across = Math.max(1, Math.floor((columns + GAP_COLUMNS - 1) / width));
  const down = Math.ceil(names.length / across);
  let text = '';
  for (let row = 0; row < down; row += 1) {
    const cells = names.filter((_, at) => at % down === row);
    text += `${cells
      .map((name) => padTo(name, width))
      .join('')
      .trimEnd()}\n`;
  }
  return text;
}

/** What all of them begin with; there is at least one. */
export function commonPrefix(texts: readonly string[]): string {
  let prefix = texts[0]!;
  for (const text of texts) while (!text.startsWith(prefix)) prefix = prefix.slice(0, -1);
  // Never half of a surrogate pair.
  return /[\ud800-\udbff]$/.test(prefix) ? prefix.slice(0, -1) : prefix;
}
