import type { DialCounts } from "../relay/dial-times.ts";
import type { RelaysStats } from "../workers/sum-stats.ts";
import type { MetricFamily, Sample } from "./metric-family.ts";
import { byLabel } from "./metric-family.ts";

/** What the relays have carried and refused. Labels are of our own making: no sandbox, no visitor, no workspace. */
export function relayFamilies(stats: RelaysStats): MetricFamily[] {
  const { counts } = stats;
  const { requests: _requests, tunnels, refused, ...events } = counts;
  const gauge = (name: string, help: string, value: number): MetricFamily => ({
    name,
    help,
    type: "gauge",
    samples: [{ value }],
  });
  return [
    counter("requests_total", "Finished requests by class of status", byLabel("code", stats.responses)),
    counter("refusals_total", "Requests that were refused, by code", byLabel("code", refused)),
    counter("tunnels_total", "WebSockets and other upgraded connections", [{ value: tunnels }]),
    counter("events_total", "What went wrong with exchanges, by event", byLabel("event", snakeCase(events))),
    counter("bytes_total", "Bytes of visitors' connections", [
      { value: stats.bytes.fromVisitors, labels: { direction: "from_visitors" } },
      { value: stats.bytes.toVisitors, labels: { direction: "to_visitors" } },
    ]),
    gauge("open_requests", "Requests now open", stats.requests),
    gauge("open_tunnels", "Tunnels now open", stats.tunnels),
    gauge("visitor_connections", "Connections of visitors", stats.visitors),
    gauge("unproven_connections", "Connections without a valid pass yet", stats.unproven),
    gauge("guest_connections", "Connections to guests, idle ones included", stats.guestConnections),
    gauge("pooled_connections", "Idle connections to guests", stats.pooled),
    gauge("pools", "Ports of guests towards which something is open", stats.pools),
    gauge("waiters", "Requests that wait for a port to open", stats.waiters),
    dialHistogram(stats.dials),
    counter("dial_failures_total", "Dials of guests that failed", [{ value: stats.dials.failed }]),
  ];
}

function counter(name: string, help: string, samples: Sample[]): MetricFamily {
  return { name, help, type: "counter", samples };
}

function dialHistogram({ buckets, sumSeconds }: DialCounts): MetricFamily {
  const samples: Sample[] = [];
  let total = 0;
  for (const [le, count] of Object.entries(buckets)) {
    total += count;
    samples.push({ value: total, labels: { le }, suffix: "_bucket" });
  }
  samples.push({ value: sumSeconds, suffix: "_sum" }, { value: total, suffix: "_count" });
  return {
    name: "dial_seconds",
    help: "Time until a guest's port was connected",
    type: "histogram",
    samples,
  };
}

function snakeCase(values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}
