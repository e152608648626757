import type { Metric, RegistryContentType } from "prom-client";
import { Registry } from "prom-client";
import { hostFamilies } from "./host-families.ts";
import type { HostSnapshot } from "./host-snapshot.ts";
import type { MetricFamily } from "./metric-family.ts";
import { relayFamilies } from "./relay-families.ts";

const PREFIX = "preview_connector_";

export const METRICS_CONTENT_TYPE: RegistryContentType = Registry.PROMETHEUS_CONTENT_TYPE;

/** The text of a scrape. Nothing is kept between two scrapes: relays count by plain numbers. */
export function renderMetrics(snapshot: HostSnapshot): Promise<string> {
  const registry = new Registry();
  for (const family of [...hostFamilies(snapshot), ...relayFamilies(snapshot.relays)])
    registry.registerMetric(toMetric(family));
  return registry.metrics();
}

/** prom-client's own classes count by themselves; these values are counted already. */
function toMetric({ name, help, type, samples }: MetricFamily): Metric {
  const fullName = PREFIX + name;
  const values = samples.map(({ value, labels = {}, suffix = "" }) => ({
    value,
    labels,
    metricName: fullName + suffix,
  }));
  const metric = { name: fullName, help, type, aggregator: "sum", labelNames: [], reset: () => {} };
  return { ...metric, get: async () => ({ ...metric, values }) } as unknown as Metric;
}
