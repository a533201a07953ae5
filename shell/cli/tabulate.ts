/** Rows as a text table with a heading: numbers to the right, text to the left. */
import { printLine } from './run.ts';

export async function printTable<T extends object>(
  columns: readonly (keyof T & string)[],
  rows: readonly T[],
): Promise<void> {
  const cells = rows.map((row) => columns.map((name) => String(row[name])));
  const heading = columns.map((name) => name.toUpperCase());
  const widths = columns.map((_, i) => Math.max(heading[i]!.length, ...cells.map((row) => row[i]!.length)));
  const numeric = columns.map((name) => rows.every((row) => typeof row[name] === 'number'));
  for (const row of [heading, ...cells]) {
    const padded = row.map((cell, i) => (numeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)));
    await printLine(padded.join('  ').trimEnd());
  }
}
