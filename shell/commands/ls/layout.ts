/** Arrangement of names on lines: down columns (-C), across (-x), with commas (-m), one per line (-1). */
import { displayWidth } from '../lib/width.ts';
import type { Settings } from './options.ts';

/** A cell: text with its escape sequences, and the columns that it takes. */
export interface Cell {
  text: string;
  width: number;
}

export const cell = (text: string): Cell => ({ text, width: displayWidth(text) });

const GAP = 2;
const MIN_COLUMN = 3;

/** Widths of the columns when `count` of them are used; undefined when they do not fit. */
function arrange(
  cells: readonly Cell[],
  count: number,
  across: boolean,
  limit: number,
): number[] | undefined {
  const rows = Math.ceil(cells.length / count);
  const widths: number[] = new Array(count).fill(MIN_COLUMN);
  let total = MIN_COLUMN * count;
  for (let i = 0; i < cells.length; i++) {
    const column = across ? i % count : Math.floor(i / rows);
    const need = cells[i]!.width + (column === count - 1 ? 0 : GAP);
    if (need <= widths[column]!) continue;
    total += need - widths[column]!;
    widths[column] = need;
    if (total >= limit) return undefined;
  }
  return widths;
}

/** The move from column `from` to column `to`, with tabs where they help. */
function indent(from: number, to: number, tabSize: number): string {
  let text = '';
  let at = from;
  while (at < to) {
    if (tabSize !== 0 && Math.floor(to / tabSize) > Math.floor((at + 1) / tabSize)) {
      text += '\t';
      at += tabSize - (at % tabSize);
    } else {
      text += ' ';
      at++;
    }
  }
  return text;
}

function columns(cells: readonly Cell[], across: boolean, s: Settings): string {
  const most = Number.isFinite(s.width) ? Math.max(1, Math.ceil(s.width / MIN_COLUMN)) : cells.length;
  let count = Math.max(1, Math.min(cells.length, most));
  let widths = arrange(cells, count, across, s.width);
  while (!widths && count > 1) widths = arrange(cells, --count, across, s.width);
  const rows = Math.ceil(cells.length / count);
  let text = '';
  for (let row = 0; row < rows; row++) {
    let at = 0;
    let start = 0;
    for (let column = 0; column < count; column++) {
      const item = cells[across ? row * count + column : column * rows + row];
      if (!item) break;
      text += indent(at, start, Number.isFinite(s.width) ? s.tabSize : 0) + item.text;
      at = start + item.width;
      start += widths?.[column] ?? 0;
    }
    text += s.end;
  }
  return text;
}

function commas(cells: readonly Cell[], s: Settings): string {
  let text = '';
  let at = 0;
  cells.forEach((item, i) => {
    if (i > 0) {
      const breaks = at + item.width + GAP >= s.width && Number.isFinite(s.width);
      text += breaks ? `,${s.end}` : ', ';
      at = breaks ? 0 : at + GAP;
    }
    text += item.text;
    at += item.width;
  });
  return cells.length > 0 ? text + s.end : '';
}

/** All cells in the format of the settings (which is not the long one). */
export function layout(cells: readonly Cell[], s: Settings): string {
  if (cells.length === 0) return '';
  if (s.format === 'commas') return commas(cells, s);
  if (s.format === 'columns' || s.format === 'across') return columns(cells, s.format === 'across', s);
  return cells.map((item) => item.text + s.end).join('');
}
