/**
 * Histories of registers: whether what several parties read and wrote can have happened in some one order.
 */

export interface RegisterOperation {
  readonly kind: 'read' | 'write';
  readonly value: number;
  /** Logical times: before it began, after it ended. */
  readonly start: number;
  readonly end: number;
}

/** Gibbons and Korach: histories of one register whose writes are all different. The violations found. */
export function violations(history: readonly RegisterOperation[]): string[] {
  const zones = new Map<number, { from: number; to: number }>();
  const problems: string[] = [];
  for (const { value, start, end } of history) {
    const zone = zones.get(value) ?? { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
    zones.set(value, { from: Math.min(zone.from, end), to: Math.max(zone.to, start) });
  }
  const all = [...zones].map(([value, { from, to }]) => ({
    value,
    forward: from < to,
    low: Math.min(from, to),
    high: Math.max(from, to),
  }));
  for (const a of all) {
    if (!a.forward) continue;
    for (const b of all) {
      if (a === b) continue;
      const clash = b.forward ? a.low < b.high && b.low < a.high : a.low < b.low && b.high < a.high;
      if (clash) problems.push(`values ${a.value} and ${b.value} are out of order`);
    }
  }
  const written = new Map(history.filter(({ kind }) => kind === 'write').map((op) => [op.value, op]));
  for (const { kind, value, end } of history) {
    const write = written.get(value);
    if (kind === 'read' && value !== 0 && (!write || write.start > end))
      problems.push(`${value} was never written`);
  }
  return problems;
}
