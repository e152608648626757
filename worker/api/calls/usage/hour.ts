import { USAGE_STEP_S, USAGE_STEPS } from "../../../../shared/protocol/request-log.ts";
import type { RefusedCounts } from "../../../objects/usage/refused-requests.ts";
import { formatTime } from "../../format-time.ts";

/** The number of the step that is under way. */
export function presentBucket(nowMs: number): number {
  return Math.floor(nowMs / (USAGE_STEP_S * 1000));
}

/** The hour that ends with a step. */
export function describeHour(last: number): { until: string; step_s: number; steps: number } {
  return { until: formatTime((last + 1) * USAGE_STEP_S * 1000), step_s: USAGE_STEP_S, steps: USAGE_STEPS };
}

/** The counts of the steps up to and with `last`. */
export function toSeries(counts: RefusedCounts["counts"], last: number): number[] {
  const series = emptySeries();
  for (const { bucket, count } of counts) {
    const index = USAGE_STEPS - 1 - (last - bucket);
    // The object's clock and the host's may differ by a step.
    const at = Math.min(index, USAGE_STEPS - 1);
    if (at >= 0) series[at] = (series[at] ?? 0) + count;
  }
  return series;
}

/** A host's counts as those of the steps up to and with `last`: its clock may differ from the edge's. */
export function alignSeries(counts: readonly number[], lastOfHost: number, last: number): number[] {
  const first = lastOfHost - USAGE_STEPS + 1;
  return lastOfHost === last
    ? [...counts]
    : toSeries(
        counts.map((count, index) => ({ bucket: first + index, count })),
        last,
      );
}

export function emptySeries(): number[] {
  return new Array<number>(USAGE_STEPS).fill(0);
}

export function addTo(total: number[], counts: readonly number[]): void {
  for (const [index, count] of counts.entries()) total[index] = (total[index] ?? 0) + count;
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
