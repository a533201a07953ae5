/** SGR: the attributes of an emulated cell as the parameters that make a terminal show them. */
import type { IBufferCell } from '@xterm/headless';

/** Attribute → its SGR parameter, in the order they are written. */
const ATTRIBUTES: readonly (readonly [keyof IBufferCell & `is${string}`, number])[] = [
  ['isBold', 1],
  ['isDim', 2],
  ['isItalic', 3],
  ['isUnderline', 4],
  ['isBlink', 5],
  ['isInverse', 7],
  ['isInvisible', 8],
  ['isStrikethrough', 9],
  ['isOverline', 53],
];

/** Colours 0-7 and 8-15 have short forms; others are indexed or direct. `base` is 30 or 40. */
function colour(base: number, rgb: boolean, value: number): string {
  if (rgb) return `${base + 8};2;${(value >> 16) & 0xff};${(value >> 8) & 0xff};${value & 0xff}`;
  if (value < 8) return String(base + value);
  if (value < 16) return String(base + 60 + value - 8);
  return `${base + 8};5;${value}`;
}

/** The SGR parameters of a cell, '' for a plain one. Always relative to a reset. */
export function styleOf(cell: IBufferCell): string {
  if (cell.isAttributeDefault()) return '';
  const parts: string[] = [];
  for (const [name, code] of ATTRIBUTES) {
    if ((cell[name] as () => number).call(cell) !== 0) parts.push(String(code));
  }
  if (!cell.isFgDefault()) parts.push(colour(30, cell.isFgRGB(), cell.getFgColor()));
  if (!cell.isBgDefault()) parts.push(colour(40, cell.isBgRGB(), cell.getBgColor()));
  return parts.join(';');
}
