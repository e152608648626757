import { median } from "./median.ts";

/** Measures in words, for a test's log. */
export function describeMs(values: readonly number[]): string {
  return `${median(values).toFixed(0)} ms (at most ${Math.max(...values).toFixed(0)} ms)`;
}
