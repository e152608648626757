import { isHeard } from "./find-unreadiness.ts";
import type { HostSnapshot } from "./host-snapshot.ts";
import type { MetricFamily } from "./metric-family.ts";
import { byLabel } from "./metric-family.ts";

/** What the host knows of itself, its guests and the edge. A time that is not known is no sample. */
export function hostFamilies(snapshot: HostSnapshot): MetricFamily[] {
  const { nowMs, status, guests, agents, certificateEndMs } = snapshot;
  const { edge, keys, version, hostId } = status;
  const uses = Object.values(snapshot.processes);
  const sum = (name: "cpuSeconds" | "residentBytes"): number =>
    uses.reduce((total, use) => total + use[name], 0);
  const worst = (name: "delayP50Seconds" | "delayP99Seconds" | "delayMaxSeconds"): number =>
    Math.max(0, ...uses.map((use) => use[name]));
  return [
    {
      ...gauge("info", "Version and host, always 1", 1),
      samples: [{ value: 1, labels: { version, host: hostId } }],
    },
    { ...gauge("guests", "Attached guests, by what the edge knows"), samples: byLabel("edge", guests) },
    gauge("agents", "Guests whose agent reports their ports", agents),
    gauge(
      "edge_reachable",
      "1 where the edge has accepted a heartbeat in the last 60 s",
      isHeard(status, nowMs) ? 1 : 0,
    ),
    gauge(
      "edge_heartbeat_age_seconds",
      "Since the last accepted heartbeat",
      secondsSince(edge.heardAtMs, nowMs),
    ),
    gauge(
      "edge_keys_age_seconds",
      "Since the edge's keys were fetched",
      secondsSince(keys.fetchedAtMs, nowMs),
    ),
    gauge(
      "edge_keys_usable_seconds",
      "For how long the edge's keys may be used",
      secondsUntil(keys.usableUntilMs, nowMs),
    ),
    gauge("certificate_left_seconds", "Until the certificate ends", secondsUntil(certificateEndMs, nowMs)),
    gauge("processes", "Processes of the connector", uses.length),
    { ...gauge("cpu_seconds_total", "CPU time of all processes", sum("cpuSeconds")), type: "counter" },
    gauge("resident_memory_bytes", "Memory of all processes", sum("residentBytes")),
    {
      ...gauge("event_loop_delay_seconds", "How late the latest process was since the last scrape"),
      samples: [
        { value: worst("delayP50Seconds"), labels: { percentile: "50" } },
        { value: worst("delayP99Seconds"), labels: { percentile: "99" } },
        { value: worst("delayMaxSeconds"), labels: { percentile: "100" } },
      ],
    },
  ];
}

function gauge(name: string, help: string, value?: number): MetricFamily {
  return { name, help, type: "gauge", samples: value === undefined ? [] : [{ value }] };
}

function secondsSince(ms: number | undefined, nowMs: number): number | undefined {
  return ms && Math.max(0, nowMs - ms) / 1000;
}

function secondsUntil(ms: number | undefined, nowMs: number): number | undefined {
  return ms && Math.max(0, ms - nowMs) / 1000;
}
