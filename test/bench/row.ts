/**
 * One line of the benchmark report, and how it is measured: medians of repeated runs, ratios within one run.
 */

export interface BenchRow {
  /** What was measured, e.g. 'ipc: null ipcCall, one site'. */
  name: string;
  value: number;
  unit: string;
  /** What it is compared with, in the same unit, measured in the same run. */
  baseline?: number;
  /** value / baseline. */
  ratio?: number;
  /** The goal in words, e.g. '≤ 2 µs'. */
  goal?: string;
  met?: boolean;
}

/** A goal on the value or on the ratio. */
export interface Goal {
  readonly on: 'value' | 'ratio';
  readonly most?: number;
  readonly least?: number;
}

/** `ratio`, when given, is the median of ratios of neighbouring measurements, better than that of medians. */
export function row(
  name: string,
  value: number,
  unit: string,
  goal?: Goal,
  baseline?: number,
  ratio?: number,
): BenchRow {
  const result: BenchRow = { name, value, unit };
  if (baseline !== undefined) {
    result.baseline = baseline;
    result.ratio = ratio ?? value / baseline;
  }
  if (!goal) return result;
  const measured = goal.on === 'ratio' ? (result.ratio ?? Number.NaN) : value;
  const suffix = goal.on === 'ratio' ? ' × baseline' : ` ${unit}`;
  result.goal = goal.most !== undefined ? `≤ ${goal.most}${suffix}` : `≥ ${goal.least}${suffix}`;
  result.met = goal.most !== undefined ? measured <= goal.most : measured >= (goal.least ?? Number.NaN);
  return result;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median of `runs` timings of `work`, ms; one run before them warms up. */
export async function timeMs(runs: number, work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i <= runs; i++) {
    const startMs = performance.now();
    await work();
    if (i > 0) times.push(performance.now() - startMs);
  }
  return median(times);
}
