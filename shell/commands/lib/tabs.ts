/**
 * Tab stops of expand and unexpand: `-t N`, `-t 4,8,12`, and a last `/N` (every N from there) or `+N` (every
 * N after the last).
 */
import { Fatal } from './command.ts';
import { quote } from './quote.ts';

export interface TabStops {
  /** The first stop beyond `column`; undefined behind the last one of a list. */
  next(column: number): number | undefined;
}

function regular(every: number, from = 0): (column: number) => number {
  return (column) => from + (Math.floor((column - from) / every) + 1) * every;
}

export function parseTabs(lists: readonly string[]): TabStops {
  const stops: number[] = [];
  let after: ((column: number) => number) | undefined;
  for (const item of lists.join(',').split(/[, ]+/)) {
    if (item === '') continue;
    const match = /^([/+]?)(\d+)$/.exec(item);
    if (!match) throw new Fatal(`tab size contains invalid character(s): ${quote(item)}`);
    const size = Number(match[2]);
    if (size === 0) throw new Fatal('tab size cannot be 0');
    if (match[1] === '/') after = regular(size);
    else if (match[1] === '+') after = regular(size, stops.at(-1) ?? 0);
    else if (size <= (stops.at(-1) ?? 0)) throw new Fatal('tab sizes must be ascending');
    else stops.push(size);
  }
  const [only] = stops;
  if (stops.length === 0 && !after) return { next: regular(8) };
  if (stops.length === 1 && !after && only !== undefined) return { next: regular(only) };
  return { next: (column) => stops.find((stop) => stop > column) ?? after?.(column) };
}
