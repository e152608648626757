/** The value below which so many per cent are; of the values themselves. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const index = Math.ceil((percent / 100) * sorted.length) - 1;
  return sorted[Math.max(0, index)]!;
}

/** Delays in one row: how many, p50, p95, most. */
export function describeDelays(delaysMs: readonly number[]): string {
  const [p50, p95, most] = [50, 95, 100].map((percent) => percentile(delaysMs, percent).toFixed(0));
  return `${delaysMs.length} openings: p50 ${p50} ms, p95 ${p95} ms, most ${most} ms`;
}
