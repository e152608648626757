import { formatTable } from "../shared/format-table.ts";
import type { Measure } from "./measures/measure.ts";
import type { ProxyName } from "./proxies/proxy-name.ts";
import type { Results } from "./results.ts";

/** What was measured, a row for each metric, as a Markdown table. */
export function formatResults(
  results: Results,
  measures: readonly Measure[],
  proxies: readonly ProxyName[],
): string {
  const rows = measures.flatMap(({ name, title, metrics }) =>
    metrics.map(({ key, label, digits }, index) => [
      index === 0 ? title : "",
      label,
      ...proxies.map((proxy) => results.median(name, proxy, key)?.toFixed(digits) ?? "–"),
    ]),
  );
  return formatTable([["load", "measured", ...proxies], ...rows]);
}
