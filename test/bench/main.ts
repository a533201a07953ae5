/**
 * npm run bench [-- --json FILE] [NAME…]: measures what the project promises about speed.
 * Every figure is a median of several runs of one invocation; machines are noisy, so trust the ratios.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { BenchRow } from './row.ts';

/** A suite gives its rows at the end, or one after another as they are measured. */
type Rows = Promise<BenchRow[]> | AsyncIterable<BenchRow>;

const SUITES: Record<string, () => Promise<{ run(): Rows }>> = {
  ipc: () => import('./ipc.ts'),
  startup: () => import('./startup.ts'),
  prompt: () => import('./prompt.ts'),
  processes: () => import('./processes.ts'),
  throughput: () => import('./throughput.ts'),
  scale: () => import('./scale.ts'),
  guests: () => import('./guests.ts'),
};

function print(row: BenchRow): void {
  const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
  const verdict = row.met === undefined ? '' : row.met ? 'met' : 'MISSED';
  const ratio = row.ratio === undefined ? '' : `${digits(row.ratio)} × baseline`;
  const cells = [row.name.padEnd(58), `${digits(row.value)} ${row.unit}`.padEnd(14), ratio.padEnd(18)];
  process.stdout.write(`${cells.join(' ')} ${(row.goal ?? '').padEnd(22)} ${verdict}\n`);
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } });
const rows: BenchRow[] = [];
for (const [name, load] of Object.entries(SUITES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const result = (await load()).run();
  for await (const row of Symbol.asyncIterator in result ? result : await result) {
    rows.push(row);
    print(row);
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
process.exit(0);
