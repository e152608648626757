/** The middle one; of an even number, the upper of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new RangeError("nothing has no median");
  return middle;
}

/** Measures in words, for a test's log. */
export function describeMs(values: readonly number[]): string {
  return `${median(values).toFixed(0)} ms (at most ${Math.max(...values).toFixed(0)} ms)`;
}
